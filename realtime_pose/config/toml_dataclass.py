"""A TOML table to a frozen dataclass, checked against its fields, and back.

Our own conversion, and not a library's: docs/development/decisions/0015-toml-to-dataclasses.md.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from realtime_pose.config.choices import check_names
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError

T = TypeVar("T")

_TOML_NAMES = {int: "a whole number", str: "a word"}


def from_table(kind: type[T], table: Mapping[str, Any], where: str = "") -> T:
    """An instance of a frozen dataclass from a TOML table; every key must be one of its fields.

    Args:
        kind: The dataclass.
        table: What the TOML parser gave.
        where: Path of the table with a dot at its end, for messages; "" for a whole file.

    Raises:
        ConfigError: A key is unknown (the message names the nearest) or missing, or its value has another type.
    """
    hints = get_type_hints(kind)
    check_names(table, hints, what=f"key {where}")
    values = {key: _convert(value, hints[key], f"{where}{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:  # a field without a default is missing
        raise ConfigError(f"{where.rstrip('.') or kind.__name__}: {error}") from error


def to_table(value: Any) -> dict[str, Any]:
    """A dataclass as a TOML table; fields that are None are left out, since TOML has no null."""
    table: dict[str, Any] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if is_dataclass(content):
            table[field.name] = to_table(content)
        elif isinstance(content, tuple):
            table[field.name] = [str(item) if isinstance(item, Path) else item for item in content]
        elif content is not None:
            table[field.name] = str(content) if isinstance(content, Path) else content
    return table


def dotted(table: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table and of the tables in it, by their dotted names.

    >>> dotted({"detect": {"size": "small"}, "max_frames": 3})
    {'detect.size': 'small', 'max_frames': 3}
    """
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{name}": inner for name, inner in dotted(value).items()}
        else:
            flat[key] = value
    return flat


def _convert(value: Any, hint: Any, where: str) -> Any:
    """A TOML value as the type of its field."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = _choose(value, hint, where)
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: expected a table, got {value!r}")
        return from_table(hint, value, f"{where}.")  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        return _convert_list(value, get_args(hint), where)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # bool is a subclass of int, but true is not a number in TOML.
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise ConfigError(f"{where}: expected {hint.__name__}, got {value!r}")
    return value


def _choose(value: Any, union: Any, where: str) -> Any:
    """The type in a union that a TOML value is to have; TOML never gives None."""
    choices = [choice for choice in get_args(union) if choice is not types.NoneType]
    if len(choices) == 1:  # X | None
        return choices[0]
    for choice in choices:
        if type(value) is choice:
            return choice
    expected = " or ".join(_TOML_NAMES.get(choice, choice.__name__) for choice in choices)
    raise ConfigError(f"{where}: expected {expected}, got {value!r}")


def _convert_list(value: Any, hints: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """A TOML list as a tuple."""
    if not isinstance(value, list):
        raise ConfigError(f"{where}: expected a list, got {value!r}")
    if len(hints) == 2 and hints[1] is Ellipsis:  # tuple[X, ...]
        hints = (hints[0],) * len(value)
    if len(hints) != len(value):
        raise ConfigError(f"{where}: expected {counted(len(hints), 'value')}, got {value!r}")
    return tuple(_convert(item, hint, f"{where}[{i}]") for i, (item, hint) in enumerate(zip(value, hints, strict=True)))
