"""One video file to annotate: its source, and its output files, which get their names when they are complete."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.commands.finished_files import FinishedFile, FinishedFiles, describe
from realtime_pose.config import RECORDED_IMAGES
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.files.output_checks import FileIdentity, identity

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # pathlib has made one / of two; a single letter is a drive


@dataclass(frozen=True, slots=True)
class VideoJob:
    """One file to annotate.

    Attributes:
        source: The video file.
        target: The first output file; the others lie beside it.
        record_as: What is recorded: overlay, clean or both.
    """

    source: Path
    target: Path
    record_as: str

    @property
    def paths(self) -> list[Path]:
        """Paths of all output files."""
        return self._paths_in(self.target.parent)

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

    def is_done(self, finished: FinishedFiles, *, again: bool) -> bool:
        """Whether nothing is to be done: all output files are finished, and made from the source as it is now.

        Args:
            finished: What was made in the folder of the target.
            again: Whether finished files are to be made again.

        Raises:
            SinkError: An output file may not be replaced.
        """
        were_done = [
            self._was_done(described, finished, again=again) for described in self._describe(self.target.parent)
        ]
        return len(were_done) == len(self.paths) and all(were_done) and not again

    def publish(self, folder: Path, finished: FinishedFiles) -> None:
        """Move the complete files from this folder to their final names.

        Raises:
            SinkError: They cannot be moved, or somebody else has taken a name meanwhile.
        """
        for described in self._describe(self.target.parent):
            self._was_done(described, finished, again=True)
        # The first path is the one that the user looks at, so it is published last.
        finished.publish(folder, self._describe(folder)[::-1])

    @property
    def _contents(self) -> list[str]:
        """What each output file holds."""
        return [*RECORDED_IMAGES[self.record_as], "poses"][: len(self.paths)]

    def _paths_in(self, folder: Path) -> list[Path]:
        from realtime_pose.recording.targets import recording_paths

        return recording_paths(folder / self.target.name, self.record_as)

    def _describe(self, folder: Path) -> list[FinishedFile]:
        """The output files that exist in a folder, as they are now."""
        pairs = zip(self._paths_in(folder), self._contents, strict=True)
        return [describe(path, self.source, content) for path, content in pairs if path.exists()]

    def _was_done(self, now: FinishedFile, finished: FinishedFiles, *, again: bool) -> bool:
        """Whether an existing output file is finished; raises SinkError if it may not be replaced."""
        path, before = self.target.with_name(now.name), finished.named(now.name)
        if before is None:
            raise SinkError(
                f"{path}: this file exists, and process did not make it so; move it, or choose another --out"
            )
        has_same_content = before.has_same_source(now)
        if before.source != now.source and not has_same_content:
            raise SinkError(f"{path}: this file was made from {before.source}; choose another --out")
        if before.content != now.content and not again:
            raise SinkError(
                f"{path}: this file holds {before.content}; choose another --out, or replace it with --again"
            )
        return has_same_content and before.content == now.content


def check_targets(jobs: Sequence[VideoJob]) -> None:
    """Raise ConfigError if an output file would overwrite another one or a source."""
    # By identity: two spellings of one path, and links, are the same file.
    source_by_identity = {identity(job.source): job.source for job in jobs}
    job_by_output: dict[FileIdentity, VideoJob] = {}
    for job in jobs:
        for path in job.paths:
            other = job_by_output.setdefault(identity(path), job)
            if other is not job:
                raise ConfigError(
                    f"{other.source} and {job.source} would both be written to {path}; use different folders"
                )
            if source := source_by_identity.get(identity(path)):
                raise ConfigError(f"{job.source}: {path} would overwrite a source, {source}; choose another folder")
