"""A real X server without a screen, for programs that open windows."""

import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.support.needs import require

START_TIMEOUT_S = 20


@contextmanager
def x_server() -> Iterator[str]:
    """The display name of a new X server, which is stopped at the end."""
    require("display")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-dpi", "96", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdout is not None
    try:
        ready, _, _ = select.select([server.stdout], [], [], START_TIMEOUT_S)
        assert ready, f"Xvfb did not start within {START_TIMEOUT_S} s"
        yield f":{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
