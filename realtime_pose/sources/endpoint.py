"""From a camera URL and stored credentials to the URL for FFmpeg; no name or repr contains the password."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from realtime_pose.errors import SourceOpenError
from realtime_pose.redaction import redact_url
from realtime_pose.system.home import expand_home

USER_VARIABLE, PASSWORD_VARIABLE = "REALTIME_POSE_USER", "REALTIME_POSE_PASSWORD"
TLS_PORTS = {"https": 443, "rtsps": 322, "rtmps": 443}
PORTS = {"http": 80, "rtsp": 554, "rtmp": 1935} | TLS_PORTS
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp")

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_TRANSPORT = re.compile(r"([?&])transport=(tcp|udp)(&|$)", re.IGNORECASE)
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# A text that can only be a host: an IPv6 address, localhost, a name with a dot, or a name with a port.
_CLEAR_HOST = re.compile(r"(\[[^\]]*\]|localhost|[^/?#:]*\.[^/?#:]*|[^/?#:]*(?=:\d))(:\d+)?([/?#]|$)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address of a stream on the network.

    Attributes:
        url: For FFmpeg, with the encoded password.
        name: The address as shown to the user.
        host: Name or IP address of the server.
        port: Port of the server.
        is_tls: Whether the server speaks TLS.
        transport: For RTSP: tcp or udp.
    """

    url: str = field(repr=False)
    name: str
    host: str
    port: int
    is_tls: bool
    transport: str


def resolve_endpoint(
    uri: str, *, transport: str, credentials_file: Path | None, environment: Mapping[str, str]
) -> Endpoint:
    """The endpoint of this URL, with its credentials.

    The password comes from the URL, else from the file, else from the environment; file and environment only if the URL
    has the same user or none. In a URL the password may contain any character, and ``%41`` means A; in the file and in
    the environment it is taken literally.

    Raises:
        SourceOpenError: The URL has no valid host or port, or the file cannot be read.
    """
    scheme, rest = _scheme_and_rest(uri)
    if scheme.startswith("rtsp") and (option := _TRANSPORT.search(rest)):
        transport = option[2].lower()
        # Only the option goes; its separator stays if another option follows.
        rest = rest[: option.start()] + (option[1] if option[3] else "") + rest[option.end() :]
    url_login, location = _split_login(rest)
    try:
        parts = urlsplit(f"//{location}")
        host, port = parts.hostname or "", parts.port or PORTS.get(scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host:
        raise SourceOpenError(
            f"{redact_url(uri)}: expected scheme://host:port/path, but it has no proper host; user, password and an @"
            " come before the host"
        )
    login = _encode_login(url_login, credentials_file, environment)
    url = f"{scheme}://{login}@{location}" if login else f"{scheme}://{location}"
    return Endpoint(url, redact_url(uri), host, port, scheme in TLS_PORTS, transport)


def has_video_suffix(url: str) -> bool:
    """Whether this is a web address that ends like a video file, which is read to its end without losing frames."""
    parts = urlsplit(url)
    return parts.scheme.startswith("http") and PurePosixPath(parts.path).suffix.lower() in VIDEO_SUFFIXES


def with_login(uri: str, user: str, password: str) -> str:
    """The URL with this user and password in place of its own.

    >>> with_login("rtsp://old:x@host:554/live", "me", "p@ss/w")
    'rtsp://me:p%40ss%2Fw@host:554/live'
    """
    scheme, rest = _scheme_and_rest(uri)
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{_split_login(rest)[1]}"


def login_of(uri: str) -> tuple[str, str]:
    """User and password of a URL, not encoded; "" for each that it does not have.

    >>> login_of("rtsp://me:p%40ss@host/live"), login_of("http://host:8080/video")
    (('me', 'p@ss'), ('', ''))
    """
    user, _, password = _split_login(_scheme_and_rest(uri)[1])[0].partition(":")
    return unquote(user), unquote(password)


def server_of(uri: str) -> str:
    """Scheme, host and port of a URL, without the login; "" for an address that is no URL.

    >>> server_of("rtsp://me:secret@HOST:8554/live?channel=1"), server_of("clip.mp4")
    ('rtsp://host:8554', '')
    """
    scheme, rest = _scheme_and_rest(uri)
    host = re.split(r"[/?#]", _split_login(rest)[1], maxsplit=1)[0]
    return f"{scheme}://{host.lower()}" if scheme and host else ""


def _scheme_and_rest(uri: str) -> tuple[str, str]:
    """The scheme in lower case, and what comes after it; "" and all of it for an address that is no URL."""
    found = _PARTS.match(uri)
    return (found[1].lower(), found[2]) if found else ("", uri)


def _split_login(rest: str) -> tuple[str, str]:
    """(user and password, host and everything after it); a password may contain / ? # and @ without encoding."""
    end = next((position for position, letter in enumerate(rest) if letter in "/?#"), len(rest))
    # Two candidates for the @ before the host: the last one before any / ? #, and the last one of all.
    first_at, last_at = rest.rfind("@", 0, end), rest.rfind("@")
    if first_at < 0 and (last_at < 0 or not _has_user(rest[:end])):
        return "", rest
    is_last = last_at != first_at and (
        first_at < 0 or (not _CLEAR_HOST.match(rest, first_at + 1) and _CLEAR_HOST.match(rest, last_at + 1))
    )
    at = last_at if is_last else first_at
    return rest[:at], rest[at + 1 :]


def _has_user(start: str) -> bool:
    """Whether the text before the first / starts with user:password, and is not host:port."""
    _, colon, port = start.rpartition(":")
    return bool(colon) and not port.isdecimal() and not start.startswith("[")


def _encode_login(url_login: str, credentials_file: Path | None, environment: Mapping[str, str]) -> str:
    """``user:password``, percent-encoded; "" for none."""
    user, colon, password = url_login.partition(":")
    if colon:
        return f"{_encode(user)}:{_encode(password)}"
    if credentials_file is not None:
        stored_user, stored = _read_credentials(credentials_file)
    else:
        stored_user, stored = environment.get(USER_VARIABLE, ""), environment.get(PASSWORD_VARIABLE, "")
    # A stored password belongs to its user: it is not sent for another user of the URL.
    if stored and (stored_user or user) and (not user or stored_user in ("", user)):
        return f"{quote(stored_user, safe='') or _encode(user)}:{quote(stored, safe='')}"
    return _encode(user)


def _read_credentials(path: Path) -> tuple[str, str]:
    """User ("" for none) and password; the first line is ``user:password``, or only the password."""
    try:
        # utf-8-sig: editors of Windows write a byte order mark.
        line = expand_home(path).read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:  # UnicodeDecodeError contains the content, so "from None" below
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        # Somebody may have given user:password itself in place of the file.
        name = redact_url(str(path)) if os.path.exists(path) else "credentials_file"  # noqa: PTH110 - never raises
        raise SourceOpenError(
            f"{name}: expected a text file whose first line is user:password, but it cannot be read ({reason}); check"
            " the path after --credentials-file"
        ) from None
    user, colon, password = line.partition(":")
    return (user, password) if colon else ("", line)


def _encode(text: str) -> str:
    """Percent-encode the text, but nothing that is encoded already."""
    return quote(_BARE_PERCENT.sub("%25", text), safe="%")
