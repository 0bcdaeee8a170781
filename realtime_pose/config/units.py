"""Numbers as people write them in a configuration: ranges, times such as 1:30, durations (10min), sizes (20GB)."""

import re

from realtime_pose.errors import ConfigError

# No "m": it could mean minutes or months. Units are found in lower case.
SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", re.ASCII)
_TIME = re.compile(r"\s*(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)s?\s*", re.ASCII)
_BYTES_BY_LOWER = {unit.lower(): factor for unit, factor in BYTES.items()}


def check_range(value: float, low: float, high: float, name: str) -> None:
    """Raise ConfigError unless low <= value <= high; NaN is out of every range."""
    if not low <= value <= high:  # written this way round, because every comparison with NaN is false
        raise ConfigError(f"{name}: expected a value from {low:g} to {high:g}, got {value!r}")


def parse_time(text: str, name: str) -> float:
    """Seconds of a time in a video: seconds, mm:ss or hh:mm:ss, each with a fraction if wanted.

    Raises:
        ConfigError: The text is no such time.

    >>> parse_time("12.4", "start"), parse_time("12.4s", "start"), parse_time("1:30", "start")
    (12.4, 12.4, 90.0)
    >>> parse_time("1:02:03.5", "start")
    3723.5
    """
    found = _TIME.fullmatch(text)
    hours, minutes, seconds = found.groups() if found else (None, None, "")
    is_time = found and (minutes is None or float(seconds) < 60) and (hours is None or int(minutes or 0) < 60)
    if not is_time:
        raise ConfigError(f"{name}: expected seconds, mm:ss or hh:mm:ss, such as 12.4, 1:30 or 1:02:03.5, got {text!r}")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def parse_duration(text: str, name: str) -> float:
    """Seconds of a duration; 0 for "".

    Raises:
        ConfigError: The text is not a positive number with a unit of time.

    >>> parse_duration("10min", "segment"), parse_duration("1.5 h", "segment"), parse_duration("", "segment")
    (600.0, 5400.0, 0.0)
    """
    return _parse_quantity(text, SECONDS, name, "a duration such as 10s, 10min or 2h") if text else 0.0


def parse_size(text: str, name: str) -> int:
    """Bytes of a size; 0 for "". The case of the unit does not matter.

    Raises:
        ConfigError: The text is not a positive number with a unit of size.

    >>> parse_size("20GB", "keep"), parse_size("1.5 kib", "keep"), parse_size("", "keep")
    (20000000000, 1536, 0)
    """
    return round(_parse_quantity(text, _BYTES_BY_LOWER, name, "a size such as 500MB or 20GB")) if text else 0


def is_duration(text: str) -> bool:
    """Whether the text is a number with a unit of time."""
    match = _QUANTITY.fullmatch(text)
    return bool(match and match[2].lower() in SECONDS)


def _parse_quantity(text: str, units: dict[str, float] | dict[str, int], name: str, expected: str) -> float:
    """Number times unit."""
    match = _QUANTITY.fullmatch(text)
    factor = units.get(match[2].lower(), 0) if match else 0
    amount = float(match[1]) * factor if match else 0.0
    if not amount:  # an unknown unit, or the number 0, which would mean "no limit"
        raise ConfigError(f"{name}: expected {expected}, got {text!r}")
    return amount
