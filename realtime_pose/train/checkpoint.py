"""Checkpoints: tensors and plain values to files and back. A file is whole, or the one before stays.

Only tensors and plain values are read: no code in a file is executed.
"""

import errno
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from realtime_pose.errors import ModelError, SinkError
from realtime_pose.files import atomic


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Raises:
        SinkError: It cannot be written, such as on a full disk; an older file at this path stays as it was.
    """
    try:
        with atomic.replacing(path) as part:
            torch.save(dict(content), part)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        is_full = getattr(error, "errno", None) == errno.ENOSPC or "write" in str(error).lower()
        reason = (error.strerror if isinstance(error, OSError) else None) or (
            "the disk may be full" if is_full else str(error).splitlines()[0]
        )
        advice = "free some space" if is_full else "make the folder writable"
        kept = "the one before is kept, so go on with --resume" if path.exists() else "then begin again"
        raise SinkError(f"{path}: the checkpoint cannot be written ({reason}); {advice}; {kept}") from error


def load(path: Path) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU.

    Raises:
        ModelError: The file is missing, damaged, or holds more than tensors and plain values.
    """
    try:
        # weights_only: unpickling a checkpoint could otherwise execute code in it.
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{path}: expected a checkpoint with tensors and plain values only, but it cannot be read: {reason}"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: expected a checkpoint with named tensors, got {type(content).__name__}")
    return content
