"""Rows of MOTChallenge files to tables of boxes: ground truth, detections, results.

Frame, id, left, top, width, height, and up to four more columns; missing columns get defaults. The files count frames
from 1 and have the image's upper left corner at (1, 1). The tables count from 0 and have the centre of the first pixel
at (0, 0).
"""

from pathlib import Path

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.boxes import Real, TrackedBoxes

_OFFSET_PX = 1.5  # the upper left corner is (1, 1) in the files and (-0.5, -0.5) in the tables
_MIN_COLUMNS, _MAX_COLUMNS = 7, 10
_DEFAULTS = (1.0, 1.0, -1.0, -1.0)  # of the 7th to the 10th column: score, class, and two unknown values
# Classes of MOT16 and MOT17: Milan et al., arXiv:1603.00831.
_PERSON, _UNKNOWN = 1, -1
_DISTRACTORS = (2, 7, 8, 12)  # person on a vehicle, static person, distractor, reflection


def read_truth(path: Path) -> tuple[TrackedBoxes, TrackedBoxes]:
    """The boxes of persons that count, and those of distractors.

    Rows with score 0 do not count. If the file has classes, only rows of class 1 count. The 8th column holds classes if
    all of its numbers are whole and at least 1, or -1 for unknown; in files with 10 columns it can be a world position.

    Raises:
        DatasetError: The file cannot be read, is malformed, has an id twice in a frame, or has no row that counts.
    """
    rows = _read_rows(path)
    boxes = _as_table(path, rows)
    pairs, counts = np.unique(np.stack((boxes.frame, boxes.ids)), axis=1, return_counts=True)
    if np.any(counts > 1):
        frame, identity = pairs[:, int(np.argmax(counts > 1))].tolist()
        raise DatasetError(f"{path}: expected each id once in a frame, but id {identity} is twice in frame {frame + 1}")
    column = rows[np.argsort(rows[:, 0], kind="stable"), 7]  # (R,) in the order of the boxes
    has_classes = bool(np.all((column == np.round(column)) & ((column >= 1) | (column == _UNKNOWN))))
    is_person = (column == _PERSON) | (column == _UNKNOWN) if has_classes else np.ones(len(column), bool)
    counts_as_truth = is_person & (boxes.score != 0)
    if not counts_as_truth.any():
        raise DatasetError(f"{path}: {counted(len(rows), 'row')}, but no person that counts (score not 0, class 1)")
    is_distractor = np.isin(column, _DISTRACTORS) if has_classes else np.zeros(len(column), bool)
    certain = TrackedBoxes(boxes.frame, boxes.ids, boxes.xyxy, np.ones(len(boxes)))
    return certain.take(counts_as_truth), certain.take(is_distractor)


def read_results(path: Path) -> TrackedBoxes:
    """The boxes of a results file; it may be empty.

    Raises:
        DatasetError: The file cannot be read or is malformed.
    """
    return _as_table(path, _read_rows(path))


def read_detections(path: Path) -> TrackedBoxes:
    """The boxes of a detections file; ids are -1, scores in [0, 1].

    If the largest score is above 1, all are divided by it. Scores below 0 become 0. If none is above 0, the scores are
    unknown and become 1.

    Raises:
        DatasetError: The file cannot be read or is malformed.
    """
    table = _as_table(path, _read_rows(path))
    max_score = float(table.score.max(initial=0))
    score = np.clip(table.score / max(max_score, 1), 0, 1) if max_score > 0 else np.ones(len(table))
    return TrackedBoxes(table.frame, np.full(len(table), -1, np.int64), table.xyxy, score)


def _read_rows(path: Path) -> Real:
    """(R, 10) numbers of a file; missing columns have their defaults."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error}); check the file") from error
    rows = [_parse_row(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    return np.array(rows).reshape(-1, _MAX_COLUMNS)


def _parse_row(path: Path, number: int, line: str) -> list[float]:
    """The 10 numbers of one line."""
    cells = line.split(",")
    if not _MIN_COLUMNS <= len(cells) <= _MAX_COLUMNS:
        raise DatasetError(
            f"{path}, line {number}: expected {_MIN_COLUMNS} to {_MAX_COLUMNS} columns (frame, id, left, top, width, "
            f"height, score, ...) separated by commas, got {len(cells)}: {line.strip()[:60]!r}"
        )
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise DatasetError(f"{path}, line {number}: expected numbers, got {line.strip()[:60]!r}") from error
    if not np.isfinite(values).all() or values[0] < 1 or min(values[4:6]) <= 0:
        raise DatasetError(
            f"{path}, line {number}: expected a frame >= 1, a width and a height above 0, and finite numbers, got "
            f"{line.strip()[:60]!r}"
        )
    return [*values, *_DEFAULTS[len(values) - 6 :]]


def _as_table(path: Path, rows: Real) -> TrackedBoxes:
    """Rows (R, 10) of a file as a table, sorted by frame."""
    numbers = rows[:, :2]
    if np.any(numbers != np.round(numbers)):
        raise DatasetError(f"{path}: expected whole numbers for frames and ids in the first two columns")
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    corner = rows[:, 2:4] - _OFFSET_PX
    xyxy = np.concatenate((corner, corner + rows[:, 4:6]), axis=1)
    return TrackedBoxes(rows[:, 0].astype(np.int64) - 1, rows[:, 1].astype(np.int64), xyxy, rows[:, 6])
