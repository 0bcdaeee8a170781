"""A scene with its overlay drawn: render's drawing beneath what the statistics say of the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from realtime_pose import render
from realtime_pose.config import RenderConfig
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.scene import Scene


@dataclass(frozen=True, slots=True)
class Overlay:
    """Draws scenes of one pipeline.

    Attributes:
        statistics: Of the pipeline.
        devices: Where the network of each stage really runs.
        is_live: Whether the age of a frame means something.
    """

    statistics: Statistics
    devices: Mapping[str, str]
    is_live: bool

    def draw(self, scene: Scene, style: RenderConfig, *, wh: tuple[int, int] | None = None) -> Scene:
        """The scene with ``drawn`` set, at the frame's size or fitted into wh."""
        lines = self._hud(scene) if style.hud else ()
        return replace(scene, drawn=render.draw(scene, style, wh=wh, hud=lines))

    def _hud(self, scene: Scene) -> tuple[str, ...]:
        """Rate, age of a live picture, number of persons, device."""
        persons = len(scene.tracks.seen) if scene.tracks is not None else 0
        lines = [f"{self.statistics.rate_hz:.1f} fps"]
        if self.is_live and self.statistics.age_s is not None:
            lines.append(f"age {self.statistics.age_s * 1000:.0f} ms")
        lines.append(f"{persons} {'person' if persons == 1 else 'persons'}")
        return (*lines, " + ".join(sorted(set(self.devices.values()))))
