"""What a sink of text writes to: a file that can be read while it grows, or a pipe."""

from typing import Protocol


class TextOutput(Protocol):
    """Takes text from one thread; a failure is final, and every later call raises it again."""

    @property
    def has_results(self) -> bool:
        """Whether more than a header was written."""

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

    def interrupt(self) -> None:
        """Let a write that waits for a reader return soon, now that the run ends; from any thread."""

    def sync(self) -> None:
        """Force what was written to the disk, if it is on one; raises SinkError."""

    def close(self) -> None:
        """Close the output; may be called twice."""

    def discard(self) -> None:
        """Close the output, and delete it if it is a file and new; may be called twice."""
