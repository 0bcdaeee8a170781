"""Old names of configuration keys and flags: they work for one release, with a warning that gives the new name."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from realtime_pose.errors import ConfigError

_log = logging.getLogger(__name__)

RENAMED_KEYS: Mapping[str, Mapping[str, str]] = {
    "track": {
        "max_turned_s": "max_flipped_s",
        "guide_s": "recovery_s",
        "guide_persons": "recovery_persons",
        "guide_min_score": "recovery_min_score",
    },
    "record": {"sound": "audio"},
}
"""For each table of the TOML file: old key to new key. Flags and attributes are renamed the same way."""

# --record-sound, and not --record.sound: RecordConfig has OmitArgPrefixes and a name of its own for this flag.
_FLAG_PREFIXES = {"track": ("--track.",), "record": ("--record-", "--no-record-")}
_NEW_FLAGS = {
    f"{prefix}{old}".replace("_", "-"): f"{prefix}{new}".replace("_", "-")
    for table, keys in RENAMED_KEYS.items()
    for prefix in _FLAG_PREFIXES[table]
    for old, new in keys.items()
}


def rename_keys(config: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The tables of a TOML file, with new names for old keys; each old key is logged as a warning.

    Args:
        config: The whole file.
        origin: Where it comes from, for messages.

    Raises:
        ConfigError: The old and the new name of a key are both there.
    """
    return {name: _rename_in_table(name, table, origin) for name, table in config.items()}


def rename_flags(args: Sequence[str]) -> list[str]:
    """Command line arguments, with new names for old flags; each old flag is logged as a warning."""
    return [_rename_flag(argument) for argument in args]


def _rename_in_table(name: str, table: Any, origin: str) -> Any:
    new_by_old = RENAMED_KEYS.get(name, {})
    # A wrong type is reported later, by the conversion to dataclasses.
    if not isinstance(table, Mapping) or not new_by_old.keys() & table.keys():
        return table
    renamed = dict(table)
    for old in new_by_old.keys() & table.keys():
        new = new_by_old[old]
        if new in table:
            raise ConfigError(f"{origin}: {name}.{old} is the old name of {name}.{new}: expected one of them, got both")
        _warn(f"{origin}: {name}.{old}", f"{name}.{new}")
        renamed[new] = renamed.pop(old)
    return renamed


def _rename_flag(argument: str) -> str:
    flag, equals, value = argument.partition("=")
    old = flag.replace("_", "-")  # tyro takes both spellings
    if old not in _NEW_FLAGS:
        return argument
    _warn(flag, _NEW_FLAGS[old])
    return f"{_NEW_FLAGS[old]}{equals}{value}"


def _warn(old: str, new: str) -> None:
    _log.warning("%s is now %s; the old name goes with the next release", old, new)
