"""The poses of a crowd in a live run: boxes in, poses out for as many persons as there is time for.

The largest persons and those tracked longest come first. Who is left out keeps the box of the detector, and is named by
the scene. All decisions about whom to pose are made here; `Pipeline` only asks.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np

from realtime_pose.geometry import area, iou
from realtime_pose.pipeline.networks import Detections
from realtime_pose.pipeline.perception import DetectedFrame, PosedFrame, expected_people, pose
from realtime_pose.scene import Boxes, Int, Scene, Tracks

_FIRST_PERSONS = 4  # posed in the first frame, when nothing was measured yet
_NUM_DURATIONS = 5  # frames with one number of persons before it is changed; their median counts
_USE = 0.85  # share of the time that a larger number may use, if time is in proportion to the number
_MAX_GROWTH = 2  # factor on the number at once
# Time need not be in proportion: on several cores two persons may take as long as one. So with this share of the time
# in use one more person is tried after some frames; after each trial that failed, twice as many frames later.
_ROOM = 0.7
_TRIAL_FRAMES, _MAX_TRIAL_FRAMES = 30, 480
_MIN_IOU = 0.3  # of a box with the last box of its track
_SETTLED_S = 5.0  # a track of this age counts fully
_INTERVAL_SHARE = 0.8  # of the time between two frames of a slow camera
_AGE_WEIGHT = 0.5  # of the age relative to the size: a new person must be clearly larger to take a place


class PoseBudget:
    """Estimates the poses of as many persons as fit into a time, learned from the frames before.

    For one thread.

    Args:
        clock_s: A clock for durations.
    """

    def __init__(self, *, clock_s: Callable[[], float] = time.perf_counter) -> None:
        self._clock_s = clock_s
        self._num_persons = _FIRST_PERSONS
        self._durations_s: deque[float] = deque(maxlen=_NUM_DURATIONS)  # of frames with this number
        self._num_frames = 0  # with this number
        self._trial_frames = _TRIAL_FRAMES
        self._is_trial = False

    def pose(self, detected: DetectedFrame, *, budget_s: float, latest: Scene | None = None) -> PosedFrame:
        """The frame with the poses of as many persons as fit into this time; at least one.

        Args:
            detected: The frame; if the detector did not look at it, the tracks are followed into it.
            budget_s: Time for the poses; infinite for no limit.
            latest: The newest scene before it; None if there is none.
        """
        if detected.is_detected:
            posed, _ = self._pose_some(detected, budget_s, latest)
            return posed
        ids, boxes = expected_people(detected.frame, latest)
        expected = Detections(boxes, detected.detections.poses)
        posed, rows = self._pose_some(replace(detected, detections=expected), budget_s, latest)
        return replace(posed, boxes=Boxes.empty(), followed=ids[rows])

    def _pose_some(self, detected: DetectedFrame, budget_s: float, latest: Scene | None) -> tuple[PosedFrame, Int]:
        """The frame with poses, and the rows of the persons who got one."""
        boxes = detected.detections.boxes
        everybody = np.arange(len(boxes))
        # A network that has found the poses with the boxes needs no time for them.
        if math.isinf(budget_s) or not detected.networks.can_estimate_boxes:
            return pose(detected), everybody
        if len(boxes) <= self._num_persons:
            return self._pose_and_learn(detected, budget_s, has_all=True), everybody
        tracks = None if latest is None else latest.tracks
        rows = np.sort(rank(boxes, tracks)[: self._num_persons])  # in the detector's order again
        selected = replace(detected, detections=Detections(boxes.take(rows), detected.detections.poses))
        posed = self._pose_and_learn(selected, budget_s, has_all=False)
        return replace(posed, unposed=boxes.take(np.setdiff1d(everybody, rows))), rows

    def _pose_and_learn(self, detected: DetectedFrame, budget_s: float, *, has_all: bool) -> PosedFrame:
        started_s = self._clock_s()
        posed = pose(detected)
        duration_s = self._clock_s() - started_s
        count = len(posed.boxes)
        # Fewer persons than allowed tell only whether even they take too long.
        if count and (not has_all or duration_s > budget_s):
            self._durations_s.append(duration_s)
            self._num_frames += 1
            if len(self._durations_s) == _NUM_DURATIONS:
                self._adapt(count, median(self._durations_s), budget_s)
        return posed

    def _adapt(self, count: int, duration_s: float, budget_s: float) -> None:
        """Change the number of persons, if this many take too long or leave room for more."""
        if duration_s > budget_s:
            # After a trial of one more person, the number before it is known to fit.
            number = count - 1 if self._is_trial else min(count - 1, int(count * budget_s / duration_s))
            self._trial_frames = min(2 * self._trial_frames, _MAX_TRIAL_FRAMES) if self._is_trial else _TRIAL_FRAMES
            self._change_to(max(1, number), is_trial=False)
            return
        fitting = int(min(count * _USE * budget_s / max(duration_s, 1e-9), _MAX_GROWTH * count))
        if fitting > count:
            self._change_to(fitting, is_trial=False)
        elif duration_s < _ROOM * budget_s and self._num_frames >= self._trial_frames:
            self._change_to(count + 1, is_trial=True)

    def _change_to(self, number: int, *, is_trial: bool) -> None:
        self._num_persons, self._is_trial, self._num_frames = number, is_trial, 0
        self._durations_s.clear()


def time_for_poses_s(limit_s: float, rate_hz: float | None) -> float:
    """Seconds for the poses of one frame: the limit, or what a slow camera leaves between two frames.

    Args:
        limit_s: As configured; infinite for no limit.
        rate_hz: Frames per second of the camera; None if unknown.

    >>> time_for_poses_s(0.2, 30.0), time_for_poses_s(0.2, 1.0), time_for_poses_s(0.2, None)
    (0.2, 0.8, 0.2)
    """
    return max(limit_s, _INTERVAL_SHARE / rate_hz) if rate_hz else limit_s


def rank(boxes: Boxes, tracks: Tracks | None) -> Int:
    """(N,) rows of N boxes, the most important person first: large, and tracked for long.

    Args:
        boxes: Detections of a frame.
        tracks: The tracks of the frame before; None for none.
    """
    side = np.sqrt(area(boxes.xyxy))  # (N,)
    importance = side / max(float(side.max(initial=0.0)), 1.0)
    if tracks is not None and len(tracks) and len(boxes):
        overlap = iou(boxes.xyxy, tracks.poses.boxes.xyxy)  # (N, M)
        age_s = tracks.age_s[overlap.argmax(axis=1)]
        importance += _AGE_WEIGHT * np.where(overlap.max(axis=1) >= _MIN_IOU, np.minimum(age_s / _SETTLED_S, 1), 0)
    return np.argsort(-importance, kind="stable").astype(np.int64)
