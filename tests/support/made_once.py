"""Folders that are made once for all workers of a run: a training, an exported network."""

import os
from collections.abc import Callable
from pathlib import Path

import filelock
import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name, filled by the first worker that asks.

    Args:
        factory: pytest's own.
        name: Of the folder; no other test uses it.
        make: Fills the folder, which exists and is empty.
    """
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, is_made = root / name, root / f"{name}.made"
    with filelock.FileLock(root / f"{name}.lock"):
        if not is_made.exists():
            folder.mkdir()
            make(folder)
            is_made.touch()
    return folder
