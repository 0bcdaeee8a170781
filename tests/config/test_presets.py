"""Presets: what they set, and what overrides them."""

from pathlib import Path

import pytest

from realtime_pose.cli import main, parse
from realtime_pose.commands.eval_coco import CocoArguments
from realtime_pose.commands.eval_mot import MotArguments
from realtime_pose.commands.live import LiveArguments
from realtime_pose.commands.process import ProcessArguments
from realtime_pose.config import PRESETS, Config, load
from realtime_pose.errors import ConfigError
from realtime_pose.models.manifest import load_manifest


def live(*args: str) -> Config:
    command = parse(["live", *args])
    assert isinstance(command, LiveArguments)
    return command.settings


def test_balanced_is_the_default() -> None:
    assert load() == load(preset="balanced") == Config()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_uses_shipped_networks(name: str) -> None:
    """Each preset must run on a machine without an internet connection."""
    config, manifest = load(preset=name), load_manifest()
    for model, task in ((config.detect.model, "detector"), (config.pose.model, "pose")):
        assert not manifest.find(model, task=task).url


def test_fast_has_one_pass_and_accurate_three() -> None:
    assert (load(preset="fast").pose.passes, load(preset="fast").track.recovery_persons) == (1, 0)
    assert load(preset="accurate").pose.passes == 3


def test_the_file_overrides_the_preset_key_by_key(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[pose]\nmodel = "movenet-thunder"\n', encoding="utf-8")
    config = load(file, preset="fast")
    assert (config.pose.model, config.detect.size) == ("movenet-thunder", "small")


def test_a_flag_overrides_the_preset_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('preset = "fast"\n[pose]\npasses = 2\n', encoding="utf-8")
    assert (load(file).pose.passes, load(file).detect.size) == (2, "small")
    assert load(file, preset="accurate").detect.size == "auto"


@pytest.mark.parametrize("text", ['preset = "quick"', "preset = 3"])
def test_an_unknown_preset_in_a_file_is_an_error_with_the_name_of_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.toml: preset: expected fast, balanced, accurate"):
        load(file)


def test_flags_override_file_and_preset(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[pose]\npasses = 2\n", encoding="utf-8")
    config = live("demo", "--preset", "accurate", "--config", str(file), "--detector-size", "416")
    assert (config.pose.passes, config.detect.size) == (2, "416")
    assert live("demo", "--preset=accurate", "--pose-passes", "1").pose.passes == 1


def test_the_interval_of_the_detector_is_a_flag_of_each_command_for_videos() -> None:
    assert live("demo", "--detect-every", "3").detect.detect_every == 3
    assert live("demo", "--detect-every", "auto").detect.detect_every == "auto"
    assert live("demo").detect.detect_every == "auto"
    for words in (["process", "a.mp4", "--out", "o"], ["eval", "mot"]):
        command = parse([*words, "--detect-every", "4"])
        assert isinstance(command, ProcessArguments | MotArguments)
        assert command.detect.interval == 4


def test_the_wishes_for_a_live_run_are_flags() -> None:
    source = live("0", "--target-fps", "24", "--target-age-ms", "200").source
    assert (source.target_fps, source.target_age_ms) == (24, 200)


def test_every_command_with_models_has_presets() -> None:
    for words, kind in (
        (["process", "a.mp4", "--out", "o"], ProcessArguments),
        (["eval", "coco"], CocoArguments),
        (["eval", "mot"], MotArguments),
    ):
        command = parse([*words, "--preset", "accurate"])
        assert isinstance(command, kind)
        assert command.pose.passes == 3


def test_an_unknown_preset_on_the_command_line_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "demo", "--preset", "best"]) == 2
    assert "preset: expected fast, balanced, accurate, got 'best'" in capsys.readouterr().err


def test_show_config_includes_the_preset(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["live", "demo", "--preset", "fast", "--show-config"]) == 0
    file = tmp_path / "shown.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert load(file).detect.size == "small"
