"""The protocol of every receiver of scenes, and the header of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from realtime_pose.config import PartConfig
from realtime_pose.reasons import Outage, Reason
from realtime_pose.scene import Scene
from realtime_pose.skeletons import Skeleton


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Properties of a whole run, written at the start of a results file.

    Attributes:
        source: Name of the source, without a password.
        skeleton: Names and order of the keypoints.
        models: SHA-256 of each model file, by its name in the manifest. A live run adds those that it begins to use.
        describe_outage: Puts an outage into words; without it, the code of the reason stands for them.
        engines: What runs each model: engine, precision and device.
        part: The part of the source in whose pixels the poses are.
        is_pictures: Whether the scenes are single pictures, which have names and are not tracked.
        is_tracked: Whether the ids of a video are those of tracked people; else they number the people of a frame.
        has_names: Whether people may have names; a table has a column for them.
    """

    source: str
    skeleton: Skeleton
    models: Mapping[str, str]
    describe_outage: Callable[[Outage], str] = lambda outage: outage.reason.code
    engines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    part: PartConfig = field(default_factory=PartConfig)
    is_pictures: bool = False
    is_tracked: bool = True
    has_names: bool = False


class Sink(Protocol):
    """Receives scenes in order, from one thread."""

    def write(self, scene: Scene) -> None:
        """Write one scene.

        Raises:
            SinkError: The sink has failed for good: close it. What was written before stays usable.
        """

    def close(self) -> None:
        """Finish the output; may be called twice.

        Raises:
            SinkError: The output cannot be finished.
        """


@runtime_checkable
class StatusSink(Sink, Protocol):
    """A sink that also receives each new status of the source."""

    def write_status(self, state: str, reason: Reason, *, words: str, at_s: float) -> None:
        """Write a new status of the source.

        Args:
            state: Name of the state.
            reason: Why; NO_REASON if the state needs none.
            words: The reason in words, and when the source is tried again; "" for none.
            at_s: When the source came to this state, by the monotonic clock.

        Raises:
            SinkError: As ``write``.
        """
