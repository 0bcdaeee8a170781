"""Settings that are one of a few words, or a word instead of a number: for the command line and the Tab key."""

import re
from collections.abc import Iterable
from typing import Any

from tyro.constructors import PrimitiveConstructorSpec


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
