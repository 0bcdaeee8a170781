"""What every source of frames offers: files, folders, webcams and streams."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from realtime_pose.audio.packets import AudioListener
from realtime_pose.reasons import NO_REASON, Outage, Reason
from realtime_pose.scene import Frame
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.video.packets import FrameListener


class SourceState(StrEnum):
    """State of a source."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"  # connected, but no frame comes, the picture is frozen, or frames come late
    RECONNECTING = "reconnecting"
    AUTH_FAILED = "auth_failed"  # user or password refused; tried again, with longer and longer waits
    NOT_FOUND = "not_found"  # no such stream, host or webcam; tried again
    LOST = "lost"
    ENDED = "ended"


# With these reasons a part of the source is missing.
_LOSSES = frozenset({SourceReason.READ_STOPPED, SourceReason.INCOMPLETE})
MAX_REASONS = 1000  # skipped frames of which the reason is kept


@dataclass(frozen=True, slots=True)
class NegotiatedFormat:
    """The format that a webcam delivers, which may differ from the requested one.

    Attributes:
        wh: Width and height in pixels.
        rate_hz: Frames per second as the driver states them; None if unknown.
        fourcc: Four letters of the pixel format, such as MJPG; "" if unknown.
        requested_wh: Width and height that were requested.
        requested_rate_hz: Frames per second that were requested.
    """

    wh: tuple[int, int]
    rate_hz: float | None
    fourcc: str
    requested_wh: tuple[int, int]
    requested_rate_hz: float

    @property
    def is_as_requested(self) -> bool:
        """Whether size and rate are the requested ones; drivers round the rate."""
        return self.wh == self.requested_wh and math.isclose(self.rate_hz or 0.0, self.requested_rate_hz, rel_tol=1e-5)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """State of a source, with its reason and its counts.

    Attributes:
        state: The state.
        reason: Why; NO_REASON where the state is enough.
        retry_in_s: Wait from this state until the next attempt; None: no attempt is planned.
        is_retrying: Whether the next attempt runs now.
        skipped: Frames that were left out because they could not be decoded.
        skipped_reasons: Why each of them was left out, at most the first MAX_REASONS. Empty for a live source, where
            such a frame is no loss.
        reconnects: How often a live source has come back.
        lag_s: Extra latency of the newest frame in seconds, compared with the fastest frame of this connection; 0 if
            unknown.
        negotiated: Format that a webcam delivers, with the requested one; None for other sources and while it is
            unknown.
        dropped: Decoded frames of a stream that nobody got: a newer one had come, or decoding was behind.
    """

    state: SourceState
    reason: Reason = NO_REASON
    retry_in_s: float | None = None
    is_retrying: bool = False
    skipped: int = 0
    skipped_reasons: tuple[Reason, ...] = ()
    reconnects: int = 0
    lag_s: float = 0.0
    negotiated: NegotiatedFormat | None = None
    dropped: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the source was lost up to now."""
        is_well = self.state in {SourceState.LIVE, SourceState.ENDED}
        return is_well and self.reason.code not in _LOSSES and not self.skipped_reasons

    def differs_from(self, earlier: "SourceStatus") -> bool:
        """Whether state or reason changed; a change of the numbers in the reason does not count."""
        return self.state is not earlier.state or self.reason.differs_from(earlier.reason)


@dataclass(frozen=True, slots=True)
class SourceWords:
    """Functions that put what a source reports into words; who builds a pipeline hands them in.

    Attributes:
        describe_source: Why the source has its state; "" if the state is enough.
        describe_outage: Length and reason of an outage; "" for none.
    """

    describe_source: Callable[[SourceStatus], str]
    describe_outage: Callable[[Outage], str]


# The codes in place of words, for a program that needs none.
CODES_AS_WORDS = SourceWords(lambda status: status.reason.code, lambda outage: outage.reason.code)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Name and format of a source.

    Attributes:
        name: The address as shown to the user, without a password.
        is_live: True: frames come at their own pace, and old ones may be dropped. False: frames come on demand, and
            none may be lost.
        wh: Width and height in pixels, (0, 0) while unknown; the size of a frame may differ.
        rate_hz: Frames per second; None if unknown.
        num_frames: Number of frames in total, for a progress bar; None if unknown.
        audio_path: The file that has the audio of the frames, if it has any; None if they come from no file.
        start_s: Timestamp of media time 0 in this file, in seconds.
        keeps_newest: Whether a live source reads on a thread of its own, so that the iteration gives the newest frame
            however seldom it asks. Otherwise the pipeline reads it on a thread.
        poll_s: Seconds from one request to the next of a source that is asked for each frame; 0: frames come by
            themselves. Such a frame is the newest for so long.
        has_index: Whether any place of a video file on a server can be found without reading up to it.
        is_pictures: Whether the frames are single pictures, which have nothing to do with each other: nobody is
            tracked.
    """

    name: str
    is_live: bool
    wh: tuple[int, int]
    rate_hz: float | None
    num_frames: int | None
    audio_path: Path | None = None
    start_s: float = 0.0
    keeps_newest: bool = False
    poll_s: float = 0.0
    is_pictures: bool = False
    has_index: bool = False


class Source(Protocol):
    """Frames in order, once.

    A source that cannot be opened raises. The exception is a camera URL, which opens in the background and is
    CONNECTING until then. A loss after that is a state: the iteration ends, or goes on when the source is back. Iterate
    in one thread only; ``close`` and ``status`` may be called in any thread.

    After the iteration the device is free again. The thread that read the device releases it: the iterating thread, or
    a worker thread of the source where a read may hang. A worker thread that hangs is left behind.
    """

    @property
    def info(self) -> SourceInfo:
        """Name and format as known now; a camera knows its size and rate once it is open."""

    @property
    def status(self) -> SourceStatus:
        """The status now."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""

    def listen(self, listener: AudioListener) -> None:
        """Send live audio with its media time to this listener from now on; other sources send none."""

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Send every frame of a live source to this listener from now on, also frames that the iteration leaves out.

        Other sources send none: their iteration gives every frame.
        """

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
