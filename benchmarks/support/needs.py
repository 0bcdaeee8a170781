"""System packages that a server needs: where they are missing, the error names the command that installs them."""

from functools import cache

from realtime_pose.system import packages


class MissingPackagesError(Exception):
    """A system package is missing; the message names it and the command that installs it."""


def require(group: str) -> None:
    """Check that the system has this group of packages.

    Args:
        group: A key of `realtime_pose.system.packages.GROUPS`.

    Raises:
        MissingPackagesError: One of them is missing.
    """
    if reason := _missing(group):
        raise MissingPackagesError(reason)


@cache
def _missing(group: str) -> str:
    """What is missing and the command that installs it; "" if nothing is. Looked up once per group."""
    needs = packages.missing([group])
    return f"missing: {', '.join(need.name for need in needs)}; {packages.install_line(needs)}" if needs else ""
