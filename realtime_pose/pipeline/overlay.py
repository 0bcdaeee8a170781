"""Scenes with their overlay drawn: render's drawing beneath what the statistics say of the run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from realtime_pose import render
from realtime_pose.channels import Channel
from realtime_pose.config import RenderConfig
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.scene import Scene

_AGAIN_S = 0.5


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
        age_s = self.statistics.age_s
        if self.is_live and age_s is not None:
            lines.append(age_words(age_s))
        lines.append(f"{persons} {'person' if persons == 1 else 'persons'}")
        return (*lines, " + ".join(sorted(set(self.devices.values()))))


def age_words(age_s: float) -> str:
    """The age of a picture for a person to read.

    >>> age_words(0.0843), age_words(62.31)
    ('age 84 ms', 'age 62.3 s')
    """
    return f"age {age_s * 1000:.0f} ms" if age_s < 1 else f"age {age_s:.1f} s"


def repeat_latest(scenes: Channel[Scene], *, is_wanted: Callable[[], bool]) -> Iterator[Scene]:
    """The scenes; while none comes and that is wanted, the newest again twice a second, for its figures change."""
    scene: Scene | None = None
    while True:
        try:
            scene = scenes.get(timeout_s=_AGAIN_S)
        except TimeoutError:
            if scene is None or not is_wanted():
                continue
        except ChannelClosedError:
            return
        yield scene
