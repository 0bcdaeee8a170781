"""Everything that the commands print: results to stdout; messages, errors and progress bars to stderr.

No password leaves here: every text is redacted, whatever it was made from.
"""

import contextlib
import io
import logging
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, TypeVar

from realtime_pose.errors import SinkError
from realtime_pose.redaction import redact_text
from realtime_pose.system.standard_streams import lead_nowhere

PROGRAM = "realtime-pose"

T = TypeVar("T")


class UpdateProgress(Protocol):
    """Moves a progress bar."""

    def __call__(
        self, completed: float, *, total: float | None = None, description: str = "", detail: str = ""
    ) -> None:
        """Show how much is done; what is None or "" stays as it is.

        Args:
            completed: Done so far, in the unit of total.
            total: All that there is to do.
            description: Text before the bar.
            detail: Text after the bar, such as counts.
        """


class _Messages(io.StringIO):
    """Standard error as it is now, for messages.

    A run goes on, and finishes its files, when nobody reads its messages any more: the terminal was closed, the reader
    has ended, or there is no standard error.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stream = sys.stderr  # now: tests, Qt and the progress bar replace it

    def write(self, text: str) -> int:
        """Write the text, if somebody reads it."""
        with contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written, if somebody reads it."""
        with contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether this is a terminal."""
        return self._stream is not None and self._stream.isatty()


class _RedactingFormatter(logging.Formatter):
    """Formats log lines, and the tracebacks below them, without passwords."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        return redact_text(super().format(record))


def start_log(*, is_debug: bool) -> None:
    """Send the log and the tracebacks of unexpected exceptions to stderr, without passwords."""
    handler = logging.StreamHandler()
    handler.setFormatter(_RedactingFormatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if is_debug else logging.WARNING, handlers=[handler])
    sys.excepthook = _print_unexpected
    threading.excepthook = _print_unexpected_of_thread


def echo(text: str) -> None:
    """Print a message for the user; stdout stays free for results."""
    print(redact_text(text), file=_Messages(), flush=True)


def print_result(text: str) -> None:
    """Print a result to stdout.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        SinkError: It cannot be written.
    """
    with writing_results():
        print(redact_text(text))


@contextlib.contextmanager
def writing_results() -> Iterator[None]:
    """Raise SinkError instead of an OSError of stdout; a BrokenPipeError stays as it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        lead_nowhere(sys.stdout.fileno())  # else Python would try again at its end
        raise SinkError(f"standard output: the results cannot be written ({error.strerror})") from error


def format_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their heads as text, each column as wide as its longest cell.

    >>> print(format_table(("file", "persons"), [("a.jpg", "3")]))
    file   persons
    a.jpg  3
    """
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def report_failure(error: Exception, *, is_debug: bool) -> None:
    """Print an error in words, and its traceback before it if wanted."""
    if is_debug:
        echo("".join(traceback.format_exception(error)).rstrip("\n"))
    echo(f"{PROGRAM}: {error}")


def _print_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that nothing has caught: an error of the program."""
    echo("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))


def _print_unexpected_of_thread(raised: threading.ExceptHookArgs) -> None:
    """Print an exception that nothing in its thread has caught."""
    if raised.exc_value is not None:
        _print_unexpected(raised.exc_type, raised.exc_value, raised.exc_traceback)


@contextlib.contextmanager
def progress_bar(description: str, *, total: float | None = None) -> Iterator[UpdateProgress]:
    """A progress bar with percentage and time left while stderr is a terminal; nothing elsewhere.

    Args:
        description: Text before the bar.
        total: All that there is to do, in any unit; None: unknown.

    Yields:
        The function that moves the bar.
    """
    # rich takes long to import, and it would print the bar to a file or a pipe too.
    if not _Messages().isatty():
        yield _ignore_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    description_column, detail_column = TextColumn("{task.description}"), TextColumn("{task.fields[detail]}")
    columns = (description_column, BarColumn(), TaskProgressColumn(), detail_column, TimeRemainingColumn())
    with Progress(*columns, TextColumn("left"), console=Console(file=_Messages())) as bar:
        task = bar.add_task(redact_text(description), total=total, detail="")

        def update(completed: float, *, total: float | None = None, description: str = "", detail: str = "") -> None:
            bar.update(task, completed=completed, total=total, description=redact_text(description) or None)
            if detail:
                bar.update(task, detail=redact_text(detail))

        yield update


def track_progress(items: Iterable[T], description: str, *, total: int | None = None) -> Iterator[T]:
    """The items, one by one, under a progress bar that counts them.

    Args:
        items: Any items.
        description: Text before the bar.
        total: Number of items; None: taken from a sequence.
    """
    total = len(items) if total is None and isinstance(items, Sequence) else total
    with progress_bar(description, total=total) as update:
        for count, item in enumerate(items, start=1):
            yield item
            update(count, detail=f"{count} of {total}")


def _ignore_progress(completed: float, *, total: float | None = None, description: str = "", detail: str = "") -> None:
    """Do nothing, since there is no terminal."""
