"""The detector: decoding, threshold, box NMS, and the map back to the frame."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from benchmarks.support import zoo
from realtime_pose.config import DetectConfig
from realtime_pose.detect.decoders import DECODERS
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.detect.grids import decode_nanodet
from realtime_pose.detect.input_size import input_wh
from realtime_pose.detect.nms import suppress
from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest, weights_folder
from realtime_pose.models.network import Network
from realtime_pose.models.onnx_backend import OnnxBackend
from realtime_pose.models.signatures import output_shapes
from realtime_pose.scene import Frame
from tests.support.fakes.parts import FakeBackend, frame

F32 = np.float32
NANODET = load_manifest().models["nanodet-g"]
CELLS = {8: (52, 32), 16: (26, 16), 32: (13, 8)}  # columns, rows for 416 x 256


def nanodet_outputs(
    hits: list[tuple[int, int, int, float, tuple[float, float, float, float]]],
) -> dict[str, NDArray[np.float32]]:
    """NanoDet outputs for 416 x 256 with these detections: stride, column, row, score, distances in strides."""
    count = sum(columns * rows for columns, rows in CELLS.values())
    scores, distances = np.zeros((1, count), F32), np.ones((1, count, 4), F32)
    for stride, column, row, score, ltrb in hits:
        start = sum(c * r for s, (c, r) in CELLS.items() if s < stride)
        place = start + row * CELLS[stride][0] + column
        scores[0, place], distances[0, place] = score, ltrb
    return {"scores": scores, "distances": distances}


def detector(hits: list[tuple[int, int, int, float, tuple[float, float, float, float]]]) -> NetworkDetector:
    return NetworkDetector(Network(FakeBackend(lambda batch: nanodet_outputs(hits)), NANODET), DetectConfig())


def test_a_cell_becomes_a_box_around_its_centre() -> None:
    xyxy, score = decode_nanodet(nanodet_outputs([(16, 3, 2, 0.9, (1, 2, 3, 4))]), (416, 256), NANODET)
    best = score.argmax()
    x, y = 3.5 * 16 - 0.5, 2.5 * 16 - 0.5
    assert np.allclose(xyxy[best], [x - 16, y - 32, x + 48, y + 64])


def test_a_wrong_number_of_candidates_is_an_error() -> None:
    with pytest.raises(ModelError, match="expected 3549 candidates"):
        decode_nanodet(nanodet_outputs([]), (416, 416), NANODET)


def test_boxes_come_back_to_frame_pixels_best_first() -> None:
    """A box that covers the whole letterboxed image is the whole frame, to half a pixel."""
    whole = (32, 6, 3, 0.6, (6.5, 3.5, 6.5, (234 - 112) / 32))  # 416 x 234 of the 416 x 256 input
    small = (8, 0, 0, 0.8, (0.5, 0.5, 0.5, 0.5))
    boxes = detector([whole, small]).detect(frame(wh=(1664, 936)), threshold=0.3)
    assert boxes.score.tolist() == pytest.approx([0.8, 0.6])
    assert np.allclose(boxes.xyxy[1], [-0.5, -0.5, 1663.5, 935.5], atol=0.01)
    assert np.allclose(boxes.xyxy[0], [-0.5, -0.5, 31.5, 31.5], atol=0.01)


def test_the_threshold_is_taken_from_each_call() -> None:
    finder = detector([(8, 5, 5, 0.5, (1, 1, 1, 1))])
    assert len(finder.detect(frame(wh=(416, 256)), threshold=0.5)) == 1
    empty = finder.detect(frame(wh=(416, 256)), threshold=0.51)
    assert len(empty) == 0
    assert empty.xyxy.shape == (0, 4)


def test_of_thousands_of_boxes_the_best_are_kept() -> None:
    count = sum(columns * rows for columns, rows in CELLS.values())
    rng = np.random.default_rng(0)
    outputs = {"scores": rng.uniform(0.3, 1, (1, count)).astype(F32), "distances": np.full((1, count, 4), 0.4, F32)}
    finder = NetworkDetector(Network(FakeBackend(lambda batch: outputs), NANODET), DetectConfig(max_persons=7))
    boxes = finder.detect(frame(wh=(416, 256)), threshold=0.1)
    assert len(boxes) == 7
    assert boxes.score[0] == outputs["scores"].max()


@pytest.mark.parametrize("wh", [(1, 1), (16, 9), (3, 4000)])
def test_images_of_any_size_are_accepted(wh: tuple[int, int]) -> None:
    backend = FakeBackend(lambda batch: {"scores": np.zeros((1, 0), F32), "distances": np.zeros((1, 0, 4), F32)})
    finder = NetworkDetector(Network(backend, NANODET), DetectConfig())
    with pytest.raises(ModelError, match="candidates"):  # the fake gives none; only the batch is checked
        finder.detect(frame(wh=wh), threshold=0.3)
    _, _, height, width = backend.batches[0].shape
    assert max(height, width) == 416
    assert height % 32 == width % 32 == 0


def test_a_family_without_a_decoder_is_refused() -> None:
    spec = ModelSpec(name="x", task="detector", family="crystal", file="x.onnx", input=InputSpec(name="i", wh=(8, 8)))
    with pytest.raises(ConfigError, match="no decoder for family 'crystal', expected nanodet"):
        NetworkDetector(Network(FakeBackend(lambda batch: {}), spec), DetectConfig())


def test_every_decoder_has_a_signature() -> None:
    for family in DECODERS:
        spec = ModelSpec(name="x", task="detector", family=family, file="x", input=InputSpec(name="i", wh=(32, 32)))
        assert output_shapes(spec)


boxes_and_scores = st.integers(0, 12).flatmap(
    lambda n: st.tuples(
        hnp.arrays(F32, (n, 4), elements=st.floats(0, 50, width=32)),
        hnp.arrays(F32, n, elements=st.floats(0, 1, width=32)),
    )
)


@given(boxes_and_scores)
def test_box_nms_keeps_the_best_and_is_idempotent(values: tuple[Float, Float]) -> None:
    corners, score = values
    xyxy = np.concatenate((corners[:, :2], corners[:, :2] + corners[:, 2:] + 1), axis=1)
    kept = suppress(xyxy, score, max_overlap=0.5)
    assert len(kept) == 0 or score[kept[0]] == score.max()
    assert (np.diff(score[kept]) <= 0).all()
    again = suppress(xyxy[kept], score[kept], max_overlap=0.5)
    assert again.tolist() == list(range(len(kept)))


def test_the_real_network_finds_the_people_of_the_demo_clip(demo_frame: NDArray[np.uint8]) -> None:
    path = Path(str(weights_folder())) / NANODET.file
    finder = NetworkDetector(Network(OnnxBackend(path, NANODET, device="cpu"), NANODET), DetectConfig())
    boxes = finder.detect(Frame(demo_frame, 0, 0.0, 0.0, "demo"), threshold=0.3)
    assert len(boxes) == 3
    heights = boxes.xyxy[:, 3] - boxes.xyxy[:, 1]
    assert (heights > 200).all()


def test_the_boxes_of_a_graph_with_nms_are_unchanged() -> None:
    spec = replace(NANODET, family="dets", outputs=("dets", "labels"), person_class=3)
    dets = np.array([[[10, 20, 30, 40, 0.9], [0, 0, 5, 5, 0.8]]], F32)
    xyxy, score = DECODERS["dets"]({"dets": dets, "labels": np.array([[3, 1]])}, (64, 64), spec)
    assert xyxy.tolist() == [[9.5, 19.5, 29.5, 39.5]]
    assert score.tolist() == pytest.approx([0.9])


def test_a_detector_of_another_family_finds_people(
    tmp_path: Path, shared_data: Path, demo_frame: NDArray[np.uint8]
) -> None:
    manifest, demo = load_manifest(), Frame(demo_frame, 0, 0.0, 0.0, "demo")
    own = zoo.link_model("rtmdet-nano", tmp_path, shared=shared_data)
    spec = manifest.find(str(own), task="detector")
    boxes = NetworkDetector(Network(OnnxBackend(own, spec, device="cpu"), spec), DetectConfig()).detect(
        demo, threshold=0.3
    )
    assert 3 <= len(boxes) <= 5


@pytest.mark.parametrize(
    ("size", "multiple_px", "wh"),
    [
        pytest.param("auto", 32, (416, 256), id="as published"),
        pytest.param("small", 32, (320, 192), id="three quarters"),
        pytest.param("large", 32, (640, 352), id="one and a half times"),
        pytest.param("640", 32, (640, 384), id="pixels"),
        pytest.param("large", 0, (416, 416), id="fixed size"),
    ],
)
def test_input_sizes_for_a_wide_frame(size: str, multiple_px: int, wh: tuple[int, int]) -> None:
    sizes = []

    def no_boxes(batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        sizes.append((batch.shape[3], batch.shape[2]))
        return {"dets": np.zeros((1, 0, 5), F32)}

    spec = ModelSpec(
        name="x", task="detector", family="dets", file="x",
        input=InputSpec(name="i", wh=(416, 416), multiple_px=multiple_px),
    )  # fmt: skip
    detector = NetworkDetector(Network(FakeBackend(no_boxes), spec), DetectConfig(size=size))
    assert len(detector.detect(frame(wh=(1280, 720)), threshold=0.3)) == 0
    assert sizes == [wh]


@pytest.mark.parametrize(
    ("frame_wh", "multiple_px", "wh"),
    [
        pytest.param((3000, 300), 32, (416, 64), id="panorama"),
        pytest.param((300, 3000), 32, (64, 416), id="portrait"),
        pytest.param((1280, 720), 64, (448, 256), id="another multiple"),
        pytest.param((1, 1), 32, (416, 416), id="one pixel"),
        pytest.param((5000, 1), 32, (416, 32), id="one row"),
    ],
)
def test_sizes_that_follow_the_frame_are_multiples(
    frame_wh: tuple[int, int], multiple_px: int, wh: tuple[int, int]
) -> None:
    spec = InputSpec(name="i", wh=(416, 416), multiple_px=multiple_px)
    assert input_wh(spec, frame_wh) == wh
