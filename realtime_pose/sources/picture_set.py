"""Which pictures a user means by a folder, by a pattern such as ``pictures/*.jpg``, or by a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.config import SourceConfig
from realtime_pose.counts import counted
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources.address import AddressKind, glob_files, parse_address
from realtime_pose.sources.image_decoding import FOREIGN_SUFFIXES, SUFFIXES, is_picture
from realtime_pose.sources.numbered_frames import are_numbered_frames
from realtime_pose.sources.picture_names import name_pictures, spelled_once
from realtime_pose.sources.pictures import PictureFile

_MAX_NAMED = 3  # pictures that a notice names


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures that are one source.

    Attributes:
        name: The set as shown to the user.
        files: The pictures in order.
        is_video: Whether they are the frames of a video; else each is a picture of its own.
        notices: What the user is told about the choice of pictures.
    """

    name: str
    files: tuple[PictureFile, ...]
    is_video: bool
    notices: tuple[str, ...] = ()


def find_picture_set(config: SourceConfig, image_ids: Mapping[str, int] | None = None) -> PictureSet | None:
    """The pictures that the settings name; None if they name another source.

    Args:
        config: Addresses, and whether the pictures are a video.
        image_ids: COCO's ids by file name; the pictures without one are left out. None: they are counted from 1.

    Raises:
        SourceOpenError: An address names nothing; there are no pictures, or pictures and other sources together.
    """
    uris = (config.uri, *config.more)
    found = [find_pictures(uri) for uri in uris]
    if found == [None]:
        return None
    others = [parse_address(uri).name for uri, paths in zip(uris, found, strict=True) if paths is None]
    if others:
        raise SourceOpenError(
            f"{others[0]}: expected a picture or a folder of pictures, because {counted(len(uris), 'source')} were "
            "given; annotate several videos with: realtime-pose process"
        )
    paths = list({spelled_once(path): path for listed in found for path in listed or ()}.values())
    name = parse_address(config.uri).name + (f" and {len(config.more)} more" if config.more else "")
    if config.as_video:
        return PictureSet(name, name_pictures(paths), is_video=True)
    is_said = config.as_pictures or config.annotations is not None  # a video has no ids of pictures
    if not is_said and are_numbered_frames(paths):
        return PictureSet(name, name_pictures(paths), is_video=True, notices=(video_notice(name, len(paths)),))
    files = name_pictures(paths, image_ids)
    return PictureSet(name, files, is_video=False, notices=left_out(paths, files))


def video_notice(name: str, count: int) -> str:
    """What a user is told when pictures are taken for a video without being asked for it."""
    return (
        f"{name}: {counted(count, 'picture')} with consecutive numbers and one size are taken as a video; "
        "for single pictures, add --as-pictures"
    )


def find_pictures(uri: str) -> list[Path] | None:
    """The pictures at an address: of a folder or of a pattern all that it holds, or one file. None for another source.

    An animation in a folder is listed; as a file it is a video.

    Raises:
        SourceOpenError: Nothing is at the address, or the folder has no pictures.
    """
    address = parse_address(uri)
    path = Path(address.uri)
    match address.kind:
        case AddressKind.FOLDER:
            return list_pictures(path, address.name)
        case AddressKind.PATTERN:
            return sort_naturally([path for path in glob_files(address.uri) if has_picture_suffix(path)]) or None
        case AddressKind.FILE if is_picture(path):
            return [path]
    return None


def list_pictures(folder: Path, name: str) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10), without hidden files.

    Args:
        folder: The folder; folders inside it are ignored.
        name: The folder as shown to the user.

    Raises:
        SourceOpenError: The folder cannot be read, or has no pictures.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise SourceOpenError(f"{name}: the folder cannot be read ({error.strerror}); check its permissions") from error
    paths = [path for path in entries if has_picture_suffix(path) and path.name[0] != "." and path.is_file()]
    if not paths:
        raise SourceOpenError(
            f"{name}: expected a folder of images, got {counted(len(entries), 'entry', 'entries')}, of which "
            f"none ends in {', '.join(SUFFIXES)}"
        )
    return sort_naturally(paths)


def has_picture_suffix(path: Path) -> bool:
    """Whether a name ends as those of pictures do, also of pictures that cannot be read: the source names them."""
    return path.suffix.lower() in {*SUFFIXES, *FOREIGN_SUFFIXES}


def left_out(paths: Sequence[Path], files: Sequence[PictureFile]) -> tuple[str, ...]:
    """What a user is told about pictures that the annotations do not name."""
    kept = {file.path for file in files}
    names = [path.name for path in paths if path not in kept]
    if not names:
        return ()
    named = ", ".join(names[:_MAX_NAMED]) + (", ..." if len(names) > _MAX_NAMED else "")
    return (f"left out, not in the annotations: {counted(len(names), 'picture')} ({named})",)


def sort_naturally(paths: Sequence[Path]) -> list[Path]:
    """The files in natural order of their names (2 before 10)."""
    from natsort import natsorted, ns  # most runs have one file, or none

    # natsorted is stable, and iterdir has no fixed order: sorted by plain name first, names such as 7 and 07 or a and A
    # come in the same order on every computer.
    return natsorted(sorted(paths), key=lambda path: (str(path.parent), path.name), alg=ns.IGNORECASE)
