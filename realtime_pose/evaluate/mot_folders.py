"""MOTChallenge folders to sequences: where the pictures and the truth are, and how long, large and fast a sequence is.

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

PICTURE_FOLDERS = ("img1", "img")
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True, slots=True, eq=False)
class MotSequence:
    """One sequence with its truth.

    Attributes:
        name: For people and result files.
        folder: Where it is.
        pictures: Folder of the pictures, or None where it has none.
        rate_hz: Frames per second.
        num_frames: Its length.
        wh: Width and height in pixels, inferred where nothing says it.
        truth: The boxes that count, with true ids.
        distractors: Boxes that nobody need find, and may.
    """

    name: str
    folder: Path
    pictures: Path | None
    rate_hz: float
    num_frames: int
    wh: tuple[int, int]
    truth: TrackedBoxes
    distractors: TrackedBoxes


def read_sequence(folder: Path, *, rate_hz: float | None = None) -> MotSequence:
    """The sequence of a MOTChallenge folder.

    Args:
        folder: Holds gt/gt.txt (or gt.txt), perhaps `img1` or `img`, perhaps seqinfo.ini.
        rate_hz: Frames per second; wins over seqinfo.ini, and must be given where there is none.

    Raises:
        DatasetError: The folder or its ground truth is missing or malformed, or the rate is nowhere.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: expected the folder of a MOTChallenge sequence, but it is not there")
    told = _seqinfo(folder / "seqinfo.ini")
    rate_hz = rate_hz or told.get("frameRate", 0.0)
    if rate_hz <= 0:
        raise DatasetError(f"{folder}: no seqinfo.ini says how many frames a second has; give it with --fps")
    truth, distractors = read_truth(_truth_path(folder))
    pictures = _pictures(folder)
    return MotSequence(
        name=folder.resolve().name,
        folder=folder,
        pictures=pictures,
        rate_hz=rate_hz,
        # Of a shortened copy the pictures are right, and seqinfo.ini is not.
        num_frames=max(len(image_paths(pictures)) or int(told.get("seqLength", 0)), truth.num_frames),
        wh=_told_wh(told) or _inferred_wh(pictures, truth),
        truth=truth,
        distractors=distractors,
    )


def sequence_folders(folder: Path) -> list[Path]:
    """The folder itself where it is a sequence, else the sequences in it, by name.

    Raises:
        DatasetError: There is none.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: expected a folder with ground truth, but it is not there")
    candidates = [folder, *sorted(each for each in folder.iterdir() if each.is_dir() and each.name != "gt")]
    folders = [each for each in candidates if any(path.is_file() for path in _truth_paths(each))]
    if not folders:
        raise DatasetError(f"{folder}: expected gt/gt.txt here or in folders inside, found none; check the path")
    return folders[:1] if folders[0] == folder else folders


def detections_path(folder: Path, name: str) -> Path | None:
    """The detections file of a sequence in a folder: one of the usual places; None where there is none."""
    ends = (f"{name}/det/det.txt", f"{name}/det.txt", f"{name}.txt", "det/det.txt", "det.txt")
    places = (folder / end for end in ends)
    return next((path for path in places if path.is_file()), None)


def image_paths(pictures: Path | None) -> list[Path]:
    """The pictures of a folder in the order of their numbers; none where there is no folder."""
    if pictures is None:
        return []
    found = (path for path in pictures.iterdir() if path.suffix.lower() in _ENDINGS)
    return sorted(found, key=lambda path: (len(path.name), path.name))


def _truth_paths(folder: Path) -> tuple[Path, Path]:
    return folder / "gt" / "gt.txt", folder / "gt.txt"


def _truth_path(folder: Path) -> Path:
    for path in _truth_paths(folder):
        if path.is_file():
            return path
    raise DatasetError(f"{folder}: expected the ground truth in gt/gt.txt, but it is not there")


def _seqinfo(path: Path) -> dict[str, float]:
    """What seqinfo.ini says in numbers; nothing where there is none."""
    if not path.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        section = parser["Sequence"]
        keys = ("frameRate", "seqLength", "imWidth", "imHeight")
        return {key: float(section[key]) for key in keys if key in section}
    except (OSError, configparser.Error, KeyError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected a section [Sequence] with numbers for frameRate, seqLength, imWidth, imHeight ({error})"
        ) from error


def _pictures(folder: Path) -> Path | None:
    return next(((folder / name).resolve() for name in PICTURE_FOLDERS if (folder / name).is_dir()), None)


def _told_wh(told: dict[str, float]) -> tuple[int, int] | None:
    has_both = told.get("imWidth", 0) > 0 and told.get("imHeight", 0) > 0
    return (int(told["imWidth"]), int(told["imHeight"])) if has_both else None


def _inferred_wh(pictures: Path | None, truth: TrackedBoxes) -> tuple[int, int]:
    """The size of the first picture, or how far the boxes reach."""
    for path in image_paths(pictures)[:1]:
        image = cv2.imread(str(path))
        if image is not None:
            return image.shape[1], image.shape[0]
    width, height = np.ceil(truth.xyxy[:, 2:].max(axis=0) + 0.5).astype(int).tolist()
    return max(width, 1), max(height, 1)
