"""The command export: the file equals its network in torch, has an entry, and is never half or in place of another.

Half precision: tests/train/test_train.py, of a trained network.
"""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from torch import nn

from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig, PoseConfig, TrainConfig
from realtime_pose.errors import ModelError, SinkError
from realtime_pose.models.load import load_backend, load_network
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.torch_backend import load_module
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes
from realtime_pose.skeletons import HALPE26
from realtime_pose.train import checkpoint, export
from realtime_pose.train.entry import OUTPUT, make_entry, write_entry
from tests.support.fakes.parts import FakeBackend, frame
from tests.support.made_once import made_once
from tests.support.models.peaks import network_with_peaks

pytestmark = [pytest.mark.slow]

F32 = np.float32


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose maps are as high as those of a trained one."""
    return made_once(tmp_path_factory, "small", make_trained) / "best.pth"


def make_trained(folder: Path) -> None:
    checkpoint.save(folder / "best.pth", network_with_peaks(26).state_dict())
    write_entry(folder / "best.pth", make_entry(TrainConfig(crop="64x96"), HALPE26))


def words(trained: Path, target: Path, *more: str) -> list[str]:
    return ["export", str(trained), "--onnx", str(target), *more]


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def export_it(folder: Path) -> None:
        assert main(words(trained, folder / "mine.onnx")) == 0

    return made_once(tmp_path_factory, "small_exported", export_it) / "mine.onnx"


def test_the_file_equals_torch_for_any_number_of_crops(trained: Path, exported: Path) -> None:
    spec = load_manifest().find(str(exported), task="pose")
    assert (spec.network, spec.skeleton) == ("", "halpe26")
    in_onnx = load_backend(exported, spec, DeviceConfig(engine="onnxruntime", device="cpu"))
    own = load_backend(trained, load_manifest().find(str(trained), task="pose"))
    for count in (1, 2, 5):
        batch = np.random.default_rng(count).random((count, 3, 96, 64), F32)
        assert np.abs(in_onnx.run(batch)[OUTPUT] - own.run(batch)[OUTPUT]).max() <= 1e-4


def test_it_is_used_live_and_verified(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = load_manifest().find(str(exported), task="pose")
    network = load_network(spec, DeviceConfig(device="cpu"))
    boxes = Boxes(np.array([[5, 5, 40, 40]], F32), np.ones(1, F32))
    assert NetworkPoseEstimator(network, PoseConfig()).estimate(frame(), boxes).keypoints.shape == (1, 26, 2)
    assert main(["weights", "verify", str(exported)]) == 0
    assert "own" in capsys.readouterr().out
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(exported.read_bytes()[:-1] + b"?")
    damaged.with_suffix(".toml").write_bytes(exported.with_suffix(".toml").read_bytes())
    assert main(["weights", "verify", str(damaged)]) == 1
    assert "expected SHA-256" in capsys.readouterr().err


def test_a_file_that_differs_is_not_written(
    trained: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_manifest().find(str(trained), task="pose")
    network = load_module(trained, spec).eval()

    def write_another(_network: nn.Module, path: Path, **_: Any) -> None:
        graph = onnx.load(exported)
        weight = next(each for each in graph.graph.initializer if each.name == "conv_out.weight")
        weight.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight) + F32(0.001), weight.name))
        onnx.save(graph, path)

    monkeypatch.setattr(export, "write_graph", write_another)
    with pytest.raises(ModelError, match="they differ by 0"):
        export.export_onnx(network, spec, tmp_path / "x.onnx", np.ones((1, 3, 96, 64), F32), half=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("factor", "half", "message"), [(np.nan, False, "they differ by nan"), (1.1, True, "expected the maps of torch")]
)
def test_an_engine_that_computes_something_else_is_noticed(
    trained: Path,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    factor: float,
    half: bool,
    message: str,
) -> None:
    spec = load_manifest().find(str(trained), task="pose")
    network = load_module(trained, spec).eval()
    crops = np.random.default_rng(0).random((2, 3, 96, 64), F32)

    def load_another(_path: Path, found: ModelSpec, config: DeviceConfig) -> FakeBackend:
        own = load_backend(trained, spec, DeviceConfig(device=config.device))
        return FakeBackend(lambda batch: {OUTPUT: own.run(batch)[OUTPUT] * F32(factor)})

    monkeypatch.setattr(export, "write_graph", lambda _network, path, **_: path.write_bytes(exported.read_bytes()))
    monkeypatch.setattr(export, "load_backend", load_another)
    with pytest.raises(ModelError, match=message):
        export.export_onnx(network, spec, tmp_path / "x.onnx", crops, half=half)
    assert list(tmp_path.iterdir()) == []


def test_without_its_entry_no_file_is_left(
    trained: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path, _entry: object) -> None:
        raise SinkError("no space")

    monkeypatch.setattr(export, "write_graph", lambda _network, path, **_: path.write_bytes(exported.read_bytes()))
    monkeypatch.setattr(export, "write_entry", fail)
    assert main(words(trained, tmp_path / "x.onnx")) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_export_leaves_no_half_file(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_network: nn.Module, path: Path, **_: object) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "write_graph", stop)
    assert main(words(trained, tmp_path / "x.onnx")) == 130
    assert list(tmp_path.iterdir()) == []


def test_existing_files_stay_unless_asked(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "x.onnx"
    target.with_suffix(".toml").write_text("mine", encoding="utf-8")
    assert main(words(trained, target)) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert target.with_suffix(".toml").read_text(encoding="utf-8") == "mine"
    assert not target.exists()


def test_wrong_input(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(tmp_path / "none.pth", tmp_path / "x.onnx")) == 1
    assert "found none" in capsys.readouterr().err
    assert main(words(trained, tmp_path / "x.onnx", "--images", str(tmp_path))) == 2
    assert "expected --annotations FILE" in capsys.readouterr().err
    assert main(words(trained, tmp_path / "x.pth")) == 2
    assert "a file that ends with .onnx" in capsys.readouterr().err
    assert main(words(trained, trained.with_suffix(".onnx"))) == 2
    assert "expected another name than best" in capsys.readouterr().err
    other = tmp_path / "other.pth"
    other.write_bytes(trained.read_bytes())
    entry = trained.with_suffix(".toml").read_text(encoding="utf-8")
    other.with_suffix(".toml").write_text(entry.replace("halpe26", "coco17"), encoding="utf-8")
    assert main(words(other, tmp_path / "x.onnx")) == 1
    assert "does the entry name the right skeleton" in capsys.readouterr().err
    assert not (tmp_path / "x.onnx").exists()


def test_the_entry_has_what_the_checkpoint_says(trained: Path, exported: Path) -> None:
    entry, before = (tomllib.loads(p.with_suffix(".toml").read_text(encoding="utf-8")) for p in (exported, trained))
    assert entry["input"] == before["input"]
    assert entry["bytes"] == exported.stat().st_size
    assert entry["outputs"] == [OUTPUT]
