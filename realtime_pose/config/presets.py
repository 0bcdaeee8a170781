"""What each preset sets; and from a preset and a TOML file over it to a configuration.

A preset says how networks are used and, of the shipped ones, which. It names none that would have to be fetched.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime_pose.config.config import Config
from realtime_pose.config.toml_dataclass import from_table
from realtime_pose.errors import ConfigError

Table = Mapping[str, Any]

BALANCED = "balanced"
PRESETS: Mapping[str, Table] = {
    "fast": {
        "detect": {"size": "small"},
        "pose": {"model": "movenet-lightning"},
        "track": {"recovery_persons": 0},
    },
    BALANCED: {},
    "accurate": {"pose": {"passes": 3}},
}


def load(path: Path | None = None, *, preset: str = "") -> Config:
    """The configuration of a preset, with what a TOML file names over it.

    Args:
        path: The TOML file; None for none.
        preset: fast, balanced or accurate; "": the one that the file names with its key ``preset``, else balanced.

    Raises:
        ConfigError: The preset is unknown, or the file is missing, no TOML, or holds an unknown key or a wrong value.
    """
    if path is None:
        return _with_preset(preset or BALANCED, {})
    table = _read(path)
    try:
        named = table.pop("preset", BALANCED)
        return _with_preset(preset or named, table)
    except ConfigError as error:
        raise ConfigError(f"configuration file {path}: {error}") from error


def _with_preset(name: object, table: Table) -> Config:
    """The configuration of this table over this preset."""
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"preset: expected {', '.join(PRESETS)}, got {name!r}")
    return from_table(Config, _merged(PRESETS[name], table))


def _read(path: Path) -> dict[str, Any]:
    """The table in a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"configuration file {path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration file {path}: expected TOML, but {error}") from error


def _merged(below: Table, above: Table) -> dict[str, Any]:
    """Both tables, the second over the first, table by table."""
    merged = dict(below)
    for key, value in above.items():
        is_table = isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
        merged[key] = _merged(below[key], value) if is_table else value
    return merged
