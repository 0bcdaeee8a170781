"""Plays the file of a pipeline in the window: asks its replay for the frame that the clock has reached."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from realtime_pose.app.live_pipeline import RecordingControl
from realtime_pose.app.playback import FASTEST, Playback, Timeline, format_place
from realtime_pose.channels import Mailbox
from realtime_pose.config import LiveSettings
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.clip_recorder import ClipRecorder
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.kept_scenes import PICTURE_S, place_s
from realtime_pose.pipeline.replay import NEWEST, Replay
from realtime_pose.pipeline.stays import Stay
from realtime_pose.redaction import redact_text

SKIP_S = 5.0  # of an arrow key


@dataclass(frozen=True, slots=True)
class _ClipControl:
    """Starts and stops the recording of a stretch of the file, at the place that is shown now."""

    clips: ClipRecorder
    place_s: float

    def start(self, path: Path) -> None:
        """Record from this place on; raises SinkError."""
        self.clips.start(path, self.place_s)

    def stop(self) -> None:
        """Finish the recording at this place."""
        self.clips.stop(self.place_s)


def take_newest(shown: Mailbox[DrawnScene]) -> DrawnScene | None:
    """The newest drawn scene, without waiting; None if there is no new one."""
    try:
        return shown.get(timeout_s=0)
    except (TimeoutError, ChannelClosedError):
        return None


class Player:
    """One file at a time, for the GUI thread; it never waits. Speed and loop stay for the next file.

    Attributes:
        playback: The clock.
        replay: The file that is played; None for a source that is none.
    """

    def __init__(self) -> None:
        self.playback = Playback()
        self.replay: Replay | None = None
        self._latest_s = 0.0  # of the monotonic clock, when the clock was advanced last
        self._wanted_s: float | None = None  # where the user went while the clock stood
        self._is_stepping = False  # a step was asked for and is not shown yet
        self._num_steps = 0  # to ask for

    def open(self, replay: Replay | None) -> None:
        """Play this file from its start."""
        self.replay, self._latest_s = replay, monotonic()
        old = self.playback
        first_s = 0.0 if replay is None else replay.file.first_s
        self.playback = Playback(first_s, old.speed, is_looping=old.is_looping, follows=old.speed == FASTEST)
        self._wanted_s, self._is_stepping, self._num_steps = first_s, False, 0

    def take(self, settings: LiveSettings) -> DrawnScene | None:
        """Advance the clock, ask for its frame, and take what was drawn meanwhile; None for nothing new."""
        replay, playback, now_s = self.replay, self.playback, monotonic()
        if replay is None:
            return None
        elapsed_s, self._latest_s = now_s - self._latest_s, now_s
        line = self.timeline
        if line is not None:
            playback.advance(elapsed_s, line)
            replay.show(self._target_s(), settings)
            replay.step(self._num_steps, settings)
            self._num_steps = 0
            if replay.clips is not None:
                replay.clips.allow_until(min(playback.position_s, line.analysed_s))
        drawn = take_newest(replay.shown)
        if drawn is None:
            return None
        if self._is_stepping or not (playback.is_playing or playback.has_ended):
            playback.position_s = place_s(drawn.scene.frame)
        self._is_stepping = False
        return drawn

    def take_failure(self) -> str:
        """Why the file cannot be shown any more, once; "" for no failure."""
        failure = None if self.replay is None else self.replay.take_failure()
        return "" if failure is None else redact_text(str(failure))

    @property
    def timeline(self) -> Timeline | None:
        """What is known of the length of the file; None before its first frame was analysed."""
        span_s = None if self.replay is None else self.replay.kept.span_s
        if self.replay is None or span_s is None:
            return None
        file, is_complete = self.replay.file, self.replay.kept.is_complete
        seen_end_s = span_s[1] + file.step_s
        end_s = seen_end_s if is_complete else max(seen_end_s, file.stated_end_s or 0.0)
        return Timeline(file.first_s, span_s[1], end_s, is_complete)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """When each person was seen; nothing for single pictures, whose numbers mean other people in each."""
        return () if self.replay is None or self.is_pictures else self.replay.kept.stays

    @property
    def is_pictures(self) -> bool:
        """Whether single pictures are shown, one after another."""
        return self.replay is not None and self.replay.file.is_pictures

    def set_playing(self, *, is_playing: bool) -> None:
        """Play or pause; at the end, play again from the start."""
        if (line := self.timeline) is not None:
            self.playback.set_playing(line, is_playing=is_playing)
        else:
            self.playback.is_playing = is_playing

    def seek(self, place: float) -> None:
        """Go to a place in seconds, at most to the last frame."""
        if self.replay is not None and (line := self.timeline) is not None:
            self.playback.seek(min(place, line.end_s - self.replay.file.step_s), line)
            self._wanted_s, self._is_stepping = self.playback.position_s, False

    def skip(self, direction: int) -> None:
        """Go five seconds on or back (1 or -1); of single pictures, one picture."""
        step_s = PICTURE_S if self.is_pictures else SKIP_S
        self.seek(self.playback.position_s + direction * step_s)

    def step(self, direction: int) -> None:
        """Pause, and show the next frame or the one before (1 or -1)."""
        if self.timeline is None:
            return
        playback = self.playback
        playback.is_playing = playback.has_ended = playback.follows = False
        self._wanted_s, self._is_stepping = None, True
        self._num_steps += direction

    def go_to_start(self) -> None:
        """Show the first frame, and play on if the file is played."""
        if self.replay is not None:
            self.seek(self.replay.file.first_s)

    def toggle_loop(self) -> None:
        """Start again at the end from now on, or not any more."""
        self.playback.is_looping = not self.playback.is_looping

    def set_speed(self, speed: float) -> None:
        """Play at this speed from now on."""
        self.playback.set_speed(speed)

    def choose_recording(self, whole: RecordingControl, *, is_started: bool) -> RecordingControl:
        """What starts a recording, or stops it if it is started: of a stretch of the file, or of the whole source.

        Args:
            whole: Records the whole source; it does so if there is no file, or if it has begun.
            is_started: Whether something is recorded now.
        """
        clips = None if self.replay is None else self.replay.clips
        if clips is None or (is_started and not clips.recorder.is_started):
            return whole
        return _ClipControl(clips, self.playback.position_s)

    def describe_place(self, place: float) -> str:
        """A place as its time, or as the number of its picture."""
        line = self.timeline
        if self.is_pictures and line is not None:
            return str(int(min(place, line.end_s - PICTURE_S) / PICTURE_S) + 1)
        return format_place(place)

    def describe_time(self) -> str:
        """Place and length in one line."""
        line = self.timeline
        if line is None:
            return ""
        end = str(round(line.end_s / PICTURE_S)) if self.is_pictures else format_place(line.end_s)
        return f"{self.describe_place(self.playback.position_s)} / {end}"

    def _target_s(self) -> float | None:
        """The place to show; None for the present one."""
        playback = self.playback
        wanted_s, self._wanted_s = self._wanted_s, None
        if playback.follows:
            return NEWEST
        return playback.position_s if playback.is_playing or playback.has_ended else wanted_s
