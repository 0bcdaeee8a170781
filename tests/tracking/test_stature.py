"""Stature: who is nearer and who is taller tells people apart who walk one behind the other."""

import itertools

import numpy as np
import pytest

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import resize_affine
from realtime_pose.scene import Poses
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.stature import deviation, gains, learned_variance, stature_similarity
from realtime_pose.tracking.track_table import TrackTable
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.people.scenes import PICTURE_WH, Sensor, Walker, frame_times, observe, truth_at

pytestmark = [pytest.mark.slow]

RATE_HZ = 30.0
_HEIGHT = np.array([260], np.float32)


def _table(walker: Walker, *, seconds: float = 2.0) -> TrackTable:
    """The table of a tracker that followed one person."""
    first = truth_at([walker], 0.0).poses
    table = TrackTable.from_poses(first, np.zeros(1, np.int64), first_id=1, trail_length=3)
    for time_s in frame_times(RATE_HZ, seconds)[1:]:
        poses = truth_at([walker], time_s).poses
        table.predict(1 / RATE_HZ, poses.boxes.xyxy, np.zeros((1, 2), np.float32))
        table.update(np.zeros(1, np.int64), poses, np.zeros(1, np.int64))
    return table


def _standing(*, feet_y_px: float = 600, height_px: float = 260) -> Poses:
    return truth_at([Walker(person_id=1, feet_y_px=feet_y_px, height_px=height_px)], 0.0).poses


@pytest.mark.parametrize(
    ("feet_y_px", "height_px", "level", "size"),
    [(600, 260, 0.0, 0.0), (613, 260, 0.05, 0.0), (600, 286, None, 0.1), (574, 260, -0.1, 0.0)],
    ids=["the same", "nearer", "taller", "farther"],
)
def test_deviation_in_body_heights(feet_y_px: float, height_px: float, level: float | None, size: float) -> None:
    usual, other = _standing(), _standing(feet_y_px=feet_y_px, height_px=height_px)
    deviations, is_known = deviation(
        usual.keypoints[..., 1], usual.score, other.keypoints[..., 1], other.score, height=_HEIGHT
    )
    assert is_known.tolist() == [[True]]
    assert deviations[0, 0, 1] == pytest.approx(size, abs=0.01)
    if level is not None:
        assert deviations[0, 0, 0] == pytest.approx(level, abs=0.005)


def test_without_common_keypoints_nothing_is_known() -> None:
    pose = _standing()
    y, score = pose.keypoints[..., 1], pose.score
    deviations, is_known = deviation(y, score * (np.arange(17) < 5), y, score * (np.arange(17) >= 5), height=_HEIGHT)
    assert is_known.tolist() == [[False]]
    assert deviations.tolist() == [[[0, 0]]]


def test_hidden_keypoints_do_not_change_level_or_size() -> None:
    usual, half = _standing(), _standing()
    score = half.score * (np.arange(17) < 11)
    y = np.where(score > 0, half.keypoints[..., 1], 0)
    deviations, _ = deviation(usual.keypoints[..., 1], usual.score, y, score, height=_HEIGHT)
    np.testing.assert_allclose(deviations, 0, atol=1e-5)


def test_a_person_who_moves_up_and_down_is_not_held_to_a_level() -> None:
    deviations = np.array([[[0.0, 0.0], [0.04, 0.0]]]).repeat(2, axis=0)  # (2, 2, 2)
    variance = np.array([[0.0, 0.0], [0.1**2, 0.1**2]])  # a walker, a dancer
    similarity = stature_similarity(deviations, variance)
    assert similarity[0, 0] == pytest.approx(1)
    assert similarity[0, 0] - similarity[0, 1] > 0.9, "4 % of the height is another person"
    assert similarity[1, 0] - similarity[1, 1] < 0.01, "4 % of the height means nothing"


def test_the_first_detections_count_most_and_a_long_miss_counts_once() -> None:
    y_gain, variance_gain = gains(np.array([0.03, 0.03, 0.2, 9.0]), np.array([1, 1000, 1000, 1000]))
    assert y_gain[0] == pytest.approx(0.5)
    assert variance_gain[0] == pytest.approx(1 / 6)
    assert y_gain[1] < 0.04
    assert y_gain[2] == y_gain[3] < 0.2


def test_one_outlier_hardly_changes_the_variance() -> None:
    variance = np.full((1, 2), 0.01**2)
    after = learned_variance(variance, np.array([[1.0, 1.0]]), gain=np.array([0.03]))
    assert np.sqrt(after).max() < 0.012


def test_a_table_learns_the_stature_of_its_person() -> None:
    table = _table(Walker(person_id=1, speed_px_s=100))
    same = table.stature_similarity(_standing())
    behind = table.stature_similarity(_standing(feet_y_px=585))
    smaller = table.stature_similarity(_standing(height_px=235))
    assert same[0, 0] > 0.5
    assert behind[0, 0] < 0.3
    assert smaller[0, 0] < 0.3


def test_boxes_alone_have_a_stature_too() -> None:
    def bare(poses: Poses) -> Poses:
        return Poses(poses.keypoints, np.zeros_like(poses.score), poses.boxes, COCO17)

    table = TrackTable.from_poses(bare(_standing()), np.zeros(1, np.int64), first_id=1, trail_length=3)
    same, behind = (
        table.stature_similarity(bare(_standing())),
        table.stature_similarity(bare(_standing(feet_y_px=570, height_px=240))),
    )
    assert same[0, 0] > 2 * behind[0, 0]
    assert table.stature_similarity(_standing()).tolist() == [[0]], "keypoints and edges have nothing in common"


def test_a_new_image_size_keeps_the_stature() -> None:
    table = _table(Walker(person_id=1))
    affine = resize_affine(PICTURE_WH, (640, 360))
    before = table.stature_similarity(_standing())
    table.transform(affine)
    half = Poses(np.asarray(_standing().keypoints / 2, np.float32), _standing().score, _standing().boxes, COCO17)
    np.testing.assert_allclose(table.stature_similarity(half), before, atol=0.05)


@pytest.mark.parametrize("rate_hz", [30.0, 15.0, 8.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_people_one_behind_the_other_do_not_exchange_their_ids(rate_hz: float, seed: int) -> None:
    """The rear person is hidden, often missed, and placed imprecisely when seen."""
    near = Walker(person_id=1, start_x_px=300, speed_px_s=100, feet_y_px=612, height_px=266, phase=0.4)
    far = Walker(person_id=2, start_x_px=306, speed_px_s=100, feet_y_px=597, height_px=258)
    tracker, rng = PoseTracker(TrackConfig(), COCO17), np.random.default_rng(seed)
    ids: dict[int, list[int]] = {1: [], 2: []}
    for time_s in frame_times(rate_hz, 8):
        sight = observe(truth_at([near, far], time_s), rng, Sensor(hidden_miss_share=0.5))
        seen = tracker.update(sight.poses, time_s=time_s, frame_wh=PICTURE_WH).seen
        for person, track_id in zip(sight.person_ids[seen.detection].tolist(), seen.ids.tolist(), strict=True):
            ids[person].append(track_id)
    exchanges = sum(a != b for each in ids.values() for a, b in itertools.pairwise(each))
    assert exchanges <= 2
