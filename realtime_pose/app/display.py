"""Checks whether Qt can show a window here.

Qt is started in a separate process, because it aborts the process if it cannot open a window.
"""

import functools
import os
import subprocess
import sys
from collections.abc import Mapping

from realtime_pose.system.packages import install_line_for

_START_QT = "from PyQt5.QtGui import QGuiApplication; QGuiApplication([])"
_QT_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_TIMEOUT_S = 10.0


def has_display(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a window can be shown; a Qt platform without a screen (offscreen) counts."""
    return not display_problem(environ)


def display_problem(environ: Mapping[str, str] = os.environ) -> str:
    """Why no window can be shown, with the fix; "" if one can.

    If the environment names a display, Qt is started once for it, which takes 0.2 s.
    """
    if sys.platform.startswith("linux") and not any(environ.get(name) for name in _QT_VARIABLES):
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    return _qt_start_error(tuple(sorted(environ.items())))


# A tuple of pairs, because a cached function needs hashable arguments.
@functools.lru_cache(maxsize=4)
def _qt_start_error(environ: tuple[tuple[str, str], ...]) -> str:
    """The error of Qt when it starts with this environment; "" if it starts."""
    command = [sys.executable, "-c", _START_QT]
    try:
        trial = subprocess.run(  # noqa: S603 - our own interpreter and a constant
            command, env=dict(environ), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the display does not answer: Qt did not start within {_TIMEOUT_S:g} s"
    if trial.returncode == 0:
        return ""
    lines = [line.strip() for line in trial.stderr.splitlines() if line.strip()]
    # Qt prints several lines; prefer the one that has the cause.
    causes = [line for line in lines if "could not" in line.lower() or "Error" in line] or lines
    cause = causes[0] if causes else f"exit code {trial.returncode}"
    line = install_line_for(cause)
    fix = f"install with: {line}" if line else "check DISPLAY and the xcb libraries"
    return f"Qt cannot open a window ({cause}); {fix}"
