"""The command ``live``: a configuration to a running pipeline, with a window or without, and an exit code.

``echo`` takes a line for the person at the terminal.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from realtime_pose.app import run_window, why_no_display
from realtime_pose.config import Config
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stats import Report

_LOOK_S = 0.2  # how often the progress bar moves and signals are noticed

Echo = Callable[[str], None]


def run(config: Config, *, echo: Echo) -> int:
    """Run until the source ends or the user stops it; 0, or 1 if a part of the source or of what is written was lost.

    Raises:
        RealtimePoseError: It cannot start, or a stage failed.
    """
    if config.headless:
        return run_headless(config, echo=echo)
    if reason := why_no_display(os.environ):
        echo(f"{reason}; running headless")
        return run_headless(config, echo=echo)
    # In a window the state says all; a camera that is not there yet is waited for.
    return run_window(replace(config, source=replace(config.source, keep_trying=True)))


def run_headless(config: Config, *, echo: Echo) -> int:
    """Run without a window; Ctrl-C and SIGTERM end it properly, SIGUSR1 is a trigger."""
    with _triggerable() as is_asked:
        with _killable():
            pipeline = build(config)
        pipeline.start()
        is_stopped = False
        try:
            with _terminable(), _progress(pipeline, config) as show:
                while not pipeline.wait(_LOOK_S):
                    show()
                    if is_asked():
                        _trigger(pipeline, echo)
                show()
        except KeyboardInterrupt:
            is_stopped = True
            echo("stopped")
        finally:
            pipeline.stop()
    report = pipeline.report()
    for line in _summary(pipeline, report, config):
        echo(line)
    # Whoever stops a live source loses nothing of it, whatever state it is in.
    is_source_whole = not report.source.reason or (is_stopped and pipeline.source.info.is_live)
    return int(bool(report.sink_errors) or not is_source_whole)


def _trigger(pipeline: Pipeline, echo: Echo) -> None:
    """Record what lies around this moment; where that cannot be, say so and go on."""
    try:
        pipeline.trigger()
    except SinkError as error:
        echo(f"not recorded: {error}")


def _summary(pipeline: Pipeline, report: Report, config: Config) -> Iterator[str]:
    """How it went."""
    yield f"{pipeline.source.info.name}: {report.num_frames} frames, {report.rate_hz:.1f} per second at the end"
    record = config.record
    recorded = record.folder if record.is_series else record.path
    outputs = [path for path in (recorded, *config.save_poses) if path is not None]
    if outputs:
        yield "written: " + ", ".join(str(path) for path in outputs)
    if report.age_p50_s is not None and report.age_p95_s is not None and pipeline.source.info.is_live:
        p50_ms, p95_ms = report.age_p50_s * 1000, report.age_p95_s * 1000
        yield f"age of tracked frames: {p50_ms:.0f} ms in the median, {p95_ms:.0f} ms at the 95th percentile"
    if report.source.reconnects:
        yield f"the source was lost and came back {report.source.reconnects} times"
    if report.source.reason:
        yield f"source {report.source.state}: {report.source.reason}"
    dropped = {name: count for name, count in report.dropped.items() if count}
    if dropped:
        yield "dropped: " + ", ".join(f"{count} frames at {name}" for name, count in dropped.items())
    yield from _of_the_recording(report)


def _of_the_recording(report: Report) -> Iterator[str]:
    """What is to be said of the recorder, and of sinks that failed."""
    if report.recorder_dropped:
        yield f"dropped: {report.recorder_dropped} frames at the recording, which was too slow"
    if report.recorder_note:
        yield f"recording: {report.recorder_note}"
    yield from (f"realtime-pose: {error}" for error in report.sink_errors)


@contextlib.contextmanager
def _progress(pipeline: Pipeline, config: Config) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal; nothing elsewhere. Yields a function that moves it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    total = config.max_frames or pipeline.source.info.num_frames
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[rate]}"), console=Console(stderr=True)) as progress:
        task: TaskID = progress.add_task(pipeline.source.info.name, total=total, rate="")

        def show() -> None:
            report = pipeline.report()
            progress.update(task, completed=report.num_frames, rate=f"{report.rate_hz:.1f} fps")

        yield show


@contextlib.contextmanager
def _killable() -> Iterator[None]:
    """Ctrl-C ends the process at once meanwhile: nothing was written yet, and broken off imports of libraries crash."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as in the background of a script, which is to stay so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM counts as Ctrl-C meanwhile, so that a service manager's stop finishes the recording."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _triggerable() -> Iterator[Callable[[], bool]]:
    """Whether SIGUSR1 has come since it was asked last; never, where the system has no such signal."""
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    def is_asked() -> bool:
        nonlocal asked
        was_asked, asked = asked, False
        return was_asked

    if not hasattr(signal, "SIGUSR1"):
        yield is_asked
        return
    before = signal.signal(signal.SIGUSR1, ask)
    try:
        yield is_asked
    finally:
        signal.signal(signal.SIGUSR1, before)
