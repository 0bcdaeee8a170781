"""What the window needs from this machine: a Qt platform that opens, and system libraries that may be missing."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from realtime_pose.app.display import display_problem
from realtime_pose.system.packages import Need, missing

_PRINT_PLATFORM = "from PyQt5.QtGui import QGuiApplication; print(QGuiApplication([]).platformName())"
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class QtProbe:
    """State of Qt on this machine.

    Attributes:
        platform: Qt platform that opens a window, such as xcb; "" if none does.
        problem: Why no window opens; "" if one does.
        has_display: Whether the environment names a display at all.
        missing: What the window needs of the system and does not find.
    """

    platform: str
    problem: str
    has_display: bool
    missing: tuple[Need, ...]


def probe(environ: Mapping[str, str] = os.environ, load: Callable[[str], object] = ctypes.CDLL) -> QtProbe:
    """State of Qt in this environment; tried in a separate process, because Qt aborts the process if it fails."""
    problem = display_problem(environ)
    return QtProbe(
        platform="" if problem else _qt_platform(environ),
        problem=problem,
        has_display=bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("QT_QPA_PLATFORM")),
        missing=tuple(missing(("base", "window"), load)),
    )


def _qt_platform(environ: Mapping[str, str]) -> str:
    """The platform that Qt chooses; call it only after Qt has started once."""
    result = subprocess.run(  # noqa: S603 - our own interpreter and a constant
        [sys.executable, "-c", _PRINT_PLATFORM],
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return result.stdout.strip()
