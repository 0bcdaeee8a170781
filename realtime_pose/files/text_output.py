"""What a sink writes to: a file that can be read while it grows, a pipe, or a folder of files."""

from typing import Protocol


class PoseOutput(Protocol):
    """What a run opens and closes for a sink."""

    @property
    def has_results(self) -> bool:
        """Whether more than a header was written."""

    def interrupt(self) -> None:
        """Let a write that waits for a reader return soon, now that the run ends; from any thread."""

    def close(self) -> None:
        """Close the output; may be called twice."""

    def discard(self) -> None:
        """Close the output, and delete what is new on the disk; may be called twice."""


class TextOutput(PoseOutput, Protocol):
    """Takes text from one thread; a failure is final, and every later call raises it again."""

    def begin(self, header: str, *, footer: str = "") -> None:
        """Write the first text, which is no result.

        Args:
            header: Text before all results.
            footer: Text that must always be the end; ``append`` inserts before it. Only for a file.

        Raises:
            SinkError: It cannot be written.
        """

    def append(self, text: str) -> None:
        """Write text; raises SinkError."""

    def sync(self) -> None:
        """Force what was written to the disk, if it is on one; raises SinkError."""
