"""One connection to a stream: opened through FFmpeg, with reasons for failures that FFmpeg does not explain."""

import errno
import socket
import ssl
from typing import Protocol

from realtime_pose.audio.packets import AudioFormat
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.redaction import MASK
from realtime_pose.sources.container import UrlAccess
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.decoding import VideoDecoder
from realtime_pose.sources.endpoint import Endpoint
from realtime_pose.sources.faults import FrameError, StreamError, frame_errors
from realtime_pose.sources.polling import PolledConnection
from realtime_pose.sources.reasons import SourceReason, system_reason
from realtime_pose.sources.source import SourceState
from realtime_pose.sources.status import StatusTracker
from realtime_pose.video.packets import VideoFormat

TLS_TIMEOUT_S = 2.0


class Connection(Protocol):
    """An open connection to a source, whose first frame was decoded; see `VideoDecoder`. For one thread at a time."""

    wh: tuple[int, int]
    rate_hz: float | None
    is_live: bool
    is_segmented: bool
    has_clock: bool
    read_error: Reason
    audio_format: AudioFormat | None
    video_format: VideoFormat | None
    poll_s: float  # seconds from one read to the next, for which the caller waits; 0: frames come by themselves

    def read(self) -> DecodedFrame | None:
        """The next frame; None at the end."""

    def close(self) -> None:
        """Release the connection."""


class ConnectionProgress(StatusTracker):
    """Progress of one connection, which counts skipped frames for its source until it is stopped."""

    def __init__(self, source: StatusTracker) -> None:
        super().__init__()
        self._source = source

    @property
    def is_stopped(self) -> bool:
        """Whether this connection or its source was asked to end."""
        return super().is_stopped or self._source.is_stopped

    def count_undecodable(self, reason: Reason) -> None:
        """Count a frame that could not be decoded, unless this connection was stopped."""
        with self._lock:  # a connection that was left behind must not count for the next one
            if self._is_stopped:
                return
            self._source.count_undecodable(reason)
        super().count_undecodable(reason)


def connect(
    endpoint: Endpoint, progress: StatusTracker, *, limits_s: tuple[float, float], poll_s: float = 1.0
) -> Connection:
    """The stream at its first frame; may block in the resolver longer than the limits.

    Args:
        endpoint: Address of the stream.
        progress: Counts frames that cannot be decoded; if it is stopped, decoding ends.
        limits_s: Longest wait while opening, and for each later packet.
        poll_s: Seconds between two requests of an address that gives one picture.

    Raises:
        StreamError: The stream cannot be reached or opened, or sends no frame.
    """
    decoder = _open(endpoint, progress, limits_s)
    if decoder.holds_one_image():
        return PolledConnection(decoder, lambda: _open(endpoint, progress, limits_s), poll_s=poll_s)
    return decoder


def _open(endpoint: Endpoint, progress: StatusTracker, limits_s: tuple[float, float]) -> VideoDecoder:
    """One request; see `connect`."""
    _check_host(endpoint)
    try:
        with frame_errors():
            return VideoDecoder(endpoint.url, endpoint.name, progress, access=UrlAccess(limits_s, endpoint.transport))
    except FrameError as error:
        raise StreamError(endpoint.name, error.reason) from None  # its text may hold the address
    except StreamError as fault:
        # FFmpeg reports a failed handshake as "input/output error" only.
        if endpoint.is_tls and fault.error_number == errno.EIO and (reason := _tls_error(endpoint)):
            raise StreamError(endpoint.name, reason) from None
        raise


def _check_host(endpoint: Endpoint) -> None:
    """Resolve the host name first: FFmpeg only reports "input/output error" for an unknown host."""
    try:
        socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        strerror = getattr(error, "strerror", None)  # a UnicodeError has none
        code = SourceReason.NAME_UNRESOLVED if strerror else SourceReason.NAME_INVALID
        # If the @ in a password was taken for the one before the host, the host is a part of the password.
        host = endpoint.host if endpoint.host in endpoint.name.lower() else MASK
        values = {"host": host} | ({"strerror": strerror} if strerror else {})
        raise StreamError(endpoint.name, Reason(code, values), state=SourceState.NOT_FOUND) from None


def _tls_error(endpoint: Endpoint) -> Reason:
    """Why a TLS connection fails; NO_REASON if it works."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # cameras sign their own certificates
    try:
        with (
            socket.create_connection((endpoint.host, endpoint.port), TLS_TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.host),
        ):
            return NO_REASON
    except ssl.SSLError as error:
        if error.reason:
            return Reason(SourceReason.TLS_FAILED, {"error": error.reason})
        return Reason(SourceReason.TLS_NO_HANDSHAKE)
    except TimeoutError:
        return Reason(SourceReason.TLS_TIMEOUT)
    except OSError as error:
        return system_reason(error) if error.strerror else Reason(SourceReason.CONNECTION_CLOSED)
