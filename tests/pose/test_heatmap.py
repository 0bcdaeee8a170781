"""Heatmaps: decoding inverts encoding, with the precision of each way to locate the peak."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.pose import heatmap

F32 = np.float32
SPEC = ModelSpec(
    name="x", task="pose", family="heatmap", file="x", skeleton="coco17", input=InputSpec(name="i", wh=(192, 256))
)
MAP_WH = (48, 64)


def keypoints(low: float = 40, high: float = 150) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(low, high, (5, 17, 2)).astype(F32)


@pytest.mark.parametrize("input_wh", [(192, 256), (96, 128), (288, 384)])
def test_dark_is_accurate_to_a_twentieth_of_a_pixel_up_to_the_last_cell(input_wh: tuple[int, int]) -> None:
    """With repeated border cells, keypoints two cells from the border would move by half a cell."""
    map_wh = (input_wh[0] // 4, input_wh[1] // 4)
    inside = np.array(input_wh) - 12
    xy = (4 + np.random.default_rng(7).uniform(0, 1, (40, 17, 2)) * inside).astype(F32)
    maps = heatmap.encode(xy, input_wh, map_wh=map_wh)
    decoded, _ = heatmap.decode({"heatmap": maps}, input_wh, replace(SPEC, peak="dark"))
    assert np.abs(decoded - xy).max() < 0.05


def test_dark_is_robust_to_noise() -> None:
    """Because of the smoothing, noise of a tenth of the peak moves keypoints by less than a pixel on average."""
    xy = keypoints(12, 170)
    noise = np.random.default_rng(1).normal(0, 0.1, (5, 17, 64, 48))
    maps = (heatmap.encode(xy, (192, 256), map_wh=MAP_WH) + noise).astype(F32)
    errors = {
        peak: np.abs(heatmap.decode({"heatmap": maps}, (192, 256), replace(SPEC, peak=peak))[0] - xy).mean()
        for peak in ("dark", "quarter")
    }
    assert errors["dark"] < min(1, errors["quarter"])


@pytest.mark.parametrize("peak", ["dark", "integral"])
def test_sub_pixel_peaks_are_accurate_to_a_twentieth_of_a_pixel(peak: str) -> None:
    xy = keypoints()
    encode = heatmap.encode_logits if peak == "integral" else heatmap.encode
    maps = encode(xy, (192, 256), map_wh=MAP_WH)
    decoded, score = heatmap.decode({"heatmap": maps}, (192, 256), replace(SPEC, peak=peak))
    assert np.abs(decoded - xy).max() < 0.05
    assert score.min() > 0.9


def test_the_quarter_step_is_accurate_to_half_a_pixel_on_average() -> None:
    """In cells of 4 pixels the error per axis is 0.5 pixels on average and 1 at most; without the step twice that."""
    offsets = np.linspace(0, 4, 64, endpoint=False, dtype=F32) + F32(2 / 64)  # evenly over one cell
    xy = np.stack((60 + offsets, 80 + offsets), axis=-1).reshape(4, 16, 2)
    maps = heatmap.encode(xy, (192, 256), map_wh=MAP_WH)
    decoded, _ = heatmap.decode({"heatmap": maps}, (192, 256), replace(SPEC, peak="quarter"))
    error = np.abs(decoded - xy)
    assert error.max() <= 1.001
    assert error.mean() <= 0.5 + 1e-4


def test_a_peak_in_cell_i_is_pixel_4_i() -> None:
    """Not the centre of the 4 pixels: that would shift every pose by 1.5 pixels."""
    maps = np.zeros((1, 17, 64, 48), F32)
    maps[0, :, 10, 20] = 0.7
    decoded, score = heatmap.decode({"heatmap": maps}, (192, 256), SPEC)
    assert decoded[0, 0].tolist() == [80, 40]
    assert score[0, 0] == pytest.approx(0.7)


@pytest.mark.parametrize("peak", ["quarter", "dark", "integral"])
@pytest.mark.parametrize("corner", [(0, 0), (63, 47), (0, 47)])
def test_a_peak_at_the_border_stays_inside(peak: str, corner: tuple[int, int]) -> None:
    maps = np.full((1, 17, 64, 48), -30 if peak == "integral" else 0, F32)
    maps[0, :, corner[0], corner[1]] = 9 if peak == "integral" else 0.5
    decoded, _ = heatmap.decode({"heatmap": maps}, (192, 256), replace(SPEC, peak=peak))
    assert np.abs(decoded[0, 0] - np.array([corner[1], corner[0]]) * 4).max() <= 0.01
    assert (decoded >= 0).all()


def test_values_outside_their_range_are_clipped() -> None:
    maps = np.full((1, 17, 64, 48), -0.02, F32)
    maps[0, :8, 5, 5] = 1.07
    _, score = heatmap.decode({"heatmap": maps}, (192, 256), SPEC)
    assert (score.max(), score.min()) == (1, 0)


def test_no_crop_gives_no_keypoint() -> None:
    for peak in ("quarter", "dark", "integral"):
        decoded, score = heatmap.decode(
            {"heatmap": np.zeros((0, 17, 64, 48), F32)}, (192, 256), replace(SPEC, peak=peak)
        )
        assert (decoded.shape, score.shape) == ((0, 17, 2), (0, 17))
