"""Presets, and the configuration made from a preset and a TOML file.

A preset sets how networks are used and which of the shipped ones. It never names a network that must be downloaded.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime_pose.config.config import Config
from realtime_pose.config.renamed import rename_keys
from realtime_pose.config.toml_dataclass import dotted, from_table
from realtime_pose.errors import ConfigError

Table = Mapping[str, Any]

BALANCED = "balanced"
PRESETS: Mapping[str, Table] = {
    "fast": {
        "device": {"precision": "int8,bf16,f16,f32"},
        "detect": {"size": "small"},
        "pose": {"model": "movenet-lightning"},
        "track": {"recovery_persons": 0},  # every pose costs one more run of the network
    },
    BALANCED: {},  # the defaults of the dataclasses
    "accurate": {"device": {"precision": "bf16,f16,f32"}, "pose": {"passes": 3}},
}
PRESET_NAMES = frozenset(name for values in PRESETS.values() for name in dotted(values))
"""Dotted names of the values that every preset decides about, also by leaving them at their defaults."""


def load(path: Path | None = None, *, preset: str = "") -> Config:
    """The configuration of a preset, overridden by a TOML file.

    Args:
        path: The TOML file, or None.
        preset: fast, balanced or accurate. "": the value of the key ``preset`` in the file, else balanced.

    Raises:
        ConfigError: The preset is unknown; or the file is missing, is not TOML, or has an unknown key or a wrong value.
    """
    return load_given(path, preset=preset)[0]


def load_given(path: Path | None, *, preset: str = "") -> tuple[Config, frozenset[str]]:
    """The configuration, as ``load`` makes it, and the dotted names of the values that the preset or the file gives."""
    if path is None:
        return _apply_preset(preset or BALANCED, {}), PRESET_NAMES if preset else frozenset()
    origin = f"configuration file {path}"
    table = rename_keys(_read_toml(path, origin), origin)
    # From here on messages do not name the file, so it is added.
    has_preset = bool(preset) or "preset" in table
    try:
        preset_in_file = table.pop("preset", BALANCED)
        config = _apply_preset(preset or preset_in_file, table)
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error}") from error
    return config, frozenset(dotted(table)) | (PRESET_NAMES if has_preset else frozenset())


def _apply_preset(name: object, table: Table) -> Config:
    """The configuration of this preset, overridden by this table."""
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"preset: expected {', '.join(PRESETS)}, got {name!r}")
    return from_table(Config, _merge(PRESETS[name], table))


def _read_toml(path: Path, origin: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{origin}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{origin}: expected TOML, but {error}") from error


def _merge(below: Table, above: Table) -> dict[str, Any]:
    """Both tables; values of the second win, key by key within nested tables."""
    merged = dict(below)
    for key, value in above.items():
        is_table = isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
        merged[key] = _merge(below[key], value) if is_table else value
    return merged
