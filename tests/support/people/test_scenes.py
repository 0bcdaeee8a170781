"""The synthetic people are a function of time, seeded, and hidden only by nearer people."""

import numpy as np
import pytest

from tests.support.people.scenes import PERFECT, PICTURE_WH, Sensor, Walker, crowd, frame_times, observe, truth_at


def test_a_walk_does_not_depend_on_the_frame_rate() -> None:
    slow = {time_s: truth_at(crowd(3), time_s) for time_s in frame_times(8, 4)}
    fast = {time_s: truth_at(crowd(3), time_s) for time_s in frame_times(16, 4)}
    for time_s, truth in slow.items():
        np.testing.assert_array_equal(truth.poses.keypoints, fast[time_s].poses.keypoints)


def test_different_seeds_give_different_crowds() -> None:
    assert crowd(1) == crowd(1)
    assert crowd(1) != crowd(2)


@pytest.mark.parametrize("seed", range(5))
def test_keypoints_lie_in_their_box_and_people_in_the_image(seed: int) -> None:
    walkers = crowd(seed)
    for time_s in frame_times(4, 12):
        poses = truth_at(walkers, time_s).poses
        assert (poses.keypoints >= poses.boxes.xyxy[:, None, :2]).all()
        assert (poses.keypoints <= poses.boxes.xyxy[:, None, 2:]).all()
        assert (poses.keypoints.mean(1) > -30).all()
        assert (poses.keypoints.mean(1) < np.array(PICTURE_WH) + 30).all()


def test_a_walker_has_its_speed_and_turns() -> None:
    walker = Walker(person_id=1, start_x_px=300, speed_px_s=100, turns_s=(2.0,))
    np.testing.assert_allclose(walker.x_and_heading(1.5), (450, 1))
    np.testing.assert_allclose(walker.x_and_heading(3.0), (400, -1))


def test_a_walker_stops_and_goes_on() -> None:
    walker = Walker(person_id=1, start_x_px=300, speed_px_s=100, stops_s=((1.0, 3.0),))
    np.testing.assert_allclose(
        [walker.x_and_heading(time_s)[0] for time_s in (1.0, 2.0, 3.0, 4.0)], [400, 400, 400, 500]
    )
    np.testing.assert_array_equal(walker.keypoints_at(1.2), walker.keypoints_at(2.9))


def test_a_walker_turns_round_at_the_edge_of_the_image() -> None:
    walker = Walker(person_id=1, start_x_px=1200, speed_px_s=100)
    np.testing.assert_allclose(walker.x_and_heading(1.8), (1180, -1))


def test_people_enter_and_leave() -> None:
    guest = Walker(person_id=7, present_s=(1.0, 2.0))
    assert [len(truth_at([guest], time_s).poses) for time_s in (0.5, 1.0, 1.9, 2.0)] == [0, 1, 1, 0]


def test_a_person_lies_after_a_fall() -> None:
    walker = Walker(person_id=1, falls_s=1.0)
    standing, lying = (truth_at([walker], time_s).poses.boxes.xyxy[0] for time_s in (0.9, 2.0))
    assert standing[3] - standing[1] > 1.7 * (standing[2] - standing[0])
    assert lying[2] - lying[0] > 1.7 * (lying[3] - lying[1])


def test_the_farther_of_two_people_is_seen_worse_and_often_missed() -> None:
    pair = [Walker(person_id=1, feet_y_px=600), Walker(person_id=2, feet_y_px=580)]
    rng = np.random.default_rng(0)
    sights = [observe(truth_at(pair, time_s), rng) for time_s in frame_times(30, 4)]
    seen = [sum(person_id in sight.person_ids for sight in sights) for person_id in (1, 2)]
    assert seen[0] > 0.9 * len(sights)
    assert 0 < seen[1] < 0.6 * len(sights)
    both = [sight for sight in sights if len(sight.poses) == 2]
    assert all(
        sight.poses.score[sight.person_ids == 1].mean() > sight.poses.score[sight.person_ids == 2].mean()
        for sight in both
    )


def test_a_perfect_sensor_gives_the_ground_truth_in_another_order() -> None:
    truth = truth_at(crowd(0), 1.0)
    seen = observe(truth, np.random.default_rng(0), PERFECT)
    order = [int(np.flatnonzero(truth.person_ids == person_id)[0]) for person_id in seen.person_ids]
    np.testing.assert_allclose(seen.poses.keypoints, truth.poses.keypoints[order], atol=1e-4)


def test_without_people_there_are_no_detections() -> None:
    truth = truth_at([], 0.0)
    assert len(truth.poses) == len(observe(truth, np.random.default_rng(0)).poses) == 0


def test_the_noise_has_the_given_deviation() -> None:
    truth = truth_at([Walker(person_id=1, height_px=250)], 0.0)
    rng = np.random.default_rng(0)
    sensor = Sensor(keypoint_std=0.01, miss_share=0)
    errors = [observe(truth, rng, sensor).poses.keypoints - truth.poses.keypoints for _ in range(200)]
    height_px = truth.poses.boxes.xyxy[0, 3] - truth.poses.boxes.xyxy[0, 1]
    assert np.std(errors) == pytest.approx(0.01 * height_px, rel=0.05)


def test_frames_are_dropped_but_their_times_do_not_change() -> None:
    kept = frame_times(30, 10, drop_share=0.3, seed=1)
    assert set(kept) < set(frame_times(30, 10))
    assert kept[0] == 0
    assert 180 < len(kept) < 240
