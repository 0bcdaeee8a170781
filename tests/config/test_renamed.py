"""Old names of keys, flags and attributes: each works, with a warning that gives the new name."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.cli import parse
from realtime_pose.commands.eval_mot import TrackerArguments
from realtime_pose.commands.live import LiveArguments
from realtime_pose.config import Config, RecordConfig, TrackConfig, load
from realtime_pose.config.renamed import RENAMED_KEYS
from realtime_pose.errors import ConfigError

# Table, old key, new key, and a value that is not the default.
RENAMED = [
    ("track", "max_turned_s", "max_flipped_s", 0.7),
    ("track", "guide_s", "recovery_s", 0.1),
    ("track", "guide_persons", "recovery_persons", 2),
    ("track", "guide_min_score", "recovery_min_score", 0.4),
    ("record", "sound", "audio", False),
]


def live(*args: str) -> Config:
    command = parse(["live", "demo", *args])
    assert isinstance(command, LiveArguments)
    return command.settings


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_every_renamed_key_is_tested() -> None:
    assert {(table, old, new) for table, keys in RENAMED_KEYS.items() for old, new in keys.items()} == {
        row[:3] for row in RENAMED
    }


@pytest.mark.parametrize(("table", "old", "new", "value"), RENAMED)
def test_an_old_key_of_the_file_works(
    table: str, old: str, new: str, value: Any, *, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[{table}]\n{old} = {str(value).lower()}\n", encoding="utf-8")
    assert getattr(getattr(load(file), table), new) == value
    (message,) = messages(caplog)
    assert message == (
        f"configuration file {file}: {table}.{old} is now {table}.{new}; the old name goes with the next release"
    )


@pytest.mark.parametrize(
    ("flags", "new_flag", "table", "key", "value"),
    [
        (["--track.max-turned-s", "0.7"], "--track.max-flipped-s", "track", "max_flipped_s", 0.7),
        (["--track.guide-s", "0.1"], "--track.recovery-s", "track", "recovery_s", 0.1),
        (["--track.guide_s=0.1"], "--track.recovery-s", "track", "recovery_s", 0.1),
        (["--track.guide-persons=2"], "--track.recovery-persons", "track", "recovery_persons", 2),
        (["--track.guide-min-score", "0.4"], "--track.recovery-min-score", "track", "recovery_min_score", 0.4),
        (["--no-record-sound"], "--no-record-audio", "record", "audio", False),
        (["--no-record-audio", "--record-sound"], "--record-audio", "record", "audio", True),
    ],
)
def test_an_old_flag_works(
    flags: list[str], new_flag: str, table: str, key: str, value: Any, *, caplog: pytest.LogCaptureFixture
) -> None:
    assert getattr(getattr(live(*flags), table), key) == value
    (message,) = messages(caplog)
    assert message.endswith(f" is now {new_flag}; the old name goes with the next release")


def test_old_flags_work_in_every_command_that_has_them(caplog: pytest.LogCaptureFixture) -> None:
    command = parse(["eval", "tracker", "--track.guide-s", "0.1"])
    assert isinstance(command, TrackerArguments)
    assert command.track.recovery_s == 0.1
    assert len(messages(caplog)) == 1


def test_new_names_give_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[track]\nrecovery_s = 0.1\n[record]\naudio = false\n", encoding="utf-8")
    live("--config", str(file), "--track.recovery-persons", "2", "--no-record-audio")
    assert messages(caplog) == []


def test_the_old_and_the_new_name_together_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[track]\nguide_s = 0.1\nrecovery_s = 0.2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"track\.guide_s is the old name of track\.recovery_s: .* got both"):
        load(file)


@pytest.mark.parametrize(("table", "old", "new", "value"), RENAMED)
def test_an_old_attribute_and_argument_work(table: str, old: str, new: str, value: Any) -> None:
    stage: TrackConfig | RecordConfig = getattr(Config(), table)
    warning = rf"{type(stage).__name__}\.{old} is now {type(stage).__name__}\.{new}"
    with pytest.warns(DeprecationWarning, match=warning):
        made = type(stage)(**{old: value})
    assert getattr(made, new) == value
    with pytest.warns(DeprecationWarning, match=warning):
        assert getattr(made, old) == value
    with pytest.warns(DeprecationWarning, match=warning):
        assert replace(stage, **{old: value}) == made
