"""Other models for a running pipeline: loaded beside the run, then taken between two frames.

Tracks, recordings and files go on. They have one skeleton from the start to the end, so models with other keypoints
need a new run of the source; `LoadedModels.fits` says so.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from realtime_pose.config import Config
from realtime_pose.models import compile_cache
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pipeline.device_warning import device_warning
from realtime_pose.pipeline.governed_networks import warm_up
from realtime_pose.pipeline.governor import Governor
from realtime_pose.pipeline.live_governor import LiveGovernor
from realtime_pose.pipeline.networks import Networks, find_specs, load_networks
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.scene import Boxes, Frame

_NUM_RUNS = 3  # whose median is the time of a network
_THRESHOLD = 0.3


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models that are ready to run.

    Attributes:
        config: Names them.
        networks: They, loaded and warmed up.
        fits: Whether the run can go on with them; else the source has to be opened again.
        times_s: Seconds that the network of a stage takes here, for one frame or one person; {} if not measured.
    """

    config: Config
    networks: Networks
    fits: bool
    times_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelExchange:
    """Exchanges the models of one run.

    Attributes:
        networks: Those of the run.
        is_live: Whether the source is live.
        governor: Of the run; None for none.
        make_governor: Makes the governor of a configuration.
    """

    networks: StreamNetworks
    is_live: bool
    governor: LiveGovernor | None = None
    make_governor: Callable[[Config], Governor] | None = None

    def load(self, config: Config, frame: Frame | None) -> LoadedModels:
        """Load the models that a configuration names; takes seconds, and any thread may do it.

        Args:
            config: All settings.
            frame: A frame of the stream, at whose size they are warmed up; None if none has come.

        Raises:
            RealtimePoseError: Weights are missing, or a network is not usable. The run is not changed.
        """
        times_s: dict[str, float] = {}
        with compile_cache.reading_only():  # the next start with these models keeps their compiled graphs
            networks = load_networks(config, is_live=self.is_live)
            if frame is not None:
                warm_up(networks, frame)
        if frame is not None:
            times_s = dict(_measure(networks, frame))
        return LoadedModels(config, networks, networks.skeleton == self.networks.skeleton, times_s)

    def use(self, models: LoadedModels) -> None:
        """Run these models, which fit, from the next frame on; never waits."""
        if self.governor is not None and self.make_governor is not None:
            self.governor.restart(models.config, models.networks, self.make_governor)
        else:
            self.networks.exchange(models.networks)
        self.networks.warning = device_warning(models.config.device, self.networks.devices)


def model_specs(config: Config) -> list[ModelSpec]:
    """The models that a configuration names; raises ConfigError if one is unknown."""
    return list(find_specs(config).values())


def _measure(networks: Networks, frame: Frame) -> Iterator[tuple[str, float]]:
    """Seconds of each stage on this frame, beside whatever else runs: for one frame, and for one person."""

    def timed(work: Callable[[], object]) -> float:
        started_s = time.perf_counter()
        work()
        return time.perf_counter() - started_s

    yield "detect", median(timed(lambda: networks.detect(frame, threshold=_THRESHOLD)) for _ in range(_NUM_RUNS))
    if networks.can_estimate_boxes:
        width, height = frame.wh
        box = Boxes(np.array([[0, 0, width / 4, height / 2]], np.float32), np.ones(1, np.float32))
        yield "pose", median(timed(lambda: networks.estimate(frame, box)) for _ in range(_NUM_RUNS))
