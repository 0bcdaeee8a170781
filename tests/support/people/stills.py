"""Scenes with people at exactly given places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.clips import pattern_image
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
from realtime_pose.skeletons import COCO17

K = len(COCO17)


def people(
    boxes: Sequence[Sequence[float]],
    *,
    ids: Sequence[int] | None = None,
    states: Sequence[TrackState] | None = None,
    is_detected: Sequence[bool] | None = None,
    keypoint_score: float = 0.9,
    trail: NDArray[np.float32] | None = None,
) -> Tracks:
    """Tracks with these boxes; keypoint k lies at (k + 1) / (K + 1) of the diagonal of its box."""
    count = len(boxes)
    xyxy = np.array(boxes, np.float32).reshape(count, 4)
    share = ((np.arange(K) + 1) / (K + 1)).astype(np.float32)[None, :, None]  # (1, K, 1)
    keypoints = xyxy[:, None, :2] + share * (xyxy[:, None, 2:] - xyxy[:, None, :2])
    score = np.linspace(0.9, 0.5, count).astype(np.float32)  # best first
    poses = Poses(keypoints, np.full((count, K), keypoint_score, np.float32), Boxes(xyxy, score), COCO17)
    found = np.array(is_detected if is_detected is not None else [True] * count, bool)
    return Tracks(
        ids=np.array(ids if ids is not None else range(1, count + 1), np.int64),
        state=np.array(states if states is not None else [TrackState.CONFIRMED] * count, np.uint8),
        velocity=np.zeros((count, 2), np.float32),
        age_s=np.ones(count, np.float32),
        detection=np.where(found, np.arange(count), -1).astype(np.int64),
        trail=trail if trail is not None else np.zeros((count, 0, 2), np.float32),
        poses=poses,
    )


def nobody() -> Tracks:
    """No tracks."""
    return Tracks.empty(COCO17)


def scene(
    tracks: Tracks | None = None,
    *,
    index: int = 0,
    time_s: float | None = None,
    wh: tuple[int, int] = (64, 48),
    image: NDArray[np.uint8] | None = None,
) -> Scene:
    """A scene with this image, by default a pattern of `clips`, at 30 frames per second."""
    image = image if image is not None else pattern_image(index, wh)
    frame = Frame(image, index, index / 30 if time_s is None else time_s, 0.0, "still")
    return Scene.from_tracks(frame, tracks if tracks is not None else nobody())
