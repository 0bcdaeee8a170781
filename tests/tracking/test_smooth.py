"""Smoothing: little jitter at rest, little lag in motion, in seconds and not in frames."""

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import SmoothConfig
from realtime_pose.scene import Boxes, Poses, Tracks, TrackState
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.smooth import Smoother

HEIGHT_PX = 250.0
K = len(COCO17)
Real = NDArray[np.float64]


def _tracks(
    keypoints: Real, *, ids: tuple[int, ...] = (1,), score: float = 0.9, velocity: tuple[float, float] = (0.0, 0.0)
) -> Tracks:
    """Tracks with these keypoints, (N, 17, 2)."""
    count = len(ids)
    xyxy = np.tile(np.array([0, 0, 80, HEIGHT_PX], np.float32), (count, 1))
    poses = Poses(
        keypoints.reshape(count, K, 2).astype(np.float32),
        np.full((count, K), score, np.float32),
        Boxes(xyxy, np.ones(count, np.float32)),
        COCO17,
    )
    return Tracks(
        ids=np.array(ids, np.int64),
        state=np.full(count, TrackState.CONFIRMED, np.uint8),
        velocity=np.tile(np.array(velocity, np.float32), (count, 1)),
        age_s=np.zeros(count, np.float32),
        detection=np.arange(count),
        trail=np.zeros((count, 0, 2), np.float32),
        poses=poses,
    )


def _at(value: float) -> Real:
    return np.full((1, K, 2), value)


def _smoothed(smoother: Smoother, value: float, time_s: float, *, score: float = 0.9, speed: float = 0.0) -> float:
    tracks = _tracks(_at(value), score=score, velocity=(speed, speed))
    return float(smoother.smooth(tracks, time_s=time_s).poses.keypoints[0, 0, 0])


def _run(path: Real, rate_hz: float) -> Real:
    """(F, K, 2) smoothed path of one person."""
    smoother = Smoother(SmoothConfig())
    times = np.arange(len(path)) / rate_hz
    steps = [smoother.smooth(_tracks(xy), time_s=time_s) for xy, time_s in zip(path, times, strict=True)]
    return np.array([step.poses.keypoints[0] for step in steps], np.float64)


@pytest.mark.parametrize("rate_hz", [30.0, 60.0])
@pytest.mark.parametrize("noise_share", [0.004, 0.008, 0.012])
def test_the_jitter_of_a_standing_person_falls_by_more_than_half(rate_hz: float, noise_share: float) -> None:
    rng = np.random.default_rng(0)
    path = 100 + rng.normal(0, noise_share * HEIGHT_PX, (400, K, 2))
    ratio = _run(path, rate_hz)[30:].std(0) / path[30:].std(0)
    assert ratio.mean() <= 0.4


@pytest.mark.parametrize(("swing", "rate_hz"), [(0.05, 1.0), (0.1, 0.5), (0.15, 1.0), (0.2, 1.5), (0.25, 0.5)])
def test_a_moving_wrist_lags_at_most_a_frame(swing: float, rate_hz: float) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(180) / 30
    wrist = 100 + swing * HEIGHT_PX * np.sin(2 * np.pi * rate_hz * times)
    path = np.repeat(wrist[:, None, None], K, axis=1).repeat(2, axis=2)
    smoothed = _run(path + rng.normal(0, 0.006 * HEIGHT_PX, path.shape), 30)[30:].mean((1, 2))
    lags_s = np.arange(0, 0.15, 0.002)
    errors = [np.mean((np.interp(times[30:] - lag_s, times, wrist) - smoothed) ** 2) for lag_s in lags_s]
    assert lags_s[int(np.argmin(errors))] <= 1 / 30


def test_smoothing_does_not_depend_on_the_frame_rate() -> None:
    ends = []
    for rate_hz in (15, 60):
        path = np.repeat(np.linspace(0, 100, rate_hz * 2 + 1)[:, None, None], K, axis=1).repeat(2, axis=2)
        ends.append(float(_run(path, rate_hz)[-1, 0, 0]))
    assert ends[0] == pytest.approx(ends[1], abs=1.5)


def test_near_and_far_people_are_smoothed_alike() -> None:
    paths = []
    for scale in (1.0, 0.25):
        smoother, values = Smoother(SmoothConfig()), []
        for step in range(20):
            tracks = _tracks(_at(5.0 * step * scale))
            boxes = Boxes((tracks.poses.boxes.xyxy * scale).astype(np.float32), tracks.poses.boxes.score)
            poses = Poses(tracks.poses.keypoints, tracks.poses.score, boxes, COCO17)
            small = Tracks(
                tracks.ids, tracks.state, tracks.velocity, tracks.age_s, tracks.detection, tracks.trail, poses
            )
            values.append(smoother.smooth(small, time_s=step / 30).poses.keypoints[0, 0, 0] / scale)
        paths.append(values)
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "time_s",
    [
        pytest.param(1.0, id="time stands still"),
        pytest.param(0.5, id="time goes backwards"),
        pytest.param(11.0, id="a gap of ten seconds"),
    ],
)
def test_smoothing_starts_again(time_s: float) -> None:
    smoother = Smoother(SmoothConfig())
    _smoothed(smoother, 0, 1.0)
    assert _smoothed(smoother, 80, time_s) == 80
    assert 80 < _smoothed(smoother, 85, time_s + 1 / 30) < 85


def test_a_clock_that_never_moves_does_not_freeze_the_pose() -> None:
    smoother = Smoother(SmoothConfig())
    assert [_smoothed(smoother, value, 0.0) for value in (1, 2, 3)] == [1, 2, 3]


def test_removed_ids_are_forgotten() -> None:
    smoother = Smoother(SmoothConfig())
    _smoothed(smoother, 0, 0.0)
    smoother.smooth(Tracks.empty(COCO17), time_s=0.03)
    assert _smoothed(smoother, 50, 0.06) == 50


def test_reset_forgets_and_instances_do_not_share() -> None:
    first, second = Smoother(SmoothConfig()), Smoother(SmoothConfig())
    _smoothed(first, 0, 0.0)
    assert _smoothed(second, 50, 0.03) == 50
    first.reset()
    assert _smoothed(first, 50, 0.03) == 50


def test_rows_follow_their_ids_in_any_order() -> None:
    smoother = Smoother(SmoothConfig())
    smoother.smooth(_tracks(np.concatenate((_at(0), _at(500))), ids=(3, 9)), time_s=0.0)
    keypoints = np.concatenate((_at(510), _at(70), _at(10)))
    again = smoother.smooth(_tracks(keypoints, ids=(9, 12, 3)), time_s=1 / 30)
    values = again.poses.keypoints[:, 0, 0]
    assert 500 < values[0] < 510
    assert values[1] == 70
    assert 0 < values[2] < 10


def test_an_unseen_keypoint_moves_with_its_person_and_does_not_jump() -> None:
    smoother = Smoother(SmoothConfig())
    _smoothed(smoother, 100, 0.0)
    assert _smoothed(smoother, 400, 0.1, score=0.0, speed=20) == pytest.approx(102)
    assert _smoothed(smoother, 400, 0.2, score=0.0, speed=20) == pytest.approx(104)


def test_a_keypoint_seen_again_after_a_long_time_counts_more() -> None:
    at_once, later = Smoother(SmoothConfig()), Smoother(SmoothConfig())
    for smoother in (at_once, later):
        _smoothed(smoother, 100, 0.0)
    for step in range(1, 20):
        _smoothed(later, 100, step / 30, score=0.0)
    assert _smoothed(later, 106, 20 / 30) > _smoothed(at_once, 106, 1 / 30) + 1.5


def test_a_low_score_is_followed_less() -> None:
    values = []
    for score in (0.05, 0.15, 0.9):
        smoother = Smoother(SmoothConfig())
        _smoothed(smoother, 100, 0.0)
        values.append(_smoothed(smoother, 120, 1 / 30, score=score))
    assert 100 < values[0] < values[1] < values[2] < 120


def test_the_input_is_not_changed() -> None:
    smoother = Smoother(SmoothConfig())
    _smoothed(smoother, 0, 0.0)
    tracks = _tracks(_at(30))
    smoothed = smoother.smooth(tracks, time_s=0.03)
    assert (tracks.poses.keypoints == 30).all()
    assert smoothed.poses.boxes is tracks.poses.boxes
    np.testing.assert_array_equal(smoothed.poses.score, tracks.poses.score)


def test_a_hidden_keypoint_fades_and_does_not_blink() -> None:
    smoother = Smoother(SmoothConfig())
    smoother.smooth(_tracks(_at(100)), time_s=0.0)
    shown = []
    for step in range(1, 13):
        tracks = smoother.smooth(_tracks(_at(250), score=0.05), time_s=step / 30)
        shown.append((tracks.poses.score[0, 0], tracks.poses.keypoints[0, 0, 0]))
    scores, positions = np.array(shown).T
    assert scores[0] > 0.7
    assert (np.diff(scores) <= 0).all()
    assert scores[-1] == pytest.approx(0.05)
    assert np.abs(np.diff([100, *positions])).max() < 0.1 * HEIGHT_PX, "a measurement with a low score counts little"


def test_a_new_image_size_starts_smoothing_again() -> None:
    smoother = Smoother(SmoothConfig())
    smoother.smooth(_tracks(_at(100)), time_s=0.0, frame_wh=(640, 480))
    after = smoother.smooth(_tracks(_at(200)), time_s=1 / 30, frame_wh=(1280, 960))
    np.testing.assert_array_equal(after.poses.keypoints, _at(200))


def test_no_tracks() -> None:
    smoother = Smoother(SmoothConfig())
    for time_s in (0.0, 0.1):
        assert len(smoother.smooth(Tracks.empty(COCO17), time_s=time_s)) == 0
