"""Files of the second source in a window: numbered, and none that exists."""

import os
from pathlib import Path

from realtime_pose.app.output_paths import config_for_run
from realtime_pose.config import Config, RecordConfig


def test_the_first_source_has_the_names_as_given(tmp_path: Path) -> None:
    config = Config(record=RecordConfig(path=tmp_path / "a.mp4"), save_poses=(tmp_path / "b.csv",))
    assert config_for_run(config, "demo", 1).record.path == tmp_path / "a.mp4"
    assert config_for_run(config, "demo", 1).save_poses == (tmp_path / "b.csv",)


def test_later_sources_get_a_number_with_which_no_file_exists(tmp_path: Path) -> None:
    """Also none beside the video."""
    config = Config(record=RecordConfig(path=tmp_path / "a.mp4", picture="both"), save_poses=(tmp_path / "b.csv",))
    for name in ("a-2.jsonl", "a-3.clean.mp4", "b-4.csv"):
        (tmp_path / name).write_text("of the user")
    second = config_for_run(config, "demo", 2)
    assert second.record.path == tmp_path / "a-5.mp4"
    assert second.save_poses == (tmp_path / "b-5.csv",)


def test_pipes_have_no_number(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.csv")
    config = Config(save_poses=(Path("-"), tmp_path / "p.csv", Path(f"csv:{tmp_path / 'b'}")))
    second = config_for_run(config, "demo", 2)
    assert second.save_poses == (Path("jsonl:-"), Path(f"csv:{tmp_path / 'p.csv'}"), Path(f"csv:{tmp_path / 'b-2'}"))


def test_a_series_has_the_time_in_its_names(tmp_path: Path) -> None:
    config = Config(record=RecordConfig(path=tmp_path / "rec", segment="1s"))
    assert config_for_run(config, "demo", 2).record.path == tmp_path / "rec"
