"""The box filter: independent of the step size and of the person's size; covariances stay positive definite."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import resize_affine
from realtime_pose.scene import Float
from realtime_pose.tracking.kalman import BoxFilters, UnitModel

BOX = np.array([[100, 50, 180, 250]], np.float32)
FIRST = np.array([0])


def _filters(xyxy: Float = BOX) -> BoxFilters:
    filters = BoxFilters(TrackConfig())
    filters.add(xyxy)
    return filters


def _shifted(xyxy: Float, dx: float, dy: float = 0.0) -> Float:
    return (xyxy + np.array([dx, dy, dx, dy], np.float32)).astype(np.float32)


@pytest.mark.parametrize("parts", [2, 7])
def test_many_short_steps_equal_one_long_step(parts: int) -> None:
    one_step, many_steps = _filters(), _filters()
    for filters in (one_step, many_steps):
        filters.predict(0.1)
        filters.update(FIRST, _shifted(BOX, 30))
    one_step.predict(0.4)
    for _ in range(parts):
        many_steps.predict(0.4 / parts)
    np.testing.assert_allclose(many_steps.mean, one_step.mean)
    np.testing.assert_allclose(
        many_steps.covariance, one_step.covariance, rtol=1e-3
    )  # the height drifts a little between


def test_a_step_of_no_time_changes_nothing() -> None:
    filters = _filters()
    mean, covariance = filters.mean, filters.covariance
    filters.predict(0.0)
    np.testing.assert_array_equal(filters.mean, mean)
    np.testing.assert_array_equal(filters.covariance, covariance)


@pytest.mark.parametrize("rate_hz", [60.0, 30.0, 8.0])
def test_the_velocity_is_found_at_any_frame_rate(rate_hz: float) -> None:
    filters = _filters()
    for step in range(1, int(2 * rate_hz)):
        filters.predict(1 / rate_hz)
        filters.update(FIRST, _shifted(BOX, 150 * step / rate_hz, -40 * step / rate_hz))
    np.testing.assert_allclose(filters.velocity, [[150, -40]], atol=5)


def test_large_and_small_people_are_filtered_alike() -> None:
    near, far = _filters(BOX), _filters((BOX / 4).astype(np.float32))
    for filters, scale in ((near, 1.0), (far, 0.25)):
        for step in range(1, 5):
            filters.predict(0.1)
            filters.update(FIRST, (_shifted(BOX, 20 * step) * scale).astype(np.float32))
    np.testing.assert_allclose(near.mean, far.mean * 4, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(near.certainty, far.certainty, rtol=1e-5)


STEPS = st.lists(
    st.tuples(st.floats(0, 5), st.booleans(), st.floats(-500, 500), st.floats(0, 400)), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_covariances_stay_symmetric_and_positive(steps: list[tuple[float, bool, float, float]]) -> None:
    filters = _filters()
    for dt_s, is_seen, dx, height in steps:
        filters.predict(dt_s)
        if is_seen:
            filters.update(FIRST, np.array([[dx, 0, dx + 50, height]], np.float32))
        covariance = filters.covariance[0]
        np.testing.assert_allclose(covariance, covariance.T, rtol=1e-6, atol=1e-6)
        scale = np.sqrt(np.diag(covariance))
        assert np.linalg.eigvalsh(covariance / np.outer(scale, scale)).min() > 0
        assert (filters.xyxy[:, 2:] > filters.xyxy[:, :2]).all()


def test_all_filters_at_once_equal_filterpy_one_by_one() -> None:
    """Each step has the states and covariances of filterpy's own KalmanFilter, with any pattern of misses."""
    rng = np.random.default_rng(0)
    size = np.array([0, 0, 1, 1]) * rng.uniform(40, 300, (5, 1))
    start = (rng.uniform(0, 600, (5, 1)) + size).astype(np.float32)
    ours, theirs = _filters(start), []
    for box in start.astype(np.float64):
        one = copy.deepcopy(UnitModel(TrackConfig()).filter)
        one.x = np.array([*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2]), 0, 0, 0, 0])
        one.P = one.P * one.x[3] ** 2
        theirs.append(one)
    for _ in range(60):
        dt_s = float(rng.choice([0.0, 1 / 30, 0.125, 0.7]))
        model = UnitModel(TrackConfig())
        model.step(dt_s)
        for one in theirs:
            one.predict(F=model.filter.F, Q=model.filter.Q * max(one.x[3], 1) ** 2)
        ours.predict(dt_s)
        np.testing.assert_allclose(ours.mean, [one.x for one in theirs], rtol=1e-9, atol=1e-9)
        rows = np.flatnonzero(rng.random(5) < 0.7)
        seen = (ours.xyxy[rows] + rng.normal(0, 5, (len(rows), 4))).astype(np.float32)
        for row, box in zip(rows, seen.astype(np.float64), strict=True):
            z = np.array([*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2])])
            R = model.filter.R * max(theirs[row].x[3], 1) ** 2  # noqa: N806
            y = z - theirs[row].x[:4]
            nis = y @ np.linalg.inv(theirs[row].P[:4, :4] + R) @ y
            theirs[row].update(z, R=R * max(nis / 16, 1))
        ours.update(rows, seen)
        np.testing.assert_allclose(ours.mean, [one.x for one in theirs], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ours.covariance, [one.P for one in theirs], rtol=1e-9, atol=1e-9)


def test_another_image_size_scales_the_boxes_and_their_covariance() -> None:
    filters = _filters()
    filters.predict(0.1)
    before = filters.covariance
    filters.transform(resize_affine((640, 480), (1280, 960)))
    np.testing.assert_allclose(filters.xyxy, BOX * 2 + 0.5)
    np.testing.assert_allclose(filters.covariance, before * 4)


def test_distances_grow_with_the_deviation_and_shrink_with_the_time_unseen() -> None:
    filters = _filters()
    filters.predict(0.05)
    soon, _ = filters.mahalanobis2(np.concatenate((BOX, _shifted(BOX, 20), _shifted(BOX, 60))))
    assert soon.shape == (1, 3)
    assert soon[0, 0] == pytest.approx(0, abs=1e-9)
    assert soon[0, 0] < soon[0, 1] < soon[0, 2]
    certainty = filters.certainty
    filters.predict(1.0)
    assert filters.mahalanobis2(_shifted(BOX, 60))[0][0, 0] < soon[0, 2] / 10
    assert 0 < filters.certainty[0] < certainty[0] <= 1


def test_distances_are_chi_square_distributed() -> None:
    rng = np.random.default_rng(0)
    filters, box_distances, position_distances = _filters(), [], []
    noise = 0.05 * 200 * np.array([1, 1, 2, 1])
    for _ in range(400):
        cx, cy, w, h = np.array([140, 150, 80, 200]) + rng.normal(size=4) * noise
        box = np.array([[cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]], np.float32)
        filters.predict(1 / 30)
        box2, position2 = filters.mahalanobis2(box)
        box_distances.append(box2[0, 0])
        position_distances.append(position2[0, 0])
        filters.update(FIRST, box)
    assert np.mean(box_distances) == pytest.approx(4, rel=0.25)
    assert 1 <= np.mean(position_distances) <= 2


def test_half_a_person_has_the_position_of_the_whole_person() -> None:
    filters = _filters()
    upper, lower, apart = BOX.copy(), BOX.copy(), _shifted(BOX, 0, 100)
    upper[:, 3] -= 100
    lower[:, 1] += 100
    _, position2 = filters.mahalanobis2(np.concatenate((upper, lower, apart)))
    np.testing.assert_allclose(position2[0, :2], 0, atol=1e-6)
    assert position2[0, 2] > 9


def test_an_outlier_moves_the_filter_less() -> None:
    shares = []
    for dx in (20, 200):
        filters = _filters()
        for _ in range(30):
            filters.predict(1 / 30)
            filters.update(FIRST, BOX)
        filters.predict(1 / 30)
        filters.update(FIRST, _shifted(BOX, dx))
        shares.append((filters.mean[0, 0] - 140) / dx)
    assert shares[1] < shares[0] / 2


def test_rows_are_added_kept_and_updated_separately() -> None:
    filters = _filters(np.concatenate((BOX, _shifted(BOX, 300), _shifted(BOX, 600))))
    filters.keep(np.array([0, 2]))
    filters.predict(0.1)
    filters.update(np.array([1]), _shifted(BOX, 650))
    assert len(filters) == 2
    np.testing.assert_allclose(filters.xyxy[0], BOX[0])
    assert 600 < filters.mean[1, 0] - 140 < 650


def test_no_rows() -> None:
    filters = BoxFilters(TrackConfig())
    filters.predict(0.1)
    filters.update(np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
    assert filters.mean.shape == (0, 8)
    assert filters.covariance.shape == (0, 8, 8)
    assert filters.xyxy.shape == (0, 4)
    assert [each.shape for each in filters.mahalanobis2(BOX)] == [(0, 1)] * 2
    assert [each.shape for each in _filters().mahalanobis2(BOX[:0])] == [(1, 0)] * 2
