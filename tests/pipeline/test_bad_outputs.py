"""Unusual networks and outputs: not finite, half precision, a fixed batch, bad boxes, thousands of boxes."""

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support import zoo
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import Config, DetectConfig, DeviceConfig, PoseConfig, SourceConfig, TrackConfig
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.errors import ConfigError, ModelError, NotFiniteError
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pipeline.build import build
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses, Tracks
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.fakes.parts import FakeBackend, FakeDetector, FakeSink, FakeSource, frame
from tests.support.fakes.pipelines import make_pipeline
from tests.support.models.graphs import constant_graph, dimmed_graph

pytestmark = [pytest.mark.slow]

F32 = np.float32
DETS = ModelSpec(
    name="d", task="detector", family="dets", file="d.onnx", input=InputSpec(name="x", wh=(64, 64), fit="stretch")
)
HEATMAP = ModelSpec(
    name="h",
    task="pose",
    family="heatmap",
    file="h.onnx",
    skeleton="coco17",
    input=InputSpec(name="x", wh=(48, 64), fit="crop"),
)
DETS_ENTRY = 'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\nfit = "stretch"\n'
HEATMAP_ENTRY = (
    'task = "pose"\nfamily = "heatmap"\nskeleton = "coco17"\n[input]\nname = "x"\nwh = [48, 64]\nfit = "crop"\n'
)


def detector(rows: list[list[float]], **limits: float) -> NetworkDetector:
    """A detector for frames of 64 x 64 whose output is these rows."""
    dets = np.array(rows, F32).reshape(1, -1, 5)
    return NetworkDetector(Network(FakeBackend(lambda batch: {"dets": dets}), DETS), DetectConfig(**limits))  # type: ignore[arg-type]


class TestNotFinite:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_detector_output_that_is_not_finite_raises(self, value: float) -> None:
        with pytest.raises(NotFiniteError, match="model d, output dets: expected numbers, got 1 of 10 NaN or infinite"):
            detector([[0, 0, 9, 9, 0.9], [0, 0, value, 9, 0.0]]).detect(frame(wh=(64, 64)), threshold=0.3)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_pose_output_that_is_not_finite_raises(self, value: float) -> None:
        maps = np.full((1, 17, 16, 12), value, F32)
        estimator = NetworkPoseEstimator(Network(FakeBackend(lambda batch: {"heatmap": maps}), HEATMAP), PoseConfig())
        with pytest.raises(NotFiniteError, match="output heatmap"):
            estimator.estimate(frame(), Boxes(np.array([[0, 0, 9, 9]], F32), np.ones(1, F32)))

    def test_such_frames_are_dropped_counted_and_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """Frames 3 to 14 are not finite: the others pass, and the person keeps the track id."""

        def fail(frame: Frame) -> None:
            if 3 <= frame.index < 15:
                raise NotFiniteError("model d, output dets: expected numbers")

        sink = FakeSink()
        running = make_pipeline(FakeSource([frame(index) for index in range(20)]), sink, detector=FakeDetector(fail))
        with caplog.at_level(logging.WARNING):
            running.start()
            assert running.wait(10)
        assert [scene.frame.index for scene in sink.scenes] == [0, 1, 2, 15, 16, 17, 18, 19]
        assert {tuple(scene.tracks.ids) for scene in sink.scenes if scene.tracks is not None} == {(1,)}
        assert running.report().dropped["not finite at detect"] == 12
        warnings = [record.getMessage() for record in caplog.records if "dropped at detect" in record.getMessage()]
        assert [text.split(" ", 1)[0] for text in warnings] == ["1", "10"]
        running.stop()

    def test_poses_that_are_not_finite_never_reach_the_tracker(self) -> None:
        """The pose network gives NaN for white crops: input and output of the tracker are finite."""
        maps = np.zeros((1, 17, 16, 12), F32)
        maps[:, :, 8, 6] = 0.75

        def outputs(batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
            factor = np.float32(np.nan if batch.max() == 255 else 1)
            return {"heatmap": np.repeat(maps * factor, len(batch), axis=0)}

        seen: list[Poses] = []

        class ObservedTracker(PoseTracker):
            def update(self, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
                seen.append(poses)
                return super().update(poses, time_s=time_s, frame_wh=frame_wh)

        frames = [frame(index, value=255 if 3 <= index < 15 else 0) for index in range(20)]
        sink, estimator = FakeSink(), NetworkPoseEstimator(Network(FakeBackend(outputs), HEATMAP), PoseConfig())
        running = make_pipeline(
            FakeSource(frames), sink, estimator=estimator, tracker=ObservedTracker(TrackConfig(), COCO17)
        )
        running.start()
        assert running.wait(10)
        running.stop()
        assert running.report().dropped["not finite at pose"] == 12
        assert len(seen) == len(sink.scenes) == 8
        assert all(np.isfinite(poses.keypoints).all() and np.isfinite(poses.score).all() for poses in seen)
        assert {tuple(scene.tracks.ids) for scene in sink.scenes if scene.tracks is not None} == {(1,)}

    @pytest.mark.parametrize("bad", ["detect", "pose"])
    def test_real_graphs_that_fail_on_some_images_of_a_folder(self, bad: str, tmp_path: Path) -> None:
        """Of eight images the third to the fifth are black; one of the graphs gives NaN for black."""
        maps = np.zeros((1, 17, 16, 12), F32)
        maps[:, :, 8, 6] = 0.75
        graphs = {
            "detect": ({"x": ("N", 3, 64, 64)}, {"dets": np.array([[[16, 16, 48, 48, 0.9]]], F32)}),
            "pose": ({"x": ("N", 3, 64, 48)}, {"heatmap": maps}),
        }
        for stage, (inputs, outputs) in graphs.items():
            constant_graph(tmp_path / f"{stage}.onnx", inputs, outputs, fails_on_black=stage == bad)
        (tmp_path / "detect.toml").write_text(DETS_ENTRY, encoding="utf-8")
        (tmp_path / "pose.toml").write_text(HEATMAP_ENTRY, encoding="utf-8")
        for index in range(8):
            grey = np.full((64, 64, 3), 0 if 2 <= index < 5 else 200, np.uint8)
            cv2.imwrite(str(tmp_path / f"{index}.png"), grey)
        config = Config(
            headless=True,
            source=SourceConfig(uri=str(tmp_path)),
            detect=DetectConfig(model=str(tmp_path / "detect.onnx")),
            pose=PoseConfig(model=str(tmp_path / "pose.onnx")),
            save_poses=(tmp_path / "poses.jsonl",),
        )
        running = build(config)
        scenes = list(running.scenes())
        assert [scene.frame.index for scene in scenes] == [0, 1, 5, 6, 7]
        assert running.report().dropped[f"not finite at {bad}"] == 3
        assert all(scene.tracks is not None and scene.tracks.ids.tolist() == [1] for scene in scenes)
        header = json.loads((tmp_path / "poses.jsonl").read_text(encoding="utf-8").splitlines()[0])
        files = {stage: (tmp_path / f"{stage}.onnx").read_bytes() for stage in graphs}
        assert header["models"] == {stage: hashlib.sha256(file).hexdigest() for stage, file in files.items()}


class TestBoxes:
    def test_boxes_without_area_or_outside_the_frame_are_dropped(self) -> None:
        rows = [
            [10, 10, 30, 40, 0.9],
            [20, 20, 20, 40, 0.8],  # no width
            [40, 40, 30, 30, 0.8],  # inside out
            [-50, -50, -10, -10, 0.8],  # above and left of the frame
            [70, 10, 90, 30, 0.8],  # right of it
            [-20, 50, 10, 90, 0.7],  # half in
        ]
        boxes = detector(rows).detect(frame(wh=(64, 64)), threshold=0.3)
        assert boxes.score.tolist() == pytest.approx([0.9, 0.7])
        assert boxes.xyxy[1].tolist() == [-20.5, 49.5, 9.5, 89.5]

    def test_a_huge_box_is_limited(self) -> None:
        boxes = detector([[-1e20, -1e20, 1e20, 1e20, 0.9]]).detect(frame(wh=(64, 64)), threshold=0.3)
        assert boxes.xyxy.tolist() == [[-64, -64, 128, 128]]
        maps = np.zeros((1, 17, 16, 12), F32)
        poses = NetworkPoseEstimator(
            Network(FakeBackend(lambda batch: {"heatmap": maps}), HEATMAP), PoseConfig()
        ).estimate(frame(), boxes)
        assert np.isfinite(poses.keypoints).all()

    def test_thousands_of_boxes_are_reduced_to_the_best(self) -> None:
        rng = np.random.default_rng(0)
        corners = rng.uniform(0, 60, (5000, 2))
        rows = np.column_stack((corners, corners + 1, rng.uniform(0.3, 1, 5000)))
        boxes = detector(rows.tolist(), max_persons=40).detect(frame(wh=(64, 64)), threshold=0.1)
        assert len(boxes) == 40
        assert boxes.score[0] == pytest.approx(rows[:, 4].max())
        assert (np.diff(boxes.score) <= 0).all()

    def test_detr_keeps_persons_that_overlap(self) -> None:
        spec = replace(DETS, family="detr")
        pair = np.array([[[10, 10, 30, 50], [12, 10, 32, 50]]], F32)
        outputs: dict[str, NDArray[Any]] = {
            "labels": np.zeros((1, 2), np.int64),
            "boxes": pair,
            "scores": np.array([[0.9, 0.8]], F32),
        }
        network_detector = NetworkDetector(Network(FakeBackend(lambda batch: outputs), spec), DetectConfig())
        assert len(network_detector.detect(frame(wh=(64, 64)), threshold=0.3)) == 2


class TestGraphs:
    def test_a_graph_in_half_precision_runs_like_any_other(self, tmp_path: Path) -> None:
        maps = np.zeros((1, 17, 16, 12), F32)
        maps[:, :, 8, 6] = 0.75
        path = constant_graph(tmp_path / "h.onnx", {"x": ["N", 3, 64, 48]}, {"heatmap": maps}, dtype="float16")
        backend = load_backend(path, HEATMAP, DeviceConfig(device="cpu"))
        outputs = backend.run(np.zeros((3, 3, 64, 48), F32))
        assert str(outputs["heatmap"].dtype) == "float32"
        boxes = Boxes(np.array([[8, 0, 56, 48]] * 3, F32), np.ones(3, F32))
        poses = NetworkPoseEstimator(Network(backend, HEATMAP), PoseConfig()).estimate(frame(), boxes)
        assert poses.score.max() == 0.75

    def test_a_graph_of_fixed_batch_1_takes_any_number(self, tmp_path: Path, shared_data: Path) -> None:
        own = zoo.link_model("blazepose-lite", tmp_path, shared=shared_data)
        backend = load_backend(own, load_manifest().find(str(own), task="pose"), DeviceConfig(device="cpu"))
        batch = np.random.default_rng(1).uniform(0, 1, (3, 256, 256, 3)).astype(F32)
        together = backend.run(batch)["keypoints"]
        assert together.shape == (3, 195)
        for row, item in zip(together, batch, strict=True):
            assert np.allclose(row, backend.run(item[None])["keypoints"][0], atol=1e-3)

    @pytest.mark.parametrize("count", [1, 3, 4, 5, 9])
    @pytest.mark.parametrize("threads", [1, 2])
    def test_a_graph_of_fixed_batch_4_takes_any_number(self, count: int, threads: int, tmp_path: Path) -> None:
        maps = np.random.default_rng(2).uniform(0, 1, (1, 17, 16, 12)).astype(F32)
        path = dimmed_graph(tmp_path / "h.onnx", (4, 3, 64, 48), maps)
        backend = load_backend(path, HEATMAP, DeviceConfig(device="cpu", threads=threads))
        means = np.arange(1, count + 1, dtype=F32).reshape(-1, 1, 1, 1)
        got = backend.run(np.broadcast_to(means, (count, 3, 64, 48)))["heatmap"]
        assert got.shape == (count, 17, 16, 12)
        assert np.allclose(got, means * maps, rtol=1e-4)

    def test_the_second_input_of_a_detr_gets_the_input_size(self, tmp_path: Path, shared_data: Path) -> None:
        own = zoo.link_model("deimv2-femto", tmp_path, shared=shared_data)
        spec = load_manifest().find(str(own), task="detector")
        boxes = load_backend(own, spec, DeviceConfig(device="cpu")).run(np.zeros((1, 3, 416, 416), F32))["boxes"]
        assert 100 < np.abs(boxes).max() < 900

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param({"outputs": ("maps",)}, "outputs \\['maps'\\], the graph has", id="name of an output"),
            pytest.param({"skeleton": "halpe26"}, r"expected shape \(None, 26, None, None\)", id="keypoints"),
        ],
    )
    def test_an_entry_that_disagrees_with_the_graph(self, tmp_path: Path, change: dict[str, str], message: str) -> None:
        path = constant_graph(tmp_path / "h.onnx", {"x": ["N", 3, 64, 48]}, {"heatmap": np.zeros((1, 17, 16, 12), F32)})
        with pytest.raises(ModelError, match=message):
            load_backend(path, replace(HEATMAP, **change), DeviceConfig(device="cpu"))  # type: ignore[arg-type]


class TestSizes:
    NANODET = load_manifest().models["nanodet-g"]

    @pytest.mark.parametrize(
        ("size", "wh"),
        [("auto", (416, 256)), ("320", (320, 192)), ("640", (640, 384)), ("640x640", (640, 640)), ("96x32", (96, 32))],
    )
    def test_a_free_graph_takes_the_requested_size(self, size: str, wh: tuple[int, int]) -> None:
        seen: list[tuple[int, ...]] = []

        def outputs(batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
            seen.append(batch.shape)
            return {"dets": np.zeros((1, 0, 5), F32)}

        spec = replace(self.NANODET, family="dets")
        network_detector = NetworkDetector(Network(FakeBackend(outputs), spec), DetectConfig(size=size))
        network_detector.detect(frame(wh=(1920, 1080)), threshold=0.3)
        assert seen == [(1, 3, wh[1], wh[0])]

    @pytest.mark.parametrize(
        ("spec", "size", "message"),
        [
            pytest.param(DETS, "320", "its input size is fixed at 64x64; remove detector-size", id="fixed"),
            pytest.param(NANODET, "640x360", "multiples of 32, got 640x360; try 640x384", id="no multiple"),
        ],
    )
    def test_a_size_that_does_not_fit_the_graph_is_refused(self, spec: ModelSpec, size: str, message: str) -> None:
        config = DetectConfig(size=size)
        with pytest.raises(ConfigError, match=message):
            NetworkDetector(Network(FakeBackend(lambda batch: {}), replace(spec, family="dets")), config)

    def test_a_fixed_graph_accepts_its_own_size(self) -> None:
        for size in ("auto", "64", "64x64"):
            NetworkDetector(Network(FakeBackend(lambda batch: {}), DETS), DetectConfig(size=size))

    @pytest.mark.parametrize("size", ["", "big", "640x", "16", "640x9999", "-320"])
    def test_text_that_is_not_a_size_is_refused(self, size: str) -> None:
        with pytest.raises(ConfigError, match="detector-size"):
            DetectConfig(size=size)

    @pytest.mark.parametrize("size", ["640x", "31", "640x360"])
    def test_the_command_line_reports_it_without_tyro(self, size: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["live", "demo", "--headless", "--detector-size", size]) == 2
        message = capsys.readouterr().err
        assert message.startswith(
            ("realtime-pose: detector-size: expected", "realtime-pose: model nanodet-g: expected")
        )
        assert "tyro" not in message
