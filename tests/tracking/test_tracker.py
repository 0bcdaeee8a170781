"""The tracker: ids that survive crossings and gaps, states as documented, bad input."""

from collections.abc import Callable

import numpy as np
import pytest

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import apply_affine, apply_affine_boxes, resize_affine
from realtime_pose.scene import Boxes, Float, Poses, Tracks, TrackState
from realtime_pose.skeletons import COCO17, Skeleton
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.similarity import mirror
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.people.scenes import (
    PERFECT,
    PICTURE_WH,
    Sensor,
    Sight,
    Walker,
    crowd,
    frame_times,
    observe,
    truth_at,
)

CONFIG = TrackConfig()
NO_POSES = Poses.empty(COCO17)
RATE_HZ = 30.0
LEFT, RIGHT = Walker(person_id=1, start_x_px=300), Walker(person_id=2, start_x_px=900)
PERSON = truth_at([LEFT], 0.0).poses
PAIR = truth_at([LEFT, RIGHT], 0.0).poses


def _tracker(config: TrackConfig = CONFIG, skeleton: Skeleton = COCO17) -> PoseTracker:
    return PoseTracker(config, skeleton)


def _sights(walkers: tuple[Walker, ...], times: list[float], *, seed: int = 0, sensor: Sensor = PERFECT) -> list[Sight]:
    rng = np.random.default_rng(seed)
    return [observe(truth_at(walkers, time_s), rng, sensor) for time_s in times]


def _ids_by_person(tracker: Tracker, sights: list[Sight]) -> list[dict[int, int]]:
    """For each frame the track id of each person who was seen."""
    ids_by_person = []
    for sight in sights:
        seen = tracker.update(sight.poses, time_s=sight.time_s).seen
        ids_by_person.append(dict(zip(sight.person_ids[seen.detection].tolist(), seen.ids.tolist(), strict=True)))
    return ids_by_person


def _num_switches(ids_by_person: list[dict[int, int]]) -> int:
    last: dict[int, int] = {}
    switches = 0
    for frame in ids_by_person:
        switches += sum(person in last and last[person] != track_id for person, track_id in frame.items())
        last.update(frame)
    return switches


def _without_pose(poses: Poses) -> Poses:
    return Poses(poses.keypoints, np.zeros_like(poses.score), poses.boxes, poses.skeleton)


def _unchanged(poses: Poses) -> Poses:
    return poses


def _shifted(poses: Poses, dx: Float | float) -> Poses:
    """These persons shifted right by some pixels, the same for all or one value each (N,)."""
    shift = np.zeros((len(poses), 2), np.float32)
    shift[:, 0] = dx
    boxes = Boxes(poses.boxes.xyxy + np.tile(shift, 2), poses.boxes.score)
    return Poses(poses.keypoints + shift[:, None], poses.score, boxes, poses.skeleton)


def _concatenate(first: Poses, second: Poses) -> Poses:
    boxes = Boxes(
        np.concatenate((first.boxes.xyxy, second.boxes.xyxy)), np.concatenate((first.boxes.score, second.boxes.score))
    )
    keypoints = np.concatenate((first.keypoints, second.keypoints))
    return Poses(keypoints, np.concatenate((first.score, second.score)), boxes, first.skeleton)


def _warm() -> PoseTracker:
    """A tracker that has seen one empty frame, so that tracks begin tentative."""
    tracker = _tracker()
    tracker.update(NO_POSES, time_s=-1 / RATE_HZ)
    return tracker


# Identities


@pytest.mark.parametrize("rate_hz", [30.0, 15.0, 8.0])
@pytest.mark.parametrize("speed_px_s", [80.0, 250.0])
def test_crossing_people_keep_their_ids(rate_hz: float, speed_px_s: float) -> None:
    there = Walker(person_id=1, start_x_px=400, speed_px_s=speed_px_s, feet_y_px=610)
    back = Walker(person_id=2, start_x_px=800, speed_px_s=-speed_px_s, height_px=240)
    sights = _sights((there, back), frame_times(rate_hz, 4), sensor=Sensor())
    assert _num_switches(_ids_by_person(_tracker(), sights)) == 0


@pytest.mark.parametrize(("rate_hz", "most"), [(30.0, 6), (15.0, 10), (8.0, 20)])
@pytest.mark.slow
def test_a_crowd_keeps_its_ids(rate_hz: float, most: float) -> None:
    switches, people, seen = 0, 0, 0
    for seed in range(2):
        sights = _sights(crowd(seed), frame_times(rate_hz, 10, drop_share=0.1), seed=seed, sensor=Sensor())
        ids_by_person = _ids_by_person(_tracker(), sights)
        switches += _num_switches(ids_by_person)
        people += sum(map(len, ids_by_person))
        seen += sum(len(sight.person_ids) for sight in sights)
    assert people / seen >= 0.95
    assert 1000 * switches / people <= most


@pytest.mark.parametrize("rate_hz", [30.0, 15.0, 8.0])
def test_stopping_or_turning_in_front_of_others_keeps_the_id(rate_hz: float) -> None:
    stops = Walker(person_id=1, start_x_px=400, speed_px_s=120, feet_y_px=620, stops_s=((1.5, 3.0),))
    turns = Walker(person_id=2, start_x_px=800, speed_px_s=-120, height_px=240, turns_s=(2.6,))
    waits = Walker(person_id=3, start_x_px=590, height_px=225, feet_y_px=570)
    sights = _sights((stops, turns, waits), frame_times(rate_hz, 6, drop_share=0.1), sensor=Sensor())
    assert _num_switches(_ids_by_person(_tracker(), sights)) == 0


def test_boxes_alone_are_tracked() -> None:
    there = Walker(person_id=1, start_x_px=300, speed_px_s=100)
    back = Walker(person_id=2, start_x_px=1000, speed_px_s=-60)
    sights = _sights((there, back), frame_times(RATE_HZ, 2))
    bare = [Sight(sight.time_s, sight.person_ids, _without_pose(sight.poses)) for sight in sights]
    ids_by_person = _ids_by_person(_tracker(), bare)
    assert all(len(frame) == 2 for frame in ids_by_person)
    assert _num_switches(ids_by_person) == 0


def test_another_skeleton_is_tracked() -> None:
    three = Skeleton(name="three", keypoints=("a", "b", "c"), limbs=(), pairs=(), sigmas=(0.1, 0.1, 0.1))
    tracker = _tracker(skeleton=three)
    for step in range(5):
        poses = Poses(PERSON.keypoints[:, :3] + step, PERSON.score[:, :3], PERSON.boxes, three)
        tracks = tracker.update(poses, time_s=step / RATE_HZ)
        assert tracks.seen.ids.tolist() == [1]
        assert tracks.poses.keypoints.shape == (1, 3, 2)


@pytest.mark.slow
def test_the_same_input_gives_the_same_ids() -> None:
    sights = _sights(crowd(5), frame_times(RATE_HZ, 3), sensor=Sensor())
    assert _ids_by_person(_tracker(), sights) == _ids_by_person(_tracker(), sights)


def test_ids_belong_to_an_instance_and_reset_starts_them_again() -> None:
    first, second = _tracker(), _tracker()
    assert first.update(PAIR, time_s=0).ids.tolist() == [1, 2]
    assert second.update(PERSON, time_s=0).ids.tolist() == [1]
    first.reset()
    assert first.update(PERSON, time_s=0).ids.tolist() == [1]


def test_the_id_survives_an_occlusion() -> None:
    walker = Walker(person_id=1, start_x_px=300, speed_px_s=100)
    sights = [s for s in _sights((walker,), frame_times(RATE_HZ, 3)) if not 1.0 <= s.time_s < 1.6]
    assert {track_id for frame in _ids_by_person(_tracker(), sights) for track_id in frame.values()} == {1}


def test_bending_down_suddenly_keeps_the_id() -> None:
    """A box that loses 40 % of its height from one frame to the next is still the same person's."""
    bent = PERSON.boxes.xyxy.copy()
    bent[:, 1] += 0.4 * (bent[:, 3] - bent[:, 1])
    low = Poses(PERSON.keypoints, np.zeros_like(PERSON.score), Boxes(bent, PERSON.boxes.score), COCO17)
    tracker = _tracker()
    for step in range(30):
        tracker.update(_without_pose(PERSON), time_s=step / RATE_HZ)
    assert tracker.update(low, time_s=1.0).seen.ids.tolist() == [1]


def test_a_person_of_a_third_of_the_height_is_another_person() -> None:
    small = PERSON.boxes.xyxy.copy()
    small[:, 3] = small[:, 1] + (small[:, 3] - small[:, 1]) / 3
    child = Poses(PERSON.keypoints, np.zeros_like(PERSON.score), Boxes(small, PERSON.boxes.score), COCO17)
    tracker = _tracker()
    tracker.update(_without_pose(PERSON), time_s=0.0)
    assert tracker.update(child, time_s=0.1).ids.tolist() == [1, 2]


def test_a_person_who_enters_far_from_the_last_exit_has_a_new_id() -> None:
    guest = Walker(person_id=1, start_x_px=100, present_s=(0.0, 1.0))
    other = Walker(person_id=2, start_x_px=1100, present_s=(1.2, 3.0))
    ids_by_person = _ids_by_person(_tracker(), _sights((guest, other), frame_times(RATE_HZ, 2)))
    assert ids_by_person[0] == {1: 1}
    assert ids_by_person[-1] == {2: 2}


@pytest.mark.parametrize("frame_wh", [PICTURE_WH, None], ids=["edges known", "edges unknown"])
def test_an_id_that_left_at_the_border_is_not_given_to_who_enters_there(frame_wh: tuple[int, int] | None) -> None:
    """The tracker needs the size of the image to notice that somebody left."""
    leaves = Walker(person_id=1, start_x_px=1180, speed_px_s=60, present_s=(0.0, 1.5))
    enters = Walker(person_id=2, start_x_px=1396, speed_px_s=-60, present_s=(2.1, 4.0))
    tracker, ids_by_person = _tracker(), {}
    for sight in _sights((leaves, enters), frame_times(RATE_HZ, 4)):
        seen = tracker.update(sight.poses, time_s=sight.time_s, frame_wh=frame_wh).seen
        ids_by_person.update(dict(zip(sight.person_ids[seen.detection].tolist(), seen.ids.tolist(), strict=True)))
    assert (ids_by_person[1] != ids_by_person[2]) is (frame_wh is not None)


def test_a_miss_inside_the_image_or_at_rest_at_the_border_keeps_the_id() -> None:
    stands = Walker(person_id=1, start_x_px=20)
    passes = Walker(person_id=2, start_x_px=500, speed_px_s=100)
    sights = [s for s in _sights((stands, passes), frame_times(RATE_HZ, 4)) if not 1.0 <= s.time_s < 2.2]
    tracker = _tracker()
    for sight in sights:
        seen = tracker.update(sight.poses, time_s=sight.time_s, frame_wh=PICTURE_WH).seen
        assert seen.ids.tolist() == [1, 2]


def test_a_renamed_track_goes_on_and_a_lost_one_with_that_id_ends() -> None:
    tracker = _tracker()
    tracker.update(PAIR, time_s=0.0)
    tracker.update(PAIR.take(np.array([1])), time_s=0.1)  # 1 is lost
    assert tracker.rename({2: 1}).ids.tolist() == [1]
    assert tracker.update(PAIR.take(np.array([1])), time_s=0.2).seen.ids.tolist() == [1]
    assert tracker.update(PAIR, time_s=0.3).ids.tolist() == [1, 3], "ids go on after the highest one"


def test_a_track_takes_the_id_of_one_that_gets_a_new_one() -> None:
    tracker = _tracker()
    tracker.update(PAIR, time_s=0.0)
    assert tracker.new_id() == 3
    assert tracker.rename({1: 3, 2: 1}).ids.tolist() == [3, 1]
    assert tracker.update(PAIR, time_s=0.1).seen.ids.tolist() == [3, 1]
    assert tracker.new_id() == 4


# Sides

FRONTAL = Poses(
    PERSON.keypoints + 20 * np.array([COCO17.side(i) == "left" for i in range(17)], np.float32)[:, None]
    * np.array([1, 0], np.float32),
    PERSON.score,
    PERSON.boxes,
    COCO17,
)  # fmt: skip


def test_left_and_right_swapped_by_the_network_are_swapped_back() -> None:
    tracker = _tracker()
    for step in range(20):
        poses = mirror(FRONTAL) if step in (5, 6, 12) else FRONTAL
        seen = tracker.update(poses, time_s=step / RATE_HZ).seen
        assert seen.ids.tolist() == [1]
        np.testing.assert_array_equal(seen.poses.keypoints, FRONTAL.keypoints)


def test_a_lasting_swap_of_left_and_right_is_accepted_in_the_end() -> None:
    tracker = _tracker()
    tracker.update(FRONTAL, time_s=0)
    shown = [tracker.update(mirror(FRONTAL), time_s=step / RATE_HZ).seen.poses for step in range(1, 30)]
    sides = [bool((poses.keypoints == FRONTAL.keypoints).all()) for poses in shown]
    assert sum(sides) == pytest.approx(CONFIG.max_flipped_s * RATE_HZ, abs=1)
    assert sides == sorted(sides, reverse=True), "the shown sides change once"


# States


def test_in_the_first_frame_tracks_are_confirmed_at_once() -> None:
    assert _tracker().update(PAIR, time_s=0).seen.ids.tolist() == [1, 2]


def test_later_tracks_are_confirmed_by_their_third_detection() -> None:
    tracker = _warm()
    states = [tracker.update(PERSON, time_s=step / RATE_HZ).state.tolist() for step in range(3)]
    assert states == [[TrackState.TENTATIVE], [TrackState.TENTATIVE], [TrackState.CONFIRMED]]


def test_a_tentative_track_that_is_missed_is_removed() -> None:
    tracker = _warm()
    tracker.update(PERSON, time_s=0)
    assert len(tracker.update(NO_POSES, time_s=1 / RATE_HZ)) == 0
    assert tracker.update(PERSON, time_s=2 / RATE_HZ).ids.tolist() == [2]


def test_a_missed_track_is_lost_then_confirmed_again_or_removed() -> None:
    tracker = _tracker()
    tracker.update(PERSON, time_s=0)
    lost = tracker.update(NO_POSES, time_s=0.1)
    assert lost.state.tolist() == [TrackState.LOST]
    assert lost.detection.tolist() == [-1]
    assert len(lost.seen) == 0
    assert tracker.update(PERSON, time_s=0.2).state.tolist() == [TrackState.CONFIRMED]
    assert len(tracker.update(NO_POSES, time_s=0.2 + CONFIG.lost_s)) == 1
    assert len(tracker.update(NO_POSES, time_s=0.3 + CONFIG.lost_s)) == 0


def test_a_box_with_a_low_pose_score_starts_no_track() -> None:
    """An arm or a head alone: the detector is certain, the pose estimator finds almost nothing."""
    faint = Poses(PERSON.keypoints, np.full_like(PERSON.score, 0.1), PERSON.boxes, COCO17)
    assert len(_tracker().update(faint, time_s=0.0)) == 0
    tracker = _tracker()
    tracker.update(PERSON, time_s=0.0)
    assert tracker.update(faint, time_s=0.03).seen.ids.tolist() == [1], "an existing track keeps its id"


def test_a_low_box_score_starts_no_track_but_continues_one() -> None:
    tracker = _tracker()
    faint = Poses(PERSON.keypoints, PERSON.score, Boxes(PERSON.boxes.xyxy, np.array([0.1], np.float32)), COCO17)
    assert len(tracker.update(faint, time_s=0)) == 0
    tracker.reset()
    tracker.update(PERSON, time_s=0)
    assert tracker.update(faint, time_s=0.1).seen.ids.tolist() == [1]


def test_a_confirmed_track_is_assigned_before_a_tentative_one() -> None:
    """A second box on one person starts a track that must not take over the person."""
    tracker = _tracker()
    tracker.update(PERSON, time_s=0)
    shifted = _shifted(PERSON, 12)
    both = _concatenate(PERSON, shifted)
    assert len(tracker.update(both, time_s=0.03)) == 2
    assert tracker.update(shifted, time_s=0.06).ids.tolist() == [1]


# What a track holds


def _walking() -> tuple[PoseTracker, Tracks]:
    """A tracker that followed one person for a second at 120 px/s, and its last tracks."""
    tracker = _tracker()
    for step in range(31):
        tracks = tracker.update(_shifted(PERSON, 4.0 * step), time_s=step / RATE_HZ)
    return tracker, tracks


def test_velocity_age_and_trail() -> None:
    _, tracks = _walking()
    np.testing.assert_allclose(tracks.velocity, [[120, 0]], atol=3)
    np.testing.assert_allclose(tracks.age_s, [1.0], atol=1e-5)
    trail = tracks.trail[0]
    assert trail.shape == (CONFIG.trail_length, 2)
    assert np.isnan(trail[:-31]).all()
    np.testing.assert_allclose(np.diff(trail[-31:, 0]), 4, atol=1e-3)


def test_a_seen_track_has_the_pose_of_its_detection() -> None:
    seen = _tracker().update(PAIR, time_s=0)
    np.testing.assert_array_equal(seen.poses.keypoints, PAIR.keypoints[seen.detection])
    np.testing.assert_array_equal(seen.poses.boxes.xyxy, PAIR.boxes.xyxy[seen.detection])


def test_an_unseen_track_moves_on_and_fades() -> None:
    tracker, before = _walking()
    after = tracker.update(NO_POSES, time_s=1.0 + CONFIG.lost_s / 2)
    np.testing.assert_allclose(after.poses.keypoints - before.poses.keypoints, [[[60 * CONFIG.lost_s, 0]] * 17], atol=8)
    np.testing.assert_allclose(after.poses.score, before.poses.score / 2, rtol=1e-4)
    gone = tracker.update(NO_POSES, time_s=1.0 + CONFIG.lost_s)
    np.testing.assert_allclose(gone.poses.score, 0, atol=1e-4)


def test_returned_tracks_do_not_change_later() -> None:
    tracker = _tracker()
    first = tracker.update(PERSON, time_s=0)
    kept = first.poses.keypoints.copy(), first.trail.copy()
    tracker.update(_shifted(PERSON, 10), time_s=0.1)
    np.testing.assert_array_equal(first.poses.keypoints, kept[0])
    np.testing.assert_array_equal(first.trail, kept[1])


# Bad input


def test_a_minute_without_persons() -> None:
    tracker = _tracker()
    tracker.update(PERSON, time_s=0)
    lengths = [len(tracker.update(NO_POSES, time_s=time_s)) for time_s in np.arange(1, 60 * 2) / 2]
    assert lengths[0] == 1
    assert lengths[-1] == 0
    assert tracker.update(PERSON, time_s=60.0).ids.tolist() == [2]


@pytest.mark.parametrize(
    "times", [pytest.param([5.0] * 5, id="stands"), pytest.param([5, 4, 4.5, 0, 0.1], id="backwards")]
)
def test_time_that_does_not_rise(times: list[float]) -> None:
    tracker = _tracker()
    ages = []
    for time_s in times:
        tracks = tracker.update(PAIR, time_s=time_s)
        assert tracks.seen.ids.tolist() == [1, 2]
        assert np.isfinite(tracks.velocity).all()
        ages.append(float(tracks.age_s[0]))
    assert ages == sorted(ages)


def test_a_gap_of_ten_seconds_ends_all_tracks() -> None:
    tracker = _tracker()
    tracker.update(PERSON, time_s=0)
    assert tracker.update(PERSON, time_s=10.0).seen.ids.tolist() == [2]


def _many(count: int, step_px: float) -> Poses:
    return _shifted(PERSON.take(np.zeros(count, np.int64)), np.arange(count, dtype=np.float32) * step_px)


@pytest.mark.parametrize("step_px", [pytest.param(30.0, id="apart"), pytest.param(0.0, id="identical boxes")])
def test_two_hundred_people(step_px: float) -> None:
    tracker = _tracker()
    for step in range(3):
        tracks = tracker.update(_many(200, step_px), time_s=step / RATE_HZ)
        assert tracks.seen.ids.tolist() == list(range(1, 201))
        assert sorted(tracks.detection.tolist()) == list(range(200))


def _part(low: float, high: float) -> Poses:
    """A detection of a part of the person, between two shares of the height; keypoints outside are unseen."""
    xyxy, height = PERSON.boxes.xyxy.copy(), PERSON.boxes.xyxy[:, 3] - PERSON.boxes.xyxy[:, 1]
    xyxy[:, 1], xyxy[:, 3] = xyxy[:, 1] + low * height, xyxy[:, 1] + high * height
    is_inside = (PERSON.keypoints[..., 1] >= xyxy[:, 1:2]) & (PERSON.keypoints[..., 1] <= xyxy[:, 3:])
    score = np.where(is_inside, PERSON.score, np.float32(0.05))
    return Poses(PERSON.keypoints, score, Boxes(xyxy, PERSON.boxes.score * np.float32(0.7)), COCO17)


@pytest.mark.parametrize("split_s", [0.2, 1.0])
@pytest.mark.parametrize(
    "seen_as", [pytest.param(_unchanged, id="poses"), pytest.param(_without_pose, id="boxes alone")]
)
def test_a_person_detected_as_two_halves_for_a_while_keeps_the_id(
    split_s: float, seen_as: Callable[[Poses], Poses]
) -> None:
    tracker = _tracker()
    halves = _concatenate(_part(0, 0.55), _part(0.45, 1))
    for step in range(90):
        poses = halves if 1.0 <= step / RATE_HZ < 1.0 + split_s else PERSON
        tracks = tracker.update(seen_as(poses), time_s=step / RATE_HZ)
        assert 1 in tracks.seen.ids
    assert tracks.seen.ids.tolist() == [1]


@pytest.mark.parametrize("wh", [(640, 360), (1920, 1080), (960, 720)], ids=["half", "larger", "other aspect"])
def test_a_change_of_the_image_size_keeps_ids_and_speed(wh: tuple[int, int]) -> None:
    affine = resize_affine(PICTURE_WH, wh)
    tracker = _tracker()
    for step in range(60):
        poses, frame_wh = _shifted(PAIR, 4.0 * step), PICTURE_WH
        if step >= 30:
            boxes = Boxes(apply_affine_boxes(affine, poses.boxes.xyxy), poses.boxes.score)
            poses, frame_wh = Poses(apply_affine(affine, poses.keypoints), poses.score, boxes, COCO17), wh
        tracks = tracker.update(poses, time_s=step / RATE_HZ, frame_wh=frame_wh)
        assert tracks.seen.ids.tolist() == [1, 2]
    np.testing.assert_allclose(tracks.velocity[:, 0], 120 * wh[0] / PICTURE_WH[0], rtol=0.03)


def _with_bad_number(value: float, field: str) -> Poses:
    """Two persons; the first has one number replaced."""
    arrays: dict[str, Float] = {
        "keypoints": PAIR.keypoints.copy(),
        "score": PAIR.score.copy(),
        "xyxy": PAIR.boxes.xyxy.copy(),
        "box score": PAIR.boxes.score.copy(),
    }
    arrays[field].reshape(2, -1)[0, 0] = value
    return Poses(arrays["keypoints"], arrays["score"], Boxes(arrays["xyxy"], arrays["box score"]), COCO17)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        *((value, field) for value in (np.nan, np.inf) for field in ("keypoints", "score", "xyxy", "box score")),
        (1e30, "keypoints"),
        pytest.param(1e4, "xyxy", id="box inside out"),
    ],
)
def test_persons_with_invalid_numbers_are_ignored(value: float, field: str) -> None:
    tracker = _tracker()
    for step in range(3):
        tracks = tracker.update(_with_bad_number(value, field), time_s=step / RATE_HZ)
        assert tracks.detection.tolist() == [1]  # rows count all persons that came in
        assert np.isfinite(tracks.poses.keypoints).all()


def test_an_empty_box_is_tracked() -> None:
    dot = np.full((1, 4), 5, np.float32)
    poses = Poses(np.full((1, 17, 2), 5, np.float32), PERSON.score, Boxes(dot, PERSON.boxes.score), COCO17)
    tracker = _tracker()
    for step in range(3):
        assert tracker.update(poses, time_s=step / RATE_HZ).seen.ids.tolist() == [1]


def test_the_wrong_skeleton_is_refused() -> None:
    other = Skeleton(name="one", keypoints=("a",), limbs=(), pairs=(), sigmas=(0.1,))
    with pytest.raises(ValueError, match=r"expected the skeleton coco17 \(17 keypoints\).*got one \(1\)"):
        _tracker().update(Poses.empty(other), time_s=0)


@pytest.mark.parametrize("time_s", [float("nan"), float("inf")])
def test_a_time_that_is_not_finite_is_refused(time_s: float) -> None:
    with pytest.raises(ValueError, match="time_s: expected a finite number of seconds"):
        _tracker().update(NO_POSES, time_s=time_s)


def test_with_lost_s_0_each_frame_has_new_tracks() -> None:
    tracker = _tracker(TrackConfig(lost_s=0))
    assert tracker.update(PERSON, time_s=0).seen.ids.tolist() == [1]
    assert tracker.update(PERSON, time_s=0.1).seen.ids.tolist() == [2]
