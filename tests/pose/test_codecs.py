"""Codecs: one suite for all; decoding encoded keypoints gives them back, in input pixels, with their scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.geometry import Float
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.signatures import output_shapes, shapes_match
from realtime_pose.pose import heatmap, movenet, regression, simcc
from realtime_pose.pose.estimator import CODECS

F32 = np.float32
WH = (192, 256)
SCORE = 0.8
Encode = Callable[[Float], Mapping[str, NDArray[Any]]]


def spec(family: str, *, wh: tuple[int, int] = WH, peak: str = "") -> ModelSpec:
    """A manifest entry; an empty peak leaves the default."""
    entry = ModelSpec(
        name="x", task="pose", family=family, file="x", skeleton="coco17", input=InputSpec(name="i", wh=wh, fit="crop")
    )
    return replace(entry, peak=peak) if peak else entry


def scores(xy: Float) -> Float:
    return np.full(xy.shape[:2], SCORE, F32)


def encode_simcc(xy: Float) -> Mapping[str, NDArray[Any]]:
    x, y = simcc.encode(xy, WH)
    return {"simcc_x": x * SCORE, "simcc_y": y}


@dataclass(frozen=True)
class Case:
    """A codec, and the largest error in input pixels that its method allows."""

    name: str
    entry: ModelSpec
    encode: Encode
    max_error_px: float


CASES = [
    Case("heatmap", spec("heatmap"), lambda xy: {"heatmap": SCORE * heatmap.encode(xy, WH, map_wh=(48, 64))}, 0.05),
    Case(
        "heatmap, small",
        spec("heatmap", wh=(96, 128)),
        lambda xy: {"heatmap": SCORE * heatmap.encode(xy, (96, 128), map_wh=(24, 32))},
        0.05,
    ),
    # Bins of half a pixel: argmax has an error of up to a quarter of a pixel.
    Case("simcc", spec("simcc"), encode_simcc, 0.5),
    # The quarter step has an error of up to a quarter of a cell: half a pixel for cells of two pixels, one for four.
    Case(
        "heatmap, quarter, cells of two",
        spec("heatmap", peak="quarter"),
        lambda xy: {"heatmap": SCORE * heatmap.encode(xy, WH, map_wh=(96, 128))},
        0.501,
    ),
    Case(
        "heatmap, quarter, cells of four",
        spec("heatmap", peak="quarter"),
        lambda xy: {"heatmap": SCORE * heatmap.encode(xy, WH, map_wh=(48, 64))},
        1.001,
    ),
    Case(
        "heatmap, integral",
        spec("heatmap", peak="integral"),
        lambda xy: {"heatmap": heatmap.encode_logits(xy, WH, map_wh=(48, 64))},
        0.05,
    ),
    Case("movenet", spec("movenet", wh=(256, 256)), lambda xy: movenet.encode(xy, scores(xy), (256, 256)), 0.05),
    Case("blazepose", spec("blazepose"), lambda xy: {"keypoints": regression.encode(xy, scores(xy))}, 0.05),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decoding_inverts_encoding(case: Case) -> None:
    xy = np.random.default_rng(5).uniform(0.21, 0.78, (6, 17, 2)).astype(F32) * np.array(case.entry.input.wh, F32)
    outputs = case.encode(xy)
    expected = output_shapes(case.entry)
    assert all(shapes_match(expected[name], value.shape) for name, value in outputs.items())
    decoded, score = CODECS[case.entry.family](outputs, case.entry.input.wh, case.entry)
    assert (str(decoded.dtype), str(score.dtype)) == ("float32", "float32")
    assert np.abs(decoded - xy).max() <= case.max_error_px
    assert np.abs(score - (1 if case.entry.peak == "integral" else SCORE)).max() < 0.15


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_crop_gives_no_keypoint(case: Case) -> None:
    outputs = case.encode(np.zeros((0, 17, 2), F32))
    decoded, score = CODECS[case.entry.family](outputs, case.entry.input.wh, case.entry)
    assert (decoded.shape, score.shape) == ((0, 17, 2), (0, 17))


def test_every_codec_is_in_the_table() -> None:
    assert {case.entry.family for case in CASES} == set(CODECS)


def test_simcc_scores_with_the_weaker_axis() -> None:
    x, y = simcc.encode(np.full((1, 17, 2), 50, F32), WH)
    _, score = simcc.decode({"simcc_x": x * 0.4, "simcc_y": y * 1.3}, WH, spec("simcc"))
    assert np.allclose(score, 0.4)


def test_extreme_logits_of_an_integral_head_give_no_warning() -> None:
    """Some heads give logits for background that are too low for exp: the position stays the same."""
    maps = np.full((1, 17, 64, 48), -1000, F32)
    maps[:, :, 20, 30] = 9
    xy, score = heatmap.decode({"heatmap": maps}, WH, spec("heatmap", peak="integral"))
    assert np.allclose(xy, [120, 80], atol=0.01)
    assert np.allclose(score, 1, atol=0.01)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_the_extreme_scores_have_finite_logits(score: float) -> None:
    """The logits of 0 and 1 are infinite: the codecs encode a score close to them."""
    xy = np.full((1, 17, 2), 50, F32)
    values = regression.encode(xy, np.full((1, 17), score, F32))
    _, decoded = regression.decode({"keypoints": values}, WH, spec("blazepose"))
    maps = heatmap.encode_logits(xy + 1000 * (1 - score), WH, map_wh=(48, 64))
    assert values.dtype == maps.dtype == decoded.dtype == np.float32
    assert np.isfinite(values).all()
    assert np.isfinite(maps).all()
    assert np.allclose(decoded, score, atol=1e-5)
