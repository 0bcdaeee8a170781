"""A frame as a connection gives it: the decoder's frame with its times and packets, and on demand the image."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame

from realtime_pose.reasons import Reason
from realtime_pose.scene import Image
from realtime_pose.sources.audio_timestamps import DemuxedAudioPacket
from realtime_pose.sources.faults import frame_errors
from realtime_pose.sources.orientation import apply_orientation, display_matrix, stretch_to_square_pixels
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.video_packets import DemuxedVideoPacket


class DecodedFrame(NamedTuple):
    """A decoded frame with its times in seconds.

    Attributes:
        content: The pixels, or the decoder's frame that ``image`` converts.
        time_s: Media time.
        captured_s: Monotonic clock when its packet came in.
        pts_s: Presentation timestamp, from any origin; None if the stream has none.
        audio_packets: Audio of a live stream that came since the frame before.
        number: Number of the frame in its file, from 0; frames that cannot be decoded have numbers too.
        pixel_aspect: Width of a pixel of ``content`` divided by its height.
        is_repeat: Whether the source was asked for a new frame and gave the same one again.
        video_packets: Encoded video of a live stream since the frame before, up to the packet of this frame; None if a
            recording may not copy them.
    """

    content: Image | VideoFrame
    time_s: float
    captured_s: float
    pts_s: float | None = None
    audio_packets: Sequence[DemuxedAudioPacket] = ()
    number: int = 0
    pixel_aspect: Fraction = Fraction(1)
    video_packets: Sequence[DemuxedVideoPacket] | None = None
    is_repeat: bool = False

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 BGR, upright, with square pixels.

        Converted on demand, because a live source uses only some of its frames.

        Raises:
            FrameError: It cannot be converted.
        """
        if not isinstance(self.content, VideoFrame):
            return self.content
        with frame_errors(Reason(SourceReason.FRAME_FAILED, {"time_s": self.time_s})):
            return _to_image(self.content, self.pixel_aspect)


def _to_image(frame: VideoFrame, pixel_aspect: Fraction) -> Image:
    """(H, W, 3) uint8 BGR, contiguous, with square pixels, rotated as the display matrix says."""
    # With more threads swscale would start new ones for each frame, and is not faster.
    image = np.asarray(frame.to_ndarray(format="bgr24", threads=1), np.uint8)
    image = stretch_to_square_pixels(image, pixel_aspect)  # before the rotation: the aspect is that of coded pixels
    if matrix := display_matrix(frame):
        image = apply_orientation(image, matrix)
    return np.ascontiguousarray(image)
