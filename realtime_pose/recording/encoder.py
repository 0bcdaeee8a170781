"""Pictures of any size to H.264 packets of one size, with the times that the frames had."""

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
LADDERS = {"libx264": X264_PRESETS, "h264_nvenc": ("p1", "p2", "p3", "p4", "p5", "p6", "p7")}  # presets, fastest first
NVENC_PRESET = "p4"  # its own default; the preset of the configuration is one of libx264
TICKS_HZ = 90_000
USUAL_RATE_HZ = 30.0  # where a source states none: for the rate control, and the length of a lone frame

_PIXELS_PER_THREAD = 2_200_000  # 1920x1080 is encoded by one thread: two take 2 to 9 % more core time
_SMPTE170M = 6  # AVCOL_SPC_SMPTE170M; PyAV's Colorspace holds swscale's numbers
_TICK = Fraction(1, TICKS_HZ)


def working_encoders() -> tuple[str, ...]:
    """The H.264 encoders that really encode on this machine, best first."""
    return tuple(name for name in ENCODERS if _encodes(name, (256, 256), encoder_options(name, RecordConfig())))


def faster_preset(name: str, preset: str) -> str:
    """The next faster preset of this encoder; "" where there is none.

    >>> faster_preset("libx264", "veryfast"), faster_preset("h264_nvenc", "p1")
    ('superfast', '')
    """
    place = LADDERS[name].index(preset)
    return LADDERS[name][place - 1] if place else ""


def encoder_options(name: str, config: RecordConfig, preset: str = "") -> dict[str, str]:
    """What an encoder is told: no frame is held back, and none refers to a later one.

    Args:
        name: Of the encoder.
        config: Quality and speed.
        preset: In place of the one to begin with.
    """
    if name == "libx264":
        return {"preset": preset or config.encoder_preset, "crf": str(config.quality_crf), "tune": "zerolatency"}
    quality = {"preset": preset or NVENC_PRESET, "tune": "ll", "rc": "vbr", "cq": str(config.quality_crf)}
    return {**quality, "bf": "0", "delay": "0", "zerolatency": "1", "forced-idr": "1"}


class Encoder:
    """The encoder of one run of pictures.

    The first picture settles the size; an odd side is made even by repeating its last row or column. A later picture of
    another size is scaled into the first one's, aspect kept, with black bars.

    Args:
        wh: Width and height in pixels of the first picture.
        config: Quality and speed.
        rate_hz: Frames per second, for the rate control only.
        is_self_contained: Whether each key frame brings its own parameters, so that ``use_faster_preset`` may change
            them within a file.

    Raises:
        SinkError: No encoder takes this size.
    """

    def __init__(
        self, wh: tuple[int, int], config: RecordConfig, *, rate_hz: float, is_self_contained: bool = False
    ) -> None:
        self._wh = wh
        self._rate_hz = rate_hz
        self._is_self_contained = is_self_contained
        even_wh = (wh[0] + wh[0] % 2, wh[1] + wh[1] % 2)
        self._name = next(
            (name for name in ENCODERS[:-1] if _encodes(name, even_wh, encoder_options(name, config))), ENCODERS[-1]
        )
        self._even_wh = even_wh
        self._config = config
        self._preset = encoder_options(self._name, config)["preset"]
        self.stream = self._opened()

    def encode(self, image: Image, ticks: int, *, is_key: bool) -> list[Packet]:
        """The packets of one picture, which is a key frame if so asked.

        Raises:
            SinkError: It cannot be encoded.
        """
        frame = _as_yuv(_boxed(image, self._wh))
        frame.pts, frame.time_base = ticks, _TICK
        if is_key:
            frame.pict_type = PictureType.I
        return self._packets(frame)

    def finish(self) -> list[Packet]:
        """What the encoder still held back; it takes no more pictures."""
        return self._packets(None)

    def use_faster_preset(self) -> str:
        """Encode faster and worse from the next key frame on; the preset's name, "" where there is no faster one."""
        faster = faster_preset(self._name, self._preset)
        if not faster or not self._is_self_contained:
            return ""
        self._preset = faster
        self.stream = self._opened()
        return faster

    def _packets(self, frame: av.VideoFrame | None) -> list[Packet]:
        try:
            packets = self.stream.encode(frame)
        except av.FFmpegError as error:
            raise self._refusal(error) from error
        return [self._contained(packet) for packet in packets] if self._is_self_contained else packets

    def _contained(self, packet: Packet) -> Packet:
        """A key frame with the parameters that it needs before it; any other packet as it is."""
        if not packet.is_keyframe:
            return packet
        whole: Packet = av.Packet(bytes(self.stream.codec_context.extradata or b"") + bytes(packet))
        whole.pts, whole.dts, whole.time_base, whole.is_keyframe = packet.pts, packet.dts, packet.time_base, True
        return whole

    def _opened(self) -> VideoStream:
        """The stream of an encoder that is ready; its container holds a header that nobody reads."""
        settings = encoder_options(self._name, self._config, self._preset)
        try:
            self._header = av.open(io.BytesIO(), "w", format="mp4")
            stream = cast("VideoStream", self._header.add_stream(self._name, options=settings))
            _set_up(stream.codec_context, self._even_wh, self._rate_hz)
            self._header.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            raise self._refusal(error) from error
        return stream

    def _refusal(self, error: Exception) -> SinkError:
        return SinkError(
            f"a {self._wh[0]}x{self._wh[1]} frame was not encoded: {error}; record another size, or with other settings"
        )


def _set_up(context: VideoCodecContext, wh: tuple[int, int], rate_hz: float) -> None:
    """Size, times and colours of an encoder that is not open yet."""
    context.width, context.height = wh
    context.pix_fmt = "yuv420p"
    context.time_base = _TICK
    context.framerate = Fraction(rate_hz).limit_denominator(1001)  # for the rate control only; times are the frames'
    context.thread_count = min(os.cpu_count() or 1, 1 + wh[0] * wh[1] // _PIXELS_PER_THREAD)
    context.thread_type = "SLICE"
    context.color_range = ColorRange.MPEG
    context.colorspace = _SMPTE170M  # cv2's BGR2YUV is BT.601
    context.color_primaries = ColorPrimaries.BT709  # which are sRGB's, as of webcams
    context.color_trc = ColorTrc.BT709


def _encodes(name: str, wh: tuple[int, int], options: dict[str, str]) -> bool:
    """Whether an encoder, by trying, turns a picture of this size into a packet."""
    with suppress(av.FFmpegError, ValueError):
        context = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
        context.options = options
        _set_up(context, wh, USUAL_RATE_HZ)
        frame = _as_yuv(np.zeros((wh[1], wh[0], 3), np.uint8))
        frame.pts, frame.time_base = 0, _TICK
        return bool(context.encode(frame) + context.encode(None))
    return False


def _boxed(image: Image, wh: tuple[int, int]) -> Image:
    """The picture as it is, or whole in this size with black bars."""
    found = (image.shape[1], image.shape[0])
    if found == wh:
        return image
    width, height = fit_wh(found, wh)
    left, top = (wh[0] - width) // 2, (wh[1] - height) // 2
    boxed = np.zeros((wh[1], wh[0], 3), np.uint8)
    method = cv2.INTER_AREA if width < found[0] else cv2.INTER_LINEAR
    boxed[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=method)
    return boxed


def _as_yuv(image: Image) -> av.VideoFrame:
    """A yuv420p frame, made even.

    cv2 takes 0.8 ms of a core for 1088x1920, swscale 5 to 6; cv2 knows BT.601 only, so that is what the tags say.
    """
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    yuv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
    if yuv.shape[0] % 6:  # a height of which PyAV's from_numpy_buffer loses rows: it takes multiples of 4 only
        return av.VideoFrame.from_ndarray(yuv, format="yuv420p")
    return av.VideoFrame.from_numpy_buffer(yuv, format="yuv420p")
