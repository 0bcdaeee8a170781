"""Tracks and the truth to HOTA, CLEAR MOT and identity scores, through the field's own scorer, TrackEval.

R rows of boxes a table, frames from 0. TrackEval is an extra and is imported where it is used; why it, and no quicker
one: docs/decisions/0007. Sources: Luiten et al., HOTA, IJCV 2020; Bernardin and Stiefelhagen, CLEAR MOT, 2008; Ristani
et al., identity scores, ECCV Workshops 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate.boxes import Real, TrackedBoxes, concatenated
from realtime_pose.scene import Int

_MATCHED_IOU = 0.5  # boxes that overlap so much are the same person: CLEAR MOT and identity scores
_TINY = 1e-9
_FAITHFUL = 1000.0  # what a pair that also matched in the frame before is worth more, as CLEAR MOT asks


@dataclass(frozen=True, slots=True)
class MotScores:
    """How good the tracks of a sequence are; shares in [0, 1], mota at most 1.

    Attributes:
        hota: Mean over overlaps of the root of detection times association.
        det_a: Its detection part.
        ass_a: Its association part.
        mota: 1 - (misses + false boxes + switches) / true boxes.
        idf1: F1 of the boxes that have the right identity.
        switches: Times a person's id differs from the one before.
        fragments: Times a person is found again after a gap.
        num_true: True boxes.
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
    """M true boxes that were found. Row i of each array is one, in the order of the frames.

    Attributes:
        frame: (M,) int64.
        person: (M,) int64 true ids.
        ids: (M,) int64 ids that the tracker gave.
        is_switch: (M,) bool: the id differs from the one that the person had before.
    """

    frame: Int
    person: Int
    ids: Int
    is_switch: np.ndarray


def check_scorer() -> None:
    """Raise MissingPackageError where the scorer is not installed: better before the work than after it."""
    _scorer()


def score(truth: TrackedBoxes, given: TrackedBoxes) -> MotScores:
    """The scores of one sequence; several are scored as one after `end_to_end`.

    Raises:
        MissingPackageError: The scorer is not installed.
    """
    metrics = _scorer()
    compared = _compared(truth, given)
    quiet = {"PRINT_CONFIG": False}
    hota = metrics.HOTA().eval_sequence(compared)
    clear = metrics.CLEAR(quiet).eval_sequence(compared)
    identity = metrics.Identity(quiet).eval_sequence(compared)
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


def end_to_end(tables: Sequence[TrackedBoxes], num_frames: Sequence[int]) -> TrackedBoxes:
    """Sequences laid one after the other, no id shared; scored so, they give the benchmarks' combined scores.

    All counts add up, HOTA's association is a mean over matches and the identity's assignment falls apart by sequence.
    """
    frame, identity, shifted = 0, 0, []
    for table, length in zip(tables, num_frames, strict=True):
        shifted.append(TrackedBoxes(table.frame + frame, table.ids + identity, table.xyxy, table.score))
        frame += length
        identity += int(table.ids.max(initial=0)) + 1
    return concatenated(shifted)


def without_distractors(given: TrackedBoxes, truth: TrackedBoxes, distractors: TrackedBoxes) -> TrackedBoxes:
    """The given boxes but those on distractors (people who sit, mirror images), for which nobody is to be blamed.

    Source: MOTChallenge's evaluation, https://motchallenge.net: a box whose best match is a distractor is left out.
    """
    is_kept = np.ones(len(given), bool)
    for index in np.unique(distractors.frame).tolist():
        rows = np.flatnonzero(given.frame == index)
        people = truth.in_frame(index).xyxy
        overlap = _overlap(np.concatenate((people, distractors.in_frame(index).xyxy)), given.xyxy[rows])
        known, found = linear_sum_assignment(np.where(overlap >= _MATCHED_IOU, overlap, 0), maximize=True)
        is_kept[rows[found[(known >= len(people)) & (overlap[known, found] >= _MATCHED_IOU)]]] = False
    return given.take(is_kept)


def matches(truth: TrackedBoxes, given: TrackedBoxes) -> Matches:
    """Which true box was found under which id, as CLEAR MOT matches: as in the frame before, the rest by overlap."""
    before: dict[int, int] = {}
    last: dict[int, int] = {}
    found: list[tuple[int, int, int, bool]] = []
    for index in range(max(truth.num_frames, given.num_frames)):
        true, guessed = truth.in_frame(index), given.in_frame(index)
        if not len(true) or not len(guessed):
            continue  # as the scorer does: such a frame interrupts nothing
        pairs = _pairs(true, guessed, before)
        for person, track_id in sorted(pairs.items()):
            found.append((index, person, track_id, last.get(person, track_id) != track_id))
        before = pairs
        last |= pairs
    columns = np.array(found, np.int64).reshape(-1, 4)
    return Matches(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3].astype(bool))


def _pairs(truth: TrackedBoxes, given: TrackedBoxes, before: dict[int, int]) -> dict[int, int]:
    """True ids to given ids of one frame, both with boxes."""
    overlap = _overlap(truth.xyxy, given.xyxy)
    expected = np.array([before.get(person, -1) for person in truth.ids.tolist()])
    gain = np.where(overlap >= _MATCHED_IOU, overlap + _FAITHFUL * (expected[:, None] == given.ids[None]), 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    matched = gain[rows, columns] > 0
    return dict(zip(truth.ids[rows[matched]].tolist(), given.ids[columns[matched]].tolist(), strict=True))


def _overlap(first: Real, second: Real) -> Real:
    """(N, M) IoU in double precision, as the scorer's own: at a threshold the last digit decides."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=-1) for boxes in (first, second)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, _TINY))


def _compared(truth: TrackedBoxes, given: TrackedBoxes) -> dict[str, Any]:
    """Both tables as the scorer takes them: ids that count from 0 and overlaps, frame by frame."""
    num_frames = max(truth.num_frames, given.num_frames)
    true_ids, given_ids = (np.unique(table.ids, return_inverse=True)[1] for table in (truth, given))
    true_ends, given_ends = (np.searchsorted(table.frame, np.arange(num_frames + 1)) for table in (truth, given))
    true_rows = [slice(first, end) for first, end in pairwise(true_ends.tolist())]
    given_rows = [slice(first, end) for first, end in pairwise(given_ends.tolist())]
    return {
        "num_timesteps": num_frames,
        "num_gt_ids": len(np.unique(true_ids)),
        "num_tracker_ids": len(np.unique(given_ids)),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(given),
        "gt_ids": [true_ids[rows] for rows in true_rows],
        "tracker_ids": [given_ids[rows] for rows in given_rows],
        "similarity_scores": [
            _overlap(truth.xyxy[mine], given.xyxy[theirs]) for mine, theirs in zip(true_rows, given_rows, strict=True)
        ],
    }


def _scorer() -> ModuleType:
    """TrackEval's metrics."""
    try:
        return import_module("trackeval.metrics")
    except ImportError as error:
        raise MissingPackageError(
            "scoring tracks needs the package trackeval, which is not installed here: pip install 'realtime-pose[eval]'"
        ) from error
