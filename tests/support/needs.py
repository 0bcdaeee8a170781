"""System packages that a test needs: where they are missing it is skipped with the command that installs them."""

import os
from functools import cache

import pytest

from realtime_pose.system.packages import install_line, missing


@cache
def _reason(group: str) -> str:
    """What is missing and the command that installs it; "" where all is there."""
    needs = missing([group])
    return f"missing: {', '.join(need.name for need in needs)}; {install_line(needs)}" if needs else ""


def require(group: str) -> None:
    """Skip the test unless the system has this group of `system.packages.GROUPS`; in CI it fails."""
    if not (reason := _reason(group)):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
