"""A finding of the doctor: one thing that was checked, with its fix if it is not right."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """Result of a check."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        topic: What was checked.
        state: OK; WARN if the program works without it; FAIL if it does not work well.
        text: What was found.
        fix: What to do, as a command if possible; "" if there is nothing to do.
    """

    topic: str
    state: State
    text: str
    fix: str = ""


Findings = Iterable[Finding]


def check_writable(topic: str, folder: Path, advice: str) -> Finding:
    """Whether files can be written into a folder, which may not exist yet; else advice, after "make it writable"."""
    # The first file creates the folder: test the nearest one that exists.
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding(topic, State.OK, f"{folder} is writable")
    except OSError as error:
        text = f"{folder} is not writable ({error.strerror})"
        return Finding(topic, State.WARN, text, f"make it writable, {advice}")
