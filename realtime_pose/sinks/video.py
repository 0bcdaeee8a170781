"""Scenes to an H.264 video in MP4, with the times that the frames had.

While it grows, the file is a fragmented MP4 that any player can open, a fragment a second of media time; `close` makes
it an ordinary one. A killed process loses what came after the last key frame: at most a second and a frame.
"""

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from av.video.stream import VideoStream

from realtime_pose._cv2 import cv2
from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.geometry import fit_wh
from realtime_pose.scene import Image, Scene
from realtime_pose.sinks.file import OutputFile

ENCODERS = ("h264_nvenc", "libx264")  # best first
TICKS_HZ = 90_000

_KEY_FRAME_TICKS = TICKS_HZ  # a key frame each second begins a fragment, and so writes the one before it
_USUAL_RATE_HZ = 30.0  # where a source states none: for the rate control, and the length of a lone frame
_PIXELS_PER_THREAD = 2_200_000  # 1920x1080 is encoded by one thread: two take 2 to 9 % more core time
_BUFFER_BYTES = 1 << 18  # a fragment is written in pieces of this size
_SMPTE170M = 6  # AVCOL_SPC_SMPTE170M; PyAV's Colorspace holds swscale's numbers
_TICK = Fraction(1, TICKS_HZ)
_MUXER = {"movflags": "frag_keyframe+empty_moov+default_base_moof+hybrid_fragmented", "flush_packets": "1"}


def working_encoders() -> tuple[str, ...]:
    """The H.264 encoders that really encode on this machine, best first."""
    return tuple(name for name in ENCODERS if _encodes(name, (256, 256), RecordConfig()))


class VideoSink:
    """Records ``scene.drawn``, or the bare frame where nothing was drawn.

    The first picture settles the size of the video; an odd side is made even by repeating its last row or column. A
    later picture of another size is scaled into the first one's, aspect kept, with black bars.

    Args:
        path: Where to, .mp4; a file that stands there is replaced. Without a single scene none is left.
        config: Quality and speed.
        rate_hz: Frames per second of the source, where it states them: it settles how long the last frame is shown,
            which otherwise is as long as the one before.

    Raises:
        SinkError: The path does not end with .mp4, or no file can be made there.
    """

    def __init__(self, path: Path, *, config: RecordConfig, rate_hz: float | None) -> None:
        if path.suffix.lower() != ".mp4":
            raise SinkError(
                f"{path}: expected a path that ends with .mp4 for a recording, got {path.suffix or 'no ending'!r}"
            )
        self._path = path
        self._config = config
        self._file = OutputFile(path)
        self._clock = _Clock(rate_hz or 0.0)
        self._movie: _Movie | None = None
        self._is_closed = False

    @property
    def num_moved(self) -> int:
        """Frames whose time was not after that of the frame before, and was moved just behind it."""
        return self._clock.num_moved

    def write(self, scene: Scene) -> None:
        """Encode one scene.

        Raises:
            SinkError: It cannot be written, now or ever; what was written before stays playable. Close the sink.
        """
        self._file.check()
        image = scene.drawn if scene.drawn is not None else scene.frame.image
        try:
            if self._movie is None:
                self._movie = _Movie(self._file, (image.shape[1], image.shape[0]), self._config, self._clock)
            self._movie.add(image, scene.frame.time_s)
        except av.FFmpegError as error:
            reason = f"a {image.shape[1]}x{image.shape[0]} frame was not encoded: {error}"
            raise self._file.fail(reason, advice="record another size, or with other settings") from error

    def close(self) -> None:
        """Finish the video; may be called twice. After a failed write nothing is left to finish, and none raises.

        Raises:
            SinkError: The end cannot be written; what was written before stays playable.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._movie is not None:
                self._movie.finish()
        except av.FFmpegError as error:
            raise self._file.fail(f"its end was not encoded: {error}") from error
        finally:
            if self._file.whole_bytes:
                self._file.close()
            else:
                self._file.discard()


class _Clock:
    """Media time to ticks that strictly increase from 0, and when the next key frame is due.

    Attributes:
        num_moved: Frames that were moved behind the one before.
        step: Ticks that the latest frame is shown, as far as is known.
    """

    def __init__(self, rate_hz: float) -> None:
        self.num_moved = 0
        self.rate_hz = rate_hz or _USUAL_RATE_HZ
        self.step = round(TICKS_HZ / self.rate_hz)
        self._is_rate_known = rate_hz > 0
        self._first_s = 0.0
        self._latest: int | None = None
        self._key_frame = 0

    def ticks(self, time_s: float) -> int:
        """The time of the next frame."""
        if self._latest is None:
            self._first_s = time_s
            self._latest = 0
            return 0
        ticks = round((time_s - self._first_s) * TICKS_HZ)
        if ticks <= self._latest:
            self.num_moved += 1
            ticks = self._latest + 1
        elif not self._is_rate_known:
            self.step = ticks - self._latest
        self._latest = ticks
        return ticks

    def begins_fragment(self, ticks: int) -> bool:
        """Whether the frame of this time must be a key frame; the next is then due a second later."""
        if ticks and ticks - self._key_frame < _KEY_FRAME_TICKS:
            return False
        self._key_frame = ticks
        return True


class _Movie:
    """An MP4 with one H.264 stream, open for writing."""

    def __init__(self, file: OutputFile, wh: tuple[int, int], config: RecordConfig, clock: _Clock) -> None:
        even_wh = (wh[0] + wh[0] % 2, wh[1] + wh[1] % 2)
        name = next((name for name in ENCODERS[:-1] if _encodes(name, even_wh, config)), ENCODERS[-1])
        self._file = file
        self._wh = wh
        self._clock = clock
        self._container = av.open(file, "w", format="mp4", options=_MUXER, buffer_size=_BUFFER_BYTES)
        stream = self._container.add_stream(name, options=_options(name, config))
        self._stream = cast("VideoStream", stream)
        _set_up(self._stream.codec_context, even_wh, clock.rate_hz)

    def add(self, image: Image, time_s: float) -> None:
        """Encode one picture of any size."""
        frame = _as_yuv(_boxed(image, self._wh))
        frame.pts = self._clock.ticks(time_s)
        frame.time_base = _TICK
        if self._clock.begins_fragment(frame.pts):
            frame.pict_type = PictureType.I
        self._mux(frame)

    def finish(self) -> None:
        """Write what is left; where writing failed before, only let go of the file."""
        if self._file.has_failed:
            self._release()
            return
        try:
            self._file.check()
            self._mux(None)
            self._container.close()
        except SinkError:
            self._release()
            raise

    def _release(self) -> None:
        """Close without an end: the file first, since the container writes to no closed one."""
        self._file.close()
        with suppress(SinkError, av.FFmpegError):
            self._container.close()

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = self._clock.step
            self._container.mux(packet)
            self._file.mark()


def _options(name: str, config: RecordConfig) -> dict[str, str]:
    """What an encoder is told: no frame is held back, and none refers to a later one."""
    if name == "libx264":
        return {"preset": config.preset, "crf": str(config.quality_crf), "tune": "zerolatency"}
    quality = {"preset": "p4", "tune": "ll", "rc": "vbr", "cq": str(config.quality_crf)}
    return {**quality, "bf": "0", "delay": "0", "zerolatency": "1", "forced-idr": "1"}


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


def _encodes(name: str, wh: tuple[int, int], config: RecordConfig) -> bool:
    """Whether an encoder, by trying, turns a picture of this size into a packet."""
    try:
        context = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
        context.options = _options(name, config)
        _set_up(context, wh, _USUAL_RATE_HZ)
        frame = _as_yuv(np.zeros((wh[1], wh[0], 3), np.uint8))
        frame.pts, frame.time_base = 0, _TICK
        return bool(context.encode(frame) + context.encode(None))
    except (av.FFmpegError, ValueError):
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
