"""A web address that gives one picture, such as the snapshot of a camera: asked for again and again."""

from collections.abc import Callable

import numpy as np

from realtime_pose.audio.packets import AudioFormat
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.decoding import VideoDecoder
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.video.packets import VideoFormat


class PolledConnection:
    """The pictures of an address, one a request; a `Connection` whose reads are ``poll_s`` apart.

    Attributes:
        wh: Width and height of the first picture in pixels.
        rate_hz: Pictures per second at most.
        poll_s: Seconds from one request to the next, for which the caller waits.

    Args:
        first: The first picture, already received.
        request: Asks for the next picture; raises StreamError.
        poll_s: See above.
    """

    def __init__(self, first: VideoDecoder, request: Callable[[], VideoDecoder], *, poll_s: float) -> None:
        self.wh = first.wh
        self.rate_hz: float | None = 1 / poll_s
        self.poll_s = poll_s
        self.is_live, self.is_segmented, self.has_clock = True, False, False
        self.read_error: Reason = NO_REASON
        self.audio_format: AudioFormat | None = None
        self.video_format: VideoFormat | None = None
        self._waiting: VideoDecoder | None = first
        self._request = request
        self._last: DecodedFrame | None = None

    def read(self) -> DecodedFrame | None:
        """The picture now, marked as a repeat if it is the same as the one before; None if there is none."""
        decoder, self._waiting = self._waiting or self._request(), None
        try:
            decoded = decoder.read()
        finally:
            decoder.close()
        if decoded is None:
            self.read_error = Reason(SourceReason.NO_PICTURE)
            return None
        image = decoded.image
        is_repeat = self._last is not None and np.array_equal(image, self._last.image)
        self._last = decoded._replace(content=image, is_repeat=is_repeat)
        return self._last

    def close(self) -> None:
        """Forget a picture that was not read."""
        if self._waiting is not None:
            self._waiting.close()
