"""The probe of Qt: missing libraries, and the platform that really opens."""

import ctypes
import os
from collections.abc import Callable

import pytest

from realtime_pose.app.probe import probe
from realtime_pose.system.packages import GROUPS

pytestmark = [pytest.mark.gui, pytest.mark.process]

LIBRARIES = [need.name for group in ("base", "window") for need in GROUPS[group] if need.name.startswith("lib")]


def failing_loader(*unavailable: str) -> Callable[[str], object]:
    """A loader that finds every library except these."""

    def load(name: str) -> object:
        if name in unavailable:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return name

    return load


@pytest.mark.parametrize("missing", [(), ("libxcb-icccm.so.4", "libGL.so.1"), tuple(LIBRARIES)])
def test_a_library_that_cannot_be_loaded_is_missing(missing: tuple[str, ...]) -> None:
    found = [need.name for need in probe({}, failing_loader(*missing)).missing if need.name in LIBRARIES]
    assert sorted(found) == sorted(missing)


def test_the_libraries_of_this_machine_are_really_loaded() -> None:
    def can_load(name: str) -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    found = [need.name for need in probe({}).missing if need.name in LIBRARIES]
    assert found == [name for name in LIBRARIES if not can_load(name)]


def test_the_platform_comes_from_qt() -> None:
    found = probe({**os.environ, "QT_QPA_PLATFORM": "minimal"})
    assert (found.platform, found.problem, found.has_display) == ("minimal", "", True)


def test_an_unknown_platform_is_a_problem_and_no_crash() -> None:
    found = probe({**os.environ, "QT_QPA_PLATFORM": "nonsense"})
    assert (found.platform, found.has_display) == ("", True)
    assert "nonsense" in found.problem


def test_no_display_is_a_problem() -> None:
    found = probe({})
    assert (found.platform, found.has_display) == ("", False)
    assert found.problem
