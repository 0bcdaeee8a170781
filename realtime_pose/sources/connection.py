"""One connection to a stream: its name resolved, its pictures decoded; what FFmpeg leaves unsaid is found out here."""

import errno
import socket
import ssl
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from realtime_pose.sources.decoding import VideoDecoder
from realtime_pose.sources.endpoint import Endpoint
from realtime_pose.sources.source import SourceState, StreamError
from realtime_pose.sources.status import StatusTracker

FILES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp")
_TLS_S = 2.0


class ConnectionProgress(StatusTracker):
    """Progress of one connection of a source, which counts what it skips until it is stopped, as when left behind."""

    def __init__(self, source: StatusTracker) -> None:
        super().__init__()
        self._source = source

    @property
    def is_stopped(self) -> bool:
        """Whether this connection or its source was asked to end."""
        return super().is_stopped or self._source.is_stopped

    def count_undecodable(self, reason: str) -> None:
        """Count a picture that was left out, unless nobody waits for the next any more."""
        with self._lock:  # or the next connection would be told of a picture that was spoilt in this one
            if self._is_stopped:
                return
            self._source.count_undecodable(reason)
        super().count_undecodable(reason)


def is_file(endpoint: Endpoint) -> bool:
    """Whether this web address ends like a video file, which is read to its end, losing nothing."""
    parts = urlsplit(endpoint.url)
    return parts.scheme.startswith("http") and PurePosixPath(parts.path).suffix.lower() in FILES


def connect(endpoint: Endpoint, progress: StatusTracker, *, limits_s: tuple[float, float]) -> VideoDecoder:
    """The stream at its first picture; waits, in a resolver as long as the system likes.

    Args:
        endpoint: Where it is.
        progress: Of this connection: counts pictures that cannot be decoded, and stops the decoding.
        limits_s: Longest wait for the first picture, and for each later packet.

    Raises:
        StreamError: It cannot be reached or opened, or gives no picture.
    """
    _resolve(endpoint)
    try:
        return VideoDecoder(endpoint.url, endpoint.name, progress, limits_s=limits_s, transport=endpoint.transport)
    except StreamError as fault:
        if endpoint.is_tls and fault.number == errno.EIO and (words := _tls_trouble(endpoint)):
            raise StreamError(endpoint.name, words) from None
        raise


def _resolve(endpoint: Endpoint) -> None:
    """Find the host, since FFmpeg says nothing but "input/output error" where there is none."""
    try:
        socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or "no proper name"
        raise StreamError(
            endpoint.name, f"the name {endpoint.host} does not resolve ({words})", state=SourceState.NOT_FOUND
        ) from None


def _tls_trouble(endpoint: Endpoint) -> str:
    """Why no TLS connection comes about, in words; "" where one does."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # cameras sign their own certificates
    try:
        with (
            socket.create_connection((endpoint.host, endpoint.port), _TLS_S) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.host),
        ):
            return ""
    except ssl.SSLError as error:
        return f"no TLS connection came about ({error.reason or 'the handshake failed'}): does the server speak TLS?"
    except TimeoutError:
        return "the server does not answer the TLS handshake"
    except OSError as error:
        return error.strerror or "the server closed the connection"
