"""What an address means: webcam, demo, file, folder or URL."""

import difflib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import SourceOpenError
from realtime_pose.redaction import redact_url

WEBCAM_PREFIX = "webcam:"  # before the product name of a webcam, which may look like any other address
WEBCAM_PATHS = ("/dev/video", "/dev/v4l/")  # where Linux has webcams while they are plugged in
RTSP_SCHEMES = ("rtsp", "rtsps")
SCHEMES = (*RTSP_SCHEMES, "rtmp", "rtmps", "http", "https")
FORMS = (
    "a webcam number such as 0 or webcam:NAME, a video file, a folder of images,"
    " an rtsp://, rtmp:// or http(s):// URL, or demo"
)

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


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
