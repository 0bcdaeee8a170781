"""A real X server without a screen, for programs that open windows."""

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.support.needs import require

START_TIMEOUT_S = 20


@contextmanager
def x_server(wh: tuple[int, int] = (1280, 800)) -> Iterator[str]:
    """The display name of a new X server with a screen of this size, which is stopped at the end."""
    require("display")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", f"{wh[0]}x{wh[1]}x24", "-dpi", "96", "-nolisten", "tcp"],
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


@contextmanager
def window_manager(display: str) -> Iterator[None]:
    """Manages the windows of this X server: frames, focus, full screen; stopped at the end."""
    manager = subprocess.Popen(
        ["openbox", "--sm-disable", "--startup", "echo ready"],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert manager.stdout is not None
    try:
        ready, _, _ = select.select([manager.stdout], [], [], START_TIMEOUT_S)
        assert ready, f"openbox did not start within {START_TIMEOUT_S} s"
        while manager.stdout.readline() != b"ready\n":  # it also prints what it misses
            assert manager.poll() is None, "openbox has ended"
        yield
    finally:
        manager.terminate()
        manager.wait(10)
        manager.stdout.close()
