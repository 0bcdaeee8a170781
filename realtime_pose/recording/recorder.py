"""Scenes to recordings: when one begins, is cut, pauses, and ends."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.disk_guard import DiskGuard
from realtime_pose.recording.encoder import TICKS_HZ
from realtime_pose.recording.load_shedding import LoadShedder
from realtime_pose.recording.preroll import EncodedFrame, Preroll
from realtime_pose.recording.scene_encoder import SceneEncoder
from realtime_pose.recording.segment import RecordingSegment
from realtime_pose.recording.targets import RecordingTarget
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.scene import Scene

TRIGGER_S = 10.0  # how long a trigger records where no post-roll was set
_RETRY_TICKS = 5 * TICKS_HZ  # after a failed write, before the next try

_log = logging.getLogger(__name__)


class RecorderState(StrEnum):
    """What a recorder is doing: nothing, waiting with a pre-roll, recording, the post-roll, waiting for room."""

    IDLE = "idle"
    ARMED = "armed"
    RECORDING = "recording"
    ENDING = "ending"
    PAUSED = "paused"


class Recorder:
    """Records while it is asked to, into one file or a series.

    Once a second of media time it looks at the disk and at what is to be kept. What fails in a series is told in
    ``note`` and tried again; a single file that fails raises.

    Args:
        place: Where to.
        config: What is recorded, cut and kept, and how well.
        origin: Where the scenes come from.
        draw: From a scene to the same with its overlay drawn.
        world: Clock, disk and timer.
    """

    def __init__(
        self,
        target: RecordingTarget,
        config: RecordConfig,
        *,
        context: RecordingContext,
        draw: Callable[[Scene], Scene] = lambda scene: scene,
        system_clock: SystemClock | None = None,
    ) -> None:
        self._target, self._config, self._context, self._system_clock = (
            target,
            config,
            context,
            system_clock or SystemClock(),
        )
        self._clock = TickClock(context.rate_hz or 0.0)
        self._scene_encoder = SceneEncoder(config, self._clock, draw=draw, is_live=context.is_live)
        self._load_shedder = LoadShedder()
        self._preroll = Preroll(round(config.preroll_s * TICKS_HZ))
        is_guarded = context.is_live or config.is_series
        least = config.keep_free_bytes if is_guarded else 0
        self._guard = DiskGuard(target.folder, least, self._system_clock.free_bytes)
        self._segment: RecordingSegment | None = None
        self._is_wanted = self._is_triggered = self._is_closed = False  # triggered: since the latest scene
        self._postroll = round((config.postroll_s or TRIGGER_S) * TICKS_HZ)
        self._until: int | None = None  # where the post-roll ends
        self._looked: int | None = None
        self._retry = 0
        self._problem = self._hint = ""
        self._failure: SinkError | None = None
        self._listen()

    @property
    def num_moved(self) -> int:
        """Frames whose time was not after that of the frame before, and was moved just behind it."""
        return self._clock.num_moved

    @property
    def num_dropped(self) -> int:
        """Frames that were left out because recording took too long."""
        return self._load_shedder.num_dropped

    @property
    def path(self) -> str:
        """Of the video that is being written; "" for none."""
        segment = self._segment  # once: another thread may end it meanwhile
        return "" if segment is None else str(segment.path)

    @property
    def state(self) -> RecorderState:
        """What it is doing."""
        if self._is_closed or not self._is_recording:
            is_waiting = self._config.waits and not self._is_closed
            return RecorderState.ARMED if is_waiting else RecorderState.IDLE
        if self._segment is None:
            return RecorderState.PAUSED
        return RecorderState.RECORDING if self._is_wanted else RecorderState.ENDING

    @property
    def note(self) -> str:
        """What the user should know of it; "" for nothing."""
        return self._problem or self._hint

    def start(self) -> None:
        """Record from now on, with what the pre-roll holds.

        Raises:
            SinkError: The file cannot be made.
        """
        self._is_wanted, self._is_triggered, self._until = True, False, None
        self._begin()

    def trigger(self) -> None:
        """Record what the pre-roll holds, and on for the post-roll; once more makes it longer.

        While the source is away the post-roll begins with its first scene.

        Raises:
            SinkError: The file cannot be made.
        """
        self._until, self._is_triggered = self._clock.latest + self._postroll, True
        self._begin()

    def stop(self) -> None:
        """End the recording after the post-roll; the second time, without one, or while it pauses, at once.

        Raises:
            SinkError: Its end cannot be written.
        """
        if self._is_wanted and self._config.postroll_s and self._segment is not None:
            self._is_wanted = False
            self._until = self._clock.latest + round(self._config.postroll_s * TICKS_HZ)
        else:
            self._end()

    def write(self, scene: Scene) -> None:
        """Record one scene, or remember it for the pre-roll, or pass it over.

        Raises:
            SinkError: It cannot be written, now or ever; what was written before stays playable. Close the recorder.
        """
        if self._is_closed:
            raise SinkError(f"{self._target.name}: expected an open recorder, but it is closed; open another")
        if self._failure is not None:
            raise self._failure
        try:
            self._write(scene)
        except SinkError as error:
            self._handle_failure(error)

    def close(self) -> None:
        """Finish what is being written, for good; may be called twice.

        Raises:
            SinkError: The end cannot be written; what was written before stays playable.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if (
                self._failure is None
                and self._segment is not None
                and (rest := self._scene_encoder.finish()) is not None
            ):
                self._write_encoded(rest)
        finally:
            self._end()

    @property
    def _is_recording(self) -> bool:
        return self._is_wanted or self._until is not None

    def _begin(self) -> None:
        """Open a take where there is room, and move the pre-roll into it."""
        self._listen()
        if self._segment is not None or self._is_closed or not self._has_room():
            return
        self._open_segment(self._preroll.begin(self._clock.latest))
        for encoded in self._preroll.take():
            self._write_encoded(encoded)

    def _end(self) -> None:
        self._is_wanted, self._is_triggered, self._until = False, False, None
        try:
            self._close_segment()
        finally:
            self._listen()

    def _listen(self) -> None:
        """Let the sound of a live source be kept where it may be wanted."""
        if isinstance(sound := self._context.sound, AudioBuffer):
            sound.keep(is_kept=not self._is_closed and (self._is_recording or self._config.preroll_s > 0))

    def _write(self, scene: Scene) -> None:
        ticks = self._clock.ticks(scene.frame.time_s)
        if self._is_triggered:
            self._is_triggered, self._until = False, ticks - self._clock.step + self._postroll
        if self._until is not None and not self._is_wanted and ticks > self._until:
            self._end()
        self._check_disk_and_prune(ticks)
        if isinstance(sound := self._context.sound, AudioBuffer):
            sound.forget(self._clock.first_s + self._preroll.begin(ticks) / TICKS_HZ)
        if self._segment is not None:
            self._segment.check()
        elif not self._config.preroll_s:
            self._scene_encoder.skip(scene)
            return
        if self._context.is_live and not self._load_shedder.accepts(ticks):
            return
        begun_s = self._system_clock.timer()
        self._keep(self._scene_encoder.encode(scene, ticks, is_key=self._needs_key(ticks)))
        self._load_shedder.add_work(self._system_clock.timer() - begun_s)
        if self._load_shedder.is_too_slow():
            self._use_faster_preset()

    def _use_faster_preset(self) -> None:
        """Encode faster from now on where that can be, and say so."""
        preset = self._scene_encoder.use_faster_preset()
        then = f"the preset is {preset} from now on" if preset else "frames are left out, for no preset is faster"
        if (hint := f"encoding is too slow for the source; {then}") != self._hint:
            self._hint = hint
            _log.warning("%s", hint)

    def _keep(self, encoded: EncodedFrame) -> None:
        """Write a shot, or remember it."""
        if self._segment is None:
            self._preroll.add(encoded)
        else:
            self._write_encoded(encoded)

    def _write_encoded(self, encoded: EncodedFrame) -> None:
        """Write a shot into the take, or into the next where one is due."""
        if encoded.is_key and self._is_due(encoded.ticks):
            self._close_segment()
            self._open_segment(encoded.ticks)
        if self._segment is not None:
            sound = self._context.sound
            context = None if sound is None else (sound, self._clock.first_s)
            self._segment.add(encoded, self._scene_encoder.templates, sound=context)

    def _needs_key(self, ticks: int) -> bool:
        """Whether a file or the pre-roll begins with the shot of this time."""
        if self._segment is None:
            return not len(self._preroll)
        return self._segment.start is None or self._is_due(ticks)

    def _is_due(self, ticks: int) -> bool:
        """Whether the take is as long as a segment may be, or as large with a quarter of a second more."""
        if self._segment is None or self._segment.start is None or ticks - self._segment.start < TICKS_HZ:
            return False
        length, size = ticks - self._segment.start, self._segment.length_bytes
        most, largest = round(self._config.segment_s * TICKS_HZ), self._config.segment_bytes
        return bool(most and length >= most) or bool(largest and size + size * TICKS_HZ // length // 4 >= largest)

    def _check_disk_and_prune(self, ticks: int) -> None:
        """Once a second: delete what is not to be kept, pause where the disk is nearly full, or go on."""
        if self._looked is not None and ticks - self._looked < TICKS_HZ:
            return
        self._looked = ticks
        self._target.prune(
            self._system_clock.now().timestamp(), sparing=self._segment.paths if self._segment is not None else ()
        )
        if not self._is_recording or ticks < self._retry:
            return
        if self._has_room():
            self._begin()
        elif self._segment is not None:
            _log.warning("recording pauses: %s", self._problem)
            self._close_segment()

    def _has_room(self) -> bool:
        has_room = self._guard.has_room()
        self._problem = self._guard.problem
        return has_room

    def _open_segment(self, begin: int) -> None:
        """Open the files of a take whose first shot is that of this time."""
        begun = self._system_clock.now() - timedelta(seconds=(self._clock.latest - begin) / TICKS_HZ)
        path = self._target.claim(begun)
        self._segment = RecordingSegment(path, self._config.picture, self._context.run, is_synced=self._context.is_live)

    def _close_segment(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.close()

    def _handle_failure(self, error: SinkError) -> None:
        """Raise it where there is one file only; in a series, tell it, and try again later."""
        if not self._config.is_series:
            self._failure = error if self.path in str(error) else SinkError(f"{self.path}: {error}")
            raise self._failure from error
        if str(error) != self._problem:
            _log.error("recording pauses: %s", error)
        self._problem = str(error)
        self._retry = self._clock.latest + _RETRY_TICKS
        with suppress(SinkError):
            self._close_segment()
