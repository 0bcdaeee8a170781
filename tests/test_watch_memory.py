"""`watch` releases all at its end, without garbage collection; networks are loaded once, and `unload` frees them."""

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.container import OutputContainer

import realtime_pose
from benchmarks.support import clips
from benchmarks.support.servers.rtsp_server import RtspServer, clip
from realtime_pose.config import Config, DetectConfig, DeviceConfig, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.errors import StageError
from realtime_pose.models import load as load_module
from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.network import Network
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import load_networks
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stage import Stage
from realtime_pose.scene import Frame
from realtime_pose.sources import StreamSource, VideoSource
from tests.support.memory import count_instances, resident_mb
from tests.support.models.graphs import constant_graph

pytestmark = [pytest.mark.slow, pytest.mark.loads_networks]

LIGHTNING = Config(pose=PoseConfig(model="movenet-lightning"))
PER_STREAM = (Pipeline, Stage, VideoSource, Frame)


@pytest.fixture(autouse=True)
def no_collection() -> Iterator[None]:
    """No garbage collection, and no networks from other tests."""
    realtime_pose.unload()
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    realtime_pose.unload()


@pytest.fixture
def num_loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks in the order in which they are loaded."""
    names: list[str] = []
    make = load_module._make_backend

    def count(engine: str, path: Path, spec: ModelSpec, *more: Any, **options: Any) -> Backend:
        names.append(spec.name)
        return make(engine, path, spec, *more, **options)

    monkeypatch.setattr(load_module, "_make_backend", count)
    return names


@pytest.fixture
def num_networks() -> Callable[[], int]:
    """How many networks there are, but for those that another test has left."""
    left = count_instances(Network)
    return lambda: count_instances(Network) - left


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A video of one picture."""
    return clips.video(tmp_path / "one.mp4", count=1, wh=(1280, 720))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A detector that finds one person, and a pose estimator, which load in no time."""
    folder = tmp_path_factory.mktemp("networks")
    boxes, maps = np.array([[[8, 4, 40, 60, 0.9]]], np.float32), np.zeros((1, 17, 16, 12), np.float32)
    maps[:, np.arange(17), np.arange(17) % 13 + 1, np.arange(17) % 9 + 1] = 1
    detector = constant_graph(folder / "boxes.onnx", {"x": ("N", 3, 64, 64)}, {"dets": boxes})
    estimator = constant_graph(folder / "points.onnx", {"x": ("N", 3, 64, 48)}, {"heatmap": maps})
    for path, entry in (
        (detector, 'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\n'),
        (estimator, 'task = "pose"\nfamily = "heatmap"\nskeleton = "coco17"\n[input]\nname = "x"\nwh = [48, 64]\n'),
    ):
        path.with_suffix(".toml").write_text(entry, encoding="utf-8")
    return Config(detect=DetectConfig(model=str(detector)), pose=PoseConfig(model=str(estimator)))


def counts() -> list[int]:
    return [count_instances(kind) for kind in PER_STREAM]


def test_many_short_videos_use_the_memory_of_one(photo: Path, num_loads: list[str]) -> None:
    for _ in range(3):
        assert len(list(realtime_pose.watch(photo, config=LIGHTNING))) == 1
    before, threads, before_mb = counts(), threading.active_count(), resident_mb()
    for _ in range(20):
        assert len(list(realtime_pose.watch(photo, config=LIGHTNING))) == 1
    assert (counts(), threading.active_count()) == (before, threads)
    # Alone it is 5 MB; behind thousands of other tests the heap has more holes.
    assert resident_mb() - before_mb < 60, "a load of the networks takes more than 100 MB"
    assert num_loads == ["nanodet-g", "movenet-lightning"]


def test_a_loop_that_is_left_early_releases_everything(tiny: Config, demo_clip: Path) -> None:
    before = counts()
    for _ in range(2):
        for scene in realtime_pose.watch(demo_clip, config=tiny):
            if scene.frame.index == 2:
                break
    del scene
    assert counts() == before


def test_a_failed_iteration_releases_everything(tiny: Config, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("broken")

    before = counts()
    monkeypatch.setattr("realtime_pose.pipeline.stream_state.nms.merge", fail)
    with pytest.raises(StageError, match="broken") as raised:
        list(realtime_pose.watch(photo, config=tiny))
    del raised
    assert counts() == before


def test_a_pipeline_that_was_never_started_is_freed(tiny: Config, photo: Path) -> None:
    before = counts()
    build(replace(tiny, source=SourceConfig(uri=str(photo)))).stop()
    assert counts() == before


def test_unload_frees_the_networks_and_the_next_call_loads_them(
    tiny: Config, photo: Path, num_loads: list[str], num_networks: Callable[[], int]
) -> None:
    list(realtime_pose.watch(photo, config=tiny))
    assert num_networks() == 2
    realtime_pose.unload()
    assert num_networks() == 0
    list(realtime_pose.watch(photo, config=tiny))
    assert num_loads == ["boxes", "points"] * 2


def test_unload_during_an_iteration_leaves_it_its_networks(
    tiny: Config, demo_clip: Path, num_networks: Callable[[], int]
) -> None:
    scenes = realtime_pose.watch(demo_clip, config=tiny)
    next(scenes)
    realtime_pose.unload()
    assert len(next(scenes).tracks.ids) > 0
    scenes.close()  # type: ignore[attr-defined]
    realtime_pose.unload()
    assert num_networks() == 0


def test_other_networks_take_the_place_of_the_last_ones(photo: Path, num_networks: Callable[[], int]) -> None:
    for model in ("movenet-lightning", "movenet-thunder"):
        list(realtime_pose.watch(photo, config=Config(pose=PoseConfig(model=model))))
    assert num_networks() == 2


def test_users_share_one_instance_and_the_last_one_frees_it(
    tiny: Config, num_loads: list[str], num_networks: Callable[[], int]
) -> None:
    first, second = load_networks(tiny), load_networks(replace(tiny, max_frames=3))
    assert num_loads == ["boxes", "points"]
    other_device = load_networks(replace(tiny, device=DeviceConfig(device="cpu", threads=1)))
    assert len(num_loads) == 4, "another setting of the device is another instance"
    del first
    assert num_networks() == 4
    del second
    assert num_networks() == 2
    del other_device
    assert num_networks() == 0


def test_two_threads_load_a_network_once(num_loads: list[str]) -> None:
    loaded = []
    threads = [threading.Thread(target=lambda: loaded.append(load_networks(LIGHTNING))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(loaded) == 4
    assert sorted(num_loads) == ["movenet-lightning", "nanodet-g"]


@pytest.mark.server
def test_a_live_source_and_its_recording_release_everything(tiny: Config, tmp_path: Path) -> None:
    before, threads = [*counts(), count_instances(StreamSource)], threading.active_count()
    with RtspServer(clip(tmp_path)) as server:
        for number in range(2):
            recorded = replace(tiny, record=RecordConfig(path=tmp_path / f"{number}.mp4"))
            for scene in realtime_pose.watch(server.address, config=recorded):
                if scene.frame.index > 5:
                    break
    del scene
    assert [*counts(), count_instances(StreamSource)] == before
    assert count_instances(OutputContainer) <= 1, "the encoder of the last one, until the next collection"
    realtime_pose.unload()
    assert threading.active_count() == threads
