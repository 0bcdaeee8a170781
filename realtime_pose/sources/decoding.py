"""Decodes a file or a stream through PyAV: pictures as they are meant to be seen, with their times. Knows no threads.

No text of PyAV's errors is passed on as it is: it holds the address, and so the password.
"""

import errno
import time
from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Image
from realtime_pose.sources.address import LIVE_SCHEMES
from realtime_pose.sources.audio_demuxer import AudioDemuxer
from realtime_pose.sources.audio_timestamps import DemuxedAudioPacket
from realtime_pose.sources.orientation import apply_orientation
from realtime_pose.sources.pts import PtsNormalizer
from realtime_pose.sources.source import UNDECODABLE, SourceState, StreamError
from realtime_pose.sources.status import StatusTracker

NOMINAL_HZ = 25.0  # for streams that state no rate; FFmpeg assumes the same
MAX_STATED_HZ = 1000.0  # live streams may state the rate of their clock, 90 kHz
PLAYLISTS = ("hls", "dash")  # the size of these is that of a list of files
CLOCKLESS = ("mpjpeg", "mjpeg", "h264", "hevc", "image2pipe", "jpeg_pipe")  # stamps of these only count the pictures
TERMINAL = "tty"  # FFmpeg shows a text file as the film of a terminal

# Without the first, opening waits for more than 20 frames to learn the rate; "fflags nobuffer" is no cure: it throws
# those frames away, the key frame among them. RTMP does not say that there is no sound: FFmpeg waits 5 s for some.
LOOK_S = 5.0  # FFmpeg looks at most so long, and half the time for opening, for what it must know before we may decode
OPTIONS = {"rtsp": {"fpsprobesize": "0"}, "rtmp": {"fpsprobesize": "0", "analyzeduration": "500000"}}


class DecodedFrame(NamedTuple):
    """A decoded picture, its media time and the monotonic clock when it came in, in seconds.

    Attributes:
        stamp_s: As the stream says it, from any zero; None where it does not.
        heard: Of a live stream, the sound that came since the picture before.
    """

    decoded: Image | VideoFrame
    time_s: float
    captured_s: float
    stamp_s: float | None = None
    heard: Sequence[DemuxedAudioPacket] = ()

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 BGR, upright; made when it is asked for, since a live source needs few of its pictures."""
        return _image_of(self.decoded) if isinstance(self.decoded, VideoFrame) else self.decoded


class VideoDecoder:
    """An open container and the decoder of its best video stream; for one thread at a time.

    Attributes:
        wh: Width and height of the first picture, in pixels, as it is seen.
        is_live: Whether it comes at its own pace: RTSP, or a stream that has neither a length nor an end.
        is_list: Whether it comes in files of seconds each, as HLS does.
        has_clock: Whether its stamps tell when pictures were made, and not only how many there were.
        rate_hz: Frames per second as stated; None where that is not known.
        num_frames: Frames as promised; None where nothing is promised.
        problem: What ended the reading before its end, in FFmpeg's words; "" so far.
        sound: What the sound of a live stream is; None for none.

    Args:
        address: ``file:`` and a path, or a URL, password included.
        name: The address for a person to read.
        progress: Where pictures that cannot be decoded are counted; stops the decoding.
        limits_s: Longest wait of FFmpeg while opening, and for each packet; None: no limit.
        transport: Of RTSP: tcp or udp.

    Raises:
        SourceOpenError: It cannot be opened, holds no video, or no picture of it can be decoded.
    """

    def __init__(
        self,
        address: str,
        name: str,
        progress: StatusTracker,
        *,
        limits_s: tuple[float, float] | None = None,
        transport: str = "tcp",
    ) -> None:
        self._progress = progress
        self._container = _opened(address, name, limits_s, transport)
        self.is_live = _is_live(self._container, address)
        self.is_list = self._container.format.name in PLAYLISTS
        self.has_clock = self._container.format.name not in CLOCKLESS
        is_remote = limits_s is not None
        self._stream = _best_video(self._container, name, is_remote=is_remote)
        self._soundtrack = AudioDemuxer(self._container if self.is_live else None)
        self.sound = self._soundtrack.format
        # Threads across frames hold back as many frames as there are threads: more latency than a live stream may have.
        self._stream.thread_type = "SLICE" if self.is_live else "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate_hz = float(rate) if rate and rate <= MAX_STATED_HZ else None
        self.num_frames = self._stream.frames or None
        self.problem = ""
        self._came = 0
        self._arrived_s = 0.0
        self._step_s = 1 / (self.rate_hz or NOMINAL_HZ)
        start = None if self.is_live else self._stream.start_time
        self._timeline = PtsNormalizer(self._stream.time_base or Fraction(1, 1000), start=start, step_s=self._step_s)
        self._pictures = self._decoded()
        self.wh = self._first_wh(name, is_remote=is_remote)

    def next(self) -> DecodedFrame | None:
        """The next picture that can be decoded, beginning with the first; None at the end."""
        return next(self._pictures, None)

    def close(self) -> None:
        """Release the file or the connection."""
        self._pictures.close()
        self._container.close()

    def shortfall(self) -> str:
        """What was promised and did not come, in words; "" where all came."""
        promised_s, end_s = self._promised_s(), self._timeline.end_s
        promised, came = self.num_frames, self._came + self._progress.skipped
        if end_s >= promised_s - 1.5 * max(self._step_s, self._timeline.longest_gap_s) or (
            promised is not None and came >= promised
        ):
            return ""
        number = f"{self._came} of {promised}" if promised else f"{self._came}"
        return f"{number} pictures came, {end_s:.2f} of {promised_s:.2f} s; the rest is cut off or missing"

    def _promised_s(self) -> float:
        """Duration in seconds as stated for the pictures; 0 where it is not."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        is_alone = len(self._container.streams) == 1  # or the container's duration may be that of the sound
        return (self._container.duration or 0) / av.time_base if is_alone else 0.0

    def _first_wh(self, name: str, *, is_remote: bool) -> tuple[int, int]:
        """Width and height of the first picture, which ``next`` is yet to give."""
        first = next(self._pictures, None)
        if first is None:
            self.close()
            raise self._no_picture(name, is_remote=is_remote)
        first = first._replace(decoded=first.image)
        self._pictures = _chained(first, self._pictures)
        return first.image.shape[1], first.image.shape[0]

    def _no_picture(self, name: str, *, is_remote: bool) -> SourceOpenError:
        """Why there is not even a first one."""
        if is_remote:
            why = UNDECODABLE if self._progress.skipped else self.problem or "it ended before its first picture"
            return StreamError(name, why)
        why = self.problem or self._progress.status.reason or "it holds none"
        return SourceOpenError(f"{name}: expected a video, but no picture of it can be decoded ({why}); try to play it")

    def _decoded(self) -> Generator[DecodedFrame, None, None]:
        """Every picture that can be decoded; the others are counted."""
        for frame in self._frames():
            time_s = self._timeline.seconds(frame.pts)
            if frame.is_corrupt:
                self._progress.count_undecodable(f"the picture at {time_s:.2f} s is damaged")
                continue
            self._came += 1
            yield DecodedFrame(frame, time_s, self._arrived_s, frame.time, self._soundtrack.take())

    def _frames(self) -> Iterator[VideoFrame]:
        """Frames in the order of showing, until the end, a failure of the reading, or a stop."""
        # Of a live stream all packets, or PyAV would not come back while only unwanted ones come.
        packets = self._container.demux(*([] if self.is_live else [self._stream]))
        tells_truncation = self._container.format.name not in ("mpegts", "hls")  # there the mark is a gap before it
        is_over = False
        while not is_over and not self._progress.is_stopped:
            try:
                packet = next(packets)  # the last one is empty: it makes the decoder give what it holds
            except StopIteration:
                return
            except av.FFmpegError as error:
                self.problem, packet, is_over = _words(error), None, True
            if packet is not None and packet.stream is not self._stream:
                if packet.stream in self._soundtrack.streams:
                    self._soundtrack.add(packet)
                continue
            self._arrived_s = time.monotonic()
            if packet is not None and packet.is_corrupt and tells_truncation:
                self._progress.count_undecodable(f"the picture after {self._timeline.end_s:.2f} s is cut off")
                continue
            try:
                yield from self._stream.codec_context.decode(packet)
            except av.FFmpegError as error:
                self._progress.count_undecodable(f"a picture near {self._timeline.end_s:.2f} s: {_words(error)}")


def _opened(address: str, name: str, limits_s: tuple[float, float] | None, transport: str) -> InputContainer:
    """The open container."""
    # A recording that was killed within the header of a fragment opens only if FFmpeg does not look ahead.
    ways = [{}, {"seekable": "0"}] if limits_s is None else [_of_url(address, limits_s[0], transport)]
    for options in ways:
        try:
            return av.open(address, options=options, timeout=limits_s)
        except av.FFmpegError as error:
            words, cause, state = _words(error), OSError(error.errno, error.strerror), _state_after(error)
    # Outside the except clause, or the traceback would show PyAV's error, and with it the password.
    if limits_s is None:
        raise SourceOpenError(
            f"{name}: expected a video, but it cannot be read as one ({words}). It is none, or it was cut off before"
            " its index was written; try to play it, or copy or record it again"
        ) from cause
    raise StreamError(name, words, state=state, errno=cause.errno) from cause


def _of_url(address: str, open_s: float, transport: str) -> dict[str, str]:
    """FFmpeg's options for this URL, which may take so long to open."""
    look = {"analyzeduration": f"{min(LOOK_S, open_s / 2) * 1e6:.0f}"}
    of_scheme = OPTIONS.get(address.partition(":")[0].removesuffix("s"), {})
    return look | of_scheme | ({"rtsp_transport": transport} if _is_rtsp(address) else {})


def _best_video(container: InputContainer, name: str, *, is_remote: bool) -> VideoStream:
    """The video stream to show; closes the container where there is none."""
    stream = container.streams.best("video")
    is_text = container.format.name == TERMINAL
    if isinstance(stream, VideoStream) and stream.codec_context is not None and not is_text:
        return stream
    kinds = {"video of an unknown codec" if part.type == "video" else part.type for part in container.streams}
    found = f"{'text' if is_text else ', '.join(sorted(kinds))} only" if kinds else "nothing"
    container.close()
    if is_remote:
        raise StreamError(name, f"it holds {found}")
    raise SourceOpenError(f"{name}: expected a video, but it holds {found}; give a file or stream with pictures")


def _is_live(container: InputContainer, address: str) -> bool:
    """Whether frames come at their own pace."""
    if address.startswith("file:") or _is_rtsp(address):
        return _is_rtsp(address)
    has_size = container.format.name not in PLAYLISTS and container.size > 0
    return not container.duration and not has_size  # RTMP states a duration of 0


def _is_rtsp(address: str) -> bool:
    """Whether it is the address of a camera that speaks RTSP."""
    return address.lower().startswith(LIVE_SCHEMES)


def _image_of(frame: VideoFrame) -> Image:
    """(H, W, 3) uint8 BGR, contiguous, turned as the display matrix says."""
    image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    # Not frame.side_data: that makes frame and container hold each other, and the picture would live until Python's
    # next collection, hundreds of pictures later.
    matrix = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]  # PyAV's stub leaves out __init__
    if isinstance(matrix, SideData):
        image = apply_orientation(image, bytes(matrix))
    return np.ascontiguousarray(image)


def _state_after(error: av.FFmpegError) -> SourceState | None:
    """The state of a camera that answered so; None where it only is away."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return SourceState.AUTH_FAILED
    return SourceState.NOT_FOUND if isinstance(error, av.error.HTTPNotFoundError) else None


def _words(error: av.FFmpegError) -> str:
    """What went wrong, without the address."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return "the server does not accept user and password (401 or 403)"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "the server knows no such stream (404)"
    if isinstance(error, av.error.ExitError):
        return "nothing came within the time-out"
    if error.errno == errno.EIO:
        return "the server broke the connection off"
    if isinstance(error, av.error.InvalidDataError):
        return "what comes is cut off or cannot be read as video"  # also a server that closes without a word
    return error.strerror or type(error).__name__


def _chained(first: DecodedFrame, others: Generator[DecodedFrame, None, None]) -> Generator[DecodedFrame, None, None]:
    """The first picture, then the others."""
    yield first
    yield from others
