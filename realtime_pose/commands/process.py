"""The command ``process``: video files to annotated ones, one after another, and an exit code.

A file is written under another name and renamed when it is complete, so what stands under its own name is complete.
``echo`` takes a line for the person at the terminal.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from realtime_pose.commands.process_arguments import ProcessArguments
from realtime_pose.config import Config
from realtime_pose.errors import ConfigError, RealtimePoseError
from realtime_pose.pipeline.build import LoadedModels, build, load_models
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.recording.segment import ENDINGS

_LOOK_S = 0.2  # how often the progress bar moves

Echo = Callable[[str], None]
Show = Callable[["Job", Pipeline | None], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to annotate.

    Attributes:
        source: The file.
        target: The first of the files to make.
        endings: Of all that are made, the one that tells that all are complete last.
    """

    source: Path
    target: Path
    endings: tuple[str, ...]

    @property
    def part(self) -> Path:
        """Where it is written meanwhile."""
        return self.target.with_suffix(".part.mp4")

    @property
    def length_bytes(self) -> int:
        """Size of the source, as a measure of the work; 1 at least."""
        with contextlib.suppress(OSError):
            return max(1, self.source.stat().st_size)
        return 1

    def is_done(self) -> bool:
        """Whether all is there, and no older than the source."""
        try:
            made_s = min(self.target.with_suffix(ending).stat().st_mtime for ending in self.endings)
            return made_s >= self.source.stat().st_mtime
        except OSError:
            return False

    def complete(self) -> None:
        """Give what was written its name, once it is on the disk."""
        for ending in self.endings:
            part = self.part.with_suffix(ending)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self.target.with_suffix(ending))

    def discard(self) -> None:
        """Delete what is not complete."""
        for ending in self.endings:
            self.part.with_suffix(ending).unlink(missing_ok=True)


class Models:
    """The networks of all files, loaded for the first that needs them."""

    def __init__(self) -> None:
        self._loaded: LoadedModels | None = None

    def load(self, config: Config) -> LoadedModels:
        """The networks.

        Raises:
            RealtimePoseError: Weights are missing, or a network is not usable.
        """
        if self._loaded is None:
            self._loaded = load_models(config)
        return self._loaded


def run(arguments: ProcessArguments, *, echo: Echo) -> int:
    """Annotate all files; 0, or 1 where one failed, was not complete, or the user stopped it.

    Raises:
        ConfigError: A setting is wrong, or two files would become one.
    """
    jobs = planned(arguments)
    models = Models()
    codes = []
    with _progress(jobs) as show:
        try:
            for job in jobs:
                codes.append(_processed(job, arguments, models, echo=echo, show=show))
                show(job, None)
        except KeyboardInterrupt:
            echo(f"stopped: {len(codes)} of {len(jobs)} files are finished; the same command goes on with the others")
            return 1
    return max(codes, default=0)


def planned(arguments: ProcessArguments) -> list[Job]:
    """The files and what they become.

    Raises:
        ConfigError: None is given, two would become one, one would be written over, or the folder cannot be made.
    """
    if not arguments.files:
        raise ConfigError("process: expected video files, got none")
    out = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"out: expected a folder, but {out} cannot be made ({error.strerror})") from error
    arguments.settings(arguments.files[0], out / "x.mp4")  # what is wrong with the settings is said before the first
    endings = tuple(reversed(ENDINGS[arguments.picture]))
    jobs = [Job(path, out / f"{path.stem}.mp4", endings) for path in dict.fromkeys(arguments.files)]
    _check(jobs)
    return jobs


def _check(jobs: Sequence[Job]) -> None:
    """Raise ConfigError where a file would be written over another."""
    sources = {job.source.resolve() for job in jobs}
    by_target: dict[Path, Path] = {}
    for job in jobs:
        other = by_target.setdefault(job.target, job.source)
        if other is not job.source:
            raise ConfigError(f"{other} and {job.source} would both become {job.target}; give them other folders")
        if sources & {job.target.with_suffix(ending).resolve() for ending in job.endings}:
            raise ConfigError(f"{job.source}: {job.target} would be written over a source; choose another folder")


def _processed(job: Job, arguments: ProcessArguments, models: "Models", *, echo: Echo, show: Show) -> int:
    """Annotate one file; 1 where it failed or a part of it could not be read."""
    if not arguments.again and job.is_done():
        echo(f"{job.source}: finished before, as {job.target}")
        return 0
    try:
        if not job.source.is_file():
            raise ConfigError(
                f"expected a video file, but {'it is none' if job.source.exists() else 'it is not there'}"
            )
        config = arguments.settings(job.source, job.part)
        pipeline = build(config, loaded=models.load(config))
        problem = _ran(pipeline, lambda: show(job, pipeline))
        job.complete()
    except (RealtimePoseError, OSError) as error:
        echo(f"{job.source}: failed: {error}")
        return 1
    finally:
        job.discard()
    echo(f"{job.source}: {pipeline.report().num_frames} frames, in {job.target}" + (f"; {problem}" if problem else ""))
    return int(bool(problem))


def _ran(pipeline: Pipeline, look: Callable[[], None]) -> str:
    """Run a pipeline to its end; what could not be read, in words.

    Raises:
        RealtimePoseError: A stage failed, or the results could not be written.
    """
    pipeline.start()
    try:
        while not pipeline.wait(_LOOK_S):
            look()
        look()
    finally:
        pipeline.stop()
    report = pipeline.report()
    if report.sink_errors:
        raise RealtimePoseError(report.sink_errors[0])
    if not report.num_frames:
        raise RealtimePoseError(report.source.reason or "expected a video, but no frame of it can be read")
    return report.source.reason


@contextlib.contextmanager
def _progress(jobs: Sequence[Job]) -> Iterator[Show]:
    """A bar with the time left on a terminal; nothing elsewhere. Yields a function that moves it."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    lengths = {job.source: job.length_bytes for job in jobs}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"))
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, *times, console=Console(stderr=True)) as progress:
        task = progress.add_task("process", total=sum(lengths.values()), detail="")
        finished = 0

        def show(job: Job, pipeline: Pipeline | None) -> None:
            nonlocal finished
            if pipeline is None:
                finished += lengths[job.source]
                progress.update(task, completed=finished)
                return
            report, number = pipeline.report(), jobs.index(job) + 1
            share = min(1.0, report.num_frames / (pipeline.source.info.num_frames or float("inf")))
            progress.update(
                task,
                completed=finished + share * lengths[job.source],
                description=f"{number} of {len(jobs)}: {job.source.name}",
                detail=f"{report.num_frames} frames, {report.rate_hz:.1f} fps",
            )

        yield show
