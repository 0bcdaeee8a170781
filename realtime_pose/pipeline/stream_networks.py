"""The networks of one stream, which may be exchanged for others while the stream runs.

A frame is analysed to its end by the networks that have looked at it first: `present` says which these are, and the
frame takes them along. So frames of both may be in work at the same time.
"""

from collections.abc import Iterator, Mapping

from realtime_pose.appearance.embeddings import PersonEmbedder
from realtime_pose.pipeline.networks import Detections, NetworkInfo, Networks
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import Skeleton


class StreamNetworks:
    """Networks that can be exchanged as a whole; for any thread, see `Networks`.

    Attributes:
        models: SHA-256 of each network that has run, by its name; grows.
        engines: What ran each of them; grows.
        warning: A warning for the user about these devices; "" for none.

    Args:
        networks: The first networks.
    """

    def __init__(self, networks: Networks) -> None:
        self._present = networks
        self.models: dict[str, str] = {}
        self.engines: dict[str, dict[str, str]] = {}
        self.warning = ""
        self._add_names()

    @property
    def present(self) -> Networks:
        """The networks that look at the next frame."""
        return self._present

    @property
    def devices(self) -> Mapping[str, str]:
        """The device that runs the network of each stage, also after an exchange."""
        return _Devices(self)  # a new one: kept here, it would keep itself and the networks alive

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the keypoints: always the same."""
        return self._present.skeleton

    @property
    def info(self) -> NetworkInfo:
        """Which networks run at the moment, and where."""
        return self._present.info

    @property
    def reid(self) -> PersonEmbedder | None:
        """See `Networks`."""
        return self._present.reid

    @property
    def can_estimate_boxes(self) -> bool:
        """See `Networks`."""
        return self._present.can_estimate_boxes

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """The persons with a score of at least threshold."""
        return self._present.detect(frame, threshold=threshold)

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        """One pose per detection, in the same order."""
        return self._present.pose(frame, detections)

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose per given box, in the same order."""
        return self._present.estimate(frame, boxes)

    def exchange(self, networks: Networks) -> None:
        """Let these networks look at the frames from the next one on; never waits.

        Args:
            networks: Loaded, and with the skeleton of the first ones.
        """
        self._present = networks  # one reference, so readers need no lock
        self._add_names()

    def _add_names(self) -> None:
        """Name the present networks, for the headers of results."""
        self.models |= {spec.name: spec.sha256 for spec in self.info.specs.values()}
        self.engines |= self.info.engines_by_model


class _Devices(Mapping[str, str]):
    """The devices of the networks that run at the moment."""

    def __init__(self, networks: StreamNetworks) -> None:
        self._networks = networks

    def __getitem__(self, stage: str) -> str:
        return self._networks.info.devices[stage]

    def __iter__(self) -> Iterator[str]:
        return iter(self._networks.info.devices)

    def __len__(self) -> int:
        return len(self._networks.info.devices)
