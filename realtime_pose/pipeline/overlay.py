"""The overlay of a scene: render's drawing and the figures of the run.

The figures are frame rate, frame age, number of persons and devices.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from realtime_pose import render
from realtime_pose.channels import Channel
from realtime_pose.config import RenderConfig
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.scene import Scene

_REPEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class Overlay:
    """Draws the scenes of one pipeline.

    Attributes:
        statistics: Statistics of this pipeline.
        devices: The device that runs each stage's network.
        is_live: Whether to show the age of the frame; for a file it has no meaning.
    """

    statistics: Statistics
    devices: Mapping[str, str]
    is_live: bool

    def draw(self, scene: Scene, style: RenderConfig, *, wh: tuple[int, int] | None = None) -> Scene:
        """The scene with ``drawn`` set, at the size of the frame or fitted into wh."""
        lines = self._hud_lines(scene) if style.hud else ()
        return replace(scene, drawn=render.draw(scene, style, wh=wh, hud=lines))

    def _hud_lines(self, scene: Scene) -> tuple[str, ...]:
        """Rate, age of a live frame, number of persons, device."""
        num_persons = len(scene.tracks.seen) if scene.tracks is not None else 0
        lines = [f"{self.statistics.rate_hz:.1f} fps"]
        age_s = self.statistics.age_s
        if self.is_live and age_s is not None:
            lines.append(format_age(age_s))
        lines.append(f"{num_persons} {'person' if num_persons == 1 else 'persons'}")
        # One name if all networks run on the same device.
        return (*lines, " + ".join(sorted(set(self.devices.values()))))


def format_age(age_s: float) -> str:
    """The age of a frame as text.

    >>> format_age(0.0843), format_age(62.31)
    ('age 84 ms', 'age 62.3 s')
    """
    return f"age {age_s * 1000:.0f} ms" if age_s < 1 else f"age {age_s:.1f} s"


def repeat_latest(scenes: Channel[Scene], *, is_wanted: Callable[[], bool]) -> Iterator[Scene]:
    """The scenes; while none arrives, the latest one again twice a second.

    It is repeated only while ``is_wanted``. The window needs this during an outage: the image stays the same, but its
    age grows.
    """
    scene: Scene | None = None
    while True:
        try:
            scene = scenes.get(timeout_s=_REPEAT_S)
        except TimeoutError:  # keep the latest scene and yield it again
            if scene is None or not is_wanted():
                continue
        except ChannelClosedError:
            return
        yield scene
