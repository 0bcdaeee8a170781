"""The only crossing between the threads of the pipeline and the GUI thread.

Timers on the GUI thread fetch the newest scene and the report. Frames never travel through Qt signals, because Qt
queues signals without bound. Opening and stopping a source take seconds, so they run as background tasks.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.live_pipeline import LivePipeline, Phase
from realtime_pose.app.output_paths import OutputPaths, config_for_run, output_folder, with_pose_files
from realtime_pose.app.player import Player, take_newest
from realtime_pose.app.run_end import RunEnd
from realtime_pose.app.source_opening import Known, SourceOpening
from realtime_pose.config import Config, LiveSettings, PeopleView
from realtime_pose.picture import Picture
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.model_exchange import ModelExchange
from realtime_pose.pipeline.stats import Report
from realtime_pose.publishing import Publication
from realtime_pose.recording.status import RecorderStatus
from realtime_pose.scene import Scene

CLOSE_TIMEOUT_S = 2.0  # pipelines promise to stop within this time
_SCENE_INTERVAL_MS = 16  # one screen refresh at 60 Hz
_REPORT_INTERVAL_MS = 250


class Bridge(QObject):
    """One pipeline at a time, for the GUI thread. Use it on the GUI thread only.

    Attributes:
        phase: State of the window with its source.
        uri: Address of the source, with its password: mask it before it is shown.
        error: Why the source failed; "" if it did not.
        drawn: Newest scene of this source with its image for the window; None before the first.
        report: Newest report of this source; None before the first.
        settings: Settings that act at once. The next source starts with them too.
        is_paused: Whether pause was requested.
        is_recording_busy: Whether a recording is being started or finished at this moment.
        config: The settings of the next source; the models are those of this source too.
        outputs: Names the recordings and pose files.
        snapshots: Names the snapshots.
        pose_formats: Formats of the pose files that are written of each source.
        player: Plays the source if it is a file.
        tasks: Calls that run off the GUI thread.
    """

    scene_changed = pyqtSignal()
    ticked = pyqtSignal()  # four times a second after the report was fetched, and when a recording is being changed
    phase_changed = pyqtSignal()
    failed = pyqtSignal(str)  # something failed, but the source goes on; for an earlier source, its name comes first
    closed = pyqtSignal()

    def __init__(self, config: Config, build: Callable[[Config], LivePipeline], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.config = config
        self._pipeline: LivePipeline | None = None
        self.phase, self.uri, self.error = Phase.OPENING, config.source.uri, ""
        self.drawn: DrawnScene | None = None
        self.report: Report | None = None
        self.outputs = self.snapshots = OutputPaths(output_folder(config))
        self.pose_formats: tuple[str, ...] = ()
        self.player = Player()
        self.settings = LiveSettings(
            detector_threshold=config.detect.threshold, shown=config.render, smooth=config.smooth
        )
        self.is_paused = self.is_recording_busy = False
        self.tasks = BackgroundTasks(self)
        self._opening = SourceOpening(
            build,
            self.tasks,
            on_built=self._attach_pipeline,
            on_failed=self._on_build_failed,
            on_stop_error=self.failed.emit,
        )
        self._timers = [
            _start_timer(self, _SCENE_INTERVAL_MS, self._poll_scene),
            _start_timer(self, _REPORT_INTERVAL_MS, self._poll_report),
        ]

    def open(self, uri: str) -> None:
        """Open this source in place of the current one; returns at once."""
        old, self._pipeline, known = self._pipeline, None, self._known
        self.uri, self.error, self.is_paused = uri, "", False
        self.drawn = self.report = None
        self.player.open(None)
        # Another run has other people.
        self.settings = replace(self.settings, people=PeopleView(has_inset=self.settings.people.has_inset))
        self._opening.request(partial(self._config_for, uri), old, known)
        self._enter_phase(Phase.OPENING)

    def apply_settings(self, settings: LiveSettings) -> None:
        """Replace the settings; they act at once."""
        self.settings = settings
        if self._pipeline is not None:
            if self.player.replay is not None:  # it draws what is shown; the pipeline draws nothing
                settings = replace(settings, display_wh=None)
            self._pipeline.settings = settings

    def set_display_wh(self, wh: tuple[int, int], pixel_ratio: float = 1.0) -> None:
        """Set the space for the image in device pixels, of which so many are one pixel of the window."""
        settings = replace(self.settings, display_wh=wh, pixel_ratio=pixel_ratio)
        if settings != self.settings:
            self.apply_settings(settings)

    def set_paused(self, *, is_paused: bool) -> None:
        """Pause or resume. A pause of a file holds what is shown; its analysis and its recordings go on."""
        self.is_paused = is_paused
        self.player.set_playing(is_playing=not is_paused)
        if self._pipeline is not None and self.player.replay is None:
            self._pipeline.set_paused(is_paused=is_paused)

    @property
    def scene(self) -> Scene | None:
        """Newest scene of this source; None before the first."""
        return self.drawn.scene if self.drawn is not None else None

    @property
    def picture(self) -> Picture | None:
        """The names of the picture that is shown; None for a frame of a video."""
        return self.scene.frame.picture if self.scene is not None else None

    @property
    def is_live(self) -> bool:
        """Whether the source is live, so that the age of its frames matters."""
        return self._pipeline is not None and self._pipeline.source.info.is_live

    @property
    def source_rate_hz(self) -> float | None:
        """Pictures per second of the source, as it says; None if unknown, or for single pictures."""
        return self._pipeline.source.info.rate_hz if self._pipeline is not None else None

    @property
    def num_frames(self) -> int:
        """Number of frames of the source; 0 if unknown."""
        return (self._pipeline.source.info.num_frames or 0) if self._pipeline is not None else 0

    @property
    def run(self) -> int:
        """Number of the source."""
        return self._opening.run

    @property
    def exchange(self) -> ModelExchange | None:
        """Exchanges the models of this source; None if none runs."""
        return None if self._pipeline is None else self._pipeline.models

    @property
    def publications(self) -> tuple[Publication, ...]:
        """What sends the pictures of this source out of the program."""
        return () if self._pipeline is None else self._pipeline.publications

    @property
    def is_analysed(self) -> bool:
        """Whether the source is a file of which all was analysed."""
        line = self.player.timeline
        return line is not None and line.is_complete

    @property
    def recorder(self) -> RecorderStatus:
        """Status of the recorder."""
        return self.report.recorder if self.report is not None else RecorderStatus()

    def toggle_recording(self) -> None:
        """Start a recording or finish the running one, off the GUI thread; one at a time, and none without a source."""
        if self._pipeline is None or self.is_recording_busy:
            return
        is_started, run = self.recorder.is_started, self._opening.run
        recording = self.player.choose_recording(self._pipeline.recording, is_started=is_started)
        self.is_recording_busy = True

        def finish(error: str) -> None:
            self.is_recording_busy = False
            if error and run == self._opening.run:  # otherwise the source was replaced, and with it this wish
                self.failed.emit(error)
            self._poll_report()

        work = recording.stop if is_started else partial(recording.start, self.outputs.next_path(".mp4"))
        self.tasks.start(work, on_done=lambda _: finish(""), on_failed=finish)
        self.ticked.emit()  # the button is disabled at once

    def close(self) -> None:
        """Stop everything; ``closed`` is emitted within 2 s."""
        if self.phase in {Phase.CLOSING, Phase.CLOSED}:
            return
        self._opening.cancel()
        for timer in self._timers:
            timer.stop()
        old, self._pipeline = self._pipeline, None
        self._enter_phase(Phase.CLOSING)
        # Whichever comes first: the last task ends, or the time is up.
        self.tasks.idle.connect(self._finish_closing)
        QTimer.singleShot(int(CLOSE_TIMEOUT_S * 1000), self._finish_closing)
        if old is not None:
            self._opening.stop(old, self._known)
        elif not len(self.tasks):
            self._finish_closing()

    @property
    def is_writing_names(self) -> bool:
        """Whether names of people have still to be written into the files of a source that is not shown any more."""
        return self._opening.is_writing_names

    @property
    def _shown_errors(self) -> tuple[str, ...]:
        """Errors of the sinks of this source that the user knows."""
        return self.report.sink_errors if self.report is not None else ()

    @property
    def _known(self) -> Known:
        """What a pipeline leaves behind when it is stopped."""
        return Known(self._shown_errors, self.settings.people.names)

    def _enter_phase(self, phase: Phase) -> None:
        self.phase = phase
        self.phase_changed.emit()

    def _config_for(self, uri: str, run: int) -> Config:
        """The settings for a source."""
        return with_pose_files(config_for_run(self.config, uri, run), self.pose_formats, self.outputs)

    def _attach_pipeline(self, pipeline: LivePipeline) -> None:
        """Start a newly built pipeline."""
        self._pipeline = pipeline
        self.player.open(pipeline.open_replay())
        self.apply_settings(self.settings)  # the user may have changed them while the source was opening
        pipeline.start()
        if self.is_paused:  # requested while the source was opening
            self.set_paused(is_paused=True)
        self._enter_phase(Phase.RUNNING)
        self._poll_report()  # the user sees figures at once, not after the next interval

    def _on_build_failed(self, error: str) -> None:
        self.error = error
        self._enter_phase(Phase.FAILED)

    def _poll_scene(self) -> None:
        """Fetch the newest scene, or the one that the player shows, if there is one."""
        if self._pipeline is None:
            return
        is_file = self.player.replay is not None
        drawn = self.player.take(self.settings) if is_file else take_newest(self._pipeline.shown)
        self._follow_player()
        if drawn is not None:
            self.drawn = drawn
            self.scene_changed.emit()

    def _follow_player(self) -> None:
        """Take over whether the file is paused, and that it is played on after its end."""
        playback = self.player.playback
        if self.player.replay is None:
            return
        self.is_paused = not (playback.is_playing or playback.has_ended)
        if self.phase is Phase.ENDED and not playback.has_ended:
            self._enter_phase(Phase.RUNNING)

    def _poll_report(self) -> None:
        """Fetch the report, and check whether the pipeline has ended or failed."""
        if self._pipeline is not None:
            num_shown = len(self._shown_errors)
            self.report = self._pipeline.report()
            # The list only grows: report the new errors.
            for error in self.report.sink_errors[num_shown:]:
                self.failed.emit(error)
            if failure := self.player.take_failure():
                self.failed.emit(failure)
        self.ticked.emit()
        if self._pipeline is not None and self.phase is Phase.RUNNING:
            self._check_end(self._pipeline)

    def _check_end(self, pipeline: LivePipeline) -> None:
        """Enter the next phase if the pipeline has ended or failed."""
        end = RunEnd()
        try:
            end.check(pipeline, self.player)
        finally:
            self.error = end.error
            if end.phase is not Phase.RUNNING:
                self._enter_phase(end.phase)

    def _finish_closing(self) -> None:
        """Emit ``closed``, once."""
        if self.phase is Phase.CLOSING:
            self._enter_phase(Phase.CLOSED)
            self.closed.emit()


def _start_timer(parent: QObject, interval_ms: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(slot)
    timer.start(interval_ms)
    return timer
