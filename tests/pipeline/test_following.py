"""A detector that does not look at every frame: who is followed, when it looks, and what the results say."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import Config, DetectConfig
from realtime_pose.effort import Effort
from realtime_pose.errors import ConfigError
from realtime_pose.pipeline.detector_timing import DetectorTiming, Look
from realtime_pose.pipeline.motion import MotionWatch, cell_means
from realtime_pose.pipeline.networks import OneStageNetwork
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.pipeline.stream_perception import FramePerception
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import RECOVERED, Boxes, Scene, Tracks, TrackState
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.greedy import GreedyTracker
from tests.support.fakes.parts import FakeSink, FakeSource
from tests.support.fakes.pipelines import make_parts, make_settings
from tests.support.people.scenes import PICTURE_WH, Walker, truth_at
from tests.support.people.walking_networks import WalkingNetworks, frame_of
from tests.support.recorders import open_pose_sink
from tests.support.schemas import check

pytestmark = [pytest.mark.slow]

RATE_HZ = 30.0
# Without a gait, because the rectangles of the images would swing with it.
WALKER = Walker(person_id=1, start_x_px=300, speed_px_s=150, cadence_hz=0)
STANDING = Walker(person_id=2, start_x_px=900, cadence_hz=0)
TWO = (WALKER, STANDING)


def run(walkers: tuple[Walker, ...], interval: int, count: int = 30) -> tuple[WalkingNetworks, list[Scene]]:
    """Networks and scenes of some frames."""
    networks = WalkingNetworks(walkers)
    perception = FramePerception(Config(detect=DetectConfig(detect_every=interval)), networks)
    return networks, [perception.scene(frame_of(walkers, index, rate_hz=RATE_HZ)) for index in range(count)]


@pytest.mark.parametrize("interval", [2, 3, 8])
def test_the_detector_looks_at_every_nth_frame_and_everybody_is_followed(interval: int) -> None:
    networks, scenes = run(TWO, interval)
    assert networks.looks == list(range(0, 30, interval))
    for scene in scenes:
        assert scene.tracks.seen.ids.tolist() == [1, 2]
        truth = truth_at(TWO, scene.frame.time_s).poses
        offset = np.abs(scene.tracks.poses.boxes.xyxy - truth.boxes.xyxy).max()
        assert offset < 0.1 * WALKER.height_px, "the box goes with the keypoints, also without a detection"


@pytest.mark.parametrize(("shift", "expected"), [(0.3, Look.UNSURE), (3.0, Look.NONE)])
def test_a_lost_person_who_may_be_hidden_by_another_one_calls_the_detector(shift: float, expected: Look) -> None:
    """The detector has missed the lost one, so this alone does not call it again."""
    latest, frame = run(TWO, 8, count=9)[1][-1], frame_of(TWO, 8, rate_hz=RATE_HZ)
    xyxy = latest.tracks.poses.boxes.xyxy.copy()
    xyxy[1] = xyxy[0] + shift * (xyxy[0, 2] - xyxy[0, 0]) * np.array([1, 0, 1, 0], np.float32)
    tracks = replace(
        latest.tracks,
        state=np.array([TrackState.CONFIRMED, TrackState.LOST], np.uint8),
        poses=replace(latest.tracks.poses, boxes=Boxes(xyxy, latest.tracks.poses.boxes.score)),
    )
    timing = DetectorTiming()
    assert timing.look(frame, None, interval=8) is Look.START
    following = replace(frame, index=9, time_s=9 / RATE_HZ)
    assert timing.look(following, replace(latest, tracks=tracks), interval=8) is expected


def test_nobody_counts_as_detected_without_the_detector() -> None:
    _, scenes = run(TWO, 3)
    for scene in scenes:
        is_due = scene.frame.index % 3 == 0
        assert scene.is_detected == is_due
        assert len(scene.boxes) == (2 if is_due else 0)
        assert scene.tracks.detection.tolist() == ([0, 1] if is_due else [RECOVERED, RECOVERED])
        assert scene.effort == Effort(3)
        assert len(scene.poses) == 2
    scores = np.array([scene.tracks.poses.boxes.score for scene in scenes])
    assert np.allclose(scores, scores[0], atol=0.01), "the score does not fade with each frame that is followed"


def test_each_person_has_one_crop_in_each_frame() -> None:
    networks, _ = run(TWO, 3)
    assert networks.crops == [(index, 2) for index in range(30)]


@pytest.mark.parametrize("interval", [3, 8])
def test_a_person_who_enters_is_found_within_03_s(interval: int) -> None:
    enters_s = 0.5
    newcomer = Walker(person_id=3, start_x_px=1200, speed_px_s=-150, cadence_hz=0, present_s=(enters_s, float("inf")))

    def found_s(every: int) -> float:
        _, scenes = run((STANDING, newcomer), every, 45)
        return next(scene.frame.time_s for scene in scenes if len(scene.tracks.seen) == 2)

    assert found_s(interval) - enters_s <= 0.3
    assert found_s(interval) <= found_s(1) + 1 / RATE_HZ, "the motion itself calls the detector"


def test_a_person_who_vanishes_is_lost_at_the_next_look() -> None:
    leaver = Walker(person_id=3, start_x_px=500, cadence_hz=0, present_s=(0.0, 0.75))
    networks, scenes = run((STANDING, leaver), 8, 40)
    gone = next(scene for scene in scenes if scene.frame.time_s > 0.75)
    assert gone.tracks.seen.ids.tolist() == [1], "a crop without a person keeps no track"
    assert gone.frame.index + 1 in networks.looks, "the detector looks at once"
    assert networks.looks[-1] - networks.looks[-2] == 8, "once it has seen that nobody is there, it rests again"


def test_the_detector_looks_while_people_cross() -> None:
    pair = (Walker(person_id=1, start_x_px=500, speed_px_s=200), Walker(person_id=2, start_x_px=800, feet_y_px=620))
    networks, scenes = run(pair, 6, 60)
    together = [
        scene.frame.index
        for scene in scenes[1:]
        if abs(np.diff(truth_at(pair, scene.frame.time_s).poses.boxes.xyxy[:, 0])[0]) < 40
    ]
    assert set(together) <= set(networks.looks)
    first = scenes[0].tracks
    left = first.ids[first.poses.boxes.xyxy[:, 0].argmin()]
    last = scenes[-1].tracks.seen
    assert last.ids[last.poses.boxes.xyxy[:, 0].argmax()] == left, "they keep their ids"


def test_a_cut_a_gap_and_another_size_call_the_detector() -> None:
    _, scenes = run(TWO, 8, 3)
    timing, latest = DetectorTiming(), scenes[-1]
    assert timing.look(frame_of(TWO, 0), None, interval=8) is Look.START
    assert timing.look(replace(frame_of(TWO, 3), time_s=9.0), latest, interval=8) is Look.START
    small = frame_of(TWO, 3)
    assert timing.look(replace(small, image=small.image[::2, ::2].copy()), latest, interval=8) is Look.START


def test_a_person_at_the_edge_calls_the_detector_once() -> None:
    _, scenes = run(TWO, 1000, 20)
    edge = replace(scenes[-1], tracks=_moved_to_the_edge(scenes[-1]), is_detected=False)
    timing = DetectorTiming()
    timing.look(scenes[-1].frame, None, interval=1000)
    assert timing.look(replace(scenes[-1].frame, time_s=0.66), edge, interval=1000) is Look.LEAVING
    assert timing.look(replace(scenes[-1].frame, time_s=0.68), edge, interval=1000) is Look.NONE


def _moved_to_the_edge(scene: Scene) -> Tracks:
    tracks = scene.tracks
    xyxy = tracks.poses.boxes.xyxy.copy()
    xyxy[0, [0, 2]] = PICTURE_WH[0] - 60, PICTURE_WH[0]
    velocity = np.array([[200, 0], [0, 0]], np.float32)
    poses = replace(tracks.poses, boxes=Boxes(xyxy, tracks.poses.boxes.score))
    return replace(tracks, velocity=velocity, poses=poses)


def test_moving_leaves_call_the_detector_once_a_second() -> None:
    watch, rng = MotionWatch(), np.random.default_rng(0)
    still = np.full((720, 1280, 3), 90, np.uint8)
    watch.set_reference(still)
    nobody = np.zeros((0, 4), np.float32)
    calls = []
    for index in range(60):
        image = still.copy()
        image[100:300, 900:1100] = rng.integers(0, 255, (200, 200, 1))
        if watch.is_unexplained(image, nobody, time_s=index / 30):
            calls.append(index)
            watch.set_reference(image)
    assert 1 <= len(calls) <= 4


def test_what_changed_while_the_detector_looked_at_each_frame_is_not_ignored_afterwards() -> None:
    watch, image = MotionWatch(), np.full((720, 1280, 3), 90, np.uint8)
    nobody = np.zeros((0, 4), np.float32)
    watch.set_reference(image)
    watch.forget()
    moved = image.copy()
    moved[200:500, 500:600] = 200
    assert watch.is_unexplained(moved, nobody, time_s=60.0), "nothing is known: the detector looks"
    watch.set_reference(moved)
    entered = moved.copy()
    entered[200:500, 500:600] = 20
    assert watch.is_unexplained(entered, nobody, time_s=60.1)


@pytest.mark.parametrize("change", ["nothing", "brightness", "noise", "explained"])
def test_what_is_no_unexplained_motion(change: str) -> None:
    image = np.full((720, 1280, 3), 90, np.uint8)
    watch = MotionWatch()
    watch.set_reference(image)
    boxes = np.array([[480, 180, 620, 520]], np.float32)
    changed = {
        "nothing": image,
        "brightness": image + np.uint8(25),
        "noise": image + np.random.default_rng(0).integers(0, 30, image.shape, np.uint8),
        "explained": image.copy(),
    }[change]
    if change == "explained":
        changed[200:500, 500:600] = 200
        assert watch.is_unexplained(changed, boxes[:0], time_s=0.0)
        watch.set_reference(image)
    assert not watch.is_unexplained(changed, boxes, time_s=5.0)


@pytest.mark.parametrize(("wh", "shape"), [((1280, 720), (36, 64)), ((64, 48), (12, 16)), ((1, 1), (0, 0))])
def test_cells_of_any_image(wh: tuple[int, int], shape: tuple[int, int]) -> None:
    cells = cell_means(np.full((wh[1], wh[0], 3), 7, np.uint8))
    assert cells.shape == shape
    assert (cells == 7).all()


def pipeline_of(interval: int, count: int = 24) -> tuple[WalkingNetworks, FakeSink]:
    """A file of walkers through the threads of a pipeline."""
    networks, sink = WalkingNetworks(TWO), FakeSink()
    parts = make_parts(FakeSource([frame_of(TWO, index) for index in range(count)]))
    state = StreamState(Config(), networks)
    parts = replace(parts, networks=StreamNetworks(networks), state=state, effort=Effort(interval))
    parts.writer.add(sink)
    pipeline = Pipeline(parts, make_settings())
    pipeline.start()
    assert pipeline.wait(10)
    pipeline.stop()
    return networks, sink


def test_a_file_gives_the_same_results_as_frame_by_frame() -> None:
    networks, sink = pipeline_of(3)
    _, scenes = run(TWO, 3, 24)
    assert networks.looks == list(range(0, 24, 3))
    assert [scene.frame.index for scene in sink.scenes] == list(range(24))
    for scene, expected in zip(sink.scenes, scenes, strict=True):
        np.testing.assert_array_equal(scene.tracks.poses.keypoints, expected.tracks.poses.keypoints)
        assert set(scene.timings) == {"detect", "pose", "track"}


def test_json_lines_say_which_frames_the_detector_saw(tmp_path: Path) -> None:
    _, scenes = run(TWO, 3, 6)
    sink = open_pose_sink(tmp_path / "a.jsonl", RunHeader("hall", COCO17, {}))
    for scene in scenes:
        sink.write(scene)
    sink.close()
    header, *lines = (json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines())
    assert header["effort"] == {"detect_every": 3}
    assert [line.get("detector", True) for line in lines] == [True, False, False] * 2
    assert [all(person.get("guided") for person in line["people"]) for line in lines] == [False, True, True] * 2
    for line in (header, *lines):
        check("poses", line)


def test_a_one_stage_network_must_see_each_frame() -> None:
    class Detector:
        skeleton = COCO17

    config = Config(detect=DetectConfig(model="rtmo-s", detect_every=3))
    with pytest.raises(ConfigError, match="detect-every 3: expected 1 or auto, because rtmo-s finds the poses"):
        FramePerception(config, OneStageNetwork(Detector()))  # type: ignore[arg-type] # it is refused before it is used


def test_the_greedy_tracker_cannot_follow() -> None:
    assert not StreamState(Config(), WalkingNetworks(TWO), make_tracker=GreedyTracker).can_follow


def test_a_lost_track_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pose at a predicted place must not keep a person alive whom the detector has missed."""
    networks = WalkingNetworks(TWO)
    perception = FramePerception(Config(detect=DetectConfig(detect_every=2)), networks)
    for index in range(4):
        perception.scene(frame_of(TWO, index))
    monkeypatch.setattr(networks, "detect", WalkingNetworks((STANDING,)).detect)
    seen = [perception.scene(frame_of(TWO, index)) for index in range(4, 34)]
    assert [len(scene.tracks.seen) for scene in seen[:6]] == [2] * 6, "the recovery keeps the skeleton for a moment"
    assert [len(scene.tracks.seen) for scene in seen[-10:]] == [1] * 10
    assert TrackState.LOST in seen[-1].tracks.state
