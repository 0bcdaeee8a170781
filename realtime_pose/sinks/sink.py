"""What every receiver of scenes offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from realtime_pose.scene import Scene
from realtime_pose.skeletons import Skeleton


@dataclass(frozen=True, slots=True)
class Run:
    """What holds for all scenes of a run, and stands at the head of a results file.

    Attributes:
        source: Name of the source, without a password.
        skeleton: What the keypoints are.
        models: SHA-256 of each model's file, by its name in the manifest.
    """

    source: str
    skeleton: Skeleton
    models: Mapping[str, str]


class Sink(Protocol):
    """Takes scenes in order, one at a time, from one thread."""

    def write(self, scene: Scene) -> None:
        """Take one scene.

        Raises:
            SinkError: It cannot be written, now or ever; what was written before stays usable. Close the sink.
        """

    def close(self) -> None:
        """Finish what was written; may be called twice.

        Raises:
            SinkError: It cannot be finished.
        """
