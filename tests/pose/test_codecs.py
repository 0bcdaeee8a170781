"""Codecs: one suite for all; what is encoded comes back, in input pixels, with its scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.geometry import Float
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.signatures import output_shapes, shapes_agree
from realtime_pose.pose import heatmap, movenet, regression, simcc
from realtime_pose.pose.estimator import CODECS

F32 = np.float32
WH = (192, 256)
SCORE = 0.8
Encode = Callable[[Float], Mapping[str, NDArray[Any]]]


def spec(family: str, *, wh: tuple[int, int] = WH, peak: str = "") -> ModelSpec:
    """An entry; without a peak, with the one that an entry has which says nothing of it."""
    entry = ModelSpec(
        name="x", task="pose", family=family, file="x", skeleton="coco17", input=InputSpec(name="i", wh=wh, fit="crop")
    )
    return replace(entry, peak=peak) if peak else entry


def scores(xy: Float) -> Float:
    return np.full(xy.shape[:2], SCORE, F32)


def encoded_simcc(xy: Float) -> Mapping[str, NDArray[Any]]:
    x, y = simcc.encode(xy, WH)
    return {"simcc_x": x * SCORE, "simcc_y": y}


@dataclass(frozen=True)
class Case:
    """A codec, and the largest error in input pixels that its kind allows."""

    name: str
    entry: ModelSpec
    encode: Encode
    most_px: float


CASES = [
    Case("heatmap", spec("heatmap"), lambda xy: {"heatmap": SCORE * heatmap.encode(xy, WH, map_wh=(48, 64))}, 0.05),
    Case(
        "heatmap, small",
        spec("heatmap", wh=(96, 128)),
        lambda xy: {"heatmap": SCORE * heatmap.encode(xy, (96, 128), map_wh=(24, 32))},
        0.05,
    ),
    # Argmax of half pixels is right to a quarter of a pixel.
    Case("simcc", spec("simcc"), encoded_simcc, 0.5),
    # The published quarter step is right to a quarter of a cell: half a pixel with cells of two pixels, one with four.
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
def test_what_is_encoded_comes_back(case: Case) -> None:
    xy = np.random.default_rng(5).uniform(0.21, 0.78, (6, 17, 2)).astype(F32) * np.array(case.entry.input.wh, F32)
    outputs = case.encode(xy)
    wanted = output_shapes(case.entry)
    assert all(shapes_agree(wanted[name], value.shape) for name, value in outputs.items())
    decoded, score = CODECS[case.entry.family](outputs, case.entry.input.wh, case.entry)
    assert (str(decoded.dtype), str(score.dtype)) == ("float32", "float32")
    assert np.abs(decoded - xy).max() <= case.most_px
    assert np.abs(score - (1 if case.entry.peak == "integral" else SCORE)).max() < 0.15


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_crop_gives_no_keypoint(case: Case) -> None:
    outputs = case.encode(np.zeros((0, 17, 2), F32))
    decoded, score = CODECS[case.entry.family](outputs, case.entry.input.wh, case.entry)
    assert (decoded.shape, score.shape) == ((0, 17, 2), (0, 17))


def test_every_codec_is_in_the_table() -> None:
    assert {case.entry.family for case in CASES} == set(CODECS)


def test_the_weaker_axis_is_the_score_of_simcc() -> None:
    x, y = simcc.encode(np.full((1, 17, 2), 50, F32), WH)
    _, score = simcc.decode({"simcc_x": x * 0.4, "simcc_y": y * 1.3}, WH, spec("simcc"))
    assert np.allclose(score, 0.4)


def test_an_integral_head_may_be_as_sure_as_it_likes() -> None:
    """Logits far below what exp takes, as background has them in some heads: no warning, and no other place."""
    maps = np.full((1, 17, 64, 48), -1000, F32)
    maps[:, :, 20, 30] = 9
    xy, score = heatmap.decode({"heatmap": maps}, WH, spec("heatmap", peak="integral"))
    assert np.allclose(xy, [120, 80], atol=0.01)
    assert np.allclose(score, 1, atol=0.01)
