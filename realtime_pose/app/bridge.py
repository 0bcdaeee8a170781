"""The only crossing between the pipeline's threads and the GUI thread.

Timers on the GUI thread pull the newest scene and the report; frames never travel through signals, which would queue
them without bound. Opening and stopping take seconds, so they are jobs. Each source that is opened has a number: what
comes late from one that was given up is stopped and dropped.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Protocol

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.output_paths import config_of_run
from realtime_pose.channels import Mailbox
from realtime_pose.config import Config, LiveSettings
from realtime_pose.errors import ChannelClosedError, RealtimePoseError
from realtime_pose.pipeline.stats import Report
from realtime_pose.scene import Scene
from realtime_pose.sources.source import Source

CLOSE_S = 2.0  # pipelines promise to stop within this
_PULL_MS = 16
_REPORT_MS = 250


class LivePipeline(Protocol):
    """What the window needs of a pipeline; see `realtime_pose.pipeline.pipeline.Pipeline`."""

    settings: LiveSettings

    @property
    def source(self) -> Source:
        """Where the frames come from."""

    @property
    def shown(self) -> Mailbox[Scene]:
        """Drawn scenes, the newest only."""

    def start(self) -> None:
        """Start the threads."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all has ended; raises the first failure, once."""

    def stop(self) -> None:
        """End everything, within 2 s."""

    def set_paused(self, *, is_paused: bool) -> None:
        """Stand still, or go on."""

    def start_recording(self, path: Path) -> None:
        """Record from now on."""

    def stop_recording(self) -> None:
        """Finish the recording."""

    def report(self) -> Report:
        """How it is doing."""


class Phase(Enum):
    """Where the window stands with its source."""

    OPENING = "opening"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    CLOSING = "closing"
    CLOSED = "closed"


class Bridge(QObject):
    """One pipeline at a time, as the GUI thread sees it. Use it on the GUI thread only.

    Attributes:
        phase: Where it stands.
        uri: Address of the source, with its password; mask it before showing it.
        error: Why it failed, in words; "" where it did not.
        scene: The newest scene of this source, None before the first.
        report: The newest report of this source, None before the first.
        settings: What acts live; also what the next source starts with.
        is_paused: Whether the picture is asked to stand still.
        is_recording_busy: Whether a recording is just being started or finished.
        jobs: What runs off the GUI thread.
    """

    scene_came = pyqtSignal()
    ticked = pyqtSignal()  # four times a second, with a report where there is a pipeline
    phase_changed = pyqtSignal()
    failed = pyqtSignal(str)  # something went wrong, and the source goes on
    closed = pyqtSignal()

    def __init__(self, config: Config, build: Callable[[Config], LivePipeline], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._config, self._build = config, build
        self._pipeline: LivePipeline | None = None
        self._run = 0
        self.phase, self.uri, self.error = Phase.OPENING, config.source.uri, ""
        self.scene: Scene | None = None
        self.report: Report | None = None
        self.settings = LiveSettings(
            detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth
        )
        self.is_paused = self.is_recording_busy = False
        self.tasks = BackgroundTasks(self)
        self._timers = [self._timer(_PULL_MS, self._pull), self._timer(_REPORT_MS, self._poll_report)]

    def open(self, uri: str) -> None:
        """Open this source instead of the present one; returns at once."""
        self._run += 1
        old, self._pipeline = self._pipeline, None
        self.uri, self.error, self.scene, self.report, self.is_paused = uri, "", None, None, False
        config = config_of_run(self._config, uri, self._run)

        def reopen() -> LivePipeline:
            if old is not None:
                old.stop()
            return self._build(config)

        self.tasks.start(reopen, done=partial(self._adopt, self._run), failed=partial(self._refuse, self._run))
        self._enter(Phase.OPENING)

    def change(self, settings: LiveSettings) -> None:
        """Let other settings act, at once."""
        self.settings = settings
        if self._pipeline is not None:
            self._pipeline.settings = settings

    def set_display_wh(self, wh: tuple[int, int]) -> None:
        """Say how many device pixels there are for the picture."""
        if wh != self.settings.display_wh:
            self.change(replace(self.settings, display_wh=wh))

    def set_paused(self, *, is_paused: bool) -> None:
        """Stand still, or go on."""
        self.is_paused = is_paused
        if self._pipeline is not None:
            self._pipeline.set_paused(is_paused=is_paused)

    @property
    def is_live(self) -> bool:
        """Whether the source is one whose pictures grow old."""
        return self._pipeline is not None and self._pipeline.source.info.is_live

    @property
    def num_frames(self) -> int:
        """How many frames the source has; 0 where nobody knows."""
        return (self._pipeline.source.info.num_frames or 0) if self._pipeline is not None else 0

    @property
    def recording(self) -> str:
        """Path of the running recording, "" for none."""
        return self.report.recording if self.report is not None else ""

    @property
    def is_recording_wanted(self) -> bool:
        """Whether it records, or would if there were room on the disk."""
        return bool(self.recording) or (self.report is not None and self.report.recorder == "paused")

    def record(self, path: Path) -> None:
        """Start recording to this path; nothing happens where nothing runs."""
        if self._pipeline is not None:
            self._change_recording(partial(self._pipeline.start_recording, path))

    def stop_recording(self) -> None:
        """Finish the running recording."""
        if self._pipeline is not None:
            self._change_recording(self._pipeline.stop_recording)

    def close(self) -> None:
        """Stop everything; ``closed`` follows within 2 s."""
        if self.phase in {Phase.CLOSING, Phase.CLOSED}:
            return
        self._run += 1
        for timer in self._timers:
            timer.stop()
        old, self._pipeline = self._pipeline, None
        self._enter(Phase.CLOSING)
        self.tasks.idle.connect(self._finish)
        QTimer.singleShot(int(CLOSE_S * 1000), self._finish)
        if old is not None:
            self._stop(old)
        elif not len(self.tasks):
            self._finish()

    def _timer(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        """A running timer."""
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(slot)
        timer.start(interval_ms)
        return timer

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.phase_changed.emit()

    def _stop(self, pipeline: LivePipeline) -> None:
        """Stop a pipeline that is no longer shown."""
        self.tasks.start(pipeline.stop, done=lambda _: None, failed=self.failed.emit)

    def _adopt(self, run: int, pipeline: LivePipeline) -> None:
        """Start a pipeline that was built; stop and drop it where another source was asked for meanwhile."""
        if run != self._run:
            self._stop(pipeline)
            return
        self._pipeline = pipeline
        pipeline.settings = self.settings
        pipeline.start()
        if self.is_paused:
            pipeline.set_paused(is_paused=True)
        self._enter(Phase.RUNNING)
        self._poll_report()

    def _refuse(self, run: int, words: str) -> None:
        """Show why a source could not be opened."""
        if run == self._run:
            self.error = words
            self._enter(Phase.FAILED)

    def _pull(self) -> None:
        """Take the newest scene, if there is one."""
        if self._pipeline is None:
            return
        try:
            self.scene = self._pipeline.shown.get(timeout_s=0)
        except (TimeoutError, ChannelClosedError):
            return
        self.scene_came.emit()

    def _poll_report(self) -> None:
        """Take a report, and see whether the pipeline has ended or failed."""
        if self._pipeline is not None:
            before = self.report
            self.report = self._pipeline.report()
            for words in self.report.sink_errors[len(before.sink_errors) if before else 0 :]:
                self.failed.emit(words)
        self.ticked.emit()
        if self._pipeline is not None and self.phase is Phase.RUNNING:
            self._see_end(self._pipeline)

    def _see_end(self, pipeline: LivePipeline) -> None:
        """Enter the phase after RUNNING once the pipeline has ended; a failure that is a bug goes on to the hook."""
        phase = Phase.FAILED
        self.error = "an internal error; the log has the details"
        try:
            phase = Phase.ENDED if pipeline.wait(0) else Phase.RUNNING
            self.error = ""
        except (RealtimePoseError, OSError) as error:
            self.error = str(error)
        finally:
            if phase is not Phase.RUNNING:
                self._enter(phase)

    def _change_recording(self, work: Callable[[], None]) -> None:
        """Start or finish a recording off the GUI thread, one at a time."""
        if self.is_recording_busy:
            return
        self.is_recording_busy = True

        def end(words: str) -> None:
            self.is_recording_busy = False
            if words:
                self.failed.emit(words)
            self._poll_report()

        self.tasks.start(work, done=lambda _: end(""), failed=end)

    def _finish(self) -> None:
        """Say that all is over, once."""
        if self.phase is Phase.CLOSING:
            self._enter(Phase.CLOSED)
            self.closed.emit()
