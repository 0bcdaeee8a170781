"""What a server or a test needs of the system: where it is missing, the error says what to do."""

import os
from functools import cache

from realtime_pose.system import packages


class MissingNeedError(Exception):
    """Something that the system has to bring is missing; the message names it and what to do."""


def require(group: str) -> None:
    """Check that the system has this group of packages.

    Args:
        group: A key of `realtime_pose.system.packages.GROUPS`.

    Raises:
        MissingNeedError: One of them is missing.
    """
    if reason := _missing(group):
        raise MissingNeedError(reason)


def open_terminal() -> tuple[int, int]:
    """The file descriptors of both ends of a new terminal: the program's side is the second one.

    Raises:
        MissingNeedError: The system gives no terminals.
    """
    try:
        return os.openpty()
    except OSError as error:
        raise MissingNeedError(f"missing: terminals ({error}); mount devpts on /dev/pts") from error


@cache
def _missing(group: str) -> str:
    """What is missing and the command that installs it; "" if nothing is. Looked up once per group."""
    needs = packages.missing([group])
    return f"missing: {', '.join(need.name for need in needs)}; {packages.install_line(needs)}" if needs else ""
