"""A TOML table as a frozen dataclass, checked against its fields, and back."""

import difflib
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from realtime_pose.errors import ConfigError

T = TypeVar("T")


def from_table(kind: type[T], table: Mapping[str, Any], where: str = "") -> T:
    """An instance of a frozen dataclass from a TOML table; every key must be one of its fields.

    Raises:
        ConfigError: A key is unknown (the nearest is named), missing, or its value is of another type.
    """
    hints = get_type_hints(kind)
    for key in table:
        if key not in hints:
            nearest = difflib.get_close_matches(key, hints, n=1)
            advice = f"did you mean {nearest[0]!r}?" if nearest else f"expected one of {', '.join(hints)}"
            raise ConfigError(f"unknown key {where}{key}: {advice}")
    values = {key: _converted(value, hints[key], f"{where}{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{where.rstrip('.') or kind.__name__}: {error}") from error


def to_table(value: Any) -> dict[str, Any]:
    """A dataclass as a TOML table."""
    table: dict[str, Any] = {}
    for item in fields(value):
        content = getattr(value, item.name)
        if is_dataclass(content):
            table[item.name] = to_table(content)
        elif isinstance(content, tuple):
            table[item.name] = [str(part) if isinstance(part, Path) else part for part in content]
        elif content is not None:
            table[item.name] = str(content) if isinstance(content, Path) else content
    return table


def _converted(value: Any, hint: Any, where: str) -> Any:
    """A TOML value as the type of its field."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (choice for choice in get_args(hint) if choice is not types.NoneType)
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: expected a table, got {value!r}")
        return from_table(hint, value, f"{where}.")  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        return _converted_tuple(value, get_args(hint), where)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise ConfigError(f"{where}: expected {hint.__name__}, got {value!r}")
    return value


def _converted_tuple(value: Any, hints: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """A TOML list as a tuple."""
    if not isinstance(value, list):
        raise ConfigError(f"{where}: expected a list, got {value!r}")
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(value)
    if len(hints) != len(value):
        raise ConfigError(f"{where}: expected {len(hints)} values, got {value!r}")
    return tuple(
        _converted(part, hint, f"{where}[{i}]") for i, (part, hint) in enumerate(zip(value, hints, strict=True))
    )
