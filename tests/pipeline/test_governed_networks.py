"""Networks that are exchanged during a live run: loaded aside, never waited for, and honest about what runs."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.effort import Effort
from realtime_pose.errors import MissingWeightsError
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.governed_networks import SMALLEST_POSE, GovernedNetworks, find_options
from realtime_pose.pipeline.governor import Governor, Target, make_ladder
from realtime_pose.pipeline.live_governor import LiveGovernor
from realtime_pose.pipeline.networks import NetworkInfo, Networks, load_networks
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import Frame, Scene
from tests.support.fakes.parts import FakeSource
from tests.support.fakes.pipelines import make_parts, make_settings
from tests.support.people.scenes import Walker
from tests.support.people.stills import nobody, scene
from tests.support.people.walking_networks import WalkingNetworks, frame_of

CONFIG = Config()
WALKERS = (Walker(person_id=1),)
FRAME = frame_of(WALKERS, 0)
SMALL = Effort(1, "small", "movenet-thunder", 1)
DEADLINE_S = 5.0


class Loader:
    """Loads other networks when it is allowed to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may_load = threading.Event()
        self.configs: list[Config] = []
        self.networks = WalkingNetworks(WALKERS)
        self.threads: list[str] = []
        self._error = error

    def __call__(self, config: Config) -> Networks:
        self.threads.append(threading.current_thread().name)
        assert self.may_load.wait(DEADLINE_S)
        self.configs.append(config)
        if self._error is not None:
            raise self._error
        return self.networks


def until(condition: Callable[[], bool]) -> None:
    """Wait for the thread that loads."""
    for thread in threading.enumerate():
        if thread.name == "load networks":
            thread.join(DEADLINE_S)
    assert condition()


def test_the_run_goes_on_while_others_are_loaded() -> None:
    first, loader = WalkingNetworks(WALKERS), Loader()
    networks = GovernedNetworks(CONFIG, first, load=loader)
    assert not networks.choose(SMALL, frame=FRAME)
    networks.detect(FRAME, threshold=0.3)
    assert first.looks == [0]
    assert networks.running(SMALL).detector_size == "auto", "the small one does not run yet"
    loader.may_load.set()
    until(lambda: networks.choose(SMALL, frame=FRAME))
    assert networks.running(Effort(3)) == replace(SMALL, detect_every=3)
    assert loader.configs[0].detect.size == "small"
    assert loader.networks.looks == [0], "it was warmed up with a frame of this size"
    networks.detect(FRAME, threshold=0.3)
    assert (first.looks, loader.networks.looks) == ([0], [0, 0])
    assert loader.threads == ["load networks"]


def test_what_was_loaded_once_is_taken_at_once() -> None:
    loader = Loader()
    loader.may_load.set()
    networks = GovernedNetworks(CONFIG, WalkingNetworks(WALKERS), load=loader)
    networks.choose(SMALL, frame=FRAME)
    until(lambda: networks.choose(SMALL, frame=FRAME))
    assert networks.choose(Effort(1, "auto", "movenet-thunder", 1), frame=FRAME)
    assert networks.choose(SMALL, frame=FRAME)
    assert len(loader.configs) == 1


def test_closing_waits_for_what_is_being_loaded() -> None:
    loader = Loader()
    networks = GovernedNetworks(CONFIG, WalkingNetworks(WALKERS), load=loader)
    networks.close(DEADLINE_S)  # nothing is being loaded
    networks.choose(SMALL, frame=FRAME)
    (thread,) = (each for each in threading.enumerate() if each.name == "load networks")
    networks.close(0.01)
    assert thread.is_alive(), "not longer than it may"
    loader.may_load.set()
    networks.close(DEADLINE_S)
    assert not thread.is_alive()


def test_networks_that_cannot_be_loaded_are_given_up() -> None:
    loader = Loader(MissingWeightsError("no file"))
    loader.may_load.set()
    networks = GovernedNetworks(CONFIG, WalkingNetworks(WALKERS), load=loader)
    ladder = (Effort(1, "auto", "movenet-thunder", 1), SMALL, replace(SMALL, pose_share=0.5))
    governor = Governor(ladder, Target())
    governor.level = 1
    live = LiveGovernor(governor, networks)
    live.add(_scene(0))
    until(lambda: networks.has_failed(SMALL))
    live.add(_scene(1))
    assert governor.effort == ladder[0]
    assert live.effort == ladder[0]


def test_results_name_a_network_and_not_the_path_of_its_file() -> None:
    first = WalkingNetworks(WALKERS)
    first.info = NetworkInfo({"pose": load_manifest().find("rtmpose-s", task="pose")})
    networks = GovernedNetworks(Config(pose=PoseConfig(model="/home/me/mine.onnx")), first)
    own = Effort(1, "auto", "/home/me/mine.onnx", 1)
    assert networks.choose(own, frame=FRAME)
    assert networks.running(own).pose == networks.named(own).pose == "rtmpose-s"
    assert networks.named(SMALL) == SMALL


def _scene(index: int) -> Scene:
    return replace(scene(nobody(), index=index), timings={"detect": 0.01})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "sizes", "poses", "intervals"),
    [
        (Config(), ("auto", "small"), [("movenet-thunder", 1), (SMALLEST_POSE, 1)], (1, 2, 3)),
        (
            Config(detect=DetectConfig(size="large"), pose=PoseConfig(passes=3)),
            ("large", "auto", "small"),
            [("movenet-thunder", 3), ("movenet-thunder", 1), (SMALLEST_POSE, 1)],
            (1, 2, 3),
        ),
        (
            Config(detect=DetectConfig(size="320", detect_every=5), pose=PoseConfig(model=SMALLEST_POSE)),
            ("320",),
            [(SMALLEST_POSE, 1)],
            (5,),
        ),
    ],
)
def test_what_may_be_chosen(
    config: Config, sizes: tuple[str, ...], poses: list[tuple[str, int]], intervals: tuple[int, ...]
) -> None:
    options = find_options(config, load_networks(config), (1, 2, 3))
    assert tuple(options.detector_sizes) == sizes
    assert list(options.poses) == poses
    assert tuple(options.intervals) == intervals
    assert make_ladder(options)[0] == Effort(config.detect.interval, config.detect.size, *poses[0])


@pytest.mark.slow
def test_without_a_limit_nobody_is_left_out() -> None:
    config = Config(source=SourceConfig(pose_budget_ms=0))
    options = find_options(config, load_networks(config), (1,))
    assert all(effort.pose_share == 1 for effort in make_ladder(options))


@pytest.mark.slow
def test_real_networks_are_exchanged() -> None:
    networks = GovernedNetworks(CONFIG, load_networks(CONFIG))
    assert set(networks.models) == {"nanodet-g", "movenet-thunder"}
    small = Effort(1, "small", SMALLEST_POSE, 1)
    networks.choose(small, frame=FRAME)
    until(lambda: networks.choose(small, frame=FRAME))
    assert networks.info.specs["pose"].name == SMALLEST_POSE
    assert set(networks.models) == {"nanodet-g", "movenet-thunder", SMALLEST_POSE}
    assert len(networks.models[SMALLEST_POSE]) == 64
    assert set(networks.engines) == set(networks.models)


def test_a_live_run_follows_its_governor() -> None:
    pause = threading.Event()
    walkers = (Walker(person_id=1, start_x_px=400, cadence_hz=0), Walker(person_id=2, start_x_px=800, cadence_hz=0))

    def camera() -> Iterator[Frame]:
        index = 0
        while True:
            pause.wait(0.02)
            yield replace(frame_of(walkers, index), captured_s=time.monotonic())
            index += 1

    networks = GovernedNetworks(CONFIG, WalkingNetworks(walkers))
    full = networks.running(Effort())
    governor = Governor((full, replace(full, detect_every=3)), Target(rate_hz=1.0))
    governor.level = 1
    live = LiveGovernor(governor, networks)
    parts = make_parts(FakeSource(camera(), is_live=True))
    parts = replace(parts, networks=networks, state=StreamState(CONFIG, networks), governor=live)
    pipeline = Pipeline(parts, make_settings())
    scenes, deadline_s = [], time.monotonic() + 20
    for each in pipeline.scenes():
        scenes.append(each)
        report = pipeline.report().governor
        if report is not None or time.monotonic() > deadline_s:
            break
    assert report is not None
    assert report.reduced == ["detect_every"]
    assert (report.is_slow, report.wished_hz) == (False, 1.0)
    assert set(report.load.busy) == {"detect", "pose", "track"}
    followed = [each for each in scenes[2:] if not each.is_detected]
    assert len(followed) > len(scenes) // 3
    assert all(each.tracks.seen.ids.tolist() == [1, 2] for each in followed)
    assert all(each.effort.detect_every == 3 for each in scenes[2:])
