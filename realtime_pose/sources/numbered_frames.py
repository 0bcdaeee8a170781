"""Whether pictures are the frames of a video: numbered one after another, and of one size."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import HEIF_SUFFIXES, read_image

_NUMBERED = re.compile(r"(.*?)(\d{3,})", re.DOTALL)  # with leading zeros, as programs name frames: frame_0001
_MIN_FRAMES = 3
_NUM_SAMPLES = 8  # pictures of which the size is read: decoding all of a long video takes minutes
_EXIF_BYTES = 256  # Exif data is the first thing in a JPEG file of a camera


def are_numbered_frames(paths: Sequence[Path]) -> bool:
    """Whether these pictures, in natural order, are taken for the frames of a video.

    Their names differ only in a number that rises by the same step, and they have one size. Photos of a camera are
    numbered too, but they carry its data (Exif).
    """
    if len(paths) < _MIN_FRAMES or not _are_numbered(paths) or _is_photo(paths[0]):
        return False
    step = max(1, len(paths) // _NUM_SAMPLES)
    try:
        return len({read_image(path).shape for path in (*paths[::step], paths[-1])}) == 1
    except FrameError:  # the others decide nothing: a set may be damaged, a video too
        return False


def _are_numbered(paths: Sequence[Path]) -> bool:
    """Whether the names have one form, with numbers that rise by one step."""
    found = [_NUMBERED.fullmatch(path.stem) for path in paths]
    names = [(match[1], len(match[2])) for match in found if match]
    if len(names) != len(paths) or len({*zip(names, map(_form, paths), strict=True)}) > 1:
        return False
    numbers = [int(match[2]) for match in found if match]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(steps) == 1 and steps.pop() > 0


def _form(path: Path) -> tuple[Path, str]:
    return path.parent, path.suffix.lower()


def _is_photo(path: Path) -> bool:
    """Whether a camera has taken this picture."""
    try:
        with path.open("rb") as file:
            return path.suffix.lower() in HEIF_SUFFIXES or b"Exif\0" in file.read(_EXIF_BYTES)
    except OSError:
        return False
