"""Networks that see synthetic walkers: each crop shows the nearest person who fills enough of it."""

from collections.abc import Sequence

import numpy as np

from realtime_pose.geometry import iou
from realtime_pose.pipeline.networks import Detections, NetworkInfo
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17, Skeleton
from tests.support.people.scenes import PICTURE_WH, Walker, truth_at

MIN_IOU = 0.1


def frame_of(walkers: Sequence[Walker], index: int, *, rate_hz: float = 30.0) -> Frame:
    """A grey image with a lighter rectangle for each walker."""
    image = np.full((PICTURE_WH[1], PICTURE_WH[0], 3), 60, np.uint8)
    for left, top, right, bottom in np.clip(truth_at(walkers, index / rate_hz).poses.boxes.xyxy, 0, None).tolist():
        image[int(top) : int(bottom), int(left) : int(right)] = 160
    return Frame(image, index, index / rate_hz, 0.0, "walkers")


class WalkingNetworks:
    """A detector and a pose estimator that make no errors; see `Networks`.

    Attributes:
        looks: Index of each frame that the detector saw.
        crops: For each frame with poses its index and their number.
    """

    skeleton: Skeleton = COCO17
    info = NetworkInfo()
    reid = None
    can_estimate_boxes = True

    def __init__(self, walkers: Sequence[Walker]) -> None:
        self._walkers = walkers
        self.looks: list[int] = []
        self.crops: list[tuple[int, int]] = []

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        assert 0 < threshold <= 1
        self.looks.append(frame.index)
        return Detections(truth_at(self._walkers, frame.time_s).poses.boxes, Poses.empty(COCO17))

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        return self.estimate(frame, detections.boxes)

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        self.crops.append((frame.index, len(boxes)))
        truth = truth_at(self._walkers, frame.time_s).poses
        keypoints = np.zeros((len(boxes), len(COCO17), 2), np.float32)
        score = np.full(keypoints.shape[:2], 0.05, np.float32)  # nobody is in the crop
        overlap = iou(boxes.xyxy, truth.boxes.xyxy)
        for row in np.flatnonzero(overlap.max(axis=1, initial=0) >= MIN_IOU).tolist():
            column = int(overlap[row].argmax())
            keypoints[row], score[row] = truth.keypoints[column], 0.8
        return Poses(keypoints, score, Boxes(boxes.xyxy, boxes.score * score.mean(axis=1)), COCO17)
