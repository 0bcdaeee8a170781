"""Which values the user gives: by flags, by a file, by a preset; and that every flag of the parser is known."""

import re
from pathlib import Path

import pytest

from realtime_pose.cli import main, parse
from realtime_pose.commands.live import LiveArguments
from realtime_pose.config import PRESET_NAMES, Config, given_names, load_given
from realtime_pose.config.toml_dataclass import dotted, to_table

pytestmark = [pytest.mark.slow]  # the parser of all commands takes a tenth of a second each time


def given(*args: str) -> frozenset[str]:
    command = parse(["live", *args])
    assert isinstance(command, LiveArguments)
    return command.given


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("--detector nanodet-g", "detect.model"),
        ("--detector=nanodet-g", "detect.model"),
        ("--detector-size auto", "detect.size"),
        ("--detector_size=auto", "detect.size"),
        ("--pose movenet-thunder", "pose.model"),
        ("--ids", "render.ids"),
        ("--no-ids", "render.ids"),
        ("--no_record_audio", "record.audio"),
        ("--record-as overlay", "record.picture"),
        ("--smooth.min-cutoff-hz 1", "smooth.min_cutoff_hz"),
        ("--track.recovery-persons 3", "track.recovery_persons"),
        ("--reid x.onnx", "track.reid"),
        ("--no-headless", "headless"),
        ("--save-poses a.csv", "save_poses"),
    ],
)
def test_a_flag_gives_its_value_even_if_that_is_the_default(words: str, name: str) -> None:
    assert given(*words.split()) == {name}


def test_without_words_nothing_is_given() -> None:
    assert given() == given("--debug") == frozenset()


@pytest.mark.parametrize("words", ["demo", "0", "--threads 0 0", "--boxes 0"])
def test_a_named_source_is_given_also_if_it_is_the_default(words: str) -> None:
    assert "source.uri" in given(*words.split())
    assert "source.uri" not in given("--threads", "0"), "a zero that is no source"


def test_a_file_gives_what_is_in_it_and_flags_add_theirs(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('max_frames = 0\n[detect]\nmodel = "nanodet-g"\n', encoding="utf-8")
    names = given("--config", str(file), "--boxes")
    assert names == {"max_frames", "detect.model", "render.boxes"}


def test_a_file_gives_an_old_key_under_its_new_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[track]\nguide_persons = 3\n", encoding="utf-8")
    assert given(f"--config={file}") == {"track.recovery_persons"}
    assert len(caplog.messages) == 1, "the file is read once"


def test_a_preset_gives_all_values_that_presets_decide_about(tmp_path: Path) -> None:
    assert {"pose.model", "pose.passes", "detect.size"} < PRESET_NAMES
    assert given("--preset", "balanced") == PRESET_NAMES
    file = tmp_path / "c.toml"
    file.write_text('preset = "balanced"\n[render]\nboxes = true\n', encoding="utf-8")
    assert load_given(file)[1] == PRESET_NAMES | {"render.boxes"}
    assert load_given(file, preset="fast")[1] == PRESET_NAMES | {"render.boxes"}


def test_every_flag_of_the_configuration_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """The flags are those of the parser's own help, and together they give every value but the source."""
    with pytest.raises(SystemExit):
        main(["live", "--help-all"])
    flags = {flag for line in capsys.readouterr().out.splitlines() for flag in _flags_at_the_start(line)}
    flags -= {"--help", "--show-config", "--preset", "--config", "--debug"}  # of the command, not of the configuration
    unknown = {flag for flag in flags if not given_names([flag])}
    assert not unknown
    table = {name for name in dotted(to_table(Config())) if not name.startswith("source.")}
    assert table <= given_names(sorted(flags))


def _flags_at_the_start(line: str) -> list[str]:
    """The flags that a line of the help explains, such as --boxes and --no-boxes."""
    match = re.match(r"[\s│]*(?:-h, )?--[a-z][\w.-]*(?:, --[a-z][\w.-]*)*", line)
    return re.findall(r"--[\w.-]+", match[0]) if match else []
