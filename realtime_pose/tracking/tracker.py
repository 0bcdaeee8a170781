"""The tracker: the poses of one frame after another in; living tracks with ids, states, velocities and trails out.

In each frame: predict all tracks, assign the detections to them, update them, and start tracks with the detections that
are left. All times are seconds of media time, never numbers of frames, because live sources drop frames.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.counts import counted
from realtime_pose.geometry import resize_affine
from realtime_pose.scene import Float, Int, Poses, Tracks, TrackState
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking.assign import assign
from realtime_pose.tracking.border import is_leaving
from realtime_pose.tracking.following import find_expected, with_measured_boxes
from realtime_pose.tracking.kalman import BoxFilters
from realtime_pose.tracking.similarity import Similarity, age_weight, compare, motion_similarity, swap_sides
from realtime_pose.tracking.track_table import TrackTable, box_centre, box_height

_MAX_COORDINATE_PX = 1e6  # larger coordinates come from a defect, and their squares would overflow


@dataclass(frozen=True, slots=True, eq=False)
class _Association:
    """Which detections belong to which tracks.

    Attributes:
        rows: (P,) tracks.
        columns: (P,) their detections.
        mirrored: (P,) whether these have left and right swapped.
        is_duplicate: (M,) whether a detection has the pose of a track that already has a detection.
    """

    rows: Int
    columns: Int
    mirrored: NDArray[np.bool_]
    is_duplicate: NDArray[np.bool_]


class PoseTracker:
    """The project's Tracker: Kalman filters of boxes, Hungarian assignment on IoU, OKS, motion and stature.

    States: a detection that fits no track starts a tentative one. This is confirmed at its confirm_hits-th detection
    and removed at its first miss. In the first frame of a stream, and after a gap in which all tracks ended, new tracks
    are confirmed at once. A confirmed track that is missed is lost: it follows its prediction while its scores fade. It
    is confirmed again if a detection fits, or removed after lost_s.

    Detections are ignored if their numbers are not finite or beyond a million pixels, or if their box is inside out.
    The rows in ``Tracks.detection`` count them all the same.

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
        self._table = self._new_tracks(Poses.empty(self._skeleton), np.zeros(0, np.int64))

    def update(self, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks at this frame; see `Tracker`."""
        self._check(poses, time_s)
        valid_rows = _valid_rows(poses)
        detections = poses.take(valid_rows)
        is_start = self._advance(time_s, frame_wh)
        association = self._associate(detections)
        self._update_matched(association, detections, valid_rows)
        self._update_states()
        is_new = self._can_start_track(detections) & ~association.is_duplicate
        is_new[association.columns] = False
        initial_state = self._initial_state(is_start=is_start)
        self._start_tracks(detections.take(is_new), valid_rows[is_new], initial_state=initial_state)
        return self._snapshot()

    def follow(self, ids: Int, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks at a frame that the detector did not look at; see `FollowingTracker`.

        Only tracks that the detector found when it last looked are followed. A pose that does not fit makes its track
        lost. Nobody is confirmed or removed for what was not looked at.
        """
        self._check(poses, time_s)
        self._advance(time_s, frame_wh)
        table = self._table
        _, rows, columns = np.intersect1d(table.ids, ids, assume_unique=True, return_indices=True)
        is_certain = table.state[rows] == TrackState.CONFIRMED
        rows, estimated = rows[is_certain], poses.take(columns[is_certain])
        predicted = table.poses(self._skeleton, np.ones(len(table), np.float32)).take(rows)
        is_found, is_mirrored = find_expected(predicted, estimated, self._config, unseen_s=table.unseen_s[rows])
        measured = with_measured_boxes(predicted, estimated, self._is_flipped(rows, is_mirrored))
        table.state[rows[~is_found]] = TrackState.LOST
        self._filters.update(rows[is_found], measured.boxes.xyxy[is_found])
        table.follow(rows[is_found], measured.take(is_found))
        return self._snapshot()

    def new_id(self) -> int:
        """See `RenamingTracker`."""
        self._next_id += 1
        return self._next_id - 1

    def rename(self, new_ids: Mapping[int, int]) -> Tracks:
        """The tracks of the latest frame with other ids; see `RenamingTracker`."""
        is_replaced = np.isin(self._table.ids, list(new_ids.values())) & ~np.isin(self._table.ids, list(new_ids))
        self._keep(~is_replaced)
        self._table.ids[:] = [new_ids.get(track_id, track_id) for track_id in self._table.ids.tolist()]
        return self._snapshot()

    def _advance(self, time_s: float, frame_wh: tuple[int, int] | None) -> bool:
        """Bring all tracks to this frame; whether the stream starts, or starts again after a gap without any track."""
        dt_s = 0.0 if self._time_s is None else max(0.0, time_s - self._time_s)
        # After a gap longer than lost_s no track is left, as at the start of the stream.
        is_start = self._time_s is None or dt_s > self._config.lost_s
        self._time_s = time_s
        self._rescale(frame_wh)
        self._predict(dt_s)
        return is_start

    def _check(self, poses: Poses, time_s: float) -> None:
        if poses.skeleton != self._skeleton:
            expected, got = self._skeleton, poses.skeleton
            raise ValueError(
                f"poses: expected the skeleton {expected.name} ({counted(len(expected), 'keypoint')}) that this "
                f"tracker was made for, got {got.name} ({len(got)}); make a tracker for each skeleton"
            )
        if not math.isfinite(time_s):
            raise ValueError(f"time_s: expected a finite number of seconds, got {time_s!r}")

    def _rescale(self, frame_wh: tuple[int, int] | None) -> None:
        """Map all tracks to the new image size, if it changed."""
        if frame_wh is not None and self._frame_wh is not None and frame_wh != self._frame_wh:
            affine = resize_affine(self._frame_wh, frame_wh)
            self._filters.transform(affine)
            self._table.transform(affine)
        self._frame_wh = frame_wh if frame_wh is not None else self._frame_wh

    def _predict(self, dt_s: float) -> None:
        """Predict all tracks to this frame, and remove those unseen for too long."""
        table = self._table
        limit_s = np.full(len(table), self._config.lost_s)
        if self._frame_wh is not None:
            leaving = is_leaving(self._filters.xyxy, self._filters.velocity, self._frame_wh)
            limit_s[leaving] = min(self._config.leave_s, self._config.lost_s)
        self._keep(table.unseen_s + dt_s <= limit_s)
        old_centre = box_centre(self._filters.xyxy)
        self._filters.predict(dt_s)
        predicted = self._filters.xyxy
        self._table.predict(dt_s, predicted, box_centre(predicted) - old_centre)

    def _associate(self, detections: Poses) -> _Association:
        """Assign detections of all scores, first to confirmed and lost tracks, then to tentative ones."""
        table, minimum = self._table, self._config.min_similarity
        box_distance2, position_distance2 = self._filters.mahalanobis2(detections.boxes.xyxy)
        similarity = self._similarity(detections, box_distance2)
        weighted = similarity.fused * age_weight(table.age_s)  # (N, M)
        gate = self._gate(detections, position_distance2)
        is_tentative = (table.state == TrackState.TENTATIVE)[:, None]  # (N, 1)
        rows, columns = assign(weighted, gate & ~is_tentative, minimum=minimum)
        gate[:, columns] = False  # these detections are taken
        tentative_rows, tentative_columns = assign(weighted, gate & is_tentative, minimum=minimum)
        rows, columns = np.concatenate((rows, tentative_rows)), np.concatenate((columns, tentative_columns))
        is_duplicate = similarity.pose[rows].max(axis=0, initial=0) >= self._config.max_twin_similarity  # (M,)
        return _Association(rows, columns, similarity.mirrored[rows, columns], is_duplicate)

    def _similarity(self, detections: Poses, box_distance2: NDArray[np.float64]) -> Similarity:
        """Similarity of the N predicted tracks and M detections."""
        predicted = self._table.poses(self._skeleton, np.ones(len(self._table), np.float32))
        motion = motion_similarity(box_distance2, self._filters.certainty)
        stature = self._table.stature_similarity(detections)
        return compare(predicted, detections, motion, stature, unseen_s=self._table.unseen_s)

    def _gate(self, detections: Poses, position_distance2: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(N, M) pairs that can be the same person.

        A person who bends down changes size faster than the filter expects. So the gate limits the position, and the
        height only roughly.
        """
        limit = self._config.max_height_ratio
        height_ratio = box_height(self._table.xyxy)[:, None] / box_height(detections.boxes.xyxy)[None]  # (N, M)
        gate = (position_distance2 <= self._config.max_deviation**2) & (height_ratio <= limit)
        return np.asarray(gate & (height_ratio * limit >= 1))

    def _update_matched(self, association: _Association, detections: Poses, valid_rows: Int) -> None:
        """Update tracks with their detections."""
        table, rows = self._table, association.rows
        is_flipped = self._is_flipped(rows, association.mirrored)
        matched = detections.take(association.columns)
        self._filters.update(rows, matched.boxes.xyxy)
        table.update(rows, swap_sides(matched, is_flipped), valid_rows[association.columns])

    def _is_flipped(self, rows: Int, mirrored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(P,) new poses of these rows whose left and right are swapped back: for at most max_flipped_s."""
        table = self._table
        flipped_s = table.flipped_s[rows] + table.unseen_s[rows]
        is_flipped = mirrored & (flipped_s <= self._config.max_flipped_s)
        table.flipped_s[rows] = np.where(is_flipped, flipped_s, 0)
        return is_flipped

    def _update_states(self) -> None:
        """Set every track's state after this frame's detections; remove tentative tracks that were missed."""
        table = self._table
        is_detected = table.detection >= 0
        is_tentative = table.state == TrackState.TENTATIVE
        table.state[is_detected & (table.hits >= self._config.confirm_hits)] = TrackState.CONFIRMED
        table.state[is_detected & ~is_tentative] = TrackState.CONFIRMED
        table.state[~is_detected] = TrackState.LOST
        self._keep(is_detected | ~is_tentative)

    def _can_start_track(self, detections: Poses) -> NDArray[np.bool_]:
        """(M,) detections that can start a track: an arm or a head alone has a high box score, but a low pose score."""
        pose_score = detections.score.mean(axis=1)
        # A pose score of exactly 0 means boxes without keypoints: then the box score decides alone.
        is_person = (pose_score >= self._config.min_new_pose_score) | (pose_score == 0)
        return np.asarray(is_person & (detections.boxes.score >= self._config.min_new_score))

    def _initial_state(self, *, is_start: bool) -> TrackState:
        return TrackState.CONFIRMED if is_start or self._config.confirm_hits == 1 else TrackState.TENTATIVE

    def _start_tracks(self, poses: Poses, detection: Int, *, initial_state: TrackState) -> None:
        """Start a track for each of these persons."""
        if not len(poses):
            return
        new_tracks = self._new_tracks(poses, detection)
        new_tracks.state[:] = initial_state
        self._next_id += len(new_tracks)
        self._filters.add(poses.boxes.xyxy)
        self._table = self._table.concatenate(new_tracks)

    def _new_tracks(self, poses: Poses, detection: Int) -> TrackTable:
        return TrackTable.from_poses(poses, detection, first_id=self._next_id, trail_length=self._config.trail_length)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        """Remove all tracks that are not in the mask (N,)."""
        if mask.all():
            return
        self._table = self._table.take(mask)
        self._filters.keep(np.flatnonzero(mask))

    def _snapshot(self) -> Tracks:
        """A copy of the living tracks; scores of missed tracks fade to 0 at removal."""
        table = self._table
        fade: Float = (1 - table.unseen_s / max(self._config.lost_s, 1e-9)).astype(np.float32)  # (N,)
        return Tracks(
            ids=table.ids.copy(),
            state=table.state.copy(),
            velocity=self._filters.velocity,
            age_s=table.age_s.astype(np.float32),
            detection=table.detection.copy(),
            trail=table.trail.copy(),
            poses=table.poses(self._skeleton, fade),
        )


def _valid_rows(poses: Poses) -> Int:
    """Rows of the poses whose numbers are finite and in range."""
    xyxy = poses.boxes.xyxy
    is_valid = (np.abs(poses.keypoints) < _MAX_COORDINATE_PX).all((1, 2))  # False for NaN
    is_valid &= (np.abs(xyxy) < _MAX_COORDINATE_PX).all(1)
    is_valid &= np.isfinite(poses.score).all(1) & np.isfinite(poses.boxes.score)
    is_valid &= (xyxy[:, 2:] >= xyxy[:, :2]).all(1)
    return np.flatnonzero(is_valid)
