"""The command ``live``: the people of one source, tracked until it ends or the user stops it; an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import signals, terminal, weights
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.commands.process_exit import BROKEN_PIPE
from realtime_pose.config import Config, to_toml
from realtime_pose.counts import counted
from realtime_pose.errors import SinkError
from realtime_pose.messages.recorder_messages import note_text
from realtime_pose.redaction import redact_stream_key, redact_url

if TYPE_CHECKING:
    from realtime_pose.pipeline.pipeline import Pipeline
    from realtime_pose.pipeline.stats import Report
    from realtime_pose.sources import SourceInfo

_POLL_S = 0.2  # how often the progress bar moves and a trigger is noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveArguments:
    """Track the people of a webcam, stream or video, or find those in pictures: in a window, and into files."""

    # name="": the flags of the configuration have no prefix.
    settings: Annotated[Config, tyro.conf.arg(name="")] = field(default_factory=Config)
    show_config: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print the effective configuration as TOML and exit."""
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False
    # No flag: dotted names of the values that flags, file or preset give. A window has kept settings of its own.
    given: tyro.conf.Suppress[tyro.conf.Fixed[frozenset[str]]] = frozenset()

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> LiveArguments:
        """The defaults from this configuration, which was read from this path."""
        # A repeated flag replaces the list of the file, so the parser has to start from an empty one.
        return cls(settings=replace(loaded, save_poses=(), save_angles=()), config=path)

    def with_default_outputs(self, loaded: Config) -> LiveArguments:
        """These arguments with the outputs of the configuration, unless flags gave others."""
        poses, angles = self.settings.save_poses, self.settings.save_angles
        settings = replace(
            self.settings, save_poses=poses or loaded.save_poses, save_angles=angles or loaded.save_angles
        )
        return replace(self, settings=settings)


def run(arguments: LiveArguments) -> int:
    """Run until the source ends or the user stops it.

    Returns:
        The exit code: 0, or 1 if a part of the source or of an output was lost.

    Raises:
        RealtimePoseError: The run cannot start, or a stage failed.
    """
    config = arguments.settings
    if arguments.show_config:
        terminal.print_result(to_toml(_mask_password(config)).rstrip("\n"))
        return 0
    from realtime_pose.app import display_problem, run_window

    _check_outputs(config)
    weights.fetch_missing(config.detect, config.pose, reid=config.track.reid)
    if config.headless:
        return _run_headless(config)
    if problem := display_problem():
        terminal.echo(f"{problem}; running headless")
        return _run_headless(config)
    # The window shows the state of the source, so it can wait for a camera that is not there yet.
    return run_window(replace(config, source=replace(config.source, keep_trying=True)), given=arguments.given)


def _check_outputs(config: Config) -> None:
    """Raise SinkError if an output may not be written: before anything is downloaded, loaded or shown."""
    with signals.ctrl_c_ends_process():
        from realtime_pose.pipeline.outputs import check_run

        check_run(config)


def _mask_password(config: Config) -> Config:
    source = replace(config.source, uri=redact_url(config.source.uri))
    return replace(config, source=source, publish=replace(config.publish, url=redact_stream_key(config.publish.url)))


def _run_headless(config: Config) -> int:
    """Run without a window. Ctrl-C, SIGTERM and SIGHUP finish the files first; SIGUSR1 triggers a recording."""
    from realtime_pose.messages.source_messages import SOURCE_WORDS
    from realtime_pose.pipeline.build import build

    with signals.trigger_signal() as is_triggered:
        with signals.ctrl_c_ends_process():  # loading takes seconds
            pipeline = build(config, words=SOURCE_WORDS)
        with signals.termination_as_ctrl_c():
            is_stopped = _run_until_stopped(pipeline, config, is_triggered)
    report = pipeline.report()
    if report.are_outputs_lost and report.is_reader_gone:
        return BROKEN_PIPE
    for line in _summarize(pipeline, report):
        terminal.echo(line)
    # Stopping a live source loses nothing of it, even if the camera was away at that moment.
    is_source_complete = report.source.is_complete or (is_stopped and pipeline.source.info.is_live)
    is_lost = bool(report.sink_errors) or any(not each.num_connections for each in report.publications)
    return int(is_lost or not is_source_complete)


def _run_until_stopped(pipeline: Pipeline, config: Config, is_triggered: Callable[[], bool]) -> bool:
    """Run a pipeline and finish its files; whether a signal has ended it."""
    pipeline.start()
    try:
        with terminal.progress_bar(pipeline.source.info.name) as update:
            has_ended = False
            while not has_ended:
                has_ended = pipeline.wait(_POLL_S)
                report = pipeline.report()
                _show_progress(report, pipeline.source.info, config, update)
                # Without a window, a run whose outputs have all failed is of no use.
                has_ended |= report.are_outputs_lost
                if not has_ended and is_triggered():
                    _trigger(pipeline)
    except KeyboardInterrupt:
        terminal.echo("stopped")
        return True
    finally:
        pipeline.stop()
    return False


def _show_progress(report: Report, info: SourceInfo, config: Config, update: terminal.UpdateProgress) -> None:
    # A camera has no number of frames: the bar then moves without a percentage.
    total = config.max_frames or info.num_frames
    update(report.num_frames, total=total, detail=f"{_count(report, info)}, {report.rate_hz:.1f} fps")


def _count(report: Report, info: SourceInfo) -> str:
    return counted(report.num_frames, "picture" if info.is_pictures else "frame")


def _trigger(pipeline: Pipeline) -> None:
    """Record what is around this moment; if that is impossible, say so and go on."""
    try:
        pipeline.trigger()
    except SinkError as error:
        terminal.echo(f"not recorded: {error}")


def _summarize(pipeline: Pipeline, report: Report) -> Iterator[str]:
    """What the run did, in lines."""
    from realtime_pose.messages.load_messages import describe_load
    from realtime_pose.messages.source_messages import describe_source

    info = pipeline.source.info
    yield f"{info.name}: {_count(report, info)}, {report.rate_hz:.1f} per second at the end"
    networks = (f"{stage} on {report.devices[stage]}, {engine.title}" for stage, engine in report.engines.items())
    yield f"networks: {'; '.join(networks)}"
    if report.written:
        yield "written: " + ", ".join(report.written)
    if report.age_p50_s is not None and report.age_p95_s is not None and pipeline.source.info.is_live:
        p50_ms, p95_ms = report.age_p50_s * 1000, report.age_p95_s * 1000
        yield f"age of tracked frames: median {p50_ms:.0f} ms, 95th percentile {p95_ms:.0f} ms"
    if report.source.reconnects:
        yield f"the source was lost and connected again {counted(report.source.reconnects, 'time')}"
    if why := describe_source(report.source):
        yield f"source {report.source.state}: {why}"
    if report.crowd.frames:
        yield (
            f"a crowd: no time for all poses in {counted(report.crowd.frames, 'frame')}, for up to"
            f" {counted(report.crowd.most_unposed, 'person')} (--pose-budget-ms)"
        )
    if report.governor is not None and (why := describe_load(report.governor)):
        yield "load at the end: " + why.replace("\n", " ")
    dropped = {name: count for name, count in report.dropped.items() if count}
    if dropped:
        yield "dropped: " + ", ".join(f"{counted(count, 'frame')} at {name}" for name, count in dropped.items())
    yield from _summarize_outputs(report)


def _summarize_outputs(report: Report) -> Iterator[str]:
    from realtime_pose.messages.publication_messages import describe_publication

    if report.recorder.num_dropped:
        yield f"dropped: {counted(report.recorder.num_dropped, 'frame')} at the recording, which was too slow"
    if report.recorder.note:
        yield f"recording: {note_text(report.recorder.note)}"
    yield from map(describe_publication, report.publications)
    yield from (f"{terminal.PROGRAM}: {error}" for error in report.sink_errors)
