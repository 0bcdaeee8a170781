"""Where the window writes: recordings and snapshots with the time in their names, none over another."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from realtime_pose.config import Config


def output_folder(config: Config, home: Path | None = None) -> Path:
    """The folder of the recording that was asked for, else ~/Videos, else the current one."""
    if config.record.folder is not None:
        return config.record.folder
    videos = (home or Path.home()) / "Videos"
    return videos if videos.is_dir() else Path.cwd()


class OutputPaths:
    """Paths for what is written to one folder, each given once.

    Args:
        folder: Where to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._given: set[Path] = set()

    def path(self, suffix: str, now: datetime | None = None) -> Path:
        """A path that is not taken, named after the local time; the suffix has its dot.

        >>> outputs, now = OutputPaths(Path("/nowhere")), datetime(2030, 1, 2, 3, 4, 5)
        >>> outputs.path(".mp4", now).name, outputs.path(".mp4", now).name
        ('pose 2030-01-02 03-04-05.mp4', 'pose 2030-01-02 03-04-05 2.mp4')
        """
        stem = (now or datetime.now(UTC).astimezone()).strftime("pose %Y-%m-%d %H-%M-%S")
        path, number = self.folder / f"{stem}{suffix}", 1
        while path in self._given or path.exists():
            number += 1
            path = self.folder / f"{stem} {number}{suffix}"
        self._given.add(path)
        return path


def config_of_run(config: Config, uri: str, run: int) -> Config:
    """The configuration for another source in the same window.

    From the second run on, what it writes has the run's number in its name: the results of the first stay.
    """
    source = replace(config.source, uri=uri)
    if run < 2:
        return replace(config, source=source)
    path = config.record.path
    if path is not None and not config.record.is_series:  # a series has the time in its names
        path = _numbered(path, run)
    record = replace(config.record, path=path)
    saved = tuple(_numbered(path, run) for path in config.save_poses)
    return replace(config, source=source, record=record, save_poses=saved)


def _numbered(path: Path, run: int) -> Path:
    """The path with the number of the run: out.mp4 becomes out-2.mp4."""
    return path.with_name(f"{path.stem}-{run}{path.suffix}")
