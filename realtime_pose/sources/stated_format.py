"""What a container and its codec state about a video: rate, duration, shape of pixels, and the timestamps to trust."""

from enum import StrEnum
from fractions import Fraction

import av
from av.container import InputContainer
from av.format import Flags
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

NOMINAL_HZ = 25.0  # for streams that state no rate; FFmpeg assumes the same
MAX_STATED_HZ = 1000.0  # some live streams state the rate of their clock instead, 90 kHz

MAX_PIXEL_ASPECT = 16  # more is not an aspect ratio but a damaged header

COUNTING_FORMATS = ("mpjpeg", "mjpeg", "h264", "hevc", "image2pipe", "jpeg_pipe")  # their timestamps only count frames
# These store frames in the order of decoding, each with the time of its place in the file. With B-frames, that is not
# the order of presentation, and FFmpeg's presentation timestamps are then only a guess.
DECODE_ORDER_FORMATS = ("avi", "asf", "asf_o")
STEADY_FORMATS = ("mxf",)  # in these every frame lasts equally long
# The durations of these count from timestamp 0, not from the first frame.
ABSOLUTE_DURATION_FORMATS = ("matroska,webm", "avi", "flv", "asf", "asf_o", "nut")


class TimestampKind(StrEnum):
    """Which timestamps of decoded frames are their times."""

    PRESENTATION = "presentation"
    DECODING = "decoding"  # the timestamp of the packet that made the decoder return the frame
    NONE = "none"  # the number of a frame and the rate tell its time


def timestamp_kind(container: InputContainer) -> TimestampKind:
    """Which timestamps of this container to trust."""
    is_raw = bool(Flags(container.format.flags) & Flags.no_timestamps)
    if is_raw or container.format.name in STEADY_FORMATS:
        return TimestampKind.NONE
    is_decoding = container.format.name in DECODE_ORDER_FORMATS
    return TimestampKind.DECODING if is_decoding else TimestampKind.PRESENTATION


def frame_timestamp(frame: VideoFrame, kind: TimestampKind, *, nominal: int) -> int | None:
    """The timestamp of a decoded frame in ticks of its stream; None if it has none.

    Args:
        frame: The decoded frame.
        kind: Which timestamps to trust.
        nominal: The timestamp by its number and the rate.
    """
    if kind is TimestampKind.NONE:
        return nominal
    return frame.dts if kind is TimestampKind.DECODING else frame.pts


def stated_rate_hz(container: InputContainer, stream: VideoStream) -> float | None:
    """Frames per second as stated; None if unknown.

    A container with presentation timestamps knows its average rate. Of the others, raw streams have none, so FFmpeg
    states 25, and AVI and ASF may state the rate of their clock; there the codec knows better.
    """
    average, guessed = stream.average_rate, stream.guessed_rate
    has_times = timestamp_kind(container) is TimestampKind.PRESENTATION
    rates = (average, guessed) if has_times else (guessed, average)
    return next((float(rate) for rate in rates if rate and rate <= MAX_STATED_HZ), None)


def stated_duration_s(container: InputContainer, stream: VideoStream, *, start_s: float, delay_s: float) -> float:
    """Duration of the video in seconds from its first frame, as stated; 0 if unknown.

    Args:
        container: The open container.
        stream: Its video.
        start_s: Timestamp of the first frame in seconds.
        delay_s: How much later than the timestamp of the first packet that is.
    """
    if stream.duration is not None and stream.time_base is not None:
        stated_s = float(stream.duration * stream.time_base)
    else:
        is_alone = len(container.streams) == 1  # otherwise this may be the duration of the audio
        stated_s = (container.duration or 0) / av.time_base if is_alone else 0.0
    if container.format.name not in ABSOLUTE_DURATION_FORMATS:
        return stated_s
    is_from_start = container.format.name == "flv" and start_s >= stated_s  # some programs count from the first packet
    return stated_s - (delay_s if is_from_start else start_s)


class PixelAspect:
    """Width of a pixel divided by its height, for the frames of one stream.

    What the container states comes first. Where it changes in the middle, as between two programmes of television, only
    the codec knows it.

    Args:
        stream: The video.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._first_coded: Fraction | None = None

    def now(self) -> Fraction:
        """For the frame that was decoded last; 1 if it is unknown."""
        coded = self._stream.codec_context.sample_aspect_ratio
        if self._first_coded is None:
            self._first_coded = coded
        stated = coded if coded != self._first_coded else self._stream.sample_aspect_ratio or coded
        is_plausible = stated and Fraction(1, MAX_PIXEL_ASPECT) <= stated <= MAX_PIXEL_ASPECT
        return stated if stated and is_plausible else Fraction(1)
