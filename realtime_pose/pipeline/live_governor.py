"""The governor in a live run: measures the load with each scene, and puts the choice into effect."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from realtime_pose.config import Config
from realtime_pose.effort import Effort
from realtime_pose.pipeline.governed_networks import GovernedNetworks
from realtime_pose.pipeline.governor import Governor, Load, changed_steps
from realtime_pose.pipeline.load_meter import LoadMeter
from realtime_pose.pipeline.networks import Networks
from realtime_pose.scene import Scene

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GovernorReport:
    """What the governor does, and why.

    Attributes:
        effort: What runs.
        full_effort: What runs without load.
        load: The latest load.
        wished_hz: The rate to hold.
        is_slow: Whether it is not held, or the frames are too old.
        is_exhausted: Whether it is slow, and nothing is left to choose.
    """

    effort: Effort
    full_effort: Effort
    load: Load
    wished_hz: float
    is_slow: bool
    is_exhausted: bool

    @property
    def reduced(self) -> list[str]:
        """Names of the fields of the effort that are below the full one."""
        return changed_steps(self.full_effort, self.effort)


class LiveGovernor:
    """Holds the rate of one live run. ``add`` is for the thread of the tracker; the rest for any thread.

    Args:
        governor: Chooses.
        networks: Those of the run.
    """

    def __init__(self, governor: Governor, networks: GovernedNetworks) -> None:
        self._governor = governor
        self._networks = networks
        self._lock = threading.Lock()  # the models must not be exchanged in the middle of a choice
        self._meter = LoadMeter()
        self._effort = networks.running(governor.effort)
        self._report: GovernorReport | None = None

    @property
    def effort(self) -> Effort:
        """What runs at the moment."""
        return self._effort

    @property
    def report(self) -> GovernorReport | None:
        """What the governor does; None before the first load."""
        return self._report

    def restart(self, config: Config, networks: Networks, make: Callable[[Config], Governor]) -> None:
        """Run these networks of another configuration, and begin with the full effort.

        Args:
            config: The configuration.
            networks: Its networks, loaded and warmed up.
            make: Makes the governor of a configuration whose networks run.
        """
        with self._lock:
            self._networks.replace_all(config, networks)
            self._governor = make(config)
            self._effort = self._networks.running(self._governor.effort)
            self._report = None
            self._meter.restart()

    def add(self, scene: Scene) -> None:
        """Count a scene that was just tracked; sometimes this changes the effort."""
        with self._lock:
            self._add(scene)

    def _add(self, scene: Scene) -> None:
        governor, networks = self._governor, self._networks
        # While networks are being loaded, the load is not that of the run alone.
        if not networks.choose(governor.effort, frame=scene.frame):
            self._meter.restart()
            return
        if networks.has_failed(governor.effort):
            governor.remove(governor.effort)
            return
        self._apply(networks.running(governor.effort))
        load = self._meter.measure(scene, now_s=time.monotonic())
        if load is None:
            return
        governor.step(load)
        self._report = GovernorReport(
            self._effort,
            networks.named(governor.full_effort),
            load,
            governor.wished_hz,
            governor.is_slow,
            governor.is_exhausted,
        )

    def close(self, timeout_s: float) -> None:
        """Wait for networks that are being loaded, at most for this time."""
        self._networks.close(timeout_s)

    def _apply(self, effort: Effort) -> None:
        if effort == self._effort:
            return
        full = self._networks.named(self._governor.full_effort)
        steps = ", ".join(changed_steps(full, effort)) or "nothing"
        _log.info("the governor has reduced: %s", steps)
        self._effort = effort
        self._meter.restart()
