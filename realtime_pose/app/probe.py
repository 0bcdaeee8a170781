"""What the window needs of this machine: the Qt platform that really opens, and the system libraries it is missing."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from realtime_pose.app.display import why_no_display

DEBIAN_PACKAGES: Mapping[str, str] = {
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libGL.so.1": "libgl1",
}
_ASK_QT = "from PyQt5.QtGui import QGuiApplication; print(QGuiApplication([]).platformName())"
_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class QtProbe:
    """How Qt fares here.

    Attributes:
        platform: The platform that Qt opens a window on, such as xcb; "" where it opens none.
        problem: Why it opens none; "" where it does.
        has_display: Whether the environment names a display at all.
        missing: Shared libraries that Qt's xcb platform needs and that cannot be loaded; keys of DEBIAN_PACKAGES.
    """

    platform: str
    problem: str
    has_display: bool
    missing: tuple[str, ...]


def probe(environ: Mapping[str, str] = os.environ, load: Callable[[str], object] = ctypes.CDLL) -> QtProbe:
    """How Qt fares in this environment; it is tried in a process of its own, since Qt aborts where it fails."""
    problem = why_no_display(environ)
    return QtProbe(
        platform="" if problem else _platform(environ),
        problem=problem,
        has_display=bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("QT_QPA_PLATFORM")),
        missing=_missing(load) if sys.platform.startswith("linux") else (),
    )


def _missing(load: Callable[[str], object]) -> tuple[str, ...]:
    """Those of the libraries that the loader refuses."""
    refused = []
    for name in DEBIAN_PACKAGES:
        try:
            load(name)
        except OSError:
            refused.append(name)
    return tuple(refused)


def _platform(environ: Mapping[str, str]) -> str:
    """The platform that Qt chooses; Qt has just been seen to start."""
    answer = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", _ASK_QT],
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    return answer.stdout.strip()
