"""What an address means: webcam, demo, file, folder, pattern of files or URL."""

import difflib
import glob
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import SourceOpenError
from realtime_pose.files.names import printable
from realtime_pose.redaction import redact_url
from realtime_pose.system.home import expand_home

WEBCAM_PREFIX = "webcam:"  # before the product name of a webcam, which may look like any other address
WEBCAM_PATHS = ("/dev/video", "/dev/v4l/")  # where Linux has webcams while they are plugged in
RTSP_SCHEMES = ("rtsp", "rtsps")
SCHEMES = (*RTSP_SCHEMES, "rtmp", "rtmps", "http", "https")
FILE_SCHEME = "file"
FORMS = (
    "a webcam number such as 0 or webcam:NAME, a video file, a picture, a folder or a pattern of pictures,"
    " an rtsp://, rtmp:// or http(s):// URL, or demo"
)

_NUMBER = re.compile(r"[0-9]{1,9}")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class AddressKind(StrEnum):
    """Kind of an address."""

    CAMERA = "camera"
    DEMO = "demo"
    FILE = "file"
    FOLDER = "folder"
    PATTERN = "pattern"
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
    """Whether this is the number, name or path of a webcam, plugged in or not.

    A number is not a webcam if a file or folder here has this name; ``webcam:0`` always is.

    >>> [is_webcam(uri) for uri in ("0", "webcam:Desk", "/dev/v4l/by-id/usb-Desk", "demo", "rtsp://host/0")]
    [True, True, True, False, False]
    """
    return _is_webcam_number(uri) or uri.startswith((WEBCAM_PREFIX, *WEBCAM_PATHS))


def webcam_address(number: int) -> str:
    """The address of the webcam with this number, also where a file or a folder here has this name.

    >>> webcam_address(0)
    '0'
    """
    return str(number) if _is_webcam_number(str(number)) else f"{WEBCAM_PREFIX}{number}"


def parse_address(uri: str) -> Address:
    """The kind and name of this address.

    Raises:
        SourceOpenError: It has no known form, or the file does not exist, is empty, or is not a file.
    """
    if uri == "demo":
        return Address(AddressKind.DEMO, uri, "demo")
    if _is_webcam_number(uri):
        return Address(AddressKind.CAMERA, uri, f"webcam {int(uri)}")
    if is_webcam(uri):
        device = uri.removeprefix(WEBCAM_PREFIX)
        return Address(AddressKind.CAMERA, device, f"webcam {int(device)}" if _NUMBER.fullmatch(device) else uri)
    if found := _URL.match(uri):
        scheme = found[1].lower()
        if scheme == FILE_SCHEME:
            return _parse_path(_file_url_path(uri, uri[found.end() :]), uri)
        if scheme not in SCHEMES:
            raise SourceOpenError(f"{redact_url(uri)}: {scheme}:// is not supported; expected {FORMS}")
        return Address(AddressKind.URL, uri, redact_url(uri))
    return _parse_path(expand_home(Path(uri)), uri)


def glob_files(pattern: str) -> list[Path]:
    """The files that a pattern such as ``pictures/*.jpg`` names, without hidden ones, sorted."""
    # Not Path.glob, which takes no absolute pattern.
    return sorted(path for path in map(Path, glob.iglob(pattern, recursive=True)) if path.is_file())  # noqa: PTH207


def local_path(uri: str) -> Path:
    """The path that an address of a file or a folder names: a path, or a file:// URL; of others the text as a path."""
    found = _URL.match(uri)
    if found and found[1].lower() == FILE_SCHEME:
        return _file_url_path(uri, uri[found.end() :])
    return expand_home(Path(uri))


def _is_webcam_number(uri: str) -> bool:
    return _NUMBER.fullmatch(uri) is not None and not Path(uri).exists()


def _file_url_path(uri: str, location: str) -> Path:
    """The path of a file:// URL; raises SourceOpenError if it is on another host."""
    host, slash, path = location.partition("/")
    if host.lower() not in ("", "localhost") or not slash:
        raise SourceOpenError(
            f"{redact_url(uri)}: expected file:/// and an absolute path, as in file:///home/me/clip.mp4"
        )
    from urllib.request import url2pathname  # its HTTP client takes a while to import

    return Path(url2pathname(f"/{path}"))


def _parse_path(path: Path, uri: str) -> Address:
    """A file, a folder, or the device file of a webcam."""
    name = printable(uri)
    try:
        kind = _path_kind(path, name)
    except SourceOpenError:  # which is an OSError too
        raise
    except OSError as error:
        raise SourceOpenError(
            f"'{redact_url(name)}': cannot be accessed ({error.strerror}); check the path and its permissions"
        ) from error
    except ValueError as error:  # a path with a zero byte
        raise SourceOpenError(f"{name!r}: expected a path, but no path can be like this ({error})") from error
    return Address(kind, str(path), name)


def _path_kind(path: Path, name: str) -> AddressKind:
    """What is at this path; raises SourceOpenError if nothing is there or it cannot be a source."""
    if name and path.is_dir():
        return AddressKind.FOLDER
    if name and not path.exists() and glob.has_magic(name) and glob_files(str(path)):
        return AddressKind.PATTERN
    if not name or not path.exists():
        raise SourceOpenError(f"'{redact_url(name)}': no such file or folder{_suggest(path)}")
    if path.is_char_device():
        return AddressKind.CAMERA
    if not path.is_file():
        raise SourceOpenError(f"{name}: expected a file or a folder, but it is neither; give {FORMS}")
    if path.stat().st_size == 0:
        raise SourceOpenError(f"{name}: expected a video, but the file is empty (0 bytes); copy or record it again")
    return AddressKind.FILE


def _suggest(missing: Path) -> str:
    """The nearest existing name, or the forms that an address can have."""
    folder = missing.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    if nearest := difflib.get_close_matches(missing.name, [*names, "demo"], n=1):
        return f"; did you mean '{printable(str(folder / nearest[0]))}'?"
    return f"; expected {FORMS}"
