"""What the user has chosen in the window and wants to keep: values of the configuration, and how the window looks.

A value has a dotted name: that of its field in the configuration (``detect.model``), or a name with ``window.``.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from PyQt5.QtCore import QSettings

from realtime_pose.config import Config, LiveSettings
from realtime_pose.config.toml_dataclass import from_table, to_table
from realtime_pose.errors import ConfigError

Value = str | float | bool | list[str]

WINDOW = "window."
_GROUP = "preferences"

_log = logging.getLogger(__name__)


class Preferences:
    """Values in the user's account, by their dotted names. What is not there has its default."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def get(self, name: str) -> Value | None:
        """A kept value; None if there is none, or if it cannot be read."""
        text = self._settings.value(f"{_GROUP}/{name}")
        if not isinstance(text, str):
            return None
        try:
            value: Value = json.loads(text)
        except ValueError:
            return None
        return value

    def keep(self, values: Mapping[str, Value]) -> None:
        """Keep these values."""
        for name, value in values.items():
            self._settings.setValue(f"{_GROUP}/{name}", json.dumps(value))

    def forget(self, *names: str) -> None:
        """Use the defaults of these values again."""
        for name in names:
            self._settings.remove(f"{_GROUP}/{name}")

    def keep_changes(self, before: LiveSettings, after: LiveSettings) -> None:
        """Keep what was changed in the settings that act at once."""
        old, new = dict(_live_values(before)), dict(_live_values(after))
        self.keep({name: value for name, value in new.items() if value != old[name]})

    def apply(self, config: Config, given: Set[str] = frozenset()) -> Config:
        """The configuration with the kept values, but for those that are given and those that are not the defaults.

        Args:
            config: From the command line, a file, or a program.
            given: Dotted names of the values that the user has given there, the defaults among them.
        """
        default = Config()
        for name in self._names():
            value = self.get(name)
            if value is None or name in given or value_of(config, name) != value_of(default, name):
                continue
            try:
                config = with_values(config, {name: value})
            except ConfigError as error:
                _log.warning("the kept setting %s is not used: %s", name, error)
        return config

    def _names(self) -> list[str]:
        """Names of all kept values of the configuration."""
        self._settings.beginGroup(_GROUP)
        names = self._settings.allKeys()
        self._settings.endGroup()
        return [name for name in names if not name.startswith(WINDOW)]


def value_of(config: Config, name: str) -> Any:
    """A value of the configuration by its dotted name; None if there is none of this name."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def with_values(config: Config, values: Mapping[str, Value]) -> Config:
    """The configuration with these values, by their dotted names.

    Raises:
        ConfigError: A value is wrong, or values do not go together.
    """
    table = to_table(config)
    for name, value in values.items():
        *rooms, field = name.split(".")
        place = table
        for room in rooms:
            place = place.setdefault(room, {})
        place[field] = value
    return from_table(Config, table)


def with_models(config: Config, other: Config) -> Config:
    """The configuration with other models; what needs none may have been changed while they were loaded, and stays."""
    detect = replace(other.detect, threshold=config.detect.threshold)
    return replace(other, detect=detect, smooth=config.smooth, render=config.render, record=config.record)


def _live_values(settings: LiveSettings) -> Iterator[tuple[str, Value]]:
    """The settings that act at once, by their dotted names."""
    yield "detect.threshold", settings.detector_threshold
    for field in ("keypoint_threshold", "skeletons", "boxes", "ids", "trails", "hud"):
        yield f"render.{field}", getattr(settings.shown, field)
    if settings.smooth is not None:
        yield "smooth.min_cutoff_hz", settings.smooth.min_cutoff_hz
