"""The recorder: scenes in, recordings out. It decides when a recording starts, pauses and ends."""

import logging
from contextlib import suppress
from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.disk_guard import DiskGuard
from realtime_pose.recording.encoder import TICKS_HZ, Packet
from realtime_pose.recording.load_shedding import LoadShedder
from realtime_pose.recording.note_texts import describe_note
from realtime_pose.recording.packet_copier import begins_with_key
from realtime_pose.recording.preroll import EncodedFrame, Preroll
from realtime_pose.recording.recorded_frame import RecordedFrame
from realtime_pose.recording.scene_encoder import MakeImage, SceneEncoder
from realtime_pose.recording.segment import SegmentWriter
from realtime_pose.recording.status import RecorderNote, RecorderState, RecorderStatus
from realtime_pose.recording.targets import RecordingTarget
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.scene import Scene

TRIGGER_S = 10.0  # how long a trigger records if no post-roll is set
_RETRY_TICKS = 5 * TICKS_HZ  # pause after a failed write

_log = logging.getLogger(__name__)


class Recorder:
    """Records scenes between start and stop, into one file or a series of segments.

    Once a second of media time it checks the disk and deletes old recordings. If writing a series fails, the note of
    the status says why, and the recorder tries again later. A single file that fails raises.

    Args:
        target: Where recordings are written.
        config: What is recorded, its quality, and how it is cut and kept.
        context: The source of the scenes.
        make_image: Returns the image of a scene for each kind of video: overlay or clean.
        system_clock: Clocks and free disk space; None: those of this computer.
    """

    def __init__(
        self,
        target: RecordingTarget,
        config: RecordConfig,
        *,
        context: RecordingContext,
        make_image: MakeImage = lambda scene, _: scene.frame.image,
        system_clock: SystemClock | None = None,
    ) -> None:
        self._target, self._config, self._context = target, config, context
        self._system_clock = system_clock or SystemClock()
        self._clock = TickClock(context.rate_hz or 0.0)
        self._scene_encoder = SceneEncoder(config, self._clock, make_image=make_image, is_live=context.is_live)
        self._load_shedder = LoadShedder()
        self._preroll = Preroll(round(config.preroll_s * TICKS_HZ))
        self._writer = SegmentWriter(target, config, context=context, clock=self._clock, now=self._system_clock.now)
        # A single file of a video has a known end; a camera or a series would fill the disk.
        is_guarded = context.is_live or config.is_series
        keep_free_bytes = config.keep_free_bytes if is_guarded else 0
        self._guard = DiskGuard(target.folder, keep_free_bytes, self._system_clock.free_bytes)
        self._is_started = self._is_closed = False
        self._is_triggered = False  # since the latest scene
        self._postroll = round((config.postroll_s or TRIGGER_S) * TICKS_HZ)
        self._end: int | None = None  # ticks of the end of the post-roll
        self._last_check: int | None = None  # ticks of the last check of the disk
        self._retry = 0  # no new try before these ticks
        self._problem = self._hint = NO_REASON  # why recording is paused; that encoding is too slow
        self._failure: SinkError | None = None
        self._enable_audio()

    @property
    def num_moved(self) -> int:
        """Frames that were moved to just after the frame before, because their time was not later."""
        return self._clock.num_moved

    @property
    def written(self) -> tuple[Path, ...]:
        """Where the finished recordings lie: their paths, or the folder of a series."""
        return self._writer.written

    @property
    def status(self) -> RecorderStatus:
        """What the recorder is doing; for any thread."""
        num_dropped, length = self._load_shedder.num_dropped, self._writer.length
        return RecorderStatus(
            self._state, self._writer.path, self._problem or self._hint, num_dropped, length.seconds, length.num_bytes
        )

    def start(self) -> None:
        """Record from now on, with the pre-roll first.

        Raises:
            SinkError: The file cannot be created.
        """
        self._is_started, self._is_triggered, self._end = True, False, None
        self._begin_segment()

    def trigger(self) -> None:
        """Record the pre-roll and the post-roll around now; another trigger makes the post-roll longer.

        If the source is interrupted, the post-roll begins with its next scene.

        Raises:
            SinkError: The file cannot be created.
        """
        self._end, self._is_triggered = self._clock.latest + self._postroll, True
        self._begin_segment()

    def stop(self) -> None:
        """End the recording after the post-roll. A second stop, or a stop during a pause, ends it at once.

        Raises:
            SinkError: A file cannot be finished.
        """
        if self._is_started and self._config.postroll_s and self._writer.is_open:
            self._is_started = False
            self._end = self._clock.latest + round(self._config.postroll_s * TICKS_HZ)
        else:
            self._stop_now()

    def write(self, scene: Scene) -> None:
        """Record one analysed frame, whose image is encoded; see ``record``."""
        self.record(RecordedFrame(scene))

    def record(self, recorded: RecordedFrame) -> None:
        """Record one frame, keep it for the pre-roll, or skip it.

        Raises:
            SinkError: It cannot be written, and no later scene can; what was written before stays playable. Close the
                recorder.
        """
        if self._is_closed:
            raise SinkError(f"{self._target.name}: expected an open recorder, but it is closed; open another")
        if self._failure is not None:
            raise self._failure
        try:
            self._record(recorded)
        except SinkError as error:
            self._handle_failure(error)

    def close(self) -> None:
        """End the recording at once and release the recorder; may be called twice.

        Raises:
            SinkError: A file cannot be finished; what was written before stays playable.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._failure is None and self._writer.is_open:
                rest = self._scene_encoder.finish()
                if rest is not None:
                    self._writer.add(rest)
        finally:
            self._stop_now()

    @property
    def _is_recording(self) -> bool:
        return self._is_started or self._end is not None

    @property
    def _state(self) -> RecorderState:
        if self._is_closed or not self._is_recording:
            is_waiting = self._config.waits and not self._is_closed
            return RecorderState.ARMED if is_waiting else RecorderState.IDLE
        if not self._writer.is_open:
            return RecorderState.PAUSED
        return RecorderState.RECORDING if self._is_started else RecorderState.ENDING

    def _begin_segment(self) -> None:
        """Open a segment if the disk has room, and move the pre-roll into it."""
        self._enable_audio()
        if self._writer.is_open or self._is_closed or not self._has_room():
            return
        self._writer.open(self._preroll.start(default=self._clock.latest))
        for encoded in self._preroll.take():
            self._writer.add(encoded)

    def _stop_now(self) -> None:
        self._is_started, self._is_triggered, self._end = False, False, None
        try:
            self._writer.close()
        finally:
            self._enable_audio()

    def _enable_audio(self) -> None:
        """Keep the audio of a live source only while a recording may need it."""
        may_need = self._is_recording or self._config.preroll_s > 0
        self._context.audio.enable(is_enabled=may_need and not self._is_closed)

    def _record(self, recorded: RecordedFrame) -> None:
        if not recorded.has_image and not recorded.packets:
            self._store(self._scene_encoder.poses_frame(recorded.scene))  # of a frame that was recorded before
            return
        ticks = self._clock.ticks(recorded.scene.frame.time_s)
        if self._is_triggered:  # the first scene after a trigger: the post-roll counts from here
            self._is_triggered, self._end = False, ticks - self._clock.frame_ticks + self._postroll
        if self._end is not None and not self._is_started and ticks > self._end:
            self._stop_now()
        self._check_disk_and_prune(ticks)  # before writing: it may close the segment, or open the next one
        self._context.audio.drop_before(self._clock.time_s(self._preroll.start(default=ticks)))
        if self._writer.is_open:
            self._writer.check()  # a missing folder is noticed before the time for encoding is spent
        parts = self._scene_encoder.copy(recorded)
        if parts is not None:
            # The last part belongs to this frame, the others to frames that were dropped.
            for part in parts[:-1]:
                self._store(self._scene_encoder.copied_frame(part))
            self._encode(recorded, ticks, copied=parts[-1])
        elif self._keeps_frames:
            self._encode(recorded, ticks)
        else:
            self._scene_encoder.skip(recorded.scene)

    @property
    def _keeps_frames(self) -> bool:
        """Whether encoded frames go into a segment or into the pre-roll."""
        return self._writer.is_open or self._config.preroll_s > 0

    def _encode(self, recorded: RecordedFrame, ticks: int, *, copied: list[Packet] | None = None) -> None:
        """Encode a frame, write it or keep it for the pre-roll, and measure how long that takes."""
        if not self._takes_image(recorded, ticks, copied):
            if copied is None:
                return
            recorded = recorded.without_image()
        start_s = self._system_clock.timer()
        # A file and the pre-roll begin with a key frame; all others are free to be one.
        needs_key = self._writer.needs_key(ticks) if self._writer.is_open else not len(self._preroll)
        try:
            encoded = self._scene_encoder.encode(recorded, ticks, is_key=needs_key, copied=copied)
        except SinkError as error:  # an encoder does not know for which file it works
            raise SinkError(f"{self._writer.path or self._target.folder}: {error}") from error
        self._store(encoded)
        self._load_shedder.add_work(self._system_clock.timer() - start_s)
        if self._load_shedder.is_too_slow():
            self._use_faster_preset()

    def _takes_image(self, recorded: RecordedFrame, ticks: int, copied: list[Packet] | None) -> bool:
        """Whether the image of this frame is encoded. Encoding may be too slow for all frames of a live source."""
        is_encoded = self._scene_encoder.encodes_images(is_copied=copied is not None)
        if not (recorded.has_image and self._keeps_frames and is_encoded):
            return False
        is_copied_key = copied is not None and begins_with_key(copied)
        if copied is not None and not self._writer.has_begun and not len(self._preroll):
            return is_copied_key  # all videos of a segment begin where the copied one can
        return is_copied_key or not self._context.is_live or self._load_shedder.accepts(ticks)

    def _store(self, encoded: EncodedFrame) -> None:
        if self._writer.is_open:
            self._writer.add(encoded)
        else:
            # Without a pre-roll only a copied video needs frames of the past: those since its last key frame.
            self._preroll.add(encoded)

    def _use_faster_preset(self) -> None:
        """Switch to a faster preset if there is one, and report it."""
        preset = self._scene_encoder.use_faster_preset()
        hint = (
            Reason(RecorderNote.PRESET_CHANGED, {"preset": preset}) if preset else Reason(RecorderNote.FRAMES_DROPPED)
        )
        if hint != self._hint:
            self._hint = hint
            _log.warning("%s", describe_note(hint))

    def _check_disk_and_prune(self, ticks: int) -> None:
        """Once a second: delete old recordings, and pause or resume as the disk has room."""
        if self._last_check is not None and ticks - self._last_check < TICKS_HZ:
            return
        self._last_check = ticks
        self._target.prune(self._system_clock.now().timestamp(), in_use=self._writer.paths)
        if not self._is_recording or ticks < self._retry:
            return
        if self._has_room():
            self._begin_segment()
        elif self._writer.is_open:
            _log.warning("recording pauses: %s", describe_note(self._problem))
            self._writer.close()

    def _has_room(self) -> bool:
        has_room = self._guard.has_room()
        self._problem = self._guard.problem
        return has_room

    def _handle_failure(self, error: SinkError) -> None:
        """Raise the error for a single file; for a series report it, and try again later."""
        if not self._config.is_series:
            self._failure = error  # later writes raise it again
            raise error
        problem = Reason(RecorderNote.WRITE_FAILED, {"error": str(error)})
        if problem != self._problem:
            _log.error("recording pauses: %s", error)
        self._problem = problem
        self._retry = self._clock.latest + _RETRY_TICKS
        with suppress(SinkError):
            self._writer.close()
