"""One video file to annotate: its source, and its output files, which get their names when they are complete."""

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.errors import ConfigError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # pathlib has made one / of two; a single letter is a drive


@dataclass(frozen=True, slots=True)
class VideoJob:
    """One file to annotate.

    Attributes:
        source: The video file.
        target: The first output file.
        suffixes: Suffixes of all output files, in the order in which they are published; a file with the last suffix
            means that all are complete.
    """

    source: Path
    target: Path
    suffixes: tuple[str, ...]

    @property
    def part(self) -> Path:
        """The target while it is being written."""
        return self.target.with_suffix(".part.mp4")

    @property
    def source_bytes(self) -> int:
        """Size of the source, as a measure of the work; at least 1."""
        with contextlib.suppress(OSError):  # a missing file fails later, with a message
            return max(1, self.source.stat().st_size)
        return 1

    def check_source(self) -> None:
        """Raise ConfigError unless the source is a file."""
        if self.source.is_file():
            return
        if _ADDRESS.match(self.source.as_posix()):
            raise ConfigError("expected a video file, got an address; use: realtime-pose live ADDRESS --record FILE")
        found = "this is not a file" if self.source.exists() else "it does not exist"
        raise ConfigError(f"expected a video file, but {found}")

    def is_done(self) -> bool:
        """Whether all output files exist and none is older than the source."""
        try:
            # A source that was changed after its output was written is done again.
            oldest_s = min(self.target.with_suffix(suffix).stat().st_mtime for suffix in self.suffixes)
            return oldest_s >= self.source.stat().st_mtime
        except OSError:
            return False

    def publish(self) -> None:
        """Rename the complete files to their final names, each after it is safely on the disk."""
        for suffix in self.suffixes:
            part = self.part.with_suffix(suffix)
            with part.open("rb") as file:
                os.fsync(file.fileno())  # else a power cut could leave an empty file under the final name
            part.replace(self.target.with_suffix(suffix))

    def discard(self) -> None:
        """Delete what is not complete."""
        for suffix in self.suffixes:
            self.part.with_suffix(suffix).unlink(missing_ok=True)


def check_targets(jobs: Sequence[VideoJob]) -> None:
    """Raise ConfigError if an output file would overwrite another one or a source."""
    # resolve(): two spellings of one path are the same file.
    sources = {job.source.resolve() for job in jobs}
    source_by_target: dict[Path, Path] = {}
    for job in jobs:
        other = source_by_target.setdefault(job.target, job.source)
        if other is not job.source:
            raise ConfigError(f"{other} and {job.source} would both be written to {job.target}; use different folders")
        if sources & {job.target.with_suffix(suffix).resolve() for suffix in job.suffixes}:
            raise ConfigError(f"{job.source}: {job.target} would overwrite a source; choose another folder")
