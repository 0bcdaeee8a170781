"""The command ``process``: video files to annotated ones, one after another, and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import tyro

from realtime_pose.commands import signals, terminal, weights
from realtime_pose.commands.finished_files import FinishedFiles
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.commands.video_job import VideoJob, check_targets
from realtime_pose.config import (
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
    RenderConfig,
    SmoothConfig,
    TrackConfig,
)
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, RealtimePoseError, SinkError, WriteError

if TYPE_CHECKING:
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.pipeline.pipeline import Pipeline
    from realtime_pose.pipeline.stats import Report

_POLL_S = 0.2  # how often the progress bar moves
# Fields of the arguments that are fields of Config too.
_STAGES = ("device", "detect", "pose", "pose_nms", "track", "smooth", "render")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessArguments:
    """Annotate video files, one after another, every frame of each; finished files are not done again."""

    files: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """Video files."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Write FOLDER/NAME.mp4 for each file; the folder is created if missing."""
    again: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Do finished files again. Only files that this command made, and that are as it made them, are replaced."""
    picture: Annotated[str, tyro.conf.arg(name="record-as", metavar="overlay|clean|both")]
    """overlay: with the skeletons; clean: the original picture, with the poses in a .jsonl file; or both."""
    # The next two have the defaults of RecordConfig, through from_config.
    quality_crf: int
    """Constant rate factor of the encoder: lower means better quality and larger files."""
    encoder_preset: str
    """Speed preset of libx264, from ultrafast to veryslow."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig]
    detect: tyro.conf.OmitArgPrefixes[DetectConfig]
    pose: tyro.conf.OmitArgPrefixes[PoseConfig]
    pose_nms: PoseNmsConfig
    track: TrackConfig
    smooth: SmoothConfig
    render: tyro.conf.OmitArgPrefixes[RenderConfig]
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; files and folder have no default."""
        required: Any = tyro.MISSING
        record = loaded.record
        return cls(
            files=required,
            out=required,
            picture=record.picture,
            quality_crf=record.quality_crf,
            encoder_preset=record.encoder_preset,
            **{name: getattr(loaded, name) for name in _STAGES},
            config=path,
        )

    def to_config(self, source: Path, target: Path) -> Config:
        """The configuration that turns one file into another.

        Raises:
            ConfigError: A value is out of its range.
        """
        config = Config(headless=True, **{name: getattr(self, name) for name in _STAGES})
        record = replace(
            config.record,
            path=target,
            picture=self.picture,
            quality_crf=self.quality_crf,
            encoder_preset=self.encoder_preset,
        )
        return replace(config, record=record, source=replace(config.source, uri=str(source)))


class _Batch:
    """Annotates one file after another, with the same networks."""

    def __init__(self, arguments: ProcessArguments, finished: FinishedFiles) -> None:
        self._arguments = arguments
        self._finished = finished
        self._networks: Networks | None = None  # loaded when the first file needs them

    def process(self, job: VideoJob, show: Callable[[Pipeline], None]) -> int:
        """Annotate one file; 1 if it failed or a part of it could not be read."""
        from realtime_pose.messages.source_messages import describe_source

        try:
            job.check_source()
            with self._finished.working_on(job.target.name) as folder:
                # Only now: another run may just have finished it.
                if job.is_done(self._finished, again=self._arguments.again):
                    terminal.echo(f"{job.source}: finished before, as {job.target}")
                    return 0
                report = self._annotate(job, folder, show)
        except (RealtimePoseError, OSError) as error:
            terminal.echo(f"{job.source}: failed: {error}")
            return 1
        problem = describe_source(report.source)
        result = f"{job.source}: {counted(report.num_frames, 'frame')}, in {job.target}"
        terminal.echo(result + (f"; {problem}" if problem else ""))
        return int(not report.source.is_complete)

    def _annotate(self, job: VideoJob, folder: Path, show: Callable[[Pipeline], None]) -> Report:
        """Make the files of a job in this folder, and give them their final names; what the run reported.

        Raises:
            RealtimePoseError: As `_run_pipeline`; or a file has taken one of the names.
        """
        from realtime_pose.messages.source_messages import SOURCE_WORDS
        from realtime_pose.pipeline.build import build
        from realtime_pose.pipeline.networks import load_networks

        config = self._arguments.to_config(job.source, folder / job.target.name)
        # State of a stream is not shared: build() makes a new one for each file.
        self._networks = self._networks or load_networks(config, is_live=False)
        report = _run_pipeline(build(config, networks=self._networks, words=SOURCE_WORDS), show)
        job.publish(folder, self._finished)
        return report


def run(arguments: ProcessArguments) -> int:
    """Annotate all files.

    Returns:
        The exit code: 0, or 1 if a file failed or is incomplete, or the user stopped the run.

    Raises:
        ConfigError: A setting is wrong, or two files have the same target.
    """
    jobs = plan_jobs(arguments)
    weights.fetch_missing(arguments.detect, arguments.pose)
    batch = _Batch(arguments, FinishedFiles(arguments.out))
    codes: list[int] = []
    # The files' sizes measure the work: the number of frames is not known before a file is opened.
    total_bytes, done_bytes = sum(job.source_bytes for job in jobs), 0
    with signals.termination_as_ctrl_c(), terminal.progress_bar("process", total=total_bytes) as update:
        try:
            for number, job in enumerate(jobs, start=1):
                show = _progress_of_file(update, done_bytes, job, f"{number} of {len(jobs)}: {job.source.name}")
                codes.append(batch.process(job, show))
                done_bytes += job.source_bytes
                update(done_bytes)
        except KeyboardInterrupt:
            finished = f"{len(codes)} of {counted(len(jobs), 'file')}"
            terminal.echo(f"stopped, finished: {finished}; run the same command again for the others")
            return 1
    return max(codes, default=0)


def plan_jobs(arguments: ProcessArguments) -> list[VideoJob]:
    """The files, and what is made from each; creates the folder.

    Raises:
        ConfigError: There are no files, a file would overwrite another, or the folder cannot be created.
    """
    if not arguments.files:
        raise ConfigError("process: expected video files, got none")
    out = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"out: expected a folder, but {out} cannot be created ({error.strerror})") from error
    arguments.to_config(arguments.files[0], out / "x.mp4")  # wrong settings fail before the first file
    # A file that is given twice is done once.
    jobs = [VideoJob(path, out / f"{path.stem}.mp4", arguments.picture) for path in dict.fromkeys(arguments.files)]
    check_targets(jobs)
    return jobs


def _run_pipeline(pipeline: Pipeline, show: Callable[[Pipeline], None]) -> Report:
    """Run a pipeline to its end; its report then.

    Raises:
        RealtimePoseError: A stage failed, no frame could be read, or the results could not be written.
    """
    from realtime_pose.messages.source_messages import describe_source

    pipeline.start()
    try:
        # A result that cannot be written is not worth the time until the end of the file.
        while not (pipeline.wait(_POLL_S) or pipeline.report().sink_errors):
            show(pipeline)
        show(pipeline)
    finally:
        pipeline.stop()
    report = pipeline.report()
    failure = pipeline.recording.failures.first
    if isinstance(failure, WriteError):
        # Its own message names the hidden part, of which nothing is kept.
        raise SinkError(f"the result cannot be written ({failure.reason}); {failure.advice}")
    if failure is not None:
        raise failure
    if not report.num_frames:
        raise RealtimePoseError(describe_source(report.source) or "expected a video, but no frame of it can be read")
    return report


def _progress_of_file(
    update: terminal.UpdateProgress, before_bytes: int, job: VideoJob, title: str
) -> Callable[[Pipeline], None]:
    """What moves the bar while one file runs; before_bytes is the size of the files before it."""

    def show(pipeline: Pipeline) -> None:
        report = pipeline.report()
        # The length that a container names may be too short; a source without one stays at 0.
        share = min(1.0, report.num_frames / (pipeline.source.info.num_frames or float("inf")))
        detail = f"{counted(report.num_frames, 'frame')}, {report.rate_hz:.1f} fps"
        update(before_bytes + share * job.source_bytes, description=title, detail=detail)

    return show
