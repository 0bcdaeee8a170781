"""Which engine, precision and file a network gets, and what is told when it is not the one that was wanted."""

import hashlib
import importlib.util
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from realtime_pose.config import DeviceConfig, load
from realtime_pose.errors import ChecksumError, ConfigError, EngineError, MissingPackageError, ModelError
from realtime_pose.models import load as load_module
from realtime_pose.models import openvino_core
from realtime_pose.models.engine import Engine, Precisions, choose_precision
from realtime_pose.models.int8_files import record_path, save_record
from realtime_pose.models.load import load_backend, load_network
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.manifest_tables import Int8File
from tests.support.fakes.openvino_core import FakeCore
from tests.support.models.graphs import dimmed_graph

pytestmark = [pytest.mark.loads_networks, pytest.mark.slow]

F32 = np.float32


@pytest.fixture
def spec(tmp_path: Path) -> ModelSpec:
    """A user's pose network."""
    path = dimmed_graph(tmp_path / "m.onnx", ("N", 3, 8, 8), np.ones((1, 17, 2, 2), F32))
    return ModelSpec(
        name="m",
        task="pose",
        family="heatmap",
        file=str(path),
        skeleton="coco17",
        input=InputSpec(name="x", wh=(8, 8)),
    )


@pytest.fixture
def int8_file(spec: ModelSpec) -> Path:
    """A graph in the place of an int8 one, whose outputs are twice as large, and its record."""
    path = dimmed_graph(Path(spec.file).with_name("m_int8.onnx"), ("N", 3, 8, 8), 2 * np.ones((1, 17, 2, 2), F32))
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    made = Int8File(file=path.name, sha256=digest, bytes=len(content), ap_loss=0.3, measured_on="a test")
    save_record(Path(spec.file), made)
    return path


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCore:
    """A processor with int8 instructions and all precisions."""
    core = FakeCore(capabilities={"CPU": ("FP32", "INT8", "BF16")})
    monkeypatch.setattr(openvino_core, "make_core", lambda: core)
    monkeypatch.setattr(load_module, "has_int8_instructions", lambda: True)
    monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return core


def outputs(spec: ModelSpec, **settings: Any) -> float:
    """1 for the network in float32, 2 for its int8 graph."""
    network = load_network(spec, DeviceConfig(**settings))
    return float(network.backend.run(np.ones((1, 3, 8, 8), F32))["heatmap"].max())


class TestEngine:
    def test_without_cuda_it_is_openvino(self, spec: ModelSpec, core: FakeCore) -> None:
        assert load_network(spec, DeviceConfig(precision="f32")).engine == Engine("openvino", "f32")

    @pytest.mark.parametrize("device", ["auto", "cuda", "cuda:1"])
    def test_with_cuda_it_is_onnx_runtime(
        self, spec: ModelSpec, core: FakeCore, monkeypatch: pytest.MonkeyPatch, device: str
    ) -> None:
        monkeypatch.setattr(load_module, "has_cuda_driver", lambda: True)
        assert load_network(spec, DeviceConfig(device=device)).engine == Engine("onnxruntime")

    def test_on_the_cpu_beside_cuda_it_is_openvino(
        self, spec: ModelSpec, core: FakeCore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(load_module, "has_cuda_driver", lambda: True)
        assert load_network(spec, DeviceConfig(device="cpu")).engine.name == "openvino"

    def test_the_engine_that_was_asked_for(self, spec: ModelSpec, core: FakeCore) -> None:
        assert load_network(spec, DeviceConfig(engine="onnxruntime")).engine == Engine("onnxruntime")
        assert load_network(spec, DeviceConfig(engine="openvino", precision="f32")).engine == Engine("openvino")

    def test_where_openvino_is_not_installed_it_is_onnx_runtime(
        self, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        _uninstall_openvino(monkeypatch)
        assert load_network(spec, DeviceConfig(device="cpu")).engine == Engine("onnxruntime")
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    @pytest.mark.parametrize("config", [DeviceConfig(engine="openvino"), DeviceConfig(device="intel-gpu")])
    def test_an_engine_that_is_not_installed_names_the_command(
        self, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch, config: DeviceConfig
    ) -> None:
        _uninstall_openvino(monkeypatch)
        with pytest.raises(MissingPackageError, match="run: pip install openvino; or use --engine auto"):
            load_network(spec, config)

    def test_a_broken_installation_of_openvino_is_told(
        self, spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)
        ours = [f"realtime_pose.models.{name}" for name in ("_openvino", "openvino_core", "openvino_backend")]
        for name in [name for name in sys.modules if name in ours or name.partition(".")[0] == "openvino"]:
            monkeypatch.delitem(sys.modules, name)
        (tmp_path / "openvino").mkdir()
        (tmp_path / "openvino" / "__init__.py").write_text("raise ImportError('libopenvino.so: no such file')")
        monkeypatch.syspath_prepend(str(tmp_path))
        assert load_network(spec, DeviceConfig()).engine == Engine("onnxruntime")
        assert "OpenVINO does not take this network, so ONNX Runtime runs it" in caplog.text

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"engine": "tensorflow"}, "engine: expected auto, onnxruntime, openvino, got 'tensorflow'"),
            ({"precision": "fp32"}, "precision: expected auto, or one or several of f32, bf16, f16, int8"),
            ({"precision": ""}, "precision: expected auto"),
            ({"precision": "f32,auto"}, "precision: expected auto"),
            (
                {"device": "cuda:0", "engine": "openvino"},
                "expected engine onnxruntime for CUDA, and openvino for Intel",
            ),
            ({"device": "intel-gpu:1", "engine": "onnxruntime"}, "use engine auto, which takes the right one"),
            ({"device": "intel-npu:1"}, "device: expected auto, cpu, cuda"),
        ],
    )
    def test_wrong_settings_say_what_is_right(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            DeviceConfig(**settings)


class TestRefusedGraphs:
    def test_a_graph_that_openvino_refuses_runs_in_onnx_runtime(
        self, spec: ModelSpec, core: FakeCore, caplog: pytest.LogCaptureFixture
    ) -> None:
        core.refuses = True
        network = load_network(spec, DeviceConfig())
        assert network.engine == Engine("onnxruntime")
        (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert line.startswith("m: OpenVINO does not take this network, so ONNX Runtime runs it")
        assert "an operation is not supported" in line
        assert "plugin.cpp" not in line

    def test_a_real_graph_with_an_operator_that_openvino_does_not_know(
        self, spec: ModelSpec, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)
        _add_unknown_operator(Path(spec.file))
        with pytest.raises(EngineError, match="cannot be loaded as an ONNX graph"):
            load_backend(Path(spec.file), spec, DeviceConfig(engine="openvino"))
        assert load_backend(Path(spec.file), spec).engine == Engine("onnxruntime")
        assert "ONNX Runtime runs it" in caplog.text
        assert "No conversion rule found for operations: com.microsoft.SampleOp" in caplog.text

    def test_an_engine_that_was_asked_for_is_not_replaced(self, spec: ModelSpec, core: FakeCore) -> None:
        core.refuses = True
        with pytest.raises(EngineError, match="an operation is not supported"):
            load_network(spec, DeviceConfig(engine="openvino"))

    def test_a_wrong_entry_is_not_tried_in_the_other_engine(
        self, spec: ModelSpec, core: FakeCore, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(ModelError, match="expects input 'y'"):
            load_network(replace(spec, input=InputSpec(name="y", wh=(8, 8))), DeviceConfig())
        assert not caplog.records


class TestPrecision:
    @pytest.mark.parametrize(
        ("asked", "has", "expected"),
        [
            pytest.param("auto", ("FP32", "INT8", "BF16"), "bf16", id="bf16 costs nothing"),
            pytest.param("auto", ("FP32", "INT8"), "int8", id="else int8"),
            pytest.param("auto", ("FP32",), "f32", id="else f32"),
            pytest.param("int8,bf16,f32", ("FP32", "INT8", "BF16"), "int8", id="int8 first"),
            pytest.param("bf16,f32", ("FP32", "INT8"), "f32", id="no int8"),
            pytest.param("f32", ("FP32", "INT8", "BF16"), "f32", id="one"),
            pytest.param("int8", ("FP32", "INT8", "BF16"), "int8", id="int8"),
        ],
    )
    def test_the_best_that_is_there(
        self, spec: ModelSpec, core: FakeCore, int8_file: Path, *, asked: str, has: tuple[str, ...], expected: str
    ) -> None:
        core.capabilities = {"CPU": has}
        network = load_network(spec, DeviceConfig(precision=asked))
        assert network.engine == Engine("openvino", expected)
        used = int8_file if expected == "int8" else Path(spec.file)
        assert network.spec.sha256 == hashlib.sha256(used.read_bytes()).hexdigest()
        assert outputs(spec, precision=asked) == (2 if expected == "int8" else 1)

    @pytest.mark.parametrize(
        ("preset", "has", "expected"),
        [
            ("fast", ("FP32", "INT8", "BF16"), "int8"),
            ("balanced", ("FP32", "INT8", "BF16"), "bf16"),
            ("balanced", ("FP32", "INT8"), "int8"),
            ("accurate", ("FP32", "INT8", "BF16"), "bf16"),
            ("accurate", ("FP32", "INT8"), "f32"),
        ],
    )
    def test_a_preset_limits_it(
        self, spec: ModelSpec, core: FakeCore, int8_file: Path, *, preset: str, has: tuple[str, ...], expected: str
    ) -> None:
        core.capabilities = {"CPU": has}
        assert load_network(spec, load(preset=preset).device).engine.precision == expected

    def test_a_processor_without_int8_instructions_takes_f32(
        self, spec: ModelSpec, core: FakeCore, int8_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        core.capabilities = {"CPU": ("FP32", "INT8")}
        monkeypatch.setattr(load_module, "has_int8_instructions", lambda: False)
        assert load_network(spec, DeviceConfig()).engine.precision == "f32"
        assert load_network(spec, DeviceConfig(precision="int8")).engine.precision == "int8"  # asked for

    def test_graphics_take_f16(self, spec: ModelSpec, core: FakeCore, int8_file: Path) -> None:
        network = load_network(spec, DeviceConfig(device="intel-gpu"))
        assert (network.device, network.engine) == ("INTEL-GPU:0", Engine("openvino", "f16"))

    @pytest.mark.parametrize(
        ("asked", "has", "message"),
        [
            ("bf16", ("FP32", "INT8"), "precision bf16: expected one of f32, int8 for m on auto in OpenVINO"),
            ("f16", ("FP32",), "precision f16: expected one of f32 for m on auto in OpenVINO; use --precision auto"),
            ("int8", ("FP32",), "or make an int8 file for it: realtime-pose weights quantize"),
        ],
    )
    def test_a_precision_that_the_device_has_not(
        self, spec: ModelSpec, core: FakeCore, int8_file: Path, *, asked: str, has: tuple[str, ...], message: str
    ) -> None:
        core.capabilities = {"CPU": has}
        with pytest.raises(ConfigError, match=message):
            load_network(spec, DeviceConfig(precision=asked))

    def test_onnx_runtime_has_no_bf16(self, spec: ModelSpec, int8_file: Path) -> None:
        with pytest.raises(ConfigError, match="expected one of f32, int8 for m on cpu in ONNX Runtime"):
            load_network(spec, DeviceConfig(device="cpu", engine="onnxruntime", precision="bf16"))
        # ONNX Runtime runs int8 graphs, but more slowly than float32: only if asked.
        assert outputs(spec, device="cpu", engine="onnxruntime") == 1
        assert outputs(spec, device="cpu", engine="onnxruntime", precision="int8") == 2

    def test_a_network_without_an_int8_file(self, spec: ModelSpec, core: FakeCore) -> None:
        core.capabilities = {"CPU": ("FP32", "INT8")}
        assert load_network(spec, DeviceConfig()).engine.precision == "f32"
        with pytest.raises(ConfigError, match="realtime-pose weights quantize"):
            load_network(spec, DeviceConfig(precision="int8"))

    def test_several_of_which_none_is_there(self) -> None:
        with pytest.raises(ConfigError, match="precision bf16,f16: expected one of f32 for m"):
            choose_precision("bf16,f16", Precisions(("f32",), ("f32",)), where="m")


class TestDamagedInt8Files:
    @pytest.mark.parametrize("damage", ["changed", "missing", "cut off"])
    def test_auto_takes_another_precision_and_says_so(
        self, spec: ModelSpec, core: FakeCore, int8_file: Path, caplog: pytest.LogCaptureFixture, damage: str
    ) -> None:
        core.capabilities = {"CPU": ("FP32", "INT8")}
        _damage(int8_file, damage)
        network = load_network(spec, DeviceConfig())
        assert network.engine == Engine("openvino", "f32")
        assert "m runs in f32, because its int8 file cannot be used" in caplog.text
        assert str(int8_file) in caplog.text

    def test_int8_that_was_asked_for_is_an_error(self, spec: ModelSpec, core: FakeCore, int8_file: Path) -> None:
        _damage(int8_file, "changed")
        with pytest.raises(ChecksumError, match="expected SHA-256"):
            load_network(spec, DeviceConfig(precision="int8"))

    @pytest.mark.parametrize("content", ["file = ", 'file = "a.onnx"', b"\xff\xfe"])
    def test_a_wrong_record_is_named(self, spec: ModelSpec, core: FakeCore, content: str | bytes) -> None:
        record = record_path(Path(spec.file))
        record.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ConfigError, match=r"m\.int8\.toml: expected the record of an int8 file, .*; delete it"):
            load_network(spec, DeviceConfig())


def _damage(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut off" else content[:-1] + b"?")


def _uninstall_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    for name in ("_openvino", "openvino_core", "openvino_backend"):
        monkeypatch.delitem(sys.modules, f"realtime_pose.models.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)  # an import of it fails
    monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)


def _add_unknown_operator(path: Path) -> None:
    """An operator of ONNX Runtime's own set that OpenVINO does not know, before the input of a graph."""
    model = onnx.load(str(path))
    model.graph.node[0].input[0] = "scaled"
    model.graph.node.insert(0, helper.make_node("SampleOp", ["x"], ["scaled"], domain="com.microsoft"))
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(path))
