"""Networks of a live run that the governor exchanges while they run: another detector size, pose network or passes.

What is not loaded yet is loaded by a thread of its own; the live run goes on with the present networks until then.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from realtime_pose.config import Config
from realtime_pose.effort import Effort
from realtime_pose.errors import RealtimePoseError
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.governor import Options
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.scene import Boxes, Frame

SMALLEST_POSE = "movenet-lightning"
_SIZES = ("large", "auto", "small")

_log = logging.getLogger(__name__)

Key = tuple[str, str, int]  # detector size, pose estimator, passes


class GovernedNetworks(StreamNetworks):
    """Networks with others that the governor takes in their place; for any thread, see `Networks`.

    Args:
        config: The configuration of the first networks.
        networks: The first networks.
        load: Loads the networks of another configuration.
    """

    def __init__(
        self, config: Config, networks: Networks, *, load: Callable[[Config], Networks] = load_networks
    ) -> None:
        super().__init__(networks)
        self._load = load
        self._lock = threading.Lock()  # protects what follows
        self._thread: threading.Thread | None = None
        self._key: Key = _key(config)
        self._take_over(config, networks)

    def replace_all(self, config: Config, networks: Networks) -> None:
        """Run these networks of another configuration, and choose among those beside it from now on."""
        with self._lock:
            self.exchange(networks)
            self._take_over(config, networks)

    def running(self, effort: Effort) -> Effort:
        """The effort with the networks that really run."""
        size, pose, passes = self._key
        return self.named(replace(effort, detector_size=size, pose=pose, pose_passes=passes))

    def named(self, effort: Effort) -> Effort:
        """The effort with the name of the pose estimator, where the configuration has the path of its file."""
        is_first = effort.pose == self._config.pose.model
        return replace(effort, pose=self._first_pose) if is_first else effort

    def has_failed(self, effort: Effort) -> bool:
        """Whether the networks of this effort could not be loaded."""
        return _effort_key(effort) in self._failed

    def choose(self, effort: Effort, *, frame: Frame) -> bool:
        """Run the networks of this effort; whether they run already. Never waits.

        Args:
            effort: What to run.
            frame: A frame of the stream: networks that are loaded now are warmed up at its size.
        """
        key = _effort_key(effort)
        with self._lock:
            if key == self._key or key in self._failed:
                return True
            if key in self._loaded:
                self.exchange(self._loaded[key])
                self._key = key
                return True
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._load_in_background,
                    args=(key, frame, self._config),
                    name="load networks",
                    daemon=True,
                )
                self._thread.start()
        return False

    def close(self, timeout_s: float) -> None:
        """Wait for networks that are being loaded, at most for this time: loading cannot be stopped."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _take_over(self, config: Config, networks: Networks) -> None:
        """Forget the networks beside those of an earlier configuration."""
        specs = networks.info.specs
        self._config, self._key = config, _key(config)
        self._first_pose = specs["pose"].name if "pose" in specs else config.pose.model
        self._loaded: dict[Key, Networks] = {self._key: networks}
        self._failed: set[Key] = set()

    def _keep(self, key: Key, networks: Networks | None) -> None:
        """Take what was loaded; None: it could not be."""
        if networks is None:
            self._failed.add(key)
        else:
            self._loaded[key] = networks

    def _load_in_background(self, key: Key, frame: Frame, full: Config) -> None:
        """Load the networks of an effort of this configuration."""
        size, pose, passes = key
        config = replace(
            full, detect=replace(full.detect, size=size), pose=replace(full.pose, model=pose, passes=passes)
        )
        networks: Networks | None = None
        try:
            loaded = self._load(config)
            warm_up(loaded, frame)
            networks = loaded
        except RealtimePoseError as error:
            _log.warning("a live run cannot use %s with the detector size %s: %s", pose, size, error)
        finally:  # also after a defect, which Python reports: the governor must not wait for ever
            with self._lock:
                self._thread = None
                if self._config is full:  # else all were replaced meanwhile
                    self._keep(key, networks)


def find_options(config: Config, networks: Networks, intervals: tuple[int, ...]) -> Options:
    """What may be chosen instead of these networks; nothing that has to be downloaded.

    Args:
        config: The configuration of the networks.
        networks: The loaded networks.
        intervals: Intervals of the detector, if people can be followed and nobody has fixed it.
    """
    size, passes, specs = config.detect.size, config.pose.passes, networks.info.specs
    has_free_size = size in _SIZES and "detect" in specs and bool(specs["detect"].input.multiple_px)
    sizes = _SIZES[_SIZES.index(size) :] if has_free_size else (size,)
    counts = dict.fromkeys((passes, 1)) if "pose" in specs else (passes,)
    poses = [(config.pose.model, count) for count in counts]
    if "pose" in specs:
        smaller = load_manifest().find(SMALLEST_POSE, task="pose")
        is_smaller = np.prod(smaller.input.wh) < np.prod(specs["pose"].input.wh)
        if is_smaller and smaller.pose_skeleton == networks.skeleton:
            poses.append((SMALLEST_POSE, 1))
    is_fixed = isinstance(config.detect.detect_every, int) or not networks.can_estimate_boxes
    return Options(
        intervals=(config.detect.interval,) if is_fixed else intervals,
        detector_sizes=sizes,
        poses=poses,
        may_leave_out=networks.can_estimate_boxes and config.source.pose_budget_ms > 0,
    )


def _key(config: Config) -> Key:
    return config.detect.size, config.pose.model, config.pose.passes


def _effort_key(effort: Effort) -> Key:
    return effort.detector_size, effort.pose, effort.pose_passes


def warm_up(networks: Networks, frame: Frame) -> None:
    """Run each network once on a frame of this size, because the first run of a size takes longer."""
    width, height = frame.wh
    box = Boxes(np.array([[0, 0, width / 4, height / 2]], np.float32), np.ones(1, np.float32))
    networks.detect(frame, threshold=1.0)
    if networks.can_estimate_boxes:
        networks.estimate(frame, box)
