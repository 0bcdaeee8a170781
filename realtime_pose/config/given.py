"""Which values of the configuration a command line gives, by their dotted names.

A value that was given and equals the default looks like one that was not. What a window has kept must not replace it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import get_type_hints

from realtime_pose.config.config import Config


def given_names(args: Sequence[str]) -> frozenset[str]:
    """Dotted names of the values that the flags among these words give; the parser has accepted the words before.

    >>> sorted(given_names(["demo", "--detector", "nanodet-g", "--smooth.beta=2", "--no-ids"]))
    ['detect.model', 'render.ids', 'smooth.beta']
    """
    flags = _names_by_flag()
    words = (word.partition("=")[0].replace("_", "-") for word in args)  # the parser takes both spellings
    return frozenset(flags[word] for word in words if word in flags)


@cache
def _names_by_flag() -> dict[str, str]:
    """The dotted name that each flag gives a value to."""
    flags: dict[str, str] = {}
    for name, flag in _flags():
        room, dot, last = flag.rpartition(".")
        flags |= {f"--{flag}": name, f"--{room}{dot}no-{last}": name}  # a switch is turned off by the second one
    return flags


def _flags() -> Iterator[tuple[str, str]]:
    """Dotted name and flag of each value.

    Some stages have their name in their flags, and some have not: a value gets both flags, and the parser knows one.
    """
    for stage in fields(Config):
        value = getattr(Config(), stage.name)
        if not is_dataclass(value):
            yield stage.name, stage.name.replace("_", "-")
            continue
        hints = get_type_hints(type(value), include_extras=True)
        for field in fields(value):
            metadata = getattr(hints[field.name], "__metadata__", ())
            own = next((mark.name for mark in metadata if getattr(mark, "name", None)), field.name)
            flag = str(own).replace("_", "-")
            yield f"{stage.name}.{field.name}", flag
            yield f"{stage.name}.{field.name}", f"{stage.name.replace('_', '-')}.{flag}"
