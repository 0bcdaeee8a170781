"""Rows of MOTChallenge files to tables of boxes: ground truth, detections, results.

Frame, id, left, top, width, height, and up to four more columns; what is missing is filled. The files count frames from
1 and have the picture's upper left corner at (1, 1); the tables count from 0, the centre of the first pixel at (0, 0).
"""

from pathlib import Path

import numpy as np

from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.boxes import Real, TrackedBoxes

_CORNER_PX = 1.5  # from the centre of the first pixel to the corner of the picture, and on to the 1 that it counts as
_FEWEST, _MOST = 7, 10  # columns
_FILLING = (1.0, 1.0, -1.0, -1.0)  # what the 7th to the 10th column count as where they are missing
_PERSON, _UNKNOWN = 1, -1
_DISTRACTORS = (2, 7, 8, 12)  # on a vehicle, sitting or standing for ever, distractor, mirror image


def read_truth(path: Path) -> tuple[TrackedBoxes, TrackedBoxes]:
    """The boxes of persons that count, and those of distractors.

    Rows of score 0 do not count, nor those of a class other than 1 where the file has classes: its 8th column, if
    all of its numbers are whole and from 1 on, or -1 for unknown. (With 10 columns it may be a place in the world.)

    Raises:
        DatasetError: The file cannot be read, is malformed, names an id twice in a frame, or no row of it counts.
    """
    rows = _rows(path)
    boxes = _table(path, rows)
    pairs, counts = np.unique(np.stack((boxes.frame, boxes.ids)), axis=1, return_counts=True)
    if np.any(counts > 1):
        frame, identity = pairs[:, int(np.argmax(counts > 1))].tolist()
        raise DatasetError(f"{path}: expected each id once in a frame, but id {identity} is twice in frame {frame + 1}")
    kind = rows[np.argsort(rows[:, 0], kind="stable"), 7]
    is_class = bool(np.all((kind == np.round(kind)) & ((kind >= 1) | (kind == _UNKNOWN))))
    is_person = (kind == _PERSON) | (kind == _UNKNOWN) if is_class else np.ones(len(kind), bool)
    counting = is_person & (boxes.score != 0)
    if not counting.any():
        raise DatasetError(f"{path}: none of its {len(rows)} rows is a person that counts (score not 0, class 1)")
    is_distractor = np.isin(kind, _DISTRACTORS) if is_class else np.zeros(len(kind), bool)
    certain = TrackedBoxes(boxes.frame, boxes.ids, boxes.xyxy, np.ones(len(boxes)))
    return certain.take(counting), certain.take(is_distractor)


def read_results(path: Path) -> TrackedBoxes:
    """The boxes of a results file; it may be empty.

    Raises:
        DatasetError: The file cannot be read or is malformed.
    """
    return _table(path, _rows(path))


def read_detections(path: Path) -> TrackedBoxes:
    """The boxes of a detections file; ids are -1, scores in [0, 1].

    A file whose scores are larger than 1 has them divided by the largest; those below 0 become 0; if all are -1 or 0,
    they are unknown and become 1.

    Raises:
        DatasetError: The file cannot be read or is malformed.
    """
    table = _table(path, _rows(path))
    highest = float(table.score.max(initial=0))
    score = np.clip(table.score / max(highest, 1), 0, 1) if highest > 0 else np.ones(len(table))
    return TrackedBoxes(table.frame, np.full(len(table), -1, np.int64), table.xyxy, score)


def _rows(path: Path) -> Real:
    """(R, 10) numbers of a file; columns that it does not have are filled."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error}); check the file") from error
    rows = [_row(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    return np.array(rows).reshape(-1, _MOST)


def _row(path: Path, number: int, line: str) -> list[float]:
    """The 10 numbers of one line."""
    cells = line.split(",")
    if not _FEWEST <= len(cells) <= _MOST:
        raise DatasetError(
            f"{path}, line {number}: expected {_FEWEST} to {_MOST} columns (frame, id, left, top, width, height, "
            f"score, ...) with commas between, got {len(cells)}: {line.strip()[:60]!r}"
        )
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise DatasetError(f"{path}, line {number}: expected numbers, got {line.strip()[:60]!r}") from error
    if not np.isfinite(values).all() or values[0] < 1 or min(values[4:6]) <= 0:
        raise DatasetError(
            f"{path}, line {number}: expected a frame from 1 on, a width and a height above 0 and finite numbers, got "
            f"{line.strip()[:60]!r}"
        )
    return [*values, *_FILLING[len(values) - 6 :]]


def _table(path: Path, rows: Real) -> TrackedBoxes:
    """Rows of a file as a table, in the order of the frames."""
    whole = rows[:, :2]
    if np.any(whole != np.round(whole)):
        raise DatasetError(f"{path}: expected whole numbers for frames and ids in the first two columns")
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    corner = rows[:, 2:4] - _CORNER_PX
    xyxy = np.concatenate((corner, corner + rows[:, 4:6]), axis=1)
    return TrackedBoxes(rows[:, 0].astype(np.int64) - 1, rows[:, 1].astype(np.int64), xyxy, rows[:, 6])
