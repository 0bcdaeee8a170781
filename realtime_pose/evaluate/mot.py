"""Tracks and the truth to HOTA, CLEAR MOT and identity scores, through the field's own scorer, motrics.

R rows of boxes a table, frames from 0. motrics gives TrackEval's numbers (docs/decisions/0007); it is an extra and is
imported where it is used. Sources: Luiten et al., HOTA, IJCV 2020; Bernardin and Stiefelhagen, CLEAR MOT, 2008;
Ristani et al., identity scores, ECCV Workshops 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate.boxes import TrackedBoxes, concatenated
from realtime_pose.scene import Int

_MATCHED_IOU = 0.5  # boxes that overlap so much are the same person: CLEAR MOT and identity scores


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
        ValueError: An id stands twice in a frame.
    """
    motrics = _scorer()
    num_frames = max(truth.num_frames, given.num_frames)
    result = motrics.evaluate(*(_frames(motrics, table, num_frames) for table in (truth, given)))
    return MotScores(
        hota=result.hota.hota,
        det_a=result.hota.deta,
        ass_a=result.hota.assa,
        mota=result.clear.mota,
        idf1=result.identity.idf1,
        switches=result.clear.num_switches,
        fragments=result.clear.frag,
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
    motrics = _scorer()
    is_kept = np.ones(len(given), bool)
    for index in np.unique(distractors.frame).tolist():
        rows = np.flatnonzero(given.frame == index)
        people = truth.in_frame(index).xyxy
        known = np.concatenate((people, distractors.in_frame(index).xyxy))
        pairs = motrics.match_boxes(known, given.xyxy[rows], _MATCHED_IOU).matches
        is_kept[rows[[column for row, column in pairs if row >= len(people)]]] = False
    return given.take(is_kept)


def matches(truth: TrackedBoxes, given: TrackedBoxes) -> Matches:
    """Which true box was found under which id, as CLEAR MOT matches: as in the frame before, the rest by overlap."""
    motrics = _scorer()
    before: dict[int, int] = {}
    last: dict[int, int] = {}
    found: list[tuple[int, int, int, bool]] = []
    for index in range(max(truth.num_frames, given.num_frames)):
        true, guessed = truth.in_frame(index), given.in_frame(index)
        if not len(true) or not len(guessed):
            continue  # as the scorer does: such a frame interrupts nothing
        pairs = _pairs(motrics, true, guessed, before)
        for person, track_id in sorted(pairs.items()):
            found.append((index, person, track_id, last.get(person, track_id) != track_id))
        before = pairs
        last |= pairs
    columns = np.array(found, np.int64).reshape(-1, 4)
    return Matches(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3].astype(bool))


def _pairs(motrics: ModuleType, truth: TrackedBoxes, given: TrackedBoxes, before: dict[int, int]) -> dict[int, int]:
    """True ids to given ids of one frame."""
    row_of = {track_id: row for row, track_id in enumerate(given.ids.tolist())}
    pairs = {}
    for row, person in enumerate(truth.ids.tolist()):
        column = row_of.get(before.get(person, -1))
        if column is not None and motrics.iou(truth.xyxy[row].tolist(), given.xyxy[column].tolist()) >= _MATCHED_IOU:
            pairs[person] = before[person]
    free_truth = truth.take(~np.isin(truth.ids, list(pairs)))
    free_given = given.take(~np.isin(given.ids, list(pairs.values())))
    for row, column in motrics.match_boxes(free_truth.xyxy, free_given.xyxy, _MATCHED_IOU).matches:
        pairs[int(free_truth.ids[row])] = int(free_given.ids[column])
    return pairs


def _frames(motrics: ModuleType, table: TrackedBoxes, num_frames: int) -> object:
    """A table as the scorer takes it: a list of ids and an array of boxes for each frame."""
    each = [table.in_frame(index) for index in range(num_frames)]
    return motrics.Frames(
        ids=[frame.ids.tolist() for frame in each], boxes=[np.ascontiguousarray(frame.xyxy) for frame in each]
    )


def _scorer() -> ModuleType:
    """The package motrics."""
    try:
        return import_module("motrics")
    except ImportError as error:
        raise MissingPackageError(
            "scoring tracks needs the package motrics, which is not installed here: pip install 'realtime-pose[eval]'"
        ) from error
