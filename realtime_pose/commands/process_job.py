"""What `process` does at a time: a video, or a set of single pictures; with the files that are made from it."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from realtime_pose.commands.finished_files import JobOutput, Origin
from realtime_pose.config import RECORDED_IMAGES, Config
from realtime_pose.errors import ConfigError
from realtime_pose.files.output_checks import FileIdentity, identity
from realtime_pose.sources import PictureFile, PictureSource, Source
from realtime_pose.sources.picture_names import name_pictures

PICTURES = "pictures"  # a set of single pictures in the names of files and folders
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # pathlib has made one / of two; a single letter is a drive


class Job(Protocol):
    """A video or pictures, and what is made of them."""

    @property
    def name(self) -> str:
        """The source as shown to the user."""

    @property
    def where(self) -> Path:
        """What the user is told about the place of the results."""

    @property
    def key(self) -> str:
        """The name of the folder in which the files are made; two runs never make the same at a time."""

    @property
    def sources(self) -> Sequence[Path]:
        """The files that are read."""

    @property
    def origin(self) -> Origin:
        """What the user knows the sources by, and the files that are read."""

    @property
    def outputs(self) -> Sequence[JobOutput]:
        """The files that are made."""

    @property
    def noun(self) -> str:
        """What the source consists of: frame or picture."""

    def configure(self, config: Config, folder: Path) -> Config:
        """The configuration that makes the files in this folder."""

    def check(self) -> None:
        """Raise ConfigError if there is no such source."""

    def open(self, config: Config) -> Source | None:
        """The source, if the configuration does not name it; raises SourceOpenError."""


@dataclass(frozen=True, slots=True)
class VideoJob:
    """One video to annotate.

    Attributes:
        source: The video file, or the folder of its frames.
        target: The first output file; other videos lie beside it.
        record_as: What is recorded: overlay, clean or both.
        poses: Files of poses and of angles.
        frames: Pictures that are the frames of the video; empty for a video file.
    """

    source: Path
    target: Path
    record_as: str
    poses: tuple[JobOutput, ...] = ()
    frames: tuple[Path, ...] = ()
    noun: str = "frame"

    @property
    def name(self) -> str:
        """The source as shown to the user."""
        return str(self.source)

    @property
    def where(self) -> Path:
        """The first output file."""
        return self.target

    @property
    def key(self) -> str:
        """The name of the first output file."""
        return self.target.name

    @property
    def sources(self) -> Sequence[Path]:
        """The files that are read."""
        return self.frames or (self.source,)

    @property
    def origin(self) -> Origin:
        """The video file, or the folder of its frames."""
        return Origin(self.source, self.sources)

    @property
    def outputs(self) -> Sequence[JobOutput]:
        """The recorded files, the one that the user looks at first, and the poses."""
        from realtime_pose.recording.targets import recording_paths

        paths = recording_paths(self.target, self.record_as)
        contents = [*RECORDED_IMAGES[self.record_as], "poses"]
        recorded = [JobOutput(path, path.name, content) for path, content in zip(paths, contents, strict=False)]
        return [*recorded, *self.poses]

    def configure(self, config: Config, folder: Path) -> Config:
        """The configuration that makes the files in this folder."""
        uri, *more = map(str, self.sources)
        return replace(
            config,
            source=replace(config.source, uri=uri, more=tuple(more), as_video=True, as_pictures=False),
            record=replace(config.record, path=folder / self.target.name),
            save_poses=_pose_settings(self.poses, folder),
        )

    def check(self) -> None:
        """Raise ConfigError unless the source is a file."""
        if self.frames or self.source.is_file():
            return
        if _ADDRESS.match(self.source.as_posix()):
            raise ConfigError("expected a video file, got an address; use: realtime-pose live ADDRESS --record FILE")
        found = "this is not a file" if self.source.exists() else "it does not exist"
        raise ConfigError(f"expected a video file, but {found}")

    def open(self, config: Config) -> Source | None:
        """The frames as a source, if the video is no file; raises SourceOpenError if none can be decoded."""
        if not self.frames:
            return None
        rate_hz, start_s = config.source.folder_rate_hz, config.part.start_s
        return PictureSource(name_pictures(self.frames), self.name, rate_hz=rate_hz, start_s=start_s)


@dataclass(frozen=True, slots=True)
class PictureJob:
    """Single pictures to annotate, each into its own file.

    Attributes:
        files: The pictures.
        name: The set as shown to the user.
        where: The folder of the annotated pictures.
        poses: Files of poses and of angles, of all pictures.
    """

    files: tuple[PictureFile, ...]
    name: str
    where: Path
    poses: tuple[JobOutput, ...] = ()
    noun: str = "picture"

    @property
    def key(self) -> str:
        """The same for all sets: two of them may have the same pictures."""
        return PICTURES

    @property
    def sources(self) -> Sequence[Path]:
        """The files that are read."""
        return [file.path for file in self.files]

    @property
    def origin(self) -> Origin:
        """The folder of the pictures, also of one: more may come. Of several folders the first one."""
        return Origin(self.files[0].path.parent, self.sources)

    @property
    def outputs(self) -> Sequence[JobOutput]:
        """The annotated pictures and the poses."""
        return [*(self.output(file) for file in self.files), *self.poses]

    def output(self, file: PictureFile) -> JobOutput:
        """The annotated picture of one file."""
        from realtime_pose.sinks.picture_files import picture_path

        path = picture_path(self.where, file.picture.file_name)
        return JobOutput(path, (PICTURES / path.relative_to(self.where)).as_posix(), "overlay")

    def configure(self, config: Config, folder: Path) -> Config:
        """The configuration that makes the files in this folder."""
        uri, *more = map(str, self.sources)
        return replace(
            config,
            source=replace(config.source, uri=uri, more=tuple(more), as_video=False, as_pictures=True),
            out=folder / PICTURES,
            save_poses=_pose_settings(self.poses, folder),
        )

    def check(self) -> None:
        """Nothing: each picture that cannot be read is named."""

    def open(self, config: Config, files: Sequence[PictureFile] = ()) -> Source:  # noqa: ARG002 - of Job
        """These pictures, or all, as a source; raises SourceOpenError if none can be decoded."""
        return PictureSource(files or self.files, self.name)


def source_bytes(job: Job) -> int:
    """Size of the sources, as a measure of the work; at least 1."""
    total = 1
    for path in job.sources:
        with contextlib.suppress(OSError):  # a missing file fails later, with a message
            total += path.stat().st_size
    return total


def check_targets(jobs: Sequence[Job]) -> None:
    """Raise ConfigError if an output file would overwrite another one or a source."""
    # By identity: two spellings of one path, and links, are the same file.
    source_by_identity = {identity(source): source for job in jobs for source in job.sources}
    job_by_output: dict[FileIdentity, Job] = {}
    for job in jobs:
        for output in job.outputs:
            key = identity(output.path)
            other = job_by_output.get(key)
            if other is not None:
                raise ConfigError(
                    f"{other.name} and {job.name} would both be written to {output.path}; use different folders"
                )
            job_by_output[key] = job
            if source := source_by_identity.get(key):
                raise ConfigError(
                    f"{job.name}: {output.path} would overwrite a source, {source}; choose another folder"
                )


def _pose_settings(outputs: Sequence[JobOutput], folder: Path) -> tuple[Path, ...]:
    """The values of --save-poses with which these outputs are made; the ending of a part is its format."""
    return tuple(Path(f"{Path(output.part).suffix[1:]}:{folder / output.part}") for output in outputs)
