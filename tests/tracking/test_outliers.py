"""Outliers are caught, real motion is not: jumps that no body makes are held until they have lasted."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import SmoothConfig
from realtime_pose.scene import Poses, Tracks
from realtime_pose.tracking.smooth import Smoother
from tests.support.people.stills import people

HEIGHT_PX = 900.0
WRIST, ELBOW = 9, 7
Real = NDArray[np.float64]


def tracks_with(wrist: tuple[float, float], *, score: float = 0.8, x: float = 0.0) -> Tracks:
    """One person whose wrist is here; the others do not move. ``x`` moves the whole person."""
    tracks = people([[100 + x, 100, 500 + x, 100 + HEIGHT_PX]], keypoint_score=0.8)
    keypoints, scores = tracks.poses.keypoints.copy(), tracks.poses.score.copy()
    keypoints[0, WRIST], scores[0, WRIST] = wrist, score
    poses = Poses(keypoints, scores, tracks.poses.boxes, tracks.poses.skeleton)
    return replace(tracks, poses=poses)


def run(
    path: list[tuple[float, float]],
    *,
    rate_hz: float = 30,
    config: SmoothConfig | None = None,
    scores: list[float] | None = None,
) -> tuple[Real, Real]:
    """(F, 2) places of the wrist after smoothing, and (F,) its scores."""
    smoother = Smoother(config or SmoothConfig())
    places, faded = [], []
    for number, wrist in enumerate(path):
        score = 0.8 if scores is None else scores[number]
        poses = smoother.smooth(tracks_with(wrist, score=score), time_s=number / rate_hz).poses
        places.append(poses.keypoints[0, WRIST])
        faded.append(poses.score[0, WRIST])
    return np.array(places, float), np.array(faded, float)


def jumping(num_away: int, *, distance_px: float = 270, num_frames: int = 30) -> list[tuple[float, float]]:
    """A wrist at rest that is elsewhere from frame 10 on, for this many frames."""
    return [(300.0 + distance_px * (10 <= number < 10 + num_away), 400.0) for number in range(num_frames)]


@pytest.mark.parametrize("num_away", [1, 2, 4, 7])
def test_an_outlier_is_not_followed(num_away: int) -> None:
    places, scores = run(jumping(num_away))
    assert np.abs(places[:, 0] - 300).max() < 5
    assert scores[10 + num_away :].min() > 0.5, "it is as certain as before when it is back"


def test_a_held_keypoint_fades() -> None:
    _, scores = run(jumping(7))
    assert (np.diff(scores[9:17]) < 0).all()
    assert scores[16] < 0.2


def test_a_jump_that_lasts_is_believed_whole() -> None:
    places, scores = run(jumping(20))
    assert np.abs(places[:17, 0] - 300).max() < 5
    assert np.abs(places[18:, 0] - 570).max() < 5, "it does not slide to its new place"
    assert scores[18] == pytest.approx(0.8)


def test_measurements_that_jump_about_are_not_believed() -> None:
    rng = np.random.default_rng(0)
    path = [(300.0, 400.0)] * 10 + [
        (900 + 900 * float(rng.uniform()) * (-1) ** n, 100 + 350 * (n % 3)) for n in range(7)
    ]
    places, _ = run(path)
    assert np.abs(places[:, 0] - 300).max() < 5


def test_without_holding_the_filter_follows_as_ever() -> None:
    places, _ = run(jumping(4), config=SmoothConfig(outlier_s=0))
    assert places[:, 0].max() > 500


@pytest.mark.parametrize("rate_hz", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("speed", [1.0, 3.0, 4.5])
def test_a_fast_limb_is_never_held(rate_hz: float, speed: float) -> None:
    """Up to 4.5 body heights a second, about 8 m/s, to and fro."""
    times = np.arange(0, 2, 1 / rate_hz)
    swing = 0.2
    offset = swing * HEIGHT_PX * np.sin(speed / swing * times)
    path = [(300 + float(value), 400.0) for value in offset]
    places, scores = run(path, rate_hz=rate_hz)
    free, _ = run(path, rate_hz=rate_hz, config=SmoothConfig(outlier_s=0))
    np.testing.assert_array_equal(places, free)
    assert scores == pytest.approx([0.8] * len(path))


def test_the_hold_is_a_time_and_not_a_number_of_frames() -> None:
    for rate_hz in (15, 30, 60):
        path = [(300.0 + 500 * (number >= 10), 400.0) for number in range(10 + 2 * rate_hz)]
        places, _ = run(path, rate_hz=rate_hz)
        believed = int(np.argmax(places[:, 0] > 700)) - 10
        assert (believed + 1) / rate_hz == pytest.approx(0.25, abs=1.1 / rate_hz)


def test_a_keypoint_that_was_hidden_for_long_may_be_anywhere() -> None:
    path = [(300.0, 400.0)] * 10 + [(300.0, 400.0)] * 12 + [(600.0, 400.0)] * 3
    scores = [0.8] * 10 + [0.0] * 12 + [0.8] * 3
    places, _ = run(path, scores=scores)
    assert places[22, 0] > 400


def test_a_person_who_moves_fast_takes_the_keypoints_along() -> None:
    smoother = Smoother(SmoothConfig())
    for number in range(20):
        tracks = tracks_with((300 + 400.0 * number, 400), x=400.0 * number)
        moving = replace(tracks, velocity=np.array([[12000, 0]], np.float32))
        poses = smoother.smooth(moving, time_s=number / 30).poses
        assert poses.score[0, WRIST] == pytest.approx(0.8)


def test_other_keypoints_and_persons_are_not_touched() -> None:
    smoother, alone = Smoother(SmoothConfig()), Smoother(SmoothConfig())
    for number, wrist in enumerate(jumping(3)):
        jumped = smoother.smooth(tracks_with(wrist), time_s=number / 30).poses
        calm = alone.smooth(tracks_with((300, 400)), time_s=number / 30).poses
        np.testing.assert_array_equal(jumped.keypoints[0, ELBOW], calm.keypoints[0, ELBOW])


def test_both_settings_are_checked() -> None:
    with pytest.raises(Exception, match="max_speed"):
        SmoothConfig(max_speed=0)
    with pytest.raises(Exception, match="outlier_s"):
        SmoothConfig(outlier_s=-1)
