"""Following: tracks through a frame that the detector did not look at.

Out: the boxes in which to estimate poses. Then in: M poses that were estimated there. Out: which of them are the
expected persons, and the boxes that these poses measure. M tracks, K keypoints, frame pixels.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import area, oks
from realtime_pose.scene import PREDICTED, Boxes, Float, Int, Poses, Tracks, TrackState
from realtime_pose.tracking.similarity import compare, swap_sides

_MIN_FIT = 0.3  # similarity with the predicted pose; below it the pose is another person's or nobody's
_MIN_KEYPOINT_SCORE = 0.2  # keypoints with a lower score do not move the box
_MIN_KEYPOINTS = 4
_MAX_SCALE = 1.1  # change of a box in one frame: the spread of the keypoints also changes with the limbs


def followable(tracks: Tracks) -> Int:
    """(M,) rows of the tracks to follow: those that were confirmed and seen in the latest frame."""
    return np.flatnonzero((tracks.state == TrackState.CONFIRMED) & (tracks.detection != PREDICTED))


def moved_boxes(tracks: Tracks, dt_s: float) -> Float:
    """(N, 4) boxes of the tracks after a time in seconds, moved by their velocities."""
    shift = np.tile(tracks.velocity * np.float32(dt_s), 2)  # (N, 4)
    return np.asarray(tracks.poses.boxes.xyxy + shift, dtype=np.float32)


def find_expected(
    predicted: Poses, estimated: Poses, config: TrackConfig, *, unseen_s: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which poses are those of the expected persons, and which of them have left and right swapped; two (M,) masks.

    If two crops show the same person, the pose belongs to the track that expected it there.

    Args:
        predicted: The M tracks, predicted to this frame.
        estimated: The M poses, each estimated in the box of its track.
        config: Limits of the tracker.
        unseen_s: (M,) seconds since each track was last seen.
    """
    unused = np.zeros((len(predicted),) * 2, np.float32)  # only the poses count
    similarity = compare(predicted, estimated, unused, unused, unseen_s=unseen_s)
    fit = np.diagonal(similarity.pose)  # (M,) each pose with its own track
    is_expected = (estimated.score.mean(axis=1) >= config.recovery_min_score) & (fit >= _MIN_FIT)
    is_twin = _mutual_oks(estimated) >= config.max_twin_similarity  # (M, M)
    # Of twins the better fit stays; of equal ones the first.
    is_better = (fit[None] > fit[:, None]) | ((fit[None] == fit[:, None]) & np.tri(len(fit), k=-1, dtype=bool))
    is_expected &= ~(is_twin & is_better & is_expected[None]).any(axis=1)
    return is_expected, np.diagonal(similarity.mirrored)


def with_measured_boxes(predicted: Poses, estimated: Poses, mirrored: NDArray[np.bool_]) -> Poses:
    """The estimated poses (M), left and right put right, with the predicted boxes moved as the keypoints have moved.

    The crop was the predicted box, so that box is no measurement; the keypoints in it are.
    """
    poses = swap_sides(estimated, mirrored)
    is_good = (predicted.score >= _MIN_KEYPOINT_SCORE) & (poses.score >= _MIN_KEYPOINT_SCORE)  # (M, K)
    weight = np.where(is_good, np.sqrt(predicted.score * poses.score), 0)[..., None]  # (M, K, 1)
    total = np.maximum(weight.sum(axis=1), 1e-6)  # (M, 1)
    old_centre = (weight * predicted.keypoints).sum(axis=1) / total  # (M, 2)
    new_centre = (weight * poses.keypoints).sum(axis=1) / total
    old_spread, new_spread = (
        np.sqrt((weight * (keypoints - centre[:, None]) ** 2).sum(axis=(1, 2)))  # (M,)
        for keypoints, centre in ((predicted.keypoints, old_centre), (poses.keypoints, new_centre))
    )
    scale = np.clip(new_spread / np.maximum(old_spread, 1e-6), 1 / _MAX_SCALE, _MAX_SCALE)[:, None]  # (M, 1)
    xyxy = predicted.boxes.xyxy
    moved = (xyxy - np.tile(old_centre, 2)) * scale + np.tile(new_centre, 2)
    has_enough = (is_good.sum(axis=1) >= _MIN_KEYPOINTS)[:, None]
    boxes = Boxes(np.where(has_enough, moved, xyxy).astype(np.float32), estimated.boxes.score)
    return replace(poses, boxes=boxes)


def _mutual_oks(poses: Poses) -> Float:
    """(M, M) OKS of the poses with each other."""
    return oks(
        poses.keypoints,
        poses.keypoints,
        area_px2=area(poses.boxes.xyxy),
        sigmas=np.array(poses.skeleton.sigmas, np.float32),
        weight=poses.score[:, None] * poses.score[None],  # (M, M, K)
    )
