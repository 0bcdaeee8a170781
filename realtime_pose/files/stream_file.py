"""Text to a pipe, a terminal or standard output, where nothing that was written can be changed.

Another program reads the text, at its own pace: a write waits for it. After ``interrupt`` it waits no longer, so that
a reader that has stopped reading cannot keep a run from ending.
"""

import contextlib
import logging
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from realtime_pose.errors import ReaderGoneError, SinkError

_log = logging.getLogger(__name__)
_STDOUT, _STDERR = 1, 2
_CHUNK_BYTES = getattr(select, "PIPE_BUF", 512)  # a pipe that is ready takes so many bytes without waiting
_LAST_WAIT_S = 0.5  # for a slow reader, after an interrupt: all waits together


class StreamFile:
    """An open pipe, terminal or device.

    Args:
        descriptor: The open file; closed at the end.
        name: What the user calls it.
        on_close: Called once, after it was closed.
    """

    def __init__(self, descriptor: int, name: str, *, on_close: Callable[[], None] = lambda: None) -> None:
        self._descriptor = descriptor
        self._name = name
        self._on_close = on_close
        self._failure: SinkError | None = None
        self._is_closed = self._has_results = False
        self._deadline_s = 0.0  # end of all waits, set after an interrupt
        self._wake_reader, self._wake_writer = os.pipe()  # the second makes a waiting write return

    @property
    def has_results(self) -> bool:
        """Whether more than a header was written."""
        return self._has_results

    def begin(self, header: str, *, footer: str = "") -> None:
        """Write the first text; raises SinkError, also for a footer, which a pipe cannot have."""
        if footer:
            raise self._fail("what follows the results would have to be replaced with each of them")
        self._write(header)

    def append(self, text: str) -> None:
        """Write all of the text, as fast as it is read.

        Raises:
            ReaderGoneError: No program reads it any longer.
            SinkError: It cannot be written, or nobody read it before the run ended.
        """
        self._write(text)
        self._has_results = True

    def interrupt(self) -> None:
        """Let a write that waits for a reader return soon; from any thread."""
        with contextlib.suppress(OSError):  # closed already
            os.write(self._wake_writer, b"\n")

    def sync(self) -> None:
        """Nothing: what a pipe holds is not on a disk."""

    def close(self) -> None:
        """Close it; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        for descriptor in (self._descriptor, self._wake_reader, self._wake_writer):
            os.close(descriptor)
        self._on_close()

    def discard(self) -> None:
        """Close it; may be called twice."""
        self.close()

    def _write(self, text: str) -> None:
        if self._failure is not None:
            raise self._failure
        if self._is_closed:
            raise SinkError(f"{self._name}: expected an open pipe, but it is closed; open another")
        remaining = memoryview(text.encode())
        try:
            while remaining:
                self._wait_for_reader()
                remaining = remaining[os.write(self._descriptor, remaining[:_CHUNK_BYTES]) :]
        except BrokenPipeError as error:
            self._failure = ReaderGoneError(f"{self._name}: the program that read the poses has ended")
            raise self._failure from error
        except OSError as error:
            raise self._fail(error.strerror or str(error)) from error

    def _wait_for_reader(self) -> None:
        """Wait until the pipe takes bytes; raises SinkError if it does not after an interrupt."""
        if sys.platform == "win32":  # which cannot wait for a pipe: the write itself waits
            return
        poller = select.poll()
        poller.register(self._descriptor, select.POLLOUT)
        poller.register(self._wake_reader, select.POLLIN)
        if any(descriptor == self._descriptor for descriptor, _ in poller.poll()):
            return
        poller.unregister(self._wake_reader)
        self._deadline_s = self._deadline_s or time.monotonic() + _LAST_WAIT_S
        if not poller.poll(max(0.0, self._deadline_s - time.monotonic()) * 1000):
            raise self._fail("nobody read it before the run ended")

    def _fail(self, reason: str) -> SinkError:
        self._failure = SinkError(f"{self._name}: writing stopped ({reason}); start the program that reads it again")
        return self._failure


def open_pipe(path: Path) -> StreamFile:
    """A named pipe or device, opened for writing; waits until a program reads the pipe.

    Raises:
        SinkError: It cannot be opened.
    """
    if path.is_fifo():
        _log.info("%s: waiting for a program that reads this pipe", path)
    try:
        return StreamFile(os.open(path, os.O_WRONLY), str(path))
    except OSError as error:
        raise SinkError(f"{path}: cannot be written ({error.strerror}); choose another path") from error


def open_standard_output() -> StreamFile:
    """Standard output. Until it is closed, whatever else this process prints there goes to standard error.

    Raises:
        SinkError: The process has no standard output.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    try:
        descriptor, own = os.dup(_STDOUT), os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
    except OSError as error:
        raise SinkError(f"standard output: cannot be written ({error.strerror}); give a file") from error

    def give_back() -> None:
        if sys.stdout is not None:
            sys.stdout.flush()
        os.dup2(own, _STDOUT)
        os.close(own)

    return StreamFile(descriptor, "standard output", on_close=give_back)
