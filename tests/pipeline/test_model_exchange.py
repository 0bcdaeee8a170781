"""Models that are exchanged while a run goes on: no frame is lost, people keep their ids, and recordings their end."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from benchmarks.support import clips
from realtime_pose.config import Config, DetectConfig, DeviceConfig, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.effort import Effort
from realtime_pose.errors import RealtimePoseError
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.governed_networks import GovernedNetworks
from realtime_pose.pipeline.governor import Governor, Target
from realtime_pose.pipeline.live_governor import LiveGovernor
from realtime_pose.pipeline.model_exchange import LoadedModels, ModelExchange
from realtime_pose.pipeline.networks import Detections, NetworkInfo, Networks
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from tests.support.fakes.parts import FakeSource
from tests.support.fakes.pipelines import make_parts, make_settings
from tests.support.people.scenes import Walker, truth_at
from tests.support.people.walking_networks import WalkingNetworks, frame_of
from tests.support.waiting import becomes_true

CONFIG = Config()
FULL = Effort(1, "auto", "movenet-thunder", 1)
TWO = (Walker(person_id=1, start_x_px=400, cadence_hz=0), Walker(person_id=2, start_x_px=800, cadence_hz=0))
DEADLINE_S, NUM_FRAMES = 60, 40


class WholeFrameNetworks(WalkingNetworks):
    """Finds boxes and poses together, and cannot look at a box."""

    can_estimate_boxes = False

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        self.looks.append(frame.index)
        poses = truth_at(self._walkers, frame.time_s).poses
        return Detections(poses.boxes, poses)

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        assert len(detections.poses) == len(detections.boxes), "found by the other networks"
        return detections.poses

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        raise NotImplementedError


def camera() -> Iterator[Frame]:
    pause, index = threading.Event(), 0
    while True:
        pause.wait(0.005)
        yield replace(frame_of(TWO, index), captured_s=time.monotonic())
        index += 1


def run_live(networks: GovernedNetworks) -> tuple[Pipeline, ModelExchange]:
    def make_governor(config: Config) -> Governor:
        return Governor((networks.running(FULL),), Target(rate_hz=1.0))

    live = LiveGovernor(make_governor(CONFIG), networks)
    parts = make_parts(FakeSource(camera(), is_live=True))
    parts = replace(parts, networks=networks, state=StreamState(CONFIG, networks), governor=live)
    return Pipeline(parts, make_settings()), ModelExchange(
        networks, is_live=True, governor=live, make_governor=make_governor
    )


def test_networks_of_both_kinds_take_turns_in_a_live_run() -> None:
    first, second = WalkingNetworks(TWO), WholeFrameNetworks(TWO)
    networks = GovernedNetworks(CONFIG, first)
    pipeline, exchange = run_live(networks)
    scenes: list[Scene] = []
    deadline_s = time.monotonic() + DEADLINE_S
    for scene in pipeline.scenes():  # a failure of a stage is raised here
        scenes.append(scene)
        turn: Networks = second if len(scenes) % 20 < 10 else first
        if len(scenes) % 10 == 0:
            exchange.use(LoadedModels(CONFIG, turn, fits=True))
        if len(scenes) >= 100 or time.monotonic() > deadline_s:
            break
    assert len(scenes) == 100
    assert len(second.looks) > 20
    assert all(scene.tracks.seen.ids.tolist() == [1, 2] for scene in scenes[3:]), "the tracks go on"


def test_the_governor_begins_again_with_the_other_models() -> None:
    networks = GovernedNetworks(CONFIG, WalkingNetworks(TWO))
    other = replace(CONFIG, detect=DetectConfig(size="small"), pose=PoseConfig(model="movenet-lightning"))

    def make_governor(config: Config) -> Governor:
        return Governor((networks.running(FULL),), Target())

    live = LiveGovernor(make_governor(CONFIG), networks)
    replacement = WalkingNetworks(TWO)
    ModelExchange(networks, is_live=True, governor=live, make_governor=make_governor).use(
        LoadedModels(other, replacement, fits=True)
    )
    assert networks.present is replacement
    assert (live.effort.detector_size, live.effort.pose) == ("small", "movenet-lightning")
    assert live.report is None


@pytest.mark.slow
def test_a_file_goes_on_with_real_models_while_it_is_recorded(demo_clip: Path, tmp_path: Path) -> None:
    out, poses = tmp_path / "out.mp4", tmp_path / "out.jsonl"
    source = SourceConfig(uri=str(clips.shorten(demo_clip, tmp_path / "small.mp4", count=NUM_FRAMES)))
    config = Config(source=source, record=RecordConfig(path=out), save_poses=(poses,), max_frames=NUM_FRAMES)
    pipeline = build(config)
    exchange = pipeline.models
    assert exchange is not None
    pipeline.start()
    try:
        other = replace(config, pose=PoseConfig(model="movenet-lightning"))
        models = exchange.load(other, frame_of(TWO, 0))
        assert models.fits
        assert becomes_true(lambda: poses.is_file() and b'"frame"' in poses.read_bytes())
        assert set(models.times_s) == {"detect", "pose"}
        exchange.use(models)
        assert pipeline.networks.info.specs["pose"].name == "movenet-lightning"
        assert pipeline.wait(DEADLINE_S)
    finally:
        pipeline.stop()
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == NUM_FRAMES
    lines = [json.loads(line) for line in poses.read_text().splitlines()]
    assert [line["frame"] for line in lines if "frame" in line] == list(range(NUM_FRAMES))
    headers = [line["models"] for line in lines if "models" in line]
    assert set(headers[-1]) - set(headers[0]) == {"movenet-lightning"}, "a header says what ran from then on"


def test_the_warning_is_that_of_the_models_that_run() -> None:
    networks, other = StreamNetworks(WalkingNetworks(TWO)), WalkingNetworks(TWO)
    other.info = NetworkInfo(devices={"pose": "CPU"})
    exchange = ModelExchange(networks, is_live=False)
    exchange.use(LoadedModels(replace(CONFIG, device=DeviceConfig(device="cuda")), other, fits=True))
    assert "cuda was requested, but pose run on the CPU" in networks.warning
    assert dict(networks.devices) == {"pose": "CPU"}
    exchange.use(LoadedModels(CONFIG, other, fits=True))
    assert networks.warning == ""


def test_models_that_cannot_be_loaded_change_nothing() -> None:
    networks = StreamNetworks(WalkingNetworks(TWO))
    before = networks.present
    exchange = ModelExchange(networks, is_live=False)
    with pytest.raises(RealtimePoseError, match="no-such-model"):
        exchange.load(replace(CONFIG, pose=PoseConfig(model="no-such-model")), None)
    assert networks.present is before
