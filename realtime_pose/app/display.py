"""Whether Qt can show a window here, found out in a process of its own: Qt aborts the process where it cannot."""

import functools
import os
import subprocess
import sys
from collections.abc import Mapping

_TRY_QT = "from PyQt5.QtGui import QGuiApplication; QGuiApplication([])"
_QT_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_DEADLINE_S = 10.0


def has_display(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a window can be shown; a platform without a screen that Qt can run on (offscreen) counts."""
    return not why_no_display(environ)


def why_no_display(environ: Mapping[str, str] = os.environ) -> str:
    """Why no window can be shown, in words with the fix; "" where it can.

    Qt itself is tried where the environment names a display (0.2 s, once a process for the same display).
    """
    if sys.platform.startswith("linux") and not any(environ.get(name) for name in _QT_VARIABLES):
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    return _qt_complaint(tuple(sorted(environ.items())))


@functools.lru_cache(maxsize=4)
def _qt_complaint(environ: tuple[tuple[str, str], ...]) -> str:
    """What Qt says when it is started with this environment; "" where it starts."""
    command = [sys.executable, "-c", _TRY_QT]
    try:
        trial = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            command, env=dict(environ), capture_output=True, text=True, timeout=_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the display does not answer: Qt did not start within {_DEADLINE_S:g} s"
    if trial.returncode == 0:
        return ""
    lines = [line.strip() for line in trial.stderr.splitlines() if line.strip()]
    telling = [line for line in lines if "could not" in line.lower() or "Error" in line] or lines
    words = telling[0] if telling else f"exit code {trial.returncode}"
    return f"Qt cannot open a window ({words}); check DISPLAY and the xcb libraries"
