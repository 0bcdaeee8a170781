"""Settings that are one of a few words: for the command line and the Tab key."""

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
