"""Poses of one frame after another in; living tracks with ids, states, velocities and trails out.

Each frame: predict every track to now, assign the detections, correct, and begin tracks with what is left. Everything
is counted in seconds of media time, never in frames, since live sources drop frames.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import resize_affine
from realtime_pose.scene import Float, Int, Poses, Tracks, TrackState
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking.assign import assign
from realtime_pose.tracking.border import is_leaving
from realtime_pose.tracking.kalman import BoxFilters
from realtime_pose.tracking.similarity import closeness, compare, seniority, with_flipped_sides
from realtime_pose.tracking.track_table import TrackTable, centre, height

_FARTHEST_PX = 1e6  # coordinates beyond are a defect, and their squares would overflow


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """Who is who.

    Attributes:
        rows: (P,) tracks.
        columns: (P,) their detections.
        mirrored: (P,) whether these have left and right exchanged.
        is_twin: (M,) whether a detection has the pose of a track that has a detection: once more, if it is another.
    """

    rows: Int
    columns: Int
    mirrored: NDArray[np.bool_]
    is_twin: NDArray[np.bool_]


class PoseTracker:
    """The project's Tracker: Kalman filter on boxes, Hungarian assignment on IoU, OKS and closeness.

    States: a detection that fits no track begins a tentative one, confirmed at its confirm_hits-th detection and
    removed at its first miss. In the first frame of a stream, or after a gap in which all tracks ended, tracks are
    confirmed at once, since nothing speaks against them. A confirmed track that is missed is lost, follows its
    prediction with fading scores, and is confirmed again when found, or removed after lost_s.

    Detections whose numbers are not finite, beyond a million pixels, or whose box is inside out are left out; the rows
    in ``Tracks.detection`` count them all the same.

    >>> from realtime_pose.skeletons import COCO17
    >>> len(PoseTracker(TrackConfig(), COCO17).update(Poses.empty(COCO17), time_s=0.0))
    0
    """

    def __init__(self, config: TrackConfig, skeleton: Skeleton) -> None:
        self._config = config
        self._skeleton = skeleton
        self.reset()

    def reset(self) -> None:
        """Forget everything; ids start at 1 again."""
        self._time_s: float | None = None
        self._frame_wh: tuple[int, int] | None = None
        self._next_id = 1
        self._filters = BoxFilters(self._config)
        self._table = self._new_table(Poses.empty(self._skeleton), np.zeros(0, np.int64))

    def update(self, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks as they stand at this frame; see `Tracker`."""
        self._check(poses, time_s)
        usable = _usable_rows(poses)
        found = poses.take(usable)
        dt_s = 0.0 if self._time_s is None else max(0.0, time_s - self._time_s)
        is_start = self._time_s is None or dt_s > self._config.lost_s
        self._time_s = time_s

        self._resize(frame_wh)
        self._predict(dt_s)
        match = self._match(found)
        self._correct(match, found, usable)
        self._promote()
        is_new = self._may_begin(found) & ~match.is_twin
        is_new[match.columns] = False
        self._begin(found.take(is_new), usable[is_new], first_state=self._first_state(is_start=is_start))
        return self._tracks()

    def _check(self, poses: Poses, time_s: float) -> None:
        if poses.skeleton != self._skeleton:
            expected, got = self._skeleton, poses.skeleton
            raise ValueError(
                f"poses: expected the skeleton {expected.name} ({len(expected)} keypoints) that this tracker was made "
                f"for, got {got.name} ({len(got)}); make a tracker for each skeleton"
            )
        if not math.isfinite(time_s):
            raise ValueError(f"time_s: expected a finite number of seconds, got {time_s!r}")

    def _resize(self, frame_wh: tuple[int, int] | None) -> None:
        """Bring all tracks into the picture's new size, where it has changed."""
        if frame_wh is not None and self._frame_wh is not None and frame_wh != self._frame_wh:
            affine = resize_affine(self._frame_wh, frame_wh)
            self._filters.move(affine)
            self._table.move(affine)
        self._frame_wh = frame_wh if frame_wh is not None else self._frame_wh

    def _predict(self, dt_s: float) -> None:
        """Move all tracks to now, and drop those that have not been seen for too long."""
        table = self._table
        limit_s = np.full(len(table), self._config.lost_s)
        if self._frame_wh is not None:
            leaving = is_leaving(self._filters.xyxy, self._filters.velocity, self._frame_wh)
            limit_s[leaving] = min(self._config.leave_s, self._config.lost_s)
        self._keep(table.unseen_s + dt_s <= limit_s)
        before = centre(self._filters.xyxy)
        self._filters.predict(dt_s)
        after = self._filters.xyxy
        self._table.advance(dt_s, after, centre(after) - before)

    def _match(self, found: Poses) -> _Match:
        """Who is who: all scores at once; tentative tracks take what the others leave."""
        table, config = self._table, self._config
        whole, displaced = self._filters.deviations(found.boxes.xyxy)
        everybody = table.poses(self._skeleton, np.ones(len(table), np.float32))
        near = closeness(whole, self._filters.sharpness)
        similarity = compare(everybody, found, near, unseen_s=table.unseen_s)
        fused = similarity.fused * seniority(table.age_s)
        # Who bends down changes size faster than any filter expects, so the gate is of place, and of gross size.
        height_ratio = height(everybody.boxes.xyxy)[:, None] / height(found.boxes.xyxy)[None]
        allowed = (displaced <= config.max_deviation**2) & (height_ratio <= config.max_height_ratio)
        allowed &= height_ratio * config.max_height_ratio >= 1
        is_tentative = (table.state == TrackState.TENTATIVE)[:, None]
        rows, columns = assign(fused, allowed & ~is_tentative, minimum=config.min_similarity)
        allowed[:, columns] = False
        more_rows, more_columns = assign(fused, allowed & is_tentative, minimum=config.min_similarity)
        rows, columns = np.concatenate((rows, more_rows)), np.concatenate((columns, more_columns))
        twin = similarity.pose[rows].max(axis=0, initial=0) >= config.max_twin_similarity
        return _Match(rows, columns, similarity.mirrored[rows, columns], twin)

    def _correct(self, match: _Match, found: Poses, usable: Int) -> None:
        """Write each detection into its track, with its sides put right if they were exchanged only a moment ago."""
        table, rows = self._table, match.rows
        flipped_s = table.flipped_s[rows] + table.unseen_s[rows]
        is_flipped = match.mirrored & (flipped_s <= self._config.max_flipped_s)
        table.flipped_s[rows] = np.where(is_flipped, flipped_s, 0)
        self._filters.update(rows, found.boxes.xyxy[match.columns])
        table.record(rows, with_flipped_sides(found.take(match.columns), is_flipped), usable[match.columns])

    def _promote(self) -> None:
        """Give every track its state after this frame's detections; drop tentative ones that were missed."""
        table = self._table
        is_seen = table.detection >= 0
        is_tentative = table.state == TrackState.TENTATIVE
        table.state[is_seen & (table.hits >= self._config.confirm_hits)] = TrackState.CONFIRMED
        table.state[is_seen & ~is_tentative] = TrackState.CONFIRMED
        table.state[~is_seen] = TrackState.LOST
        self._keep(is_seen | ~is_tentative)

    def _may_begin(self, found: Poses) -> NDArray[np.bool_]:
        """Which persons may begin a track: an arm or a head alone scores well as a box, but badly as a pose."""
        mean = found.score.mean(axis=1)
        is_person = (mean >= self._config.min_new_pose_score) | (mean == 0)
        return np.asarray(is_person & (found.boxes.score >= self._config.min_new_score))

    def _first_state(self, *, is_start: bool) -> TrackState:
        return TrackState.CONFIRMED if is_start or self._config.confirm_hits == 1 else TrackState.TENTATIVE

    def _begin(self, poses: Poses, detection: Int, *, first_state: TrackState) -> None:
        """Begin a track for each of these persons."""
        if not len(poses):
            return
        born = self._new_table(poses, detection)
        born.state[:] = first_state
        self._next_id += len(born)
        self._filters.add(poses.boxes.xyxy)
        self._table = self._table.joined(born)

    def _new_table(self, poses: Poses, detection: Int) -> TrackTable:
        return TrackTable.from_poses(poses, detection, first_id=self._next_id, trail_length=self._config.trail_length)

    def _keep(self, is_kept: NDArray[np.bool_]) -> None:
        if is_kept.all():
            return
        self._table = self._table.take(is_kept)
        self._filters.keep(np.flatnonzero(is_kept))

    def _tracks(self) -> Tracks:
        """A copy of the living tracks; scores of those not seen have faded, to 0 at removal."""
        table = self._table
        fade: Float = (1 - table.unseen_s / max(self._config.lost_s, 1e-9)).astype(np.float32)
        return Tracks(
            ids=table.ids.copy(),
            state=table.state.copy(),
            velocity=self._filters.velocity,
            age_s=table.age_s.astype(np.float32),
            detection=table.detection.copy(),
            trail=table.trail.copy(),
            poses=table.poses(self._skeleton, fade),
        )


def _usable_rows(poses: Poses) -> Int:
    """Rows of poses whose numbers can be calculated with."""
    xyxy = poses.boxes.xyxy
    is_usable = (np.abs(poses.keypoints) < _FARTHEST_PX).all((1, 2))  # False for NaN
    is_usable &= (np.abs(xyxy) < _FARTHEST_PX).all(1)
    is_usable &= np.isfinite(poses.score).all(1) & np.isfinite(poses.boxes.score)
    is_usable &= (xyxy[:, 2:] >= xyxy[:, :2]).all(1)
    return np.flatnonzero(is_usable)
