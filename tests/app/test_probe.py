"""What the window needs: the libraries that are missing, and the platform on which Qt really opens."""

import ctypes
import os
from collections.abc import Callable

import pytest

from realtime_pose.app.probe import DEBIAN_PACKAGES, probe


def refusing(*refused: str) -> Callable[[str], object]:
    """A loader that knows every library but these."""

    def load(name: str) -> object:
        if name in refused:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return name

    return load


@pytest.mark.parametrize("missing", [(), ("libxcb-icccm.so.4", "libGL.so.1"), tuple(DEBIAN_PACKAGES)])
def test_a_library_that_the_loader_refuses_is_missing(missing: tuple[str, ...]) -> None:
    assert probe({}, refusing(*missing)).missing == missing


def test_the_libraries_of_this_machine_are_loaded_for_real() -> None:
    def loads(name: str) -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    assert probe({}).missing == tuple(name for name in DEBIAN_PACKAGES if not loads(name))


def test_qt_is_asked_for_its_platform() -> None:
    found = probe({**os.environ, "QT_QPA_PLATFORM": "minimal"})
    assert (found.platform, found.problem, found.has_display) == ("minimal", "", True)


def test_a_platform_that_is_none_is_a_problem_and_no_crash() -> None:
    found = probe({**os.environ, "QT_QPA_PLATFORM": "nonsense"})
    assert (found.platform, found.has_display) == ("", True)
    assert "nonsense" in found.problem


def test_no_display_is_a_problem() -> None:
    found = probe({})
    assert (found.platform, found.has_display) == ("", False)
    assert found.problem
