"""Paths of the recordings and snapshots that the window writes: named after the time, none used twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from realtime_pose.config import Config, PartConfig
from realtime_pose.pipeline.outputs import output_paths, pose_targets
from realtime_pose.system.home import home_folder


def output_folder(config: Config, home: Path | None = None) -> Path:
    """The folder of the requested recording, else ~/Videos, else the current folder."""
    if config.record.folder is not None:
        return config.record.folder
    home = home or home_folder()
    videos = home / "Videos" if home is not None else Path.cwd()
    return videos if videos.is_dir() else Path.cwd()


class OutputPaths:
    """Unused paths in one folder.

    Args:
        folder: Where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[Path] = set()  # also those whose file is not written yet

    def next_path(self, suffix: str, now: datetime | None = None) -> Path:
        """A path that is not used yet, named after the local time; the suffix has its dot.

        >>> outputs, now = OutputPaths(Path("/nowhere")), datetime(2030, 1, 2, 3, 4, 5)
        >>> outputs.next_path(".mp4", now).name, outputs.next_path(".mp4", now).name
        ('pose 2030-01-02 03-04-05.mp4', 'pose 2030-01-02 03-04-05 2.mp4')
        """
        stem = (now or datetime.now(UTC).astimezone()).strftime("pose %Y-%m-%d %H-%M-%S")
        path, number = self.folder / f"{stem}{suffix}", 1
        while path in self._used or path.exists():
            number += 1
            path = self.folder / f"{stem} {number}{suffix}"
        self._used.add(path)
        return path


def config_for_run(config: Config, uri: str, run: int) -> Config:
    """The configuration for a source in the same window.

    The part (a stretch of time, a region, a rotation) is that of the first source only. From the second run on, the
    names of all output files get a number: that of the run, or the next one with which no file exists. So no file of an
    earlier run or of another program is overwritten.
    """
    if uri != config.source.uri:  # what belongs to the source of the command line
        source = replace(config.source, uri=uri, more=(), annotations=None)
        config = replace(config, source=source, part=PartConfig(), out=None)
    if run < 2:
        return config
    candidates = (_numbered(config, number) for number in count(run))
    return next(numbered for numbered in candidates if not _writes_existing(numbered))


def with_pose_files(config: Config, formats: Sequence[str], outputs: OutputPaths) -> Config:
    """The configuration with a pose file of each format (the ending of its name), beside the recordings."""
    paths = tuple(outputs.next_path(f".{ending}") for ending in formats)
    return replace(config, save_poses=(*config.save_poses, *paths)) if paths else config


def _writes_existing(config: Config) -> bool:
    """Whether an output of this configuration exists."""
    folders = [config.out] if config.out is not None else []
    return any(path.exists() for path in (*output_paths(config), *folders))


def _numbered(config: Config, number: int) -> Config:
    """The configuration with a number in the names of all output files."""
    path = config.record.path
    if path is not None and not config.record.is_series:  # a series has the time in its file names
        path = _add_number(path, number)
    targets = [
        target if target.is_stream else replace(target, path=_add_number(target.path, number))
        for target in pose_targets(config)
    ]
    record = replace(config.record, path=path)
    out = None if config.out is None else _add_number(config.out, number)
    # The targets are those of --save-angles too.
    return replace(
        config, record=record, out=out, save_poses=tuple(target.setting for target in targets), save_angles=()
    )


def _add_number(path: Path, number: int) -> Path:
    """The path with a number: out.mp4 becomes out-2.mp4."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
