"""What a live source tells of itself: its state to those who look, each change to the log, each gap to the frames."""

import logging
from collections.abc import Callable

from realtime_pose.interruption import ALWAYS_LIVE, Interruption
from realtime_pose.sources.fault import UNDECODABLE
from realtime_pose.sources.progress import Progress
from realtime_pose.sources.source import SourceState, SourceStatus

_log = logging.getLogger(__name__)


class Telling:
    """Keeps the state of one source; where nothing else is said, for its reading thread only.

    Attributes:
        interruption: How long and why the source was last not live, in words; "" where it always was.

    Args:
        name: The address for a person to read.
        progress: Who asks for the state asks there.
        now_s: The monotonic clock.
    """

    def __init__(self, name: str, progress: Progress, now_s: Callable[[], float]) -> None:
        self.interruption = ALWAYS_LIVE
        self._name, self._progress, self._now_s = name, progress, now_s
        self._told = SourceStatus(SourceState.CONNECTING)
        self._lost_s: float | None = None  # since when it is not live, or was not when it was first asked

    def live(self) -> None:
        """All is well."""
        self._progress.enter(SourceState.LIVE)
        if self._lost_s is not None:
            away_s = self._now_s() - self._lost_s
            words = f"not live for {away_s:.1f} s: {self._told.reason}"
            self.interruption = Interruption(words, self.interruption.number + 1)
            self._lost_s = None
            _log.warning("%s: live after %.1f s", self._name, away_s)
        self._told = SourceStatus(SourceState.LIVE)

    def trouble(self, state: SourceState, reason: str, *, then: str = "") -> None:
        """It is in this state, for this reason; ``then`` follows it. What is new but for its numbers is logged."""
        self._progress.enter(state, reason + then)
        if self._lost_s is None:
            self._lost_s = self._now_s()
        status = SourceStatus(state, reason)
        if status.is_news_to(self._told):
            _log.warning("%s: %s: %s", self._name, state, reason)
        self._told = status

    def over(self, reason: str = "") -> None:
        """It has ended, for this reason, unless it had before; for any thread."""
        if self._progress.end(SourceState.ENDED, reason):
            _log.info("%s: %s", self._name, f"ended: {reason}" if reason else "ended")


def no_picture(waited_s: float, *, are_spoilt: bool, is_first: bool = False) -> str:
    """That none came for so long, or that none of those that came can be decoded, in words."""
    none = UNDECODABLE if are_spoilt else "no picture came"
    return f"{none} {'within' if is_first else 'for'} {waited_s:g} s"
