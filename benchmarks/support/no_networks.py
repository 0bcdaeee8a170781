"""Networks of a stream whose poses are given."""

from realtime_pose.appearance.embeddings import PersonEmbedder
from realtime_pose.pipeline.networks import Detections, NetworkInfo
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17, Skeleton


class NoNetworks:
    """Stands for the networks of a stream whose poses are given; see `Networks`.

    Attributes:
        reid: A network that tells people apart, which is used if there is one.
    """

    skeleton: Skeleton = COCO17
    info = NetworkInfo()
    can_estimate_boxes = False

    def __init__(self, reid: PersonEmbedder | None = None) -> None:
        self.reid = reid

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """Never called."""
        raise NotImplementedError(f"{frame.source} {threshold}")

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        """Never called."""
        raise NotImplementedError(f"{frame.source} {len(detections.boxes)}")

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """Never called."""
        raise NotImplementedError(f"{frame.source} {len(boxes)}")
