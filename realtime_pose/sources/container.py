"""Opens a file or a URL with FFmpeg (PyAV), picks its video stream, and finds the reasons of errors.

The text of PyAV's errors is not passed on, because it contains the address and so the password.
"""

import time
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.sources.address import RTSP_SCHEMES
from realtime_pose.sources.endpoint import has_video_suffix
from realtime_pose.sources.faults import StreamError, ffmpeg_reason
from realtime_pose.sources.reason_texts import describe_reason
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import SourceState

PLAYLIST_FORMATS = ("hls", "dash")  # the size of such a container is the size of its playlist
TEXT_FORMAT = "tty"  # FFmpeg reads a text file as a video of a terminal

# Before decoding starts, FFmpeg reads ahead to learn the format. We limit that to MAX_PROBE_S, and to half of the time
# for opening. Without fpsprobesize it waits for more than 20 frames to learn the rate ("fflags nobuffer" would throw
# away those frames, and the key frame with them). RTMP does not state that there is no audio, so FFmpeg waits for it.
MAX_PROBE_S = 5.0
PROBE_OPTIONS = {"rtsp": {"fpsprobesize": "0"}, "rtmp": {"fpsprobesize": "0", "analyzeduration": "500000"}}

# State of a camera after an error; without an entry the camera is only away.
_STATES: dict[str, SourceState] = {
    SourceReason.UNAUTHORIZED: SourceState.AUTH_FAILED,
    SourceReason.NOT_FOUND_404: SourceState.NOT_FOUND,
}


class UrlAccess(NamedTuple):
    """How a URL is read.

    Attributes:
        limits_s: FFmpeg's longest wait while opening and for each packet.
        transport: For RTSP: tcp or udp.
    """

    limits_s: tuple[float, float]
    transport: str = "tcp"


def open_container(address: str, name: str, access: UrlAccess | None) -> InputContainer:
    """The open container.

    Args:
        address: ``file:`` and a path, or a URL with its password.
        name: The address as shown to the user.
        access: For a URL, how it is read; None for a file.

    Raises:
        SourceOpenError: It cannot be opened.
    """
    # A recording that was killed while it wrote a fragment header opens only if FFmpeg does not seek.
    attempts = [{}, {"seekable": "0"}] if access is None else [_url_options(address, access)]
    limits_s = None if access is None else access.limits_s
    started_s = time.monotonic()
    for options in attempts:
        try:
            # Titles and comments in other encodings than UTF-8 are common in AVI files.
            return av.open(address, options=options, timeout=limits_s, metadata_errors="replace")
        except av.FFmpegError as error:
            reason = ffmpeg_reason(error)
            if limits_s is not None and time.monotonic() - started_s >= limits_s[0]:
                reason = Reason(SourceReason.TIMEOUT)  # FFmpeg may call data invalid that its own limit cut off
            cause = OSError(error.errno, error.strerror)
    # Raised outside the except clause: otherwise the traceback would show PyAV's error, and with it the password.
    if limits_s is not None:
        raise StreamError(name, reason, state=_STATES.get(reason.code), error_number=cause.errno) from cause
    if reason.code == SourceReason.SYSTEM_ERROR:
        raise SourceOpenError(
            f"{name}: the file cannot be read ({describe_reason(reason)}); check the path and its permissions"
        ) from cause
    raise SourceOpenError(
        f"{name}: expected a video, but it cannot be read as one ({describe_reason(reason)}). It is not a video, or"
        " it was cut off before its index was written; try to play it, or copy or record it again"
    ) from cause


def select_video(container: InputContainer, name: str, *, is_remote: bool) -> VideoStream:
    """The best video stream; closes the container and raises SourceOpenError if there is none."""
    videos = [stream for stream in container.streams.video if _is_video(stream)]
    if videos and container.format.name != TEXT_FORMAT:
        best = container.streams.best("video")
        return next((stream for stream in videos if stream is best), videos[0])
    kinds = {_describe_stream(stream) for stream in container.streams}
    found = "text" if container.format.name == TEXT_FORMAT else " and ".join(sorted(kinds))
    reason = Reason(SourceReason.NO_VIDEO, {"found": found}) if kinds else Reason(SourceReason.NO_CONTENT)
    container.close()
    if is_remote:
        raise StreamError(name, reason)
    raise SourceOpenError(
        f"{name}: expected a video, but {describe_reason(reason)}; give a file or stream with pictures"
    )


def _is_video(stream: VideoStream) -> bool:
    """Whether FFmpeg can decode it, and it is not the cover of an album."""
    return stream.codec_context is not None and not stream.disposition & Disposition.attached_pic


def _describe_stream(stream: Stream) -> str:
    if stream.type != "video":
        return stream.type
    return "a cover picture" if stream.disposition & Disposition.attached_pic else "video of an unknown codec"


def is_live_container(container: InputContainer, address: str) -> bool:
    """Whether frames come at their own pace: from RTSP, or from a stream without a duration and a size.

    A web address that ends like a video file is none, also where the server states no size.
    """
    if address.startswith("file:") or has_video_suffix(address) or _is_rtsp(address):
        return _is_rtsp(address)
    has_size = container.format.name not in PLAYLIST_FORMATS and container.size > 0
    return not container.duration and not has_size  # RTMP states a duration of 0


def _url_options(address: str, access: UrlAccess) -> dict[str, str]:
    """FFmpeg's options for this URL."""
    probe = {"analyzeduration": f"{min(MAX_PROBE_S, access.limits_s[0] / 2) * 1e6:.0f}"}  # microseconds
    scheme_options = PROBE_OPTIONS.get(address.partition(":")[0].removesuffix("s"), {})
    return probe | scheme_options | ({"rtsp_transport": access.transport} if _is_rtsp(address) else {})


def _is_rtsp(address: str) -> bool:
    return address.lower().startswith(RTSP_SCHEMES)
