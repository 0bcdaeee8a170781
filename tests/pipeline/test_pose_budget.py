"""A crowd in a live run: as many people get poses as there is time for, always the same ones; others are counted."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.config import SourceConfig
from realtime_pose.errors import ConfigError
from realtime_pose.pipeline.networks import Detections, TopDownNetworks
from realtime_pose.pipeline.perception import DetectedFrame, PosedFrame
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.pose_budget import PoseBudget, rank
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks
from realtime_pose.skeletons import COCO17
from tests.support.fakes.parts import FakeDetector, FakeEstimator, FakeSink, FakeSource, frame
from tests.support.fakes.pipelines import frames, make_parts, make_settings

WH = (1000, 400)
FRAME = frame(wh=WH)


class TimedEstimator(FakeEstimator):
    """An estimator that takes the same time for each person, by its own clock, and fills the whole box."""

    def __init__(self, per_person_s: float = 0.03) -> None:
        self.per_person_s = per_person_s
        self.now_s = 0.0
        self.counts: list[int] = []

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        self.now_s += self.per_person_s * len(boxes)
        self.counts.append(len(boxes))
        return super().estimate(frame, boxes)


class CrowdDetector(FakeDetector):
    """People beside each other; the one in row i is ``sides[i]`` pixels wide and high."""

    def __init__(self, sides: list[float]) -> None:
        super().__init__()
        self.boxes = make_boxes(sides)

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        return self.boxes


def make_boxes(sides: list[float], *, score: float = 0.9) -> Boxes:
    """Boxes that do not touch each other, best first."""
    left = np.arange(len(sides)) * 60.0
    xyxy = np.stack((left, 0 * left, left + sides, np.array(sides)), axis=1)
    return Boxes(xyxy.astype(np.float32), np.linspace(score, score / 2, len(sides)).astype(np.float32))


def make_tracks(boxes: Boxes, ages_s: list[float]) -> Tracks:
    poses = FakeEstimator().estimate(FRAME, boxes)
    tracks = Tracks.at_rest(poses, np.arange(1, len(boxes) + 1))
    return replace(tracks, age_s=np.array(ages_s, np.float32))


class Crowd:
    """A budget with networks of its own clock."""

    def __init__(self, per_person_s: float = 0.03) -> None:
        self.estimator = TimedEstimator(per_person_s)
        self.networks = TopDownNetworks(CrowdDetector([]), self.estimator)
        self.budget = PoseBudget(clock_s=lambda: self.estimator.now_s)

    def pose(self, sides: list[float], *, budget_s: float = 0.2) -> PosedFrame:
        detections = Detections(make_boxes(sides), Poses.empty(COCO17))
        return self.budget.pose(DetectedFrame(FRAME, detections, self.networks), budget_s=budget_s)


def test_a_few_people_are_all_posed() -> None:
    crowd = Crowd()
    for _ in range(3):
        posed = crowd.pose([50, 40, 30, 20])
        assert (len(posed.poses), len(posed.unposed)) == (4, 0)


def test_of_a_crowd_as_many_as_there_is_time_for() -> None:
    crowd = Crowd(per_person_s=0.03)
    posed = [crowd.pose([50] * 15) for _ in range(30)]
    assert len(posed[0].poses) == 4, "nothing is known yet"
    assert {len(each.poses) for each in posed[10:]} == {5}, "0.2 s for 0.03 s each, with some room"
    assert {len(each.boxes) + len(each.unposed) for each in posed} == {15}


def test_the_number_follows_the_load() -> None:
    crowd = Crowd()
    for per_person_s, num_posed in ((0.01, 15), (0.05, 4), (0.5, 1), (0.01, 15)):
        crowd.estimator.per_person_s = per_person_s  # another program takes the cores, or gives them back
        for _ in range(40):
            crowd.pose([50] * 15)
        assert crowd.estimator.counts[-1] == num_posed


def test_the_number_is_steady_but_for_rare_trials() -> None:
    for per_person_s in np.linspace(0.004, 0.3, 8):
        crowd = Crowd(per_person_s)
        for _ in range(400):
            crowd.pose([50] * 15)
        settled = crowd.estimator.counts[60:]
        usual = int(np.median(settled))
        assert settled.count(usual) >= 0.97 * len(settled), per_person_s
        assert set(settled) <= {usual, usual + 1}, per_person_s


def test_a_first_person_may_take_longer_than_the_others() -> None:
    """As on a processor with several cores: the number still grows to what fits."""
    crowd = Crowd(per_person_s=0.0)
    estimate = crowd.estimator.estimate

    def with_start(frame: Frame, boxes: Boxes) -> Poses:
        crowd.estimator.now_s += 0.12 + 0.002 * len(boxes)
        return estimate(frame, boxes)

    crowd.estimator.estimate = with_start  # type: ignore[method-assign]
    crowd.budget._num_persons = 1
    for _ in range(200):
        crowd.pose([50] * 15)
    assert crowd.estimator.counts[-1] >= 5


@pytest.mark.parametrize(
    ("budget_s", "num_posed"), [(0.0001, 1), (float("inf"), 15), (0.2, 4)], ids=["at least one", "no limit", "usual"]
)
def test_limits(budget_s: float, num_posed: int) -> None:
    crowd = Crowd(per_person_s=0.045)
    for _ in range(20):
        posed = crowd.pose([50] * 15, budget_s=budget_s)
    assert len(posed.poses) == num_posed


def test_a_few_people_who_take_too_long_are_fewer_too() -> None:
    crowd = Crowd(per_person_s=0.15)
    for _ in range(20):
        posed = crowd.pose([50, 40, 30])
    assert (len(posed.poses), len(posed.unposed)) == (1, 2)


def test_people_who_leave_time_are_all_posed_again() -> None:
    crowd = Crowd(per_person_s=0.05)
    for _ in range(10):
        crowd.pose([50] * 15)
    crowd.estimator.per_person_s = 0.02
    for _ in range(20):
        posed = crowd.pose([50] * 5)
    assert len(posed.unposed) == 0


def test_an_empty_frame_takes_no_time_and_teaches_nothing() -> None:
    crowd = Crowd()
    assert len(crowd.pose([]).poses) == 0
    assert len(crowd.pose([50] * 9).poses) == 4


def test_poses_without_time_are_soon_all_there() -> None:
    crowd = Crowd(per_person_s=0.0)
    for _ in range(12):
        posed = crowd.pose([50] * 15)
    assert len(posed.poses) == 15


def test_the_largest_come_first_and_keep_the_order_of_the_detector() -> None:
    sides = [10.0, 50, 20, 50, 30, 50, 40, 50]
    posed = Crowd().pose(sides)
    assert (posed.boxes.xyxy[:, 2] - posed.boxes.xyxy[:, 0]).tolist() == [50, 50, 50, 50]
    assert (posed.unposed.xyxy[:, 2] - posed.unposed.xyxy[:, 0]).tolist() == [10, 20, 30, 40]
    assert (np.diff(posed.boxes.score) < 0).all()
    assert np.array_equal(posed.poses.boxes.xyxy, posed.boxes.xyxy)


@pytest.mark.parametrize(
    ("sides", "ages_s", "first"),
    [
        pytest.param([40, 42], [9, 0], 0, id="a tracked person keeps its place against a slightly larger one"),
        pytest.param([20, 50], [9, 0], 1, id="a clearly larger person takes it"),
        pytest.param([40, 40], [1, 3], 1, id="of equal size the one who is tracked longer"),
        pytest.param([40, 40], [9, 99], 0, id="after some seconds all ages are equal"),
    ],
)
def test_who_comes_first(sides: list[float], ages_s: list[float], first: int) -> None:
    boxes = make_boxes(sides)
    assert rank(boxes, make_tracks(boxes, ages_s))[0] == first


def test_rank_of_nobody_and_tracks_elsewhere() -> None:
    boxes = make_boxes([30, 40])
    assert rank(Boxes.empty(), None).tolist() == []
    assert rank(Boxes.empty(), make_tracks(boxes, [1, 1])).tolist() == []
    assert rank(boxes, None).tolist() == [1, 0]
    assert rank(boxes, make_tracks(Boxes.empty(), [])).tolist() == [1, 0]
    elsewhere = make_tracks(Boxes(boxes.xyxy + np.float32(500), boxes.score), [9, 0])
    assert rank(boxes, elsewhere).tolist() == [1, 0]


def run(*, is_live: bool, sides: list[float], num_frames: int = 12) -> tuple[Pipeline, list[Scene], TimedEstimator]:
    """A pipeline of a crowd to its end."""

    def one_by_one() -> Iterator[Frame]:
        for each in frames(num_frames):
            yield frame(each.index, wh=WH)
            if is_live:  # it would drop frames that nobody has taken
                sink.wait_for(each.index)

    sink, estimator = WaitingSink(), TimedEstimator()
    source = FakeSource(one_by_one(), is_live=is_live)
    parts = make_parts(source, detector=CrowdDetector(sides), estimator=estimator)
    parts.writer.add(sink)
    pipeline = Pipeline(replace(parts, pose_limit_s=0.2), make_settings())
    pipeline._perception._budget = PoseBudget(clock_s=lambda: estimator.now_s)
    pipeline.start()
    assert pipeline.wait(20)
    pipeline.stop()
    return pipeline, sink.scenes, estimator


class WaitingSink(FakeSink):
    """A sink for which the source waits after each frame, so that a live source drops none."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def write(self, scene: Scene) -> None:
        with self._changed:
            super().write(scene)
            self._changed.notify_all()

    def wait_for(self, index: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: any(scene.frame.index == index for scene in self.scenes), 10)


def test_a_live_pipeline_says_who_is_left_out() -> None:
    pipeline, scenes, estimator = run(is_live=True, sides=[50, 20, 50, 20, 50, 20, 50, 20, 50, 20, 50, 20])
    crowd = pipeline.report().crowd
    assert (crowd.unposed, crowd.most_unposed, crowd.frames) == (7, 8, 12)
    assert [len(scene.boxes) for scene in scenes] == [12] * 12
    assert len(scenes[-1].unposed) == 7
    assert estimator.counts == [4] * 5 + [5] * 7, "nobody else is looked for meanwhile"
    ids = {tuple(sorted(scene.tracks.seen.ids.tolist())) for scene in scenes[8:]}
    assert len(ids) == 1, "always the same people"


def test_a_file_gets_all_poses() -> None:
    pipeline, scenes, estimator = run(is_live=False, sides=[50] * 12)
    assert pipeline.report().crowd.frames == 0
    assert [len(scene.poses) for scene in scenes] == [12] * 12
    assert set(estimator.counts) == {12}


@pytest.mark.parametrize("value", [-1.0, float("nan"), 1e9])
def test_the_setting_has_a_range(value: float) -> None:
    with pytest.raises(ConfigError, match="pose_budget_ms"):
        SourceConfig(pose_budget_ms=value)
