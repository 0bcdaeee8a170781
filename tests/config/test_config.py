"""Configuration: ranges, TOML in and out, unknown keys."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.config import Config, DetectConfig, DeviceConfig, RecordConfig, TrackConfig, load, to_toml
from realtime_pose.errors import ConfigError


def test_a_configuration_survives_writing_and_reading(tmp_path: Path) -> None:
    config = Config(
        headless=True,
        save_poses=(Path("a.jsonl"), Path("b.csv")),
        detect=DetectConfig(threshold=0.5, model="x.onnx"),
        record=RecordConfig(path=Path("out.mp4")),
    )
    file = tmp_path / "config.toml"
    file.write_text(to_toml(config), encoding="utf-8")
    assert load(file) == config


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.write_text("", encoding="utf-8")
    assert load(file) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[detect]\ntreshold = 0.3", "unknown key detect.treshold: did you mean 'threshold'", id="typo"),
        pytest.param("[detec]\nthreshold = 0.3", "unknown key detec: did you mean 'detect'", id="table"),
        pytest.param("qqqqqqq = 1", "expected one of headless", id="far from all"),
        pytest.param("[detect]\nthreshold = 3.0", "threshold: expected a value from 0 to 1, got 3.0", id="range"),
        pytest.param("[detect]\nthreshold = 'high'", "detect.threshold: expected float, got 'high'", id="type"),
        pytest.param("headless = 1", "headless: expected bool, got 1", id="number for bool"),
        pytest.param("max_frames = true", "max_frames: expected int, got True", id="bool for number"),
        pytest.param("save_poses = 'a.json'", "save_poses: expected a list", id="text for list"),
        pytest.param("detect = 3", "detect: expected a table", id="number for table"),
        pytest.param("headless = ", "expected TOML", id="no TOML"),
        pytest.param(
            "[device]\ndevice = 'gpu'",
            "expected auto, cpu, cuda, cuda:N, intel-gpu",
            id="device",
        ),
    ],
)
def test_errors_say_what_was_expected_and_what_came(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def test_a_byte_order_mark_of_an_editor_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfheadless = true\r\n")
    assert load(path).headless


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("headless = true".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"config\.toml: expected TOML"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_an_integer_is_accepted_for_a_float(tmp_path: Path) -> None:
    file = tmp_path / "int.toml"
    file.write_text("[track]\nlost_s = 3", encoding="utf-8")
    assert load(file).track.lost_s == 3.0


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1"])
def test_devices(device: str) -> None:
    assert DeviceConfig(device=device).device == device


@pytest.mark.parametrize("device", ["cpu:1", "cuda:", "cuda:x", "", "CUDA"])
def test_wrong_devices(device: str) -> None:
    with pytest.raises(ConfigError, match="device"):
        DeviceConfig(device=device)


def every_stage() -> list[Any]:
    config = Config()
    values = (getattr(config, item.name) for item in dataclasses.fields(config))
    return [value for value in values if dataclasses.is_dataclass(value)]


def test_every_setting_has_a_help_text() -> None:
    import inspect
    import re

    for stage in [Config(), *every_stage()]:
        source = inspect.getsource(type(stage))
        for item in dataclasses.fields(stage):
            is_stage = dataclasses.is_dataclass(getattr(stage, item.name))
            assert is_stage or re.search(rf'\b{item.name}: .*\n    """', source), f"{type(stage).__name__}.{item.name}"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrackConfig().lost_s = 1.0  # type: ignore[misc]


class TestRecording:
    @pytest.mark.parametrize(
        ("text", "seconds", "size"),
        [
            ("10min", 600.0, 0), ("90 s", 90.0, 0), ("1.5h", 5400.0, 0), ("2d", 172_800.0, 0), ("500ms", 0.5, 0),
            ("500MB", 0.0, 500_000_000), ("1GiB", 0.0, 2**30), ("0.5 gb", 0.0, 500_000_000), ("", 0.0, 0),
        ],
    )  # fmt: skip
    def test_a_segment_has_a_duration_or_a_size(self, text: str, seconds: float, size: int) -> None:
        config = RecordConfig(segment=text)
        assert (config.segment_s, config.segment_bytes) == (seconds, size)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"segment": "10"}, "segment (a duration such as 10min, or a size): expected a size such as 500MB or 20GB"),
            ({"segment": "ten minutes"}, "got 'ten minutes'"),
            ({"segment": "0s"}, "segment: expected a duration such as 10s, 10min or 2h, got '0s'"),
            ({"segment": "-5min"}, "got '-5min'"),
            ({"preroll": "20MB"}, "preroll: expected a duration such as 10s, 10min or 2h, got '20MB'"),
            ({"preroll": "2h"}, "preroll, in seconds: expected a value from 0 to 600"),
            ({"postroll": "5"}, "postroll: expected a duration"),
            ({"keep": "7d"}, "keep: expected a size such as 500MB or 20GB, got '7d'"),
            ({"keep_free": "some"}, "keep-free: expected a size"),
            ({"keep_days": -1.0}, "keep_days: expected a value from 0"),
            ({"picture": "raw"}, "record-as: expected one of overlay, clean, both, got 'raw'"),
        ],
    )
    def test_wrong_values_are_named(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError) as raised:
            RecordConfig(**settings)
        assert message in str(raised.value)

    @pytest.mark.parametrize(
        ("path", "settings", "folder"),
        [
            ("a/out.mp4", {}, "a"),
            ("a/door.mp4", {"segment": "1s"}, "a"),
            ("a/b", {"segment": "1s"}, "a/b"),
            ("a/b", {"preroll": "1s"}, "a/b"),
        ],
    )
    def test_the_folder_of_recordings(self, path: str, settings: dict[str, Any], folder: str) -> None:
        assert RecordConfig(path=Path(path), **settings).folder == Path(folder)
        assert RecordConfig(**settings).folder is None

    def test_durations_and_sizes_in_file_and_flags(self, tmp_path: Path) -> None:
        from realtime_pose.cli import parse
        from realtime_pose.commands.live import LiveArguments

        file = tmp_path / "c.toml"
        file.write_text('[record]\nsegment = "10min"\nkeep = "20GB"\nkeep_days = 7\n', encoding="utf-8")
        command = parse(
            ["live", "demo", "--config", str(file), "--record", "rec", "--segment", "500MB", "--preroll", "10s"]
        )
        assert isinstance(command, LiveArguments)
        record = command.settings.record
        assert (record.segment_bytes, record.keep_bytes, record.keep_days) == (500_000_000, 20_000_000_000, 7.0)
        assert (record.preroll_s, record.path) == (10.0, Path("rec"))
        file.write_text(to_toml(command.settings), encoding="utf-8")
        assert load(file) == command.settings


@pytest.mark.parametrize(("text", "interval"), [("3", 3), ('"auto"', 1), ("1", 1)])
def test_the_interval_of_the_detector_is_a_number_or_auto(tmp_path: Path, text: str, interval: int) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[detect]\ndetect_every = {text}\n", encoding="utf-8")
    config = load(file)
    assert config.detect.interval == interval
    file.write_text(to_toml(config), encoding="utf-8")
    assert load(file) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "detect-every: expected a value from 1 to 1000, got 0"),
        ('"often"', "detect-every: expected auto or a whole number, got 'often'"),
        ("2.5", "detect.detect_every: expected a whole number or a word, got 2.5"),
        ("true", "detect.detect_every: expected a whole number or a word, got True"),
    ],
)
def test_another_interval_of_the_detector_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[detect]\ndetect_every = {text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert message in str(caught.value)
