"""Decoders: synthetic outputs of every family, made from one known box, are decoded to that box."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.detect.decoders import DECODERS, POSE_DECODERS
from realtime_pose.errors import ModelError
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.signatures import output_shapes, shapes_match

F32 = np.float32
WH = (416, 256)
BOX = np.array([100.5, 20.25, 180.5, 220.25])  # pixel centres at integers; from the edge of the first pixel add 0.5
EDGE = BOX + 0.5
CENTRE, SIDES = (EDGE[:2] + EDGE[2:]) / 2, EDGE[2:] - EDGE[:2]
CELLS = {8: (52, 32), 16: (26, 16), 32: (13, 8)}
NUM_CELLS = sum(columns * rows for columns, rows in CELLS.values())
Outputs = Mapping[str, NDArray[Any]]


def spec(family: str, **changes: Any) -> ModelSpec:
    entry = ModelSpec(name="x", task="detector", family=family, file="x", input=InputSpec(name="i", wh=WH))
    return replace(entry, **changes)


def cell() -> tuple[int, int, int]:
    """Index in the list, column and row of the cell of stride 16 that contains the centre of the box."""
    column, row = (int(value // 16) for value in CENTRE)
    return CELLS[8][0] * CELLS[8][1] + row * CELLS[16][0] + column, column, row


def nanodet() -> Outputs:
    index, column, row = cell()
    scores, distances = np.zeros((1, NUM_CELLS), F32), np.zeros((1, NUM_CELLS, 4), F32)
    centre = np.array([column + 0.5, row + 0.5]) * 16
    scores[0, index] = 0.9
    distances[0, index] = np.concatenate((centre - EDGE[:2], EDGE[2:] - centre)) / 16
    return {"scores": scores, "distances": distances}


def yolox() -> Outputs:
    index, column, row = cell()
    candidates = np.zeros((1, NUM_CELLS, 5 + 3), F32)
    candidates[0, index] = [*(CENTRE / 16 - [column, row]), *np.log(SIDES / 16), 0.95, 0.1, 0.9 / 0.95, 0.2]
    return {"candidates": candidates}


def box_rows(*, num_others: int = 3) -> NDArray[np.float32]:
    """The box in the second row; the other rows are empty."""
    boxes = np.zeros((1 + num_others, 4), F32)
    boxes[1] = EDGE
    return boxes


def score_rows(count: int = 4) -> NDArray[np.float32]:
    scores = np.zeros(count, F32)
    scores[1] = 0.9
    return scores


def dets(columns: int) -> Outputs:
    table = np.column_stack((box_rows(), score_rows()))
    if columns == 6:
        table = np.column_stack((table, [0, 1, 0, 0]))
    return {"dets": table[None].astype(F32)}


def yolo() -> Outputs:
    columns = np.zeros((1, 4 + 2, 9), F32)
    columns[0, :, 4] = [*CENTRE, *SIDES, 0.1, 0.9]
    return {"candidates": columns}


def labelled(boxes: NDArray[np.float32], labels: NDArray[Any]) -> Outputs:
    return {"labels": labels[None], "boxes": boxes[None], "scores": np.array([[0.8, 0.9, 0.7, 0.6]], F32)}


@dataclass(frozen=True)
class Case:
    name: str
    entry: ModelSpec
    outputs: Callable[[], Outputs]


FRACTIONS = (box_rows() / np.array([*WH] * 2)).astype(F32)
CASES = [
    Case("nanodet", spec("nanodet"), nanodet),
    Case("yolox raw, person is class 1", spec("yolox", person_class=1), yolox),
    Case("NMS in the graph", spec("dets"), lambda: dets(5)),
    Case("NMS in the graph, class in a column", spec("dets", person_class=1), lambda: dets(6)),
    Case(
        "NMS in the graph, labels",
        spec("dets", person_class=4, outputs=("dets", "labels")),
        lambda: {**dets(5), "labels": np.array([[1, 4, 1, 1]])},
    ),
    Case("yolov8 transposed, person is class 1", spec("yolo", person_class=1), yolo),
    Case(
        "picodet, two outputs",
        spec("picodet"),
        lambda: {"boxes": box_rows()[None], "scores": score_rows()[None, None]},
    ),
    Case("detr", spec("detr"), lambda: labelled(box_rows(), np.array([5, 0, 7, 9]))),
    Case("ssd", spec("ssd", person_class=1), lambda: labelled(FRACTIONS, np.array([2.0, 1, 3, 3], F32))),
    Case(
        "ssd, y first",
        spec("ssd", person_class=1, corners="yxyx"),
        lambda: labelled(FRACTIONS[:, [1, 0, 3, 2]], np.array([2.0, 1, 3, 3], F32)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_known_box_is_decoded(case: Case) -> None:
    outputs = case.outputs()
    expected = output_shapes(case.entry)
    assert all(shapes_match(expected[name], value.shape) for name, value in outputs.items())
    xyxy, score = DECODERS[case.entry.family](outputs, WH, case.entry)
    assert str(xyxy.dtype) == str(score.dtype) == "float32"
    best = score.argmax()
    assert np.abs(xyxy[best] - BOX).max() < 0.01
    assert score[best] == pytest.approx(0.9, abs=1e-5)


def test_every_family_of_detectors_is_in_the_table() -> None:
    assert {case.entry.family for case in CASES} == set(DECODERS)


@pytest.mark.parametrize(
    ("entry", "outputs"),
    [
        pytest.param(spec("dets"), {"dets": np.zeros((1, 0, 5), F32)}, id="dets"),
        pytest.param(
            spec("detr"),
            {"labels": np.zeros((1, 0), int), "boxes": np.zeros((1, 0, 4), F32), "scores": np.zeros((1, 0), F32)},
            id="detr",
        ),
        pytest.param(spec("yolo"), {"candidates": np.zeros((1, 5, 0), F32)}, id="yolo"),
    ],
)
def test_no_candidate_gives_no_box(entry: ModelSpec, outputs: Outputs) -> None:
    xyxy, score = DECODERS[entry.family](outputs, WH, entry)
    assert (xyxy.shape, score.shape) == ((0, 4), (0,))


@pytest.mark.parametrize(
    ("entry", "outputs", "message"),
    [
        pytest.param(spec("yolox"), {"candidates": np.zeros((1, 7, 85), F32)}, "expected 2184 candidates", id="count"),
        pytest.param(spec("yolox", person_class=9), yolox(), "expected a class 9, got 3 classes", id="yolox class"),
        pytest.param(spec("yolo", person_class=9), yolo(), "expected a class 9, got 2 classes", id="yolo class"),
        pytest.param(
            spec("picodet", person_class=2),
            {"boxes": box_rows()[None], "scores": score_rows()[None, None]},
            "expected a class 2, got 1 class$",
            id="picodet class",
        ),
        pytest.param(spec("dets"), {"dets": np.zeros((1, 3, 7), F32)}, "expected rows of 5 or 6", id="columns"),
    ],
)
def test_outputs_that_do_not_match_the_family_are_refused(entry: ModelSpec, outputs: Outputs, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        DECODERS[entry.family](outputs, WH, entry)


def test_an_extreme_side_gives_a_finite_box() -> None:
    outputs = dict(yolox())
    outputs["candidates"][0, 0, 2:4] = 1e9
    xyxy, _ = DECODERS["yolox"](outputs, WH, spec("yolox"))
    assert np.isfinite(xyxy).all()


KEYPOINTS = np.random.default_rng(2).uniform(20, 200, (17, 2))


def yolo_pose() -> Outputs:
    columns = np.zeros((1, 56, 9), F32)
    points = np.column_stack((KEYPOINTS + 0.5, np.linspace(0.1, 0.9, 17)))
    columns[0, :, 3] = [*CENTRE, *SIDES, 0.9, *points.ravel()]
    return {"candidates": columns}


def multipose() -> Outputs:
    persons = np.zeros((1, 6, 56), F32)
    fractions = (KEYPOINTS + 0.5) / np.array(WH)
    points = np.column_stack((fractions[:, ::-1], np.linspace(0.1, 0.9, 17)))
    left, top, right, bottom = EDGE / np.array([*WH] * 2)
    persons[0, 3] = [*points.ravel(), top, left, bottom, right, 0.9]
    return {"persons": persons}


@pytest.mark.parametrize(("family", "outputs"), [("yolo-pose", yolo_pose()), ("movenet-multipose", multipose())])
def test_one_stage_networks_give_boxes_with_keypoints(family: str, outputs: Outputs) -> None:
    entry = spec(family, task="pose-detector", skeleton="coco17")
    expected = output_shapes(entry)
    assert all(shapes_match(expected[name], value.shape) for name, value in outputs.items())
    candidates = POSE_DECODERS[family](outputs, WH, entry)
    assert np.abs(candidates.xyxy[3] - BOX).max() < 0.01
    assert candidates.score[3] == pytest.approx(0.9)
    assert np.abs(candidates.keypoints[3] - KEYPOINTS).max() < 0.01
    assert np.allclose(candidates.keypoint_score[3], np.linspace(0.1, 0.9, 17))
