"""Counts frames that are dropped at a stage: stale, or with a non-finite result."""

import logging
import time
from collections.abc import Iterable, Iterator

from realtime_pose.errors import NotFiniteError
from realtime_pose.scene import Scene

_log = logging.getLogger(__name__)


class DropCounter:
    """Counts dropped frames by stage and reason.

    Each stage counts in its own thread; any thread may read ``counts``.

    Args:
        freshness_s: Scenes that have waited longer are stale and dropped; None: never.
    """

    def __init__(self, *, freshness_s: float | None) -> None:
        self._freshness_s = freshness_s
        self._stale: dict[str, int] = {}
        self._not_finite: dict[str, int] = {}

    @property
    def counts(self) -> dict[str, int]:
        """Number of dropped frames by stage and reason."""
        # Copies, because other threads may add a key during the iteration.
        stale, not_finite = dict(self._stale), dict(self._not_finite)
        return {f"late at {stage}": count for stage, count in stale.items()} | {
            f"not finite at {stage}": count for stage, count in not_finite.items()
        }

    def drop_stale(self, inlet: Iterable[Scene], *, stage: str) -> Iterator[Scene]:
        """The scenes that have not waited too long; the others are dropped and counted.

        Only waiting counts, not the time of the stages before: otherwise networks that take longer than the budget
        would never get a frame.
        """
        for scene in inlet:
            waited_s = time.monotonic() - scene.frame.captured_s - sum(scene.timings.values())
            if self._freshness_s is None or waited_s <= self._freshness_s:
                yield scene
            else:
                self._stale[stage] = self._stale.get(stage, 0) + 1

    def record_not_finite(self, error: NotFiniteError, stage: str) -> None:
        """Count a frame without a finite result; logs the 1st, 10th, 100th and so on."""
        count = self._not_finite.get(stage, 0) + 1
        self._not_finite[stage] = count
        # A broken network can fail on every frame: a warning per frame would flood the log.
        if count == 10 ** (len(str(count)) - 1):
            _log.warning("%d frame(s) dropped at %s so far: %s", count, stage, error)
