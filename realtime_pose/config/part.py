"""Settings of the part of a source that is used: a stretch of time, a region of the picture, and how it is turned."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from realtime_pose.config.units import parse_time
from realtime_pose.errors import ConfigError

Region = tuple[int, int, int, int]  # left, top, width, height in pixels

_REGION = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", re.ASCII)
_ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartConfig:
    """The part of the source that is used.

    Times are those of the source; for a camera they count from the first picture that is used. The picture is rotated
    first, then cut. All results are in pixels of the picture that is left.
    """

    start: Annotated[str, tyro.conf.arg(metavar="TIME")] = ""
    """Begin at this time of the source: seconds, mm:ss or hh:mm:ss, such as 12.4 or 1:02:03.5."""
    end: Annotated[str, tyro.conf.arg(metavar="TIME")] = ""
    """End before this time of the source."""
    rotate: Annotated[int, tyro.conf.arg(metavar="90|180|270")] = 0
    """Turn the picture clockwise by this many degrees, for a camera that is mounted sideways."""
    region: Annotated[str, tyro.conf.arg(metavar="X,Y,W,H")] = ""
    """Use only this part of the picture, after --rotate: left, top, width and height in pixels."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.rotate not in _ROTATIONS:
            raise ConfigError(f"rotate: expected 90, 180 or 270 degrees clockwise, got {self.rotate!r}")
        if self.region and (self.region_xywh is None or 0 in self.region_xywh[2:]):
            raise ConfigError(
                "region: expected X,Y,W,H in whole pixels (left, top, width and height), such as 100,0,640,480, "
                f"got {self.region!r}"
            )
        if self.end_s <= self.start_s:
            raise ConfigError(f"end: expected a time after the start, {self.start_s:g} s, got {self.end!r}")

    @property
    def start_s(self) -> float:
        """Media time in seconds of the first frame that is used; 0: the first one."""
        return parse_time(self.start, "start") if self.start else 0.0

    @property
    def end_s(self) -> float:
        """Media time in seconds before which frames are used; infinity: all."""
        return parse_time(self.end, "end") if self.end else math.inf

    @property
    def region_xywh(self) -> Region | None:
        """Left, top, width and height in pixels of the rotated picture; None: all of it."""
        found = _REGION.fullmatch(self.region)
        if found is None:
            return None
        left, top, width, height = map(int, found.groups())
        return left, top, width, height

    @property
    def changes_image(self) -> bool:
        """Whether the picture is rotated or cut."""
        return bool(self.rotate or self.region)

    @property
    def is_whole(self) -> bool:
        """Whether all of the source is used, as it is."""
        return self == PartConfig()

    def describe(self) -> dict[str, Any]:
        """Plain values for a file, without what is not set."""
        values = {
            "start_s": self.start_s if self.start else None,
            "end_s": self.end_s if self.end else None,
            "rotate_deg": self.rotate or None,
            "region": list(self.region_xywh) if self.region_xywh else None,
        }
        return {key: value for key, value in values.items() if value is not None}


def make_part(
    *, start_s: float | None = None, end_s: float | None = None, rotate_deg: int = 0, region: Region | None = None
) -> PartConfig:
    """The part with these values, as `PartConfig.describe` gives them.

    Raises:
        ConfigError: A value is wrong.

    >>> make_part(start_s=1.5, region=(0, 0, 64, 48)).describe()
    {'start_s': 1.5, 'region': [0, 0, 64, 48]}
    """
    return PartConfig(
        start="" if start_s is None else f"{start_s:.9f}",
        end="" if end_s is None else f"{end_s:.9f}",
        rotate=rotate_deg,
        region="" if region is None else ",".join(map(str, region)),
    )
