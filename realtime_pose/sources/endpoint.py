"""From an address and where its password is kept to what FFmpeg is given; no password is in any name or repr."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from realtime_pose.errors import SourceOpenError
from realtime_pose.sources.address import redact_url

USER, PASSWORD = "REALTIME_POSE_USER", "REALTIME_POSE_PASSWORD"  # names of environment variables
TLS_PORTS = {"https": 443, "rtsps": 322, "rtmps": 443}
PORTS = {"http": 80, "rtsp": 554, "rtmp": 1935} | TLS_PORTS

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_TRANSPORT = re.compile(r"([?&])transport=(tcp|udp)(&|$)", re.IGNORECASE)
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SURE_HOST = re.compile(r"(\[[^\]]*\]|localhost|[^/?#:]*\.[^/?#:]*|[^/?#:]*(?=:\d))(:\d+)?([/?#]|$)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a stream is.

    Attributes:
        url: For FFmpeg, password included and encoded.
        name: For a person to read.
        host: Name or number of the server.
        port: Its port.
        is_tls: Whether it speaks TLS.
        transport: Of RTSP: tcp or udp.
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
    """Where this URL leads.

    The password is the URL's own, else that of the file, else that of the environment; the last two only where the URL
    names the same user or none. In a URL it may hold any character, and ``%41`` means A; elsewhere it is as it stands.

    Raises:
        SourceOpenError: The URL has no host or no proper port, or the file cannot be read.
    """
    found = _PARTS.match(uri)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", uri)
    if scheme.startswith("rtsp") and (wish := _TRANSPORT.search(rest)):
        transport = wish[2].lower()
        rest = rest[: wish.start()] + (wish[1] if wish[3] else "") + rest[wish.end() :]
    user_part, place = _split(rest)
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname or "", parts.port or PORTS.get(scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host:
        raise SourceOpenError(
            f"{redact_url(uri)}: expected scheme://user:password@host:port/path, but it has no proper host"
        )
    login = _login(user_part, credentials_file, environment)
    url = f"{scheme}://{login}@{place}" if login else f"{scheme}://{place}"
    return Endpoint(url, redact_url(uri), host, port, scheme in TLS_PORTS, transport)


def _split(rest: str) -> tuple[str, str]:
    """(user and password, host and all that follows); passwords may hold / ? # and @ as they are."""
    end = next((place for place, letter in enumerate(rest) if letter in "/?#"), len(rest))
    near, far = rest.rfind("@", 0, end), rest.rfind("@")
    if near < 0 and (far < 0 or not _has_user(rest[:end])):
        return "", rest
    is_far = far != near and (near < 0 or (not _SURE_HOST.match(rest, near + 1) and _SURE_HOST.match(rest, far + 1)))
    at = far if is_far else near
    return rest[:at], rest[at + 1 :]


def _has_user(start: str) -> bool:
    """Whether what stands before the first / is the beginning of user:password and not host:port."""
    _, colon, port = start.rpartition(":")
    return bool(colon) and not port.isdecimal() and not start.startswith("[")


def _login(user_part: str, credentials_file: Path | None, environment: Mapping[str, str]) -> str:
    """``user:password``, encoded; "" for none."""
    user, colon, password = user_part.partition(":")
    if colon:
        return f"{_encoded(user)}:{_encoded(password)}"
    if credentials_file is not None:
        kept_user, kept = _from_file(credentials_file)
    else:
        kept_user, kept = environment.get(USER, ""), environment.get(PASSWORD, "")
    if kept and (kept_user or user) and (not user or kept_user in ("", user)):
        return f"{quote(kept_user, safe='') or _encoded(user)}:{quote(kept, safe='')}"
    return _encoded(user)


def _from_file(path: Path) -> tuple[str, str]:
    """User ("" for none) and password: the first line is ``user:password``, or the password alone."""
    try:
        line = path.expanduser().read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SourceOpenError(
            f"credentials_file {path}: expected a line user:password, but it cannot be read ({words})"
        ) from None
    user, colon, password = line.partition(":")
    return (user, password) if colon else ("", line)


def _encoded(text: str) -> str:
    """Percent-encoded, without encoding again what already is."""
    return quote(_BARE_PERCENT.sub("%25", text), safe="%")
