"""The user's home folder. A service or a container may run as a user who has none."""

import os
from pathlib import Path


def home_folder() -> Path | None:
    """The home folder; None if this user has none."""
    expanded = expand_home(Path("~"))
    return expanded if expanded.is_absolute() else None


def expand_home(path: Path) -> Path:
    """The path with the home folder in place of ~ or ~user at its start; as it is if there is no such folder."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError where there is no home
