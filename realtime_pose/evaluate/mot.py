"""Tracks and ground truth to HOTA, CLEAR MOT and identity scores, through the field's own scorer, TrackEval.

R rows of boxes per table, frames from 0. TrackEval is an extra, imported where it is used;
docs/development/decisions/0007 says why it was chosen and no faster one. Sources: Luiten et al., HOTA, IJCV 2020;
Bernardin and Stiefelhagen, CLEAR MOT, 2008; Ristani et al., identity scores, ECCV Workshops 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate.boxes import Real, TrackedBoxes, concatenate
from realtime_pose.scene import Int

_MATCH_IOU = 0.5  # boxes with this overlap can be the same person: CLEAR MOT and identity scores
_TINY = 1e-9
# CLEAR MOT keeps the pairs of the frame before, whatever the overlap of others: they gain more than any sum of IoU.
_CONTINUITY_GAIN = 1000.0


@dataclass(frozen=True, slots=True)
class MotScores:
    """Scores of the tracks of a sequence; in [0, 1] except mota, which is at most 1, and the counts.

    Attributes:
        hota: Mean over IoU thresholds of sqrt(DetA * AssA).
        det_a: Detection accuracy.
        ass_a: Association accuracy.
        mota: 1 - (misses + false positives + switches) / true boxes.
        idf1: F1 of the boxes with the right identity.
        switches: How often a person's id differs from the one before.
        fragments: How often a person is found again after a gap.
        num_true: Number of true boxes.
    """

    hota: float
    det_a: float
    ass_a: float
    mota: float
    idf1: float
    switches: int
    fragments: int
    num_true: int


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """M true boxes with a tracked box. Row i of each array is one, in the order of the frames.

    Attributes:
        frame: (M,) int64.
        person: (M,) int64 true ids.
        ids: (M,) int64 track ids.
        is_switch: (M,) bool: the track id differs from the person's last one.
    """

    frame: Int
    person: Int
    ids: Int
    is_switch: np.ndarray


def check_scorer() -> None:
    """Raise MissingPackageError if the scorer is not installed; call it before the tracking, which takes long."""
    _import_trackeval()


def score(truth: TrackedBoxes, tracked: TrackedBoxes) -> MotScores:
    """The scores of one sequence, or of several after `concatenate_sequences`.

    Raises:
        MissingPackageError: The scorer is not installed.
    """
    metrics = _import_trackeval()
    sequence = _trackeval_sequence(truth, tracked)
    quiet = {"PRINT_CONFIG": False}
    hota = metrics.HOTA().eval_sequence(sequence)  # arrays over the IoU thresholds
    clear = metrics.CLEAR(quiet).eval_sequence(sequence)
    identity = metrics.Identity(quiet).eval_sequence(sequence)
    return MotScores(
        hota=float(np.mean(hota["HOTA"])),
        det_a=float(np.mean(hota["DetA"])),
        ass_a=float(np.mean(hota["AssA"])),
        mota=float(clear["MOTA"]),
        idf1=float(identity["IDF1"]),
        switches=int(clear["IDSW"]),
        fragments=int(clear["Frag"]),
        num_true=len(truth),
    )


def concatenate_sequences(tables: Sequence[TrackedBoxes], num_frames: Sequence[int]) -> TrackedBoxes:
    """Sequences one after the other, without common ids: their score is the benchmarks' combined score.

    This holds because all counts are sums, HOTA's association is a mean over matches, and the assignment of identities
    splits by sequence.
    """
    first_frame, first_id, shifted = 0, 0, []
    for table, length in zip(tables, num_frames, strict=True):
        shifted.append(TrackedBoxes(table.frame + first_frame, table.ids + first_id, table.xyxy, table.score))
        first_frame += length
        first_id += int(table.ids.max(initial=0)) + 1
    return concatenate(shifted)


def remove_distractors(tracked: TrackedBoxes, truth: TrackedBoxes, distractors: TrackedBoxes) -> TrackedBoxes:
    """The tracked boxes without those on distractors (people who sit, mirror images), which are no false positives.

    Source: MOTChallenge's evaluation, https://motchallenge.net: a box whose best match is a distractor is removed.
    """
    from scipy.optimize import linear_sum_assignment

    is_kept = np.ones(len(tracked), bool)
    for index in np.unique(distractors.frame).tolist():
        in_frame = np.flatnonzero(tracked.frame == index)
        persons = truth.in_frame(index).xyxy
        # Rows: first the persons, then the distractors.
        overlap = _iou(np.concatenate((persons, distractors.in_frame(index).xyxy)), tracked.xyxy[in_frame])
        rows, columns = linear_sum_assignment(np.where(overlap >= _MATCH_IOU, overlap, 0), maximize=True)
        is_distractor = (rows >= len(persons)) & (overlap[rows, columns] >= _MATCH_IOU)
        is_kept[in_frame[columns[is_distractor]]] = False
    return tracked.take(is_kept)


def match_boxes(truth: TrackedBoxes, tracked: TrackedBoxes) -> Matches:
    """The true boxes with a tracked box, matched as in CLEAR MOT: first the pairs of the frame before, then by IoU."""
    previous: dict[int, int] = {}  # person to track id, in the frame before
    last: dict[int, int] = {}  # person to track id, whenever it was last matched
    rows: list[tuple[int, int, int, bool]] = []
    for index in range(max(truth.num_frames, tracked.num_frames)):
        persons, tracks = truth.in_frame(index), tracked.in_frame(index)
        if not len(persons) or not len(tracks):
            continue  # as in the scorer: such a frame does not break the pairs
        pairs = _match_frame(persons, tracks, previous)
        for person, track_id in sorted(pairs.items()):
            rows.append((index, person, track_id, last.get(person, track_id) != track_id))
        previous = pairs
        last |= pairs
    columns = np.array(rows, np.int64).reshape(-1, 4)  # also (0, 4)
    return Matches(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3].astype(bool))


def _match_frame(truth: TrackedBoxes, tracked: TrackedBoxes, previous: dict[int, int]) -> dict[int, int]:
    """True ids to track ids of one frame; both sides have boxes."""
    from scipy.optimize import linear_sum_assignment

    overlap = _iou(truth.xyxy, tracked.xyxy)  # (N, M)
    expected = np.array([previous.get(person, -1) for person in truth.ids.tolist()])
    is_continued = expected[:, None] == tracked.ids[None]
    gain = np.where(overlap >= _MATCH_IOU, overlap + _CONTINUITY_GAIN * is_continued, 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    is_match = gain[rows, columns] > 0
    return dict(zip(truth.ids[rows[is_match]].tolist(), tracked.ids[columns[is_match]].tolist(), strict=True))


def _iou(first: Real, second: Real) -> Real:
    """(N, M) IoU in double precision as in the scorer: near a threshold the last digit decides."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])  # (N, M, 2)
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    intersection = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=-1) for boxes in (first, second)]
    return np.asarray(intersection / np.maximum(areas[0][:, None] + areas[1][None] - intersection, _TINY))


def _trackeval_sequence(truth: TrackedBoxes, tracked: TrackedBoxes) -> dict[str, Any]:
    """Both tables in the scorer's format: ids from 0 on without gaps, and IoU, frame by frame."""
    num_frames = max(truth.num_frames, tracked.num_frames)
    true_ids, track_ids = (np.unique(table.ids, return_inverse=True)[1] for table in (truth, tracked))
    # Row bounds of each frame: rows are sorted by frame.
    true_bounds, track_bounds = (np.searchsorted(table.frame, np.arange(num_frames + 1)) for table in (truth, tracked))
    true_rows = [slice(first, end) for first, end in pairwise(true_bounds.tolist())]
    track_rows = [slice(first, end) for first, end in pairwise(track_bounds.tolist())]
    return {
        "num_timesteps": num_frames,
        "num_gt_ids": len(np.unique(true_ids)),
        "num_tracker_ids": len(np.unique(track_ids)),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(tracked),
        "gt_ids": [true_ids[rows] for rows in true_rows],
        "tracker_ids": [track_ids[rows] for rows in track_rows],
        "similarity_scores": [
            _iou(truth.xyxy[gt], tracked.xyxy[tr]) for gt, tr in zip(true_rows, track_rows, strict=True)
        ],
    }


def _import_trackeval() -> ModuleType:
    """TrackEval's metrics."""
    try:
        return import_module("trackeval.metrics")
    except ImportError as error:
        raise MissingPackageError(
            "scoring tracks needs the package trackeval, which is not installed here: pip install 'realtime-pose[eval]'"
        ) from error
