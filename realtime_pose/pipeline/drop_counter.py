"""Frames that a run gives up: too old at the door of a stage, or spoilt by a network; each counted."""

import logging
import time
from collections.abc import Iterable, Iterator

from realtime_pose.errors import NotFiniteError
from realtime_pose.scene import Scene

_log = logging.getLogger(__name__)


class DropCounter:
    """Which frames were given up where; each door and each stage is for one thread, ``counts`` for any.

    Args:
        freshness_s: Frames that have waited longer are dropped at a door; None: never.
    """

    def __init__(self, *, freshness_s: float | None) -> None:
        self._freshness_s = freshness_s
        self._late: dict[str, int] = {}
        self._not_finite: dict[str, int] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many frames were given up, by where and why."""
        late, not_finite = dict(self._late), dict(self._not_finite)  # at once: their threads add to them meanwhile
        broken = {f"not finite at {stage}": count for stage, count in not_finite.items()}
        return {f"late at {door}": count for door, count in late.items()} | broken

    def drop_stale(self, inlet: Iterable[Scene], *, door: str) -> Iterator[Scene]:
        """Scenes that have not waited too long; the others are counted.

        The work on a scene is no waiting: networks that take longer than the budget would never see a frame else.
        """
        for scene in inlet:
            waited_s = time.monotonic() - scene.frame.captured_s - sum(scene.timings.values())
            if self._freshness_s is None or waited_s <= self._freshness_s:
                yield scene
            else:
                self._late[door] = self._late.get(door, 0) + 1

    def note_not_finite(self, error: NotFiniteError, stage: str) -> None:
        """Count a frame that a network spoiled; warn of the 1st, 10th, 100th..., for it may be every frame."""
        count = self._not_finite.get(stage, 0) + 1
        self._not_finite[stage] = count
        if count == 10 ** (len(str(count)) - 1):
            _log.warning("%d frame(s) dropped at %s so far: %s", count, stage, error)
