"""Programs in processes of their own that need not import the window again: they are forked from one that has.

A window takes two seconds of computing to start in a new interpreter; half of it are imports. Programs whose imports or
whose end are under test start in a new interpreter.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import TextIO

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "realtime_pose.app.application",
        "realtime_pose.app.real_pipeline",
        "realtime_pose.cli",
        "realtime_pose.commands.live",
        "tests.support.fakes.fake_pipeline",
    ]
)


class ForkedProgram:
    """A running program.

    Args:
        code: What it runs.
        arguments: Its arguments.
        environ: Its whole environment.

    Attributes:
        stdout: What it prints.
    """

    def __init__(self, code: str, *arguments: str, environ: Mapping[str, str]) -> None:
        reading, writing = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_run, args=(code, arguments, dict(environ), writing))
        self._process.start()
        writing.close()
        self.stdout: TextIO = os.fdopen(os.dup(reading.fileno()), "r", encoding="utf-8")
        reading.close()

    def finish(self, timeout_s: float) -> tuple[int, str]:
        """The exit code and what it has printed; raises TimeoutError if it has not ended in time after that."""
        with self.stdout:
            printed = self.stdout.read()
        return self.wait(timeout_s), printed

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def wait(self, timeout_s: float) -> int:
        """The exit code; raises TimeoutError if it has not ended in time."""
        self._process.join(timeout_s)
        if self._process.exitcode is None:
            raise TimeoutError(f"the program did not end within {timeout_s} s")
        return self._process.exitcode


def _run(code: str, arguments: Sequence[str], environ: Mapping[str, str], output: Connection) -> None:
    """In the new process: run the program as a new interpreter would."""
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["-c", *arguments]
    os.dup2(output.fileno(), sys.stdout.fileno())
    output.close()
    exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
