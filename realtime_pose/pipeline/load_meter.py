"""The load of a live run, measured from frame to frame: scenes in, one `Load` about each second out. Pure."""

import numpy as np

from realtime_pose.pipeline.governor import Load
from realtime_pose.scene import Scene

# Shorter spans and fewer frames say little about a rate; but a very slow run must not wait for long either.
_MIN_S, _MIN_FRAMES = 0.8, 4
_LONG_S, _FEW_FRAMES = 2.0, 2
_STAGES = ("detect", "pose", "track")


class LoadMeter:
    """Adds up scenes until there are enough of them for a load. For one thread."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None  # when the last span ended, and the index of its last frame
        self._ages_s: list[float] = []
        self._busy_s = dict.fromkeys(_STAGES, 0.0)

    def restart(self) -> None:
        """Begin another span with the next scene: what runs has changed, or nothing came for a while."""
        self._first = None
        self._ages_s.clear()
        self._busy_s = dict.fromkeys(_STAGES, 0.0)

    def measure(self, scene: Scene, *, now_s: float) -> Load | None:
        """The load of the span that this scene ends; None while the span is too short.

        Args:
            scene: The next scene, just tracked.
            now_s: The monotonic clock.
        """
        index = scene.frame.index
        if self._first is None or index < self._first[1]:
            self.restart()
            self._first = now_s, index
            return None
        for stage in _STAGES:
            self._busy_s[stage] += scene.timings.get(stage, 0.0)
        self._ages_s.append(scene.frame.age_s(now_s))
        since_s, since_index = self._first
        span_s = now_s - since_s
        if span_s < _MIN_S or len(self._ages_s) < (_MIN_FRAMES if span_s < _LONG_S else _FEW_FRAMES):
            return None
        load = Load(
            now_s,
            rate_hz=len(self._ages_s) / span_s,
            source_hz=(index - since_index) / span_s,  # dropped frames are counted by the index
            age_s=float(np.percentile(self._ages_s, 95)),
            busy={stage: busy_s / span_s for stage, busy_s in self._busy_s.items()},
        )
        self.restart()
        self._first = now_s, index
        return load
