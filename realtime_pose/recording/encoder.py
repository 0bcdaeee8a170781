"""H.264 packets of one size, with the times of the frames, from images of any size."""

import io
import os
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from av.video.stream import VideoStream

from realtime_pose._cv2 import cv2
from realtime_pose.config import X264_PRESETS, RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.geometry import fit_wh
from realtime_pose.scene import Image

if TYPE_CHECKING:
    Packet: TypeAlias = av.Packet[Any]  # generic for the type checker only
else:
    Packet = av.Packet

ENCODERS = ("h264_nvenc", "libx264")  # best first
PRESETS = {"libx264": X264_PRESETS, "h264_nvenc": ("p1", "p2", "p3", "p4", "p5", "p6", "p7")}  # fastest first
# Full-pixel motion and whole blocks: a quarter to a third less CPU time, up to 14 % larger files, and a loss of up to
# 0.5 dB of SSIM (benchmarks/encoder.py).
X264_PARAMETERS = {"superfast": "subme=0:partitions=none"}
NVENC_PRESET = "p4"  # default of NVENC; the preset in the configuration is one of libx264
TICKS_HZ = 90_000
DEFAULT_RATE_HZ = 30.0  # if a source states none: for the rate control, and the duration of a single frame

_PIXELS_PER_THREAD = 2_200_000  # one thread for 1920x1080: two take 2 to 9 % more CPU time
_SMPTE170M = 6  # AVCOL_SPC_SMPTE170M, the matrix of BT.601; PyAV's Colorspace has the numbers of swscale
_TICK = Fraction(1, TICKS_HZ)


def working_encoders() -> tuple[str, ...]:
    """The H.264 encoders that work on this computer, best first; each is tried."""
    return tuple(name for name in ENCODERS if _can_encode(name, (256, 256), encoder_options(name, RecordConfig())))


def faster_preset(name: str, preset: str) -> str:
    """The next faster preset of this encoder; "" where there is none.

    >>> faster_preset("libx264", "veryfast"), faster_preset("h264_nvenc", "p1")
    ('superfast', '')
    """
    index = PRESETS[name].index(preset)
    return PRESETS[name][index - 1] if index else ""


def encoder_options(name: str, config: RecordConfig, preset: str = "") -> dict[str, str]:
    """Options of an encoder: no delay and no B-frames, so each frame becomes a packet at once.

    Args:
        name: FFmpeg's name of the encoder.
        config: Quality and speed.
        preset: Used instead of the first preset; "": the first.
    """
    if name == "libx264":
        preset = preset or config.encoder_preset
        options = {"preset": preset, "crf": str(config.quality_crf), "tune": "zerolatency"}
        return options | ({"x264-params": X264_PARAMETERS[preset]} if preset in X264_PARAMETERS else {})
    quality = {"preset": preset or NVENC_PRESET, "tune": "ll", "rc": "vbr", "cq": str(config.quality_crf)}
    return {**quality, "bf": "0", "delay": "0", "zerolatency": "1", "forced-idr": "1"}


class Encoder:
    """H.264 encoder for one video.

    The first image sets the size. An odd width or height is made even by repeating the last column or row. A later
    image of another size is letterboxed into the first size.

    Attributes:
        stream: PyAV stream of the encoder: the template for a stream of an MP4 file.

    Args:
        wh: Width and height in pixels of the first image.
        config: Quality and speed.
        rate_hz: Frames per second, for the rate control only.
        has_inline_parameters: Whether each key frame carries its own codec parameters (SPS and PPS), so that
            ``use_faster_preset`` may change them within a file.

    Raises:
        SinkError: No encoder takes this size.
    """

    def __init__(
        self, wh: tuple[int, int], config: RecordConfig, *, rate_hz: float, has_inline_parameters: bool = False
    ) -> None:
        self._wh = wh
        self._rate_hz = rate_hz
        self._has_inline_parameters = has_inline_parameters
        even_wh = (wh[0] + wh[0] % 2, wh[1] + wh[1] % 2)  # yuv420p halves both sides
        self._name = next(
            (name for name in ENCODERS[:-1] if _can_encode(name, even_wh, encoder_options(name, config))), ENCODERS[-1]
        )
        self._even_wh = even_wh
        self._config = config
        self._preset = encoder_options(self._name, config)["preset"]
        self.stream = self._open_stream()

    def encode(self, image: Image, ticks: int, *, is_key: bool) -> list[Packet]:
        """Packets of one image.

        Args:
            image: (H, W, 3) uint8 BGR.
            ticks: Presentation timestamp.
            is_key: Whether to make it a key frame.

        Raises:
            SinkError: It cannot be encoded.
        """
        frame = _to_yuv420p(letterbox(image, self._wh))
        frame.pts, frame.time_base = ticks, _TICK
        if is_key:
            frame.pict_type = PictureType.I
        return self._packets(frame)

    def finish(self) -> list[Packet]:
        """Packets that the encoder still holds. It takes no more images after this."""
        return self._packets(None)

    def use_faster_preset(self) -> str:
        """Switch to the next faster preset and return its name; "" if there is none.

        The next image must be a key frame.
        """
        faster = faster_preset(self._name, self._preset)
        if not faster or not self._has_inline_parameters:
            return ""
        self._preset = faster
        self.stream = self._open_stream()
        return faster

    def _packets(self, frame: av.VideoFrame | None) -> list[Packet]:
        try:
            packets = self.stream.encode(frame)
        except av.FFmpegError as error:
            raise self._encode_error(error) from error
        return [self._with_parameters(packet) for packet in packets] if self._has_inline_parameters else packets

    def _with_parameters(self, packet: Packet) -> Packet:
        """The packet with the codec parameters before it if it is a key frame."""
        if not packet.is_keyframe:
            return packet
        key_frame: Packet = av.Packet(bytes(self.stream.codec_context.extradata or b"") + bytes(packet))
        key_frame.pts, key_frame.dts, key_frame.time_base = packet.pts, packet.dts, packet.time_base
        key_frame.is_keyframe = True
        return key_frame

    def _open_stream(self) -> VideoStream:
        """The stream of an open encoder, in a container in memory that only gets a header."""
        settings = encoder_options(self._name, self._config, self._preset)
        try:
            self._container = av.open(io.BytesIO(), "w", format="mp4")
            stream = cast("VideoStream", self._container.add_stream(self._name, options=settings))
            _configure(stream.codec_context, self._even_wh, self._rate_hz)
            self._container.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            raise self._encode_error(error) from error
        return stream

    def _encode_error(self, error: Exception) -> SinkError:
        return SinkError(
            f"a {self._wh[0]}x{self._wh[1]} frame was not encoded: {error}; record another size, or with other settings"
        )


def _configure(context: VideoCodecContext, wh: tuple[int, int], rate_hz: float) -> None:
    """Set the size, times and colours of an encoder that is not open yet."""
    context.width, context.height = wh
    context.pix_fmt = "yuv420p"
    context.time_base = _TICK
    context.framerate = Fraction(rate_hz).limit_denominator(1001)  # for the rate control only
    context.thread_count = min(os.cpu_count() or 1, 1 + wh[0] * wh[1] // _PIXELS_PER_THREAD)
    context.thread_type = "SLICE"
    context.color_range = ColorRange.MPEG
    context.colorspace = _SMPTE170M  # cv2 converts BGR to YUV as in BT.601
    context.color_primaries = ColorPrimaries.BT709  # the primaries of sRGB, which webcams use
    context.color_trc = ColorTrc.BT709


def _can_encode(name: str, wh: tuple[int, int], options: dict[str, str]) -> bool:
    """Whether an encoder turns an image of this size into a packet; it is tried."""
    with suppress(av.FFmpegError, ValueError):
        context = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
        context.options = options
        _configure(context, wh, DEFAULT_RATE_HZ)
        frame = _to_yuv420p(np.zeros((wh[1], wh[0], 3), np.uint8))
        frame.pts, frame.time_base = 0, _TICK
        return bool(context.encode(frame) + context.encode(None))
    return False


def letterbox(image: Image, wh: tuple[int, int]) -> Image:
    """The image in this size, with its aspect ratio kept and black bars; the same array if it has the size."""
    image_wh = (image.shape[1], image.shape[0])
    if image_wh == wh:
        return image
    width, height = fit_wh(image_wh, wh)
    left, top = (wh[0] - width) // 2, (wh[1] - height) // 2
    boxed = np.zeros((wh[1], wh[0], 3), np.uint8)
    method = cv2.INTER_AREA if width < image_wh[0] else cv2.INTER_LINEAR
    boxed[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=method)
    return boxed


def _to_yuv420p(image: Image) -> av.VideoFrame:
    """A yuv420p frame with even sides.

    cv2 needs 0.8 ms of CPU time for 1088x1920, swscale 5 to 6 ms. cv2 has BT.601 only, so the tags say BT.601.
    """
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    yuv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)  # (H * 3 / 2, W): Y, then U and V
    # PyAV's from_numpy_buffer loses rows unless H is a multiple of 4; from_ndarray copies, but takes any height.
    if yuv.shape[0] % 6:
        return av.VideoFrame.from_ndarray(yuv, format="yuv420p")
    return av.VideoFrame.from_numpy_buffer(yuv, format="yuv420p")
