"""Programs in processes of their own that need not import everything again: they are forked from one that has.

The command line takes two seconds of computing to start in a new interpreter; more than half of it are imports.
Programs whose imports, whose standard streams at the start or whose end are under test start in a new interpreter.
"""

import contextlib
import fcntl
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import forkserver, reduction
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import pytest

RUN = "from realtime_pose.__main__ import run\nrun()"
_ROOT = Path(__file__).resolve().parents[2]
_IMPORTS = "tests.support.forked_imports"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([_IMPORTS])


class ForkedProgram:
    """A running program, with the attributes and methods of subprocess.Popen for text.

    Args:
        arguments: Its arguments, after the name of the program.
        code: What it runs: the command line.
        cwd: Its current folder; None: ours.
        env: Its whole environment; None: ours.
        stdin, stdout, stderr: A descriptor, subprocess.PIPE (not for stdin) or subprocess.DEVNULL; None: ours.
        start_new_session: Whether it leads a session. Its terminal is the one that is given as stdin.

    Attributes:
        pid: Of its process.
        stdout, stderr: What it prints, if they are pipes.
    """

    def __init__(
        self,
        *arguments: object,
        code: str = RUN,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        start_new_session: bool = False,
    ) -> None:
        _start_server()
        with contextlib.ExitStack() as only_theirs:
            self.stdout, theirs_out = _open_stream(1, stdout, only_theirs)
            self.stderr, theirs_err = _open_stream(2, stderr, only_theirs)
            _, theirs_in = _open_stream(0, stdin, only_theirs)
            self._process = _CONTEXT.Process(
                target=_run,
                args=(
                    code,
                    _Start(
                        [*map(str, arguments)],
                        cwd or Path.cwd(),
                        dict(os.environ if env is None else env),
                        [*map(_Descriptor, (theirs_in, theirs_out, theirs_err))],
                        leads_session=start_new_session,
                        has_terminal=stdin is not None and os.isatty(stdin),
                    ),
                ),
                daemon=True,  # it ends with the tests
            )
            self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        self._process.join()

    @property
    def returncode(self) -> int | None:
        """The exit code, or minus the number of the signal that has ended it; None: it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same as ``returncode``."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises TimeoutError if it has not ended in so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"the program did not end within {timeout} s")
        return self._process.exitcode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """All that it prints to standard output and standard error until it ends; raises TimeoutError."""
        with ThreadPoolExecutor(2) as readers:
            texts = [readers.submit(stream.read) if stream else None for stream in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except TimeoutError:
                self.kill()
                raise
            output, errors = (text.result(timeout) if text else "" for text in texts)
        self.close()
        return output, errors

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Close our ends of its pipes."""
        for stream in (self.stdout, self.stderr):
            if stream:
                stream.close()


def start_forked(*arguments: str, env: Mapping[str, str]) -> ForkedProgram:
    """A live run with these arguments and a small input of the detector; its standard error is a pipe."""
    return ForkedProgram("live", *arguments, "--detector-size", "64", env=env, stderr=subprocess.PIPE)


class _Descriptor:
    """The number of an open file, which is another one in the process that gets it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _receive, (reduction.DupFd(self.number),)


def _receive(duplicate: Any) -> _Descriptor:
    return _Descriptor(duplicate.detach())


@dataclass(frozen=True, slots=True)
class _Start:
    """What a program is started with; the streams are standard input, output and error."""

    arguments: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    streams: Sequence[_Descriptor]
    leads_session: bool
    has_terminal: bool


def _start_server() -> None:
    """Start the process that the programs are forked from, if it does not run yet."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("PYTHONPATH", str(_ROOT))
        environ.setenv("OMP_NUM_THREADS", "1")  # a process with threads cannot be forked
        forkserver.ensure_running()


def _open_stream(number: int, wanted: int | None, only_theirs: contextlib.ExitStack) -> tuple[TextIO | None, int]:
    """Our end of a pipe, if one is wanted, and the descriptor for the program; closes what only the program needs."""
    if wanted == subprocess.PIPE:
        reading, writing = os.pipe()
        only_theirs.callback(os.close, writing)
        return os.fdopen(reading, "r", encoding="utf-8"), writing
    if wanted == subprocess.DEVNULL:
        null = os.open(os.devnull, os.O_RDWR)
        only_theirs.callback(os.close, null)
        return None, null
    return None, number if wanted is None else wanted


def _open_output(number: int, *, is_line_buffered: bool, errors: str = "strict") -> TextIO:
    """Standard output or standard error, as a new interpreter opens them, also with PYTHONUNBUFFERED."""
    is_unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    binary = os.fdopen(number, "wb", buffering=0 if is_unbuffered else -1, closefd=False)
    return io.TextIOWrapper(
        binary, encoding="utf-8", errors=errors, line_buffering=is_line_buffered, write_through=is_unbuffered
    )


def _run(code: str, start: _Start) -> None:
    """In the new process: run the program as a new interpreter would."""
    assert _IMPORTS in sys.modules, "the forkserver leaves out what it cannot import"
    os.environ.clear()
    os.environ.update(start.environ)
    os.chdir(start.cwd)
    for number, stream in enumerate(start.streams):
        os.dup2(stream.number, number)
        os.close(stream.number)
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = _open_output(1, is_line_buffered=os.isatty(1))
    sys.stderr = _open_output(2, is_line_buffered=True, errors="backslashreplace")
    if start.leads_session:
        os.setsid()
        if start.has_terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.argv = ["-c", *start.arguments]
    exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
