"""What an address means (webcam, demo, file, folder or URL), and the one place where passwords in URLs are hidden."""

import difflib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import SourceOpenError

MASK = "***"
WEBCAM_PREFIX = "webcam:"  # before the product name of a webcam, which may look like any other address
WEBCAM_PATHS = ("/dev/video", "/dev/v4l/")  # where Linux has webcams while they are plugged in
RTSP_SCHEMES = ("rtsp", "rtsps")
SCHEMES = (*RTSP_SCHEMES, "rtmp", "rtmps", "http", "https")
FORMS = (
    "a webcam number such as 0 or webcam:NAME, a video file, a folder of images,"
    " an rtsp://, rtmp:// or http(s):// URL, or demo"
)

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SECRET = re.compile(r"([\w.-]*(?:pas|pwd|pw|token|secret|key|auth|sig|cred)[\w.-]*=)[^&]*", re.IGNORECASE)


class AddressKind(StrEnum):
    """Kind of an address."""

    CAMERA = "camera"
    DEMO = "demo"
    FILE = "file"
    FOLDER = "folder"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address.

    Attributes:
        kind: What it points to.
        uri: The address as given, including a password: for opening only, and not in the repr.
        name: The address as shown to the user, without a password.
    """

    kind: AddressKind
    uri: str = field(repr=False)
    name: str


def redact_url(uri: str) -> str:
    """The address without its password, for every name, message and log.

    Hides everything between the user and the last ``@``, and the value of each key that may be a secret. In doubt it
    hides too much rather than too little.

    >>> redact_url("rtsp://user:p@ss/w#rd@host:554/live?channel=1&password=abc")
    'rtsp://user:***@host:554/live?channel=1&password=***'
    >>> redact_url("http://host:8080/video.mp4")
    'http://host:8080/video.mp4'
    """
    found = _URL.match(uri)
    start = found.end() if found else 0
    shortest_user = 0 if found else 2  # a single letter before a colon is a drive of Windows
    colon, at = uri.find(":", start), uri.rfind("@")
    if start + shortest_user <= colon < at and uri[start] != "[":  # [ begins an IPv6 host, not a user
        uri = f"{uri[: colon + 1]}{MASK}{uri[at:]}"
    return _SECRET.sub(rf"\g<1>{MASK}", uri) if found else uri


def without_secrets(uri: str) -> str:
    """The address without password and keys: the same for two addresses that differ only in these.

    It is for comparing addresses, not for opening one.

    >>> without_secrets("rtsp://me:right@host/live") == without_secrets("rtsp://me:wrong@host/live")
    True
    >>> without_secrets("rtsp://me:right@host/live") == without_secrets("rtsp://me@host/live")
    True
    """
    return redact_url(uri).replace(f":{MASK}@", "@", 1)


def has_mask(uri: str) -> bool:
    """Whether a hidden password or key stands in this address, so that it cannot be opened.

    >>> has_mask("rtsp://me:***@host/live"), has_mask("http://host/live?token=***&x=1"), has_mask("a***.mp4")
    (True, True, False)
    """
    is_hidden = (value == MASK and name.endswith((":", "=")) for name, value in _secrets(uri))
    return _URL.match(uri) is not None and any(is_hidden)


def fill_in_secrets(uri: str, known: str) -> str:
    """The address with the hidden secrets filled in from a known address of the same user and host.

    A user who corrects the path of an address sees it with its password hidden. No other host ever gets the password.

    >>> fill_in_secrets("rtsp://me:***@host/live2", "rtsp://me:secret@host/live1")
    'rtsp://me:secret@host/live2'
    >>> fill_in_secrets("rtsp://me:***@other/live", "rtsp://me:secret@host/live")
    'rtsp://me:***@other/live'
    """
    if _origin(uri) != _origin(known):
        return uri
    known_values = dict(_secrets(known))
    pieces = redact_url(uri).split(MASK)
    values = [known_values.get(name, MASK) if value == MASK else value for name, value in _secrets(uri)]
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))


def _secrets(uri: str) -> list[tuple[str, str]]:
    """(name, value) of each secret in an address; the name is all before a password, or a key with its ``=``."""
    pieces = redact_url(uri).split(MASK)
    found = re.fullmatch("(.*)".join(map(re.escape, pieces)), uri, re.DOTALL)
    names = [re.split(r"[?&]", piece)[-1] for piece in pieces[:-1]]
    return list(zip(names, found.groups(), strict=True)) if found else []


def _origin(uri: str) -> str:
    """Scheme, user and host with port, without the password."""
    found = re.match(r"[^/]*//[^/?#]*", without_secrets(uri))
    return found[0] if found else uri


def is_webcam(uri: str) -> bool:
    """Whether this is the number, name or path of a webcam, plugged in or not; accesses no file.

    >>> [is_webcam(uri) for uri in ("0", "webcam:Desk", "/dev/v4l/by-id/usb-Desk", "demo", "rtsp://host/0")]
    [True, True, True, False, False]
    """
    return (uri.isascii() and uri.isdecimal()) or uri.startswith((WEBCAM_PREFIX, *WEBCAM_PATHS))


def parse_address(uri: str) -> Address:
    """The kind and name of this address.

    Raises:
        SourceOpenError: It has no known form, or the file does not exist, is empty, or is not a file.
    """
    if uri == "demo":
        return Address(AddressKind.DEMO, uri, "demo")
    if uri.isascii() and uri.isdecimal():
        return Address(AddressKind.CAMERA, uri, f"webcam {int(uri)}")
    if is_webcam(uri):
        return Address(AddressKind.CAMERA, uri.removeprefix(WEBCAM_PREFIX), uri)
    if found := _URL.match(uri):
        scheme = found[1].lower()
        if scheme not in SCHEMES:
            raise SourceOpenError(f"{redact_url(uri)}: {scheme}:// is not supported; expected {FORMS}")
        return Address(AddressKind.URL, uri, redact_url(uri))
    return _parse_path(uri)


def _parse_path(uri: str) -> Address:
    """A file, a folder, or the device file of a webcam."""
    path = Path(uri).expanduser()
    try:
        if uri and path.is_dir():
            return Address(AddressKind.FOLDER, str(path), uri)
        if not uri or not path.exists():
            raise SourceOpenError(f"{redact_url(uri)!r}: no such file or folder{_suggest(path)}")
        if path.is_char_device():
            return Address(AddressKind.CAMERA, str(path), uri)
        if not path.is_file():
            raise SourceOpenError(f"{uri}: expected a file or a folder, but it is neither; give {FORMS}")
        if path.stat().st_size == 0:
            raise SourceOpenError(f"{uri}: expected a video, but the file is empty (0 bytes); copy or record it again")
    except OSError as error:
        if isinstance(error, SourceOpenError):  # which is an OSError too
            raise
        raise SourceOpenError(f"{redact_url(uri)!r}: cannot be accessed ({error.strerror}); check the path") from error
    return Address(AddressKind.FILE, str(path), uri)


def _suggest(missing: Path) -> str:
    """The nearest existing name, or the forms that an address can have."""
    folder = missing.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    if nearest := difflib.get_close_matches(missing.name, [*names, "demo"], n=1):
        return f"; did you mean {str(folder / nearest[0])!r}?"
    return f"; expected {FORMS}"
