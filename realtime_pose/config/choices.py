"""Words that are one of a few: settings on the command line, and the names of settings themselves."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from tyro.constructors import PrimitiveConstructorSpec

from realtime_pose.errors import ConfigError


def one_of(words: Iterable[str]) -> Any:
    """For Annotated: the flag takes one of these words. The dataclass checks the values of files and of programs."""
    known = tuple(words)
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="|".join(known),
        instance_from_str=lambda given: given[0],
        is_instance=lambda value: isinstance(value, str),
        str_from_instance=lambda value: [value],
        choices=known,
    )


def number_or(word: str) -> Any:
    """For Annotated: the flag takes a whole number or this word. The dataclass checks the range."""

    def parse(given: list[str]) -> int | str:
        # Other words go on as they are, so that the dataclass names what it expects.
        return int(given[0]) if re.fullmatch(r"[+-]?\d+", given[0], re.ASCII) else given[0]

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=f"{word}|N",
        instance_from_str=parse,
        is_instance=lambda value: isinstance(value, int | str),
        str_from_instance=lambda value: [str(value)],
    )


def check_names(given: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Raise ConfigError at the first name that is not known; the message has the nearest one that is.

    >>> check_names(["detector", "presett"], ["preset", "detector"], what="choice ")
    Traceback (most recent call last):
    realtime_pose.errors.ConfigError: unknown choice presett: did you mean 'preset'?
    """
    names = list(known)
    for name in given:
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1)
            advice = f"did you mean {nearest[0]!r}?" if nearest else f"expected one of {', '.join(names)}"
            raise ConfigError(f"unknown {what}{name}: {advice}")
