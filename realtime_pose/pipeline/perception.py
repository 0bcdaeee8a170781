"""What the detect and pose stages make of a frame: each result type has all that its stage has made; no state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from realtime_pose.config import PoseNmsConfig
from realtime_pose.pipeline.networks import Detections, Networks
from realtime_pose.pose import nms
from realtime_pose.scene import Boxes, Frame, Int, Poses, Scene
from realtime_pose.tracking.following import followable, moved_boxes


class StageResult(Protocol):
    """What every value between two stages has; a dataclass, `Scene` among them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def frame(self) -> Frame:
        """The image with its times."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds that each stage took, by stage name."""


@dataclass(frozen=True, slots=True, eq=False)
class CapturedFrame:
    """A frame on its way to the detector.

    Attributes:
        frame: The image with its times.
        timings: Seconds that each stage took, by stage name.
    """

    frame: Frame
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFrame:
    """A frame with the detected persons.

    Attributes:
        frame: The image with its times.
        detections: Boxes, and poses if the network finds both.
        networks: The networks that have looked at it, and that finish it.
        timings: Seconds that each stage took, by stage name.
        is_detected: Whether the detector looked; else there are no detections, and the tracks are followed.
    """

    frame: Frame
    detections: Detections
    networks: Networks
    timings: Mapping[str, float] = field(default_factory=dict)
    is_detected: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class PosedFrame:
    """A frame with a pose for each box.

    Attributes:
        frame: The image with its times.
        boxes: N boxes, with the detector's own scores.
        poses: N poses, one per box, before pose NMS; their boxes have the persons' scores.
        timings: Seconds that each stage took, by stage name.
        unposed: Further boxes, of persons for whose poses there was no time.
        followed: (N,) ids of the tracks in whose expected boxes the poses were estimated, in a frame that the detector
            did not look at; None if it looked.
        networks: The networks that have looked at it; None: those of the stream.
    """

    frame: Frame
    boxes: Boxes
    poses: Poses
    timings: Mapping[str, float] = field(default_factory=dict)
    unposed: Boxes = field(default_factory=Boxes.empty)
    followed: Int | None = None
    networks: Networks | None = None


def detect(networks: Networks, captured: CapturedFrame, *, threshold: float) -> DetectedFrame:
    """The frame with its detected persons."""
    detections = networks.detect(captured.frame, threshold=threshold)
    return DetectedFrame(captured.frame, detections, networks, captured.timings)


def skip_detector(networks: Networks, captured: CapturedFrame) -> DetectedFrame:
    """The frame without a look of the detector."""
    nobody = Detections(Boxes.empty(), Poses.empty(networks.skeleton))
    return DetectedFrame(captured.frame, nobody, networks, captured.timings, is_detected=False)


def expected_people(frame: Frame, latest: Scene | None) -> tuple[Int, Boxes]:
    """Ids of the tracks to follow into a frame, and the boxes where they are expected; the scores are 1.

    Args:
        frame: The frame.
        latest: The newest scene before it; None if there is none.
    """
    if latest is None:
        return np.zeros(0, np.int64), Boxes.empty()
    rows = followable(latest.tracks)
    tracks = latest.tracks.take(rows)
    xyxy = moved_boxes(tracks, frame.time_s - latest.frame.time_s)
    # The score of a pose in such a box is that of its keypoints alone: no detector has seen the box.
    return tracks.ids, Boxes(xyxy, np.ones(len(rows), np.float32))


def pose(detected: DetectedFrame) -> PosedFrame:
    """The frame with a pose for each box; frames may come in any order."""
    poses = detected.networks.pose(detected.frame, detected.detections)
    boxes = detected.detections.boxes
    return PosedFrame(detected.frame, boxes, poses, detected.timings, networks=detected.networks)


def estimate_people(networks: Networks, frame: Frame, *, threshold: float, pose_nms: PoseNmsConfig) -> PosedFrame:
    """A single image with one pose per person, after pose NMS; ``boxes`` are all that the detector found."""
    posed = pose(detect(networks, CapturedFrame(frame), threshold=threshold))
    return PosedFrame(frame, posed.boxes, nms.merge(posed.poses, pose_nms)[0])


def estimate_in_boxes(networks: Networks, frame: Frame, boxes: Boxes, *, pose_nms: PoseNmsConfig) -> PosedFrame:
    """A single image with the poses in given boxes, after pose NMS."""
    return PosedFrame(frame, boxes, nms.merge(networks.estimate(frame, boxes), pose_nms)[0])
