"""A pose sink in use: what it writes to, and whether it has failed."""

from dataclasses import dataclass

from realtime_pose.files.text_output import PoseOutput
from realtime_pose.sinks import Sink


@dataclass(slots=True)
class PoseOutlet:
    """A pose sink.

    Attributes:
        sink: The sink.
        name: What messages call its output.
        output: What it writes to; None for a sink of another kind.
        is_written: Whether a scene or a status was written.
        has_failed: Whether it is out of use.
    """

    sink: Sink
    name: str
    output: PoseOutput | None
    is_written: bool = False
    has_failed: bool = False

    @property
    def has_results(self) -> bool:
        """Whether the user has something of it."""
        is_kept = not self.has_failed or (self.output is not None and self.output.has_results)
        return self.is_written and is_kept
