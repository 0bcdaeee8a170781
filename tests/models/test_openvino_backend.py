"""The OpenVINO backend: outputs as from ONNX Runtime, threads, shapes, devices, and the cache of compiled graphs."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.errors import EngineError, ModelError
from realtime_pose.models import compile_cache, openvino_core
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest, weights_folder
from realtime_pose.models.onnx_backend import OnnxBackend
from realtime_pose.models.openvino_backend import OpenVinoBackend, OpenVinoOptions
from tests.support.fakes.openvino_core import FakeCore
from tests.support.models.graphs import constant_graph, convolution_graph, dimmed_graph

pytestmark = [pytest.mark.slow, pytest.mark.loads_networks]

F32 = np.float32
MODELS = load_manifest().models
LIGHTNING, NANODET = MODELS["movenet-lightning"], MODELS["nanodet-g"]
HEATMAP = ModelSpec(
    name="m", task="pose", family="heatmap", file="x", skeleton="coco17", input=InputSpec(name="x", wh=(8, 8))
)

CONVOLUTIONS = replace(HEATMAP, input=InputSpec(name="x", wh=(64, 64)))


def weights_path(spec: ModelSpec) -> Path:
    return Path(str(weights_folder())) / spec.file


def crops(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(0, 255, (count, 192, 192, 3)).astype(F32)


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "realtime-pose" / "compiled"


@pytest.fixture
def fake_core(monkeypatch: pytest.MonkeyPatch, no_cache: Path) -> FakeCore:
    core = FakeCore()
    monkeypatch.setattr(openvino_core, "make_core", lambda: core)
    return core


@pytest.fixture
def small_graph(tmp_path: Path) -> Path:
    """A graph for HEATMAP: any batch, outputs in proportion to the mean of each item."""
    return dimmed_graph(tmp_path / "x.onnx", ("N", 3, 8, 8), np.ones((1, 17, 2, 2), F32))


@pytest.fixture(scope="module")
def lightning() -> OpenVinoBackend:
    """MoveNet Lightning, for live use."""
    return OpenVinoBackend(weights_path(LIGHTNING), LIGHTNING, OpenVinoOptions(threads=2))


class TestOutputs:
    @pytest.mark.parametrize("is_live", [True, False])
    def test_they_are_those_of_onnx_runtime_in_the_same_order(
        self, lightning: OpenVinoBackend, *, is_live: bool
    ) -> None:
        options = OpenVinoOptions(threads=2, is_live=False)
        ours = lightning if is_live else OpenVinoBackend(weights_path(LIGHTNING), LIGHTNING, options)
        theirs = OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cpu", threads=1)
        for count in (1, 2, 3, 7):
            outputs, expected = ours.run(crops(count)), theirs.run(crops(count))
            assert outputs.keys() == expected.keys()
            for name, values in expected.items():
                assert np.allclose(outputs[name], values, atol=2e-3), (count, name)

    def test_a_detector_takes_frames_of_several_sizes(self) -> None:
        ours = OpenVinoBackend(weights_path(NANODET), NANODET, OpenVinoOptions())
        theirs = OnnxBackend(weights_path(NANODET), NANODET, device="cpu")
        for size in ((256, 416), (416, 256), (64, 96), (256, 416)):
            frame = np.random.default_rng(1).normal(size=(1, 3, *size)).astype(F32)
            assert np.allclose(ours.run(frame)["scores"], theirs.run(frame)["scores"], atol=1e-4), size

    @pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float16", "float32", "float64"])
    def test_an_image_enters_in_the_type_of_the_graph(self, tmp_path: Path, dtype: str) -> None:
        path = dimmed_graph(tmp_path / "x.onnx", (1, 3, 8, 8), np.ones((1, 17, 2, 2), F32), dtype=dtype)
        backend = OpenVinoBackend(path, HEATMAP, OpenVinoOptions())
        (value,) = np.unique(backend.run(np.full((1, 3, 8, 8), 200, F32))["heatmap"])
        assert value == 200

    @pytest.mark.parametrize("count", [1, 3, 4, 9])
    def test_a_graph_of_fixed_batch_is_padded(self, tmp_path: Path, count: int) -> None:
        path = dimmed_graph(tmp_path / "x.onnx", (4, 3, 8, 8), np.ones((1, 17, 2, 2), F32))
        batch = np.ones((count, 3, 8, 8), F32) * np.arange(1, count + 1, dtype=F32)[:, None, None, None]
        outputs = OpenVinoBackend(path, HEATMAP, OpenVinoOptions()).run(batch)["heatmap"]
        assert outputs[:, 0, 0, 0].tolist() == pytest.approx(range(1, count + 1))

    def test_an_output_keeps_its_values_after_the_next_run(self, small_graph: Path) -> None:
        backend = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1))
        first = backend.run(np.full((1, 3, 8, 8), 3, F32))["heatmap"]
        backend.run(np.full((1, 3, 8, 8), 5, F32))
        assert np.unique(first).tolist() == [3]

    def test_what_it_is(self, lightning: OpenVinoBackend) -> None:
        assert (lightning.device, lightning.engine.title) == ("CPU", "OpenVINO f32")


class TestThreads:
    def test_many_threads_at_once_get_their_own_outputs(self, small_graph: Path) -> None:
        """One request that two threads share would give one of them the outputs of the other."""
        backend = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=2))

        def run(value: int) -> bool:
            count = value % 5 + 1
            outputs = backend.run(np.full((count, 3, 8, 8), value, F32))["heatmap"]
            return outputs.shape[0] == count and bool((outputs == value).all())

        with ThreadPoolExecutor(8) as executor:
            assert all(executor.map(run, range(400)))

    @pytest.mark.parametrize(("threads", "is_live"), [(1, True), (2, True), (3, False)])
    def test_threads_are_bounded(self, fake_core: FakeCore, small_graph: Path, threads: int, *, is_live: bool) -> None:
        OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=threads, is_live=is_live))
        assert {config["INFERENCE_NUM_THREADS"] for _, _, config in fake_core.compiled} == {threads}
        streams = {config["NUM_STREAMS"] for _, _, config in fake_core.compiled}
        # Live: one stream with all threads for few persons, and one thread each for many.
        assert streams == ({1, threads} if is_live else {threads})


class TestErrors:
    @pytest.mark.parametrize("content", [b"", b"this is text, not a graph"])
    def test_a_file_that_is_no_graph_is_refused(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "text.onnx"
        file.write_bytes(content)
        with pytest.raises(EngineError, match="cannot be loaded as an ONNX graph"):
            OpenVinoBackend(file, LIGHTNING, OpenVinoOptions())

    def test_a_graph_of_another_entry_is_refused(self) -> None:
        spec = replace(LIGHTNING, input=replace(LIGHTNING.input, wh=(256, 256)))
        with pytest.raises(ModelError, match=r"expected shape \(None, 256, 256, 3\), got \('\?', 192, 192, 3\)"):
            OpenVinoBackend(weights_path(LIGHTNING), spec, OpenVinoOptions())

    def test_keypoints_that_a_network_does_not_have_are_refused(self, tmp_path: Path) -> None:
        path = constant_graph(tmp_path / "x.onnx", {"x": ("N", 3, 8, 8)}, {"heatmap": np.zeros((1, 26, 2, 2), F32)})
        with pytest.raises(ModelError, match="at least 41, got 26 keypoints"):
            OpenVinoBackend(path, replace(HEATMAP, keypoints=(*range(16), 40)), OpenVinoOptions())

    def test_a_batch_of_another_shape_is_refused(self, lightning: OpenVinoBackend) -> None:
        with pytest.raises(EngineError, match=r"failed on a batch \(1, 64, 64, 3\)"):
            lightning.run(np.zeros((1, 64, 64, 3), F32))


class TestIntelDevices:
    @pytest.mark.parametrize(
        ("asked", "listed", "device"),
        [
            pytest.param("intel-gpu", ("CPU", "GPU"), "INTEL-GPU:0", id="the only one"),
            pytest.param("intel-gpu:0", ("CPU", "GPU"), "INTEL-GPU:0", id="the only one by number"),
            pytest.param("intel-gpu", ("CPU", "GPU.0", "GPU.1"), "INTEL-GPU:0", id="the first"),
            pytest.param("intel-gpu:1", ("CPU", "GPU.0", "GPU.1"), "INTEL-GPU:1", id="the second"),
            pytest.param("intel-gpu:2", ("CPU", "GPU.0", "GPU.1"), "CPU", id="not there"),
            pytest.param("intel-npu", ("CPU", "NPU"), "INTEL-NPU", id="npu"),
            pytest.param("intel-npu", ("CPU", "GPU"), "CPU", id="no npu"),
            pytest.param("auto", ("CPU", "GPU"), "CPU", id="not asked for"),
        ],
    )
    def test_the_device_that_was_asked_for(
        self, fake_core: FakeCore, small_graph: Path, asked: str, listed: tuple[str, ...], device: str
    ) -> None:
        fake_core.available_devices = listed
        backend = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(device=asked))
        assert backend.device == device
        outputs = backend.run(np.full((3, 3, 8, 8), 7, F32))["heatmap"]
        assert (outputs.shape, np.unique(outputs).tolist()) == ((3, 17, 2, 2), [7])

    def test_graphics_get_batches_in_buckets(self, fake_core: FakeCore, small_graph: Path) -> None:
        backend = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(device="intel-gpu", precision="f16", threads=2))
        batch = np.ones((13, 3, 8, 8), F32) * np.arange(13, dtype=F32)[:, None, None, None]
        assert backend.run(batch)["heatmap"][:, 0, 0, 0].tolist() == list(range(13))  # 8 + 4 + 1
        sizes = {shapes[0][0] for _, shapes, _ in fake_core.compiled}
        assert sizes == {1, 4, 8}
        assert {config["INFERENCE_PRECISION_HINT"] for _, _, config in fake_core.compiled} == {"f16"}
        assert {config["PERFORMANCE_HINT"] for _, _, config in fake_core.compiled} == {"LATENCY"}

    def test_files_are_done_for_throughput(self, fake_core: FakeCore, small_graph: Path) -> None:
        OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(device="intel-npu", is_live=False))
        assert {config["PERFORMANCE_HINT"] for _, _, config in fake_core.compiled} == {"THROUGHPUT"}

    def test_devices_are_listed_by_our_names(self, fake_core: FakeCore) -> None:
        fake_core.available_devices = ("CPU", "GPU.0", "GPU.1", "NPU")
        assert openvino_core.list_devices() == {
            "cpu": "Fake CPU",
            "intel-gpu:0": "Fake GPU.0",
            "intel-gpu:1": "Fake GPU.1",
            "intel-npu": "Fake NPU",
        }


class TestCompileCache:
    def test_the_second_start_reads_and_compiles_nothing(
        self, no_cache: Path, small_graph: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=2)).run(np.ones((2, 3, 8, 8), F32))
        assert list(no_cache.glob("*.blob"))
        core = openvino_core.make_core()

        class NoCompiler:
            def __getattr__(self, name: str) -> object:
                assert name not in {"read_model", "compile_model"}
                return getattr(core, name)

        monkeypatch.setattr(openvino_core, "make_core", NoCompiler)
        second = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=2)).run(np.ones((2, 3, 8, 8), F32))
        assert np.array_equal(first["heatmap"], second["heatmap"])

    @pytest.mark.parametrize("damage", ["one byte", "cut off", "empty", "other content"])
    def test_a_damaged_file_changes_no_output(self, no_cache: Path, tmp_path: Path, damage: str) -> None:
        """OpenVINO itself loads a compiled graph with changed weights without an error, and computes with them."""
        path, options = convolution_graph(tmp_path / "x.onnx"), OpenVinoOptions(threads=1)
        batch = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(F32)
        expected = OpenVinoBackend(path, CONVOLUTIONS, options).run(batch)["heatmap"]
        for blob in no_cache.glob("*.blob"):
            content = bytearray(blob.read_bytes())
            for at in range(len(content) // 4, len(content) // 2, 4):
                content[at] ^= 0x55
            contents = {"cut off": bytes(content[: len(content) // 2]), "empty": b"", "other content": b"x" * 5000}
            blob.write_bytes(contents.get(damage, bytes(content)))
        again = OpenVinoBackend(path, CONVOLUTIONS, options).run(batch)["heatmap"]
        assert np.array_equal(again, expected)

    def test_a_whole_file_of_another_version_is_compiled_again(self, no_cache: Path, small_graph: Path) -> None:
        """Its checksum is right, but OpenVINO does not take it."""
        key = "k"
        compile_cache.store(key, b"no compiled graph")
        (kept,) = no_cache.glob("*.blob")
        content = kept.read_bytes()
        OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1))
        for blob in no_cache.glob("*.blob"):
            blob.write_bytes(content)
        outputs = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1)).run(np.ones((1, 3, 8, 8), F32))
        assert np.unique(outputs["heatmap"]).tolist() == [1]

    def test_it_works_where_nothing_can_be_written(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_graph: Path
    ) -> None:
        # A file in the place of the folder refuses everybody, root too.
        (tmp_path / "home").write_text("not a folder", encoding="utf-8")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
        outputs = OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions()).run(np.ones((1, 3, 8, 8), F32))
        assert np.unique(outputs["heatmap"]).tolist() == [1]

    def test_nothing_is_kept_of_what_is_compiled_while_it_may_only_be_read(
        self, no_cache: Path, small_graph: Path
    ) -> None:
        with compile_cache.reading_only():
            OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1))
        assert not list(no_cache.glob("*.blob"))
        OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1))
        assert list(no_cache.glob("*.blob"))

    def test_the_files_that_were_not_used_for_the_longest_time_are_deleted(
        self, no_cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(compile_cache, "_MAX_FILES", 3)
        for number in range(3):
            compile_cache.store(f"key {number}", bytes([number]))
        for blob in no_cache.glob("*.blob"):
            os.utime(blob, (1, 1))
        assert compile_cache.load("key 1") == b"\1"
        for number in range(3, 5):
            compile_cache.store(f"key {number}", bytes([number]))
        kept = [number for number in range(5) if compile_cache.load(f"key {number}") == bytes([number])]
        assert kept == [1, 3, 4]
        assert len(list(no_cache.glob("*.blob"))) == 3

    @pytest.mark.parametrize("change", [{"precision": "int8"}, {"threads": 2}])
    def test_other_settings_are_other_files(self, no_cache: Path, small_graph: Path, change: dict[str, object]) -> None:
        OpenVinoBackend(small_graph, HEATMAP, OpenVinoOptions(threads=1))
        count = len(list(no_cache.glob("*.blob")))
        OpenVinoBackend(small_graph, HEATMAP, replace(OpenVinoOptions(threads=1), **change))  # type: ignore[arg-type]
        assert len(list(no_cache.glob("*.blob"))) > count
