"""Geometry: half pixels, round trips, and empty input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from realtime_pose._cv2 import cv2
from realtime_pose.geometry import (
    Float,
    apply_affine,
    apply_affine_boxes,
    area,
    bounding_box,
    clip,
    crop_affine,
    fit_wh,
    invert_affine,
    iou,
    keep_best,
    letterbox_wh,
    mirrored_affine,
    oks,
    resize_affine,
)
from realtime_pose.skeletons import COCO17

F32 = np.float32
SIGMAS = np.array(COCO17.sigmas, F32)


def f32(values: object) -> Float:
    return np.array(values, F32)


boxes_strategy = hnp.arrays(F32, (5, 4), elements=st.floats(0, 1000, width=32)).map(
    lambda a: np.concatenate((a[:, :2], a[:, :2] + a[:, 2:] + 1), axis=1).astype(F32)
)


@given(boxes_strategy)
def test_iou_is_symmetric_in_range_and_one_with_itself(xyxy: Float) -> None:
    overlaps = iou(xyxy, xyxy)
    assert np.allclose(overlaps, overlaps.T, atol=1e-5)
    assert overlaps.min() >= 0
    assert overlaps.max() <= 1 + 1e-5
    assert np.allclose(np.diag(overlaps), 1, atol=1e-3)


def test_empty_boxes_have_no_overlap() -> None:
    nothing = np.zeros((0, 4), F32)
    assert iou(nothing, f32([[0, 0, 1, 1]])).shape == (0, 1)
    assert iou(f32([[0, 0, 0, 0]]), f32([[0, 0, 0, 0]])).tolist() == [[0.0]]
    assert area(nothing).shape == (0,)


def test_a_warped_pixel_lands_where_the_affine_says() -> None:
    """One bright pixel goes through OpenCV's warp: an error of half a pixel would move its centre of mass."""
    image = np.zeros((40, 60), F32)
    image[17, 33] = 1
    affine = crop_affine(f32([[20.5, 10.5, 40.5, 30.5]]), input_wh=(100, 100), padding=1.0)[0]  # scale 5
    warped = cv2.warpAffine(image, affine, (100, 100), flags=cv2.INTER_LINEAR)
    y, x = np.indices(warped.shape)
    centre = np.array([(warped * x).sum(), (warped * y).sum()]) / warped.sum()
    assert np.allclose(centre, apply_affine(affine, f32([[33, 17]]))[0], atol=0.02)


def test_a_resized_pixel_lands_where_the_affine_says() -> None:
    image = np.zeros((40, 60), F32)
    image[17, 33] = 1
    resized = cv2.resize(image, (240, 160), interpolation=cv2.INTER_LINEAR)
    y, x = np.indices(resized.shape)
    centre = np.array([(resized * x).sum(), (resized * y).sum()]) / resized.sum()
    assert np.allclose(centre, apply_affine(resize_affine((60, 40), (240, 160)), f32([[33, 17]]))[0], atol=0.02)


def test_edges_of_a_frame_become_edges_of_the_resized_image() -> None:
    affine = resize_affine((1088, 1920), (236, 416), corner_px=(10, 0))
    whole = apply_affine_boxes(affine, f32([[-0.5, -0.5, 1087.5, 1919.5]]))
    assert np.allclose(whole, [[9.5, -0.5, 245.5, 415.5]], atol=1e-3)


@given(boxes_strategy, st.floats(0.5, 2), hnp.arrays(F32, (5, 3, 2), elements=st.floats(-500, 1500, width=32)))
def test_frame_to_crop_and_back_is_exact(xyxy: Float, padding: float, xy: Float) -> None:
    affines = crop_affine(xyxy, input_wh=(192, 256), padding=padding)
    back = apply_affine(invert_affine(affines), apply_affine(affines, xy))
    assert np.allclose(back, xy, atol=0.05)


def test_a_crop_keeps_the_aspect_and_contains_the_padded_box() -> None:
    xyxy = f32([[100, 50, 140, 250]])
    affine = crop_affine(xyxy, input_wh=(192, 256), padding=1.25)
    assert affine[0, 0, 0] == affine[0, 1, 1]
    padded = f32([[95, 25, 145, 275]])
    inside = apply_affine_boxes(affine[0], padded)
    assert np.allclose(inside[0, [1, 3]], [-0.5, 255.5], atol=1e-3)
    assert inside[0, 0] > -0.5
    assert inside[0, 2] < 191.5


def test_a_map_of_everything_to_one_point_cannot_be_inverted() -> None:
    with pytest.raises(ValueError, match="cannot be inverted"):
        invert_affine(np.zeros((1, 2, 3), F32))


@pytest.mark.parametrize(
    ("frame_wh", "longer_px", "expected"),
    [
        pytest.param((1088, 1920), 416, (256, 416), id="portrait"),
        pytest.param((1920, 1080), 640, (640, 384), id="landscape"),
        pytest.param((500, 500), 416, (416, 416), id="square"),
        pytest.param((1, 1), 416, (416, 416), id="one pixel"),
        pytest.param((16, 9), 320, (320, 192), id="tiny"),
        pytest.param((10000, 1), 416, (416, 32), id="a line"),
    ],
)
def test_letterbox_sides_follow_the_aspect(
    frame_wh: tuple[int, int], longer_px: int, expected: tuple[int, int]
) -> None:
    assert letterbox_wh(frame_wh, longer_px, multiple=32) == expected
    inner = fit_wh(frame_wh, expected)
    assert 1 <= inner[0] <= expected[0]
    assert 1 <= inner[1] <= expected[1]


def test_oks_is_1_for_the_same_pose_and_follows_cocos_formula() -> None:
    pose = np.random.default_rng(0).uniform(0, 100, (1, 17, 2)).astype(F32)
    weight = np.ones((1, 1, 17), F32)
    area_px2 = f32([5000])
    assert oks(pose, pose, area_px2=area_px2, sigmas=SIGMAS, weight=weight)[0, 0] == pytest.approx(1)
    moved = pose + f32([3, 4])
    expected = np.exp(-25 / (2 * 5000 * (2 * SIGMAS) ** 2)).mean()
    assert oks(pose, moved, area_px2=area_px2, sigmas=SIGMAS, weight=weight)[0, 0] == pytest.approx(expected, rel=1e-4)


def test_oks_without_any_weight_is_zero() -> None:
    pose = np.zeros((1, 17, 2), F32)
    assert oks(pose, pose, area_px2=f32([1]), sigmas=SIGMAS, weight=np.zeros((1, 1, 17), F32)).tolist() == [[0.0]]
    none = oks(pose[:0], pose, area_px2=np.zeros(0, F32), sigmas=SIGMAS, weight=np.zeros((0, 1, 17), F32))
    assert none.shape == (0, 1)


def test_clip_and_bounding_box() -> None:
    assert clip(f32([[-10, -10, 999, 999]]), (64, 48)).tolist() == [[-0.5, -0.5, 63.5, 47.5]]
    assert bounding_box(f32([[[1, 5], [3, 2]]])).tolist() == [[1, 2, 3, 5]]


@given(hnp.arrays(np.bool_, (6, 6)))
def test_kept_candidates_do_not_conflict_and_the_best_is_kept(random: np.ndarray) -> None:
    conflicts = random | random.T
    kept = np.flatnonzero(keep_best(conflicts))
    assert kept[0] == 0
    assert not conflicts[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].any()


def test_a_mirrored_warp_is_the_reversed_warp() -> None:
    """Exactly: column i of one is column w - 1 - i of the other."""
    image = np.random.default_rng(4).integers(0, 255, (40, 60), dtype=np.uint8)
    affine = crop_affine(f32([[3.5, 4.5, 33.5, 34.5]]), input_wh=(30, 30), padding=1.0)[0]
    plain, mirrored = (cv2.warpAffine(image, a, (30, 30)) for a in (affine, mirrored_affine(affine, 30)))
    assert np.array_equal(mirrored, plain[:, ::-1])


def test_mirroring_twice_changes_nothing() -> None:
    affine = crop_affine(f32([[3, 4, 33, 74], [0, 0, 5, 5]]), input_wh=(48, 64), padding=1.25)
    assert np.allclose(mirrored_affine(mirrored_affine(affine, 48), 48), affine, atol=1e-4)
