"""Image files to images: all that OpenCV reads, and HEIC through pillow-heif. Upright, 8-bit BGR, without alpha."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.reasons import Reason
from realtime_pose.scene import Image
from realtime_pose.sources.faults import FrameError, frame_errors
from realtime_pose.sources.reasons import SourceReason

HEIF_SUFFIXES = (".heic", ".heif", ".hif")
_JPEG_SUFFIXES = (".jpe", ".jpeg", ".jpg")
_OTHER_SUFFIXES = (".avif", ".bmp", ".gif", ".jp2", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
SUFFIXES = tuple(sorted(HEIF_SUFFIXES + _JPEG_SUFFIXES + _OTHER_SUFFIXES))
# An animated GIF may be a long video, which FFmpeg reads frame by frame; in a folder only its first frame counts.
IMAGE_FILE_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix != ".gif")
# Formats of pictures that nothing here reads: in a folder they are named as skipped.
FOREIGN_SUFFIXES = (".arw", ".cr2", ".cr3", ".dng", ".jxl", ".nef", ".orf", ".raf", ".rw2")

# Brands of pictures coded with HEVC, in the first box of a file. Phones also give such files the suffix .jpg.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis")
_BRANDS_BYTES = 256
# Where the first bytes of a file may announce an animation.
_ANIMATED = re.compile(rb"GIF8|RIFF....WEBPVP8X|\x89PNG\r\n\x1a\n(?:(?!IDAT).)*acTL|....ftypavis", re.DOTALL)
# Videos, which may have the suffix of a picture: MP4 and others of its kind (not AVIF, HEIF, CR3), Matroska, AVI.
_VIDEO = re.compile(rb"....ftyp(?!avi[fs]|mif1|msf1|crx )|\x1a\x45\xdf\xa3|RIFF....AVI ", re.DOTALL)
_AVIF_STARTS = (b"ftypavif", b"ftypavis")
_AVIF_HEADER_BYTES = 4096  # the properties come before the coded pixels
_START_BYTES = 4096  # of a file, to see what it is
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)  # none of those inside coded pixels
_CHUNK_FRAMES = 16  # of an animation, decoded at once: all of it may not fit into memory
_DEFAULT_STEP_S = 0.1  # for an animation that states no durations, as web browsers do
_MIN_STEP_S = 0.02  # shorter ones count as not stated, as in web browsers


class AnimationFrame(NamedTuple):
    """One frame of an image file.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        time_s: When it is shown, from the start of the animation.
    """

    image: Image
    time_s: float


def read_image(path: Path) -> Image:
    """The image of a file, or the first one of an animation: (H, W, 3) uint8 BGR, upright according to its EXIF data.

    Raises:
        FrameError: The file cannot be read or decoded.
    """
    if path.suffix.lower() in FOREIGN_SUFFIXES:  # of some, OpenCV would decode the small preview
        raise FrameError(Reason(SourceReason.IMAGE_FOREIGN, {"file": path.name}))
    return decode_image(_read_content(path), name=path.name)


def decode_image(content: bytes, *, name: str) -> Image:
    """The image in the content of a file: (H, W, 3) uint8 BGR, upright according to its EXIF data.

    Args:
        content: The bytes of an image file.
        name: Its name, for messages.

    Raises:
        FrameError: It cannot be decoded.
    """
    failed = Reason(SourceReason.IMAGE_FAILED, {"file": name})
    if is_heif(content):
        return _decode_heif(content, name)
    if is_cut_off_jpeg(content):  # OpenCV would fill the rest with grey
        raise FrameError(Reason(SourceReason.IMAGE_CUT_OFF, {"file": name}))
    with frame_errors(failed):
        image = _decode(content)
        if image is not None:
            return turn_avif(image, content)
    raise FrameError(failed)


def read_animation(path: Path) -> Generator[AnimationFrame, None, None]:
    """All frames of an image file; one that is not animated has one frame.

    Raises:
        FrameError: The file cannot be read or decoded, or is cut off after the frames so far.
    """
    content = _read_content(path)
    start, time_s = 0, 0.0
    while chunk := _decode_animation(content, start, path):
        if start == 0 and len(chunk.images) == 1:
            break
        for image, step_s in zip(chunk.images, chunk.steps_s, strict=True):
            yield AnimationFrame(image, time_s)
            time_s += step_s
        if not chunk.is_whole:
            raise FrameError(_failed(path))
        start += len(chunk.images)
    if start == 0:
        yield AnimationFrame(read_image(path), 0.0)  # OpenCV ignores the EXIF data of what it reads as an animation


def is_heif(content: bytes) -> bool:
    """Whether this is a HEIC picture, by its first bytes.

    >>> is_heif(bytes.fromhex("00000018") + b"ftypmif1" + bytes(4) + b"mif1heic")
    True
    """
    if content[4:8] != b"ftyp":
        return False
    end = int.from_bytes(content[:4], "big")
    starts = range(16, min(end, _BRANDS_BYTES), 4)
    brands = {content[8:12], *(content[start : start + 4] for start in starts)}
    return not brands.isdisjoint(_HEIF_BRANDS)


def turn_avif(image: Image, content: bytes) -> Image:
    """The image of an AVIF file upright, as OpenCV does not; of any other file as it is. Contiguous.

    The file has properties for it: irot, quarter turns against the clock; then imir, which exchanges top and bottom (0)
    or left and right (1).
    """
    if content[4:12] in _AVIF_STARTS:
        header = content[:_AVIF_HEADER_BYTES]
        turns, mirror = header.find(b"irot"), header.find(b"imir")
        if turns >= 0:
            image = np.rot90(image, header[turns + 4] & 3)
        if mirror >= 0:
            image = np.flip(image, header[mirror + 4] & 1)
    return np.ascontiguousarray(image)


def is_cut_off_jpeg(content: bytes) -> bool:
    """Whether this is a JPEG file that ends within its picture. A preview inside and data behind it do not count.

    >>> jpeg = bytes.fromhex("ffd8 ffe10006ffd80000 ffda0002 12ff0034 ffd9")
    >>> is_cut_off_jpeg(jpeg + b"more"), is_cut_off_jpeg(jpeg[:-2]), is_cut_off_jpeg(b"no JPEG")
    (False, True, False)
    """
    if not content.startswith(_JPEG_START):
        return False
    position = len(_JPEG_START)
    while found := _JPEG_MARKER.search(content, position):
        if found[0] == _JPEG_END:
            return False
        # Each other marker begins a part that states its length; after one of them come the coded pixels.
        position = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    return True


def is_picture(path: Path) -> bool:
    """Whether this file is a single picture, by its first bytes and its suffix; an animation is none."""
    start = _read_start(path)
    has_suffix = path.suffix.lower() in (*SUFFIXES, *FOREIGN_SUFFIXES)
    return is_heif(start) or (has_suffix and not _VIDEO.match(start) and not is_animated(path))


def is_animated(path: Path) -> bool:
    """Whether an image file has more than one frame; False if it cannot be decoded."""
    if not _ANIMATED.match(_read_start(path)):
        return False
    try:
        chunk = _decode_animation(_read_content(path), 0, path, count=2)
    except FrameError:  # which is reported when the file is read
        return False
    return chunk is not None and len(chunk.images) > 1


def has_heif_brand(path: Path) -> bool:
    """Whether this file is a HEIC picture; False if it cannot be read."""
    return is_heif(_read_start(path))


def _read_start(path: Path) -> bytes:
    """The first bytes of a file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_START_BYTES)
    except OSError:
        return b""


def _read_content(path: Path) -> bytes:
    with frame_errors(Reason(SourceReason.IMAGE_UNREADABLE, {"file": path.name})):
        return path.read_bytes()


def _decode(content: bytes) -> Image | None:
    """The image; None if OpenCV cannot decode it."""
    try:
        # imdecode instead of imread, which cannot open every path on Windows.
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or more pixels than OpenCV allows
        return None
    return None if image is None else image.astype(np.uint8, copy=False)


class _Chunk(NamedTuple):
    """Some frames of an animation.

    Attributes:
        images: Each (H, W, 3) uint8 BGR.
        steps_s: How long each is shown in seconds.
        is_whole: Whether none is missing after them because the file is damaged or cut off.
    """

    images: list[Image]
    steps_s: list[float]
    is_whole: bool


def _decode_animation(content: bytes, start: int, path: Path, *, count: int = _CHUNK_FRAMES) -> _Chunk | None:
    """The next frames of an animation; None at the end."""
    if is_heif(content):
        return None
    with frame_errors(_failed(path)):
        is_whole, animation = cv2.imdecodeanimation(np.frombuffer(content, np.uint8), start=start, count=count)
        # Without alpha.
        images = [turn_avif(np.asarray(image[..., :3], np.uint8), content) for image in animation.frames]
    steps_s = [_step_s(int(duration_ms)) for duration_ms in np.ravel(animation.durations)]
    return _Chunk(images, steps_s, is_whole) if images else None


def _decode_heif(content: bytes, name: str) -> Image:
    """The whole picture of a HEIC file, with all its tiles."""
    try:
        import pillow_heif
    except ImportError as error:
        raise FrameError(Reason(SourceReason.HEIF_NOT_INSTALLED, {"file": name})) from error
    with frame_errors(Reason(SourceReason.IMAGE_FAILED, {"file": name})):
        # 10 bits become 8. libheif turns the picture upright.
        picture = pillow_heif.read_heif(content, convert_hdr_to_8bit=True, bgr_mode=True)
        image = np.asarray(picture)  # (H, W, C)
        if image.dtype != np.uint8:  # grey of more than 8 bits
            image = (image >> 8).astype(np.uint8)
        return np.ascontiguousarray(image[..., :3] if image.ndim == 3 else np.dstack([image] * 3))


def _step_s(duration_ms: int) -> float:
    """How long a frame of an animation is shown."""
    return duration_ms / 1000 if duration_ms / 1000 >= _MIN_STEP_S else _DEFAULT_STEP_S


def _failed(path: Path) -> Reason:
    return Reason(SourceReason.IMAGE_FAILED, {"file": path.name})
