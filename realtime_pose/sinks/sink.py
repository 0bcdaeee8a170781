"""What every receiver of scenes offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from realtime_pose.scene import Scene
from realtime_pose.skeletons import Skeleton


@dataclass(frozen=True, slots=True)
class RunHeader:
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


@runtime_checkable
class StateSink(Sink, Protocol):
    """A sink that also holds what became of the source while no scene came."""

    def note_state(self, state: str, reason: str, *, at_s: float) -> None:
        """Take a new state of the source.

        Args:
            state: In one word.
            reason: Why, in words; "" where the state says it all.
            at_s: Monotonic clock.

        Raises:
            SinkError: As ``write``.
        """
