"""What an address means (webcam number, demo, file, folder or URL), and the one mask of the passwords in URLs."""

import difflib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import SourceOpenError

MASK = "***"
WEBCAM = "webcam:"  # before a maker's name, which may look like anything
WEBCAM_PATHS = ("/dev/video", "/dev/v4l/")  # where Linux has them, while they are plugged in
LIVE_SCHEMES = ("rtsp", "rtsps")
SCHEMES = (*LIVE_SCHEMES, "rtmp", "rtmps", "http", "https")
FORMS = (
    "a webcam number such as 0 or webcam:NAME, a video file, a folder of images,"
    " an rtsp://, rtmp:// or http(s):// URL, or demo"
)

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SECRET = re.compile(r"([\w.-]*(?:pas|pwd|pw|token|secret|key|auth|sig|cred)[\w.-]*=)[^&]*", re.IGNORECASE)


class AddressKind(StrEnum):
    """What an address leads to."""

    CAMERA = "camera"
    DEMO = "demo"
    FILE = "file"
    FOLDER = "folder"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was looked at.

    Attributes:
        kind: What it leads to.
        uri: As it was given, password included: for opening only, and kept out of the repr.
        name: For a person to read, without a password.
    """

    kind: AddressKind
    uri: str = field(repr=False)
    name: str


def redact_url(uri: str) -> str:
    """The address without its password, for every name, message and log.

    Hides what stands between the user and the last ``@``, whatever characters it holds, and the value of each key that
    sounds like a secret. Where it cannot tell, it hides too much rather than too little.

    >>> redact_url("rtsp://user:p@ss/w#rd@host:554/live?channel=1&password=abc")
    'rtsp://user:***@host:554/live?channel=1&password=***'
    >>> redact_url("http://host:8080/video.mp4")
    'http://host:8080/video.mp4'
    """
    found = _URL.match(uri)
    start = found.end() if found else 0
    shortest_user = 0 if found else 2  # a single letter before a colon is a drive
    colon, at = uri.find(":", start), uri.rfind("@")
    if start + shortest_user <= colon < at and uri[start] != "[":  # [ begins an IPv6 host, not a user
        uri = f"{uri[: colon + 1]}{MASK}{uri[at:]}"
    return _SECRET.sub(rf"\g<1>{MASK}", uri) if found else uri


def is_webcam(uri: str) -> bool:
    """Whether this is the number, name or path of a webcam, plugged in or not; no file is looked at.

    >>> [is_webcam(uri) for uri in ("0", "webcam:Desk", "/dev/v4l/by-id/usb-Desk", "demo", "rtsp://host/0")]
    [True, True, True, False, False]
    """
    return (uri.isascii() and uri.isdecimal()) or uri.startswith((WEBCAM, *WEBCAM_PATHS))


def parse_address(uri: str) -> Address:
    """What this address means.

    Raises:
        SourceOpenError: It is none of the known forms, or the file is not there, is empty, or is no file.
    """
    if uri == "demo":
        return Address(AddressKind.DEMO, uri, "demo")
    if uri.isascii() and uri.isdecimal():
        return Address(AddressKind.CAMERA, uri, f"webcam {int(uri)}")
    if is_webcam(uri):
        return Address(AddressKind.CAMERA, uri.removeprefix(WEBCAM), uri)
    if found := _URL.match(uri):
        scheme = found[1].lower()
        if scheme not in SCHEMES:
            raise SourceOpenError(f"{redact_url(uri)}: {scheme}:// is not understood; expected {FORMS}")
        return Address(AddressKind.URL, uri, redact_url(uri))
    return _local(uri)


def _local(uri: str) -> Address:
    """A file or a folder of this machine."""
    path = Path(uri).expanduser()
    try:
        if uri and path.is_dir():
            return Address(AddressKind.FOLDER, str(path), uri)
        if not uri or not path.exists():
            raise SourceOpenError(f"{redact_url(uri)!r}: no such file or folder{_advice(path)}")
        if path.is_char_device():
            return Address(AddressKind.CAMERA, str(path), uri)
        if not path.is_file():
            raise SourceOpenError(f"{uri}: expected a file or a folder, but it is neither; give {FORMS}")
        if path.stat().st_size == 0:
            raise SourceOpenError(f"{uri}: expected a video, but the file is empty (0 bytes); copy or record it again")
    except OSError as error:
        if isinstance(error, SourceOpenError):
            raise
        raise SourceOpenError(f"{redact_url(uri)!r}: cannot be looked at ({error.strerror}); check the path") from error
    return Address(AddressKind.FILE, str(path), uri)


def _advice(missing: Path) -> str:
    """What to do about a path that leads nowhere."""
    folder = missing.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    if nearest := difflib.get_close_matches(missing.name, [*names, "demo"], n=1):
        return f"; did you mean {str(folder / nearest[0])!r}?"
    return f"; expected {FORMS}"
