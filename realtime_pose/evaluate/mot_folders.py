"""MOTChallenge folders to sequences: the images, the ground truth, and the length, image size and frame rate.

A sequence is a folder with `img1` or `img`, gt/gt.txt, and often seqinfo.ini.
"""

import configparser
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.boxes import TrackedBoxes
from realtime_pose.evaluate.mot_rows import read_truth

IMAGE_FOLDERS = ("img1", "img")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True, slots=True, eq=False)
class MotSequence:
    """One sequence with its ground truth.

    Attributes:
        name: Name in messages and of result files.
        folder: The sequence's folder.
        image_folder: Folder of the images, or None.
        rate_hz: Frames per second.
        num_frames: Length in frames.
        wh: Width and height in pixels; inferred if seqinfo.ini does not give it.
        truth: The boxes that count, with true ids.
        distractors: Boxes that a tracker may find or miss; they do not count.
    """

    name: str
    folder: Path
    image_folder: Path | None
    rate_hz: float
    num_frames: int
    wh: tuple[int, int]
    truth: TrackedBoxes
    distractors: TrackedBoxes


def read_sequence(folder: Path, *, rate_hz: float | None = None) -> MotSequence:
    """The sequence of a MOTChallenge folder.

    Args:
        folder: Holds gt/gt.txt (or gt.txt), perhaps `img1` or `img`, perhaps seqinfo.ini.
        rate_hz: Frames per second; overrides seqinfo.ini, and is required without it.

    Raises:
        DatasetError: The folder or its ground truth is missing or malformed, or the frame rate is not known.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: expected the folder of a MOTChallenge sequence, but it does not exist")
    seqinfo = _read_seqinfo(folder / "seqinfo.ini")
    rate_hz = rate_hz or seqinfo.get("frameRate", 0.0)
    if rate_hz <= 0:
        raise DatasetError(f"{folder}: expected frameRate in seqinfo.ini, found none; give the frame rate with --fps")
    truth, distractors = read_truth(_truth_path(folder))
    image_folder = _image_folder(folder)
    return MotSequence(
        name=folder.resolve().name,
        folder=folder,
        image_folder=image_folder,
        rate_hz=rate_hz,
        # The number of images goes first: in a shortened copy of a sequence, seqinfo.ini has the old length.
        num_frames=max(len(image_paths(image_folder)) or int(seqinfo.get("seqLength", 0)), truth.num_frames),
        wh=_seqinfo_wh(seqinfo) or _inferred_wh(image_folder, truth),
        truth=truth,
        distractors=distractors,
    )


def sequence_folders(folder: Path) -> list[Path]:
    """The folder itself if it is a sequence, else the sequences in it, sorted by name.

    Raises:
        DatasetError: There is none.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: expected a folder with ground truth, but it does not exist")
    candidates = [folder, *sorted(each for each in folder.iterdir() if each.is_dir() and each.name != "gt")]
    folders = [each for each in candidates if any(path.is_file() for path in _truth_paths(each))]
    if not folders:
        raise DatasetError(f"{folder}: expected gt/gt.txt here or in folders inside, found none; check the path")
    return folders[:1] if folders[0] == folder else folders


def detections_path(folder: Path, name: str) -> Path | None:
    """The detections file of a sequence, from the usual places in a folder, or None."""
    names = (f"{name}/det/det.txt", f"{name}/det.txt", f"{name}.txt", "det/det.txt", "det.txt")
    paths = (folder / name for name in names)
    return next((path for path in paths if path.is_file()), None)


def image_paths(image_folder: Path | None) -> list[Path]:
    """The images of a folder in the order of their numbers; empty without a folder."""
    if image_folder is None:
        return []
    images = (path for path in image_folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    return sorted(images, key=lambda path: (len(path.name), path.name))  # 9.jpg before 10.jpg


def _truth_paths(folder: Path) -> tuple[Path, Path]:
    return folder / "gt" / "gt.txt", folder / "gt.txt"


def _truth_path(folder: Path) -> Path:
    for path in _truth_paths(folder):
        if path.is_file():
            return path
    raise DatasetError(f"{folder}: expected the ground truth in gt/gt.txt, found none; check the path")


def _read_seqinfo(path: Path) -> dict[str, float]:
    """The numbers in seqinfo.ini; empty without such a file."""
    if not path.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
        section = parser["Sequence"]
        keys = ("frameRate", "seqLength", "imWidth", "imHeight")
        return {key: float(section[key]) for key in keys if key in section}
    except (OSError, configparser.Error, KeyError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected a section [Sequence] with numbers for frameRate, seqLength, imWidth, imHeight ({error})"
        ) from error


def _image_folder(folder: Path) -> Path | None:
    return next(((folder / name).resolve() for name in IMAGE_FOLDERS if (folder / name).is_dir()), None)


def _seqinfo_wh(seqinfo: dict[str, float]) -> tuple[int, int] | None:
    has_both = seqinfo.get("imWidth", 0) > 0 and seqinfo.get("imHeight", 0) > 0
    return (int(seqinfo["imWidth"]), int(seqinfo["imHeight"])) if has_both else None


def _inferred_wh(image_folder: Path | None, truth: TrackedBoxes) -> tuple[int, int]:
    """The size of the first image, or the largest right and bottom edge of the boxes."""
    for path in image_paths(image_folder)[:1]:
        image = cv2.imread(str(path))
        if image is not None:
            return image.shape[1], image.shape[0]
    # An edge at x belongs to the pixel that ends there: half a pixel right of its centre.
    width, height = np.ceil(truth.xyxy[:, 2:].max(axis=0) + 0.5).astype(int).tolist()
    return max(width, 1), max(height, 1)
