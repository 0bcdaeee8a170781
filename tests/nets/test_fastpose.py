"""FastPose and the torch backend: keys and shapes of the published checkpoint, loading, and wrong files."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from realtime_pose.config import DeviceConfig, PoseConfig
from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import load_manifest
from realtime_pose.models.network import Network
from realtime_pose.models.torch_backend import TorchBackend
from realtime_pose.nets.deformable import DeformableConv
from realtime_pose.nets.fastpose import FastPose
from realtime_pose.nets.networks import NETWORKS
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes
from tests.support.fakes.parts import frame
from tests.support.models.short_network import short_network

pytestmark = [pytest.mark.slow]

F32 = np.float32
ENTRY = """
task = "pose"
family = "heatmap"
skeleton = "coco17"
network = "fastpose-r50"
[input]
name = "crops"
wh = [32, 64]
colour = "RGB"
mean = [103.53, 116.535, 122.4]
std = [255, 255, 255]
fit = "crop"
padding = 1.25
"""


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """Parameters with the right names and shapes; each tensor is one expanded value, so that the file is small."""
    with torch.device("meta"):
        shapes = {key: (value.shape, value.dtype) for key, value in FastPose(17).state_dict().items()}
    return {
        key: torch.tensor(1.0 if "running_var" in key else 1e-3).to(dtype).expand(shape)
        for key, (shape, dtype) in shapes.items()
    }


@pytest.fixture
def checkpoint(tmp_path: Path, state: dict[str, torch.Tensor]) -> Path:
    path = tmp_path / "fast.pth"
    torch.save(state, path)
    path.with_suffix(".toml").write_text(ENTRY, encoding="utf-8")
    return path


def test_the_parameters_match_the_published_checkpoint(state: dict[str, torch.Tensor]) -> None:
    assert len(state) == 348
    with torch.device("meta"):
        network = FastPose(17)
    assert sum(value.numel() for value in network.parameters()) / 1e6 == pytest.approx(40.58, abs=0.005)
    assert state["preact.conv1.weight"].shape == (64, 3, 7, 7)
    assert state["preact.layer3.0.se.fc.2.weight"].shape == (1024, 1024)
    assert state["preact.layer2.0.downsample.0.weight"].shape == (512, 256, 1, 1)
    assert state["preact.layer4.2.bn3.running_var"].shape == (2048,)
    assert state["duc1.conv.weight"].shape == (1024, 512, 3, 3)
    assert state["duc2.bn.weight"].shape == (512,)
    assert state["conv_out.bias"].shape == (17,)
    assert "preact.layer1.1.se.fc.0.weight" not in state


def test_heatmaps_are_a_quarter_of_the_input() -> None:
    with torch.device("meta"):
        assert FastPose(26).eval()(torch.zeros(2, 3, 64, 96)).shape == (2, 26, 16, 24)


def test_a_checkpoint_runs_as_a_pose_estimator(checkpoint: Path) -> None:
    spec = load_manifest().find(str(checkpoint), task="pose")
    backend = load_backend(checkpoint, spec, DeviceConfig(device="cpu"))
    assert backend.device == "CPU"
    boxes = Boxes(np.array([[5, 5, 40, 40], [0, 0, 20, 30]], F32), np.ones(2, F32))
    poses = NetworkPoseEstimator(Network(backend, spec), PoseConfig()).estimate(frame(), boxes)
    assert poses.keypoints.shape == (2, 17, 2)
    assert np.isfinite(poses.keypoints).all()


def test_the_number_of_threads_is_set(tmp_path: Path) -> None:
    checkpoint = tmp_path / "small.pth"
    with short_network():
        torch.save(NETWORKS["small"].make(17).state_dict(), checkpoint)
        checkpoint.with_suffix(".toml").write_text(ENTRY.replace("fastpose-r50", "small"), encoding="utf-8")
        spec = load_manifest().find(str(checkpoint), task="pose")
        before = torch.get_num_threads()
        try:
            load_backend(checkpoint, spec, DeviceConfig(device="cpu", threads=before + 1))
            with ThreadPoolExecutor(1) as stage:
                assert stage.submit(torch.get_num_threads).result(10) == before + 1
            load_backend(checkpoint, spec, DeviceConfig(device="cpu"))
            assert torch.get_num_threads() == before + 1
        finally:
            torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda s: {**s, "extra.weight": torch.zeros(1)}, "unknown: extra.weight; missing: none", id="more keys"
        ),
        pytest.param(
            lambda s: {k: v for k, v in s.items() if "conv_out" not in k}, "missing: conv_out.bias", id="fewer keys"
        ),
        pytest.param(
            lambda s: {**s, "preact.layer2.0.conv2_offset.weight": torch.zeros(1)}, "deformable", id="deformable"
        ),
        pytest.param(lambda s: {f"module.{k}": v for k, v in s.items()}, "DataParallel", id="DataParallel"),
        pytest.param(
            lambda s: {**s, "conv_out.bias": torch.zeros(26)}, r"conv_out.bias: expected shape \(17,\)", id="K"
        ),
        pytest.param(lambda s: [1, 2], "expected a state_dict of tensors, got list", id="list"),
        pytest.param(lambda s: Path("x"), "parameters only", id="object"),
    ],
)
def test_other_checkpoints_are_refused(
    tmp_path: Path, state: dict[str, torch.Tensor], change: Callable[[dict[str, torch.Tensor]], Any], message: str
) -> None:
    path = tmp_path / "other.pth"
    torch.save(change(state), path)
    path.with_suffix(".toml").write_text(ENTRY, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        TorchBackend(path, load_manifest().find(str(path), task="pose"), device="cpu")


def test_keypoints_of_a_larger_checkpoint_can_be_selected(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    """Halpe's 26 begin with COCO's 17."""
    path = tmp_path / "halpe.pth"
    more = {key: value[:1].expand(26, *value.shape[1:]) for key, value in state.items() if "conv_out" in key}
    torch.save({**state, **more}, path)
    entry = f"keypoints = {list(range(17))}\n{ENTRY}"
    path.with_suffix(".toml").write_text(entry, encoding="utf-8")
    spec = load_manifest().find(str(path), task="pose")
    backend = TorchBackend(path, spec, device="cpu")
    assert backend.run(np.zeros((1, 3, 64, 32), F32))["heatmap"].shape == (1, 26, 16, 8)
    boxes = Boxes(np.array([[5, 5, 40, 40]], F32), np.ones(1, F32))
    assert NetworkPoseEstimator(Network(backend, spec), PoseConfig()).estimate(frame(), boxes).keypoints.shape == (
        1,
        17,
        2,
    )
    with pytest.raises(ModelError, match="at least 27, got 26 keypoints"):
        TorchBackend(path, replace(spec, keypoints=(*range(16), 26)), device="cpu")


def test_a_missing_gpu_is_an_error(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    spec = load_manifest().find(str(checkpoint), task="pose")
    with pytest.raises(ConfigError, match="device cuda:7: expected cuda:0 to cuda:1"):
        TorchBackend(checkpoint, spec, device="cuda:7")


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_files_without_a_checkpoint_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.pth"
    path.write_bytes(content)
    path.with_suffix(".toml").write_text(ENTRY, encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        TorchBackend(path, load_manifest().find(str(path), task="pose"), device="cpu")


def test_the_error_for_an_unknown_network_lists_the_known_ones(checkpoint: Path) -> None:
    spec = replace(load_manifest().find(str(checkpoint), task="pose"), network="fastpose-r18")
    with pytest.raises(ConfigError, match=f"expected one of {', '.join(NETWORKS)}"):
        TorchBackend(checkpoint, spec, device="cpu")


def test_deeper_networks_have_more_blocks() -> None:
    with torch.device("meta"):
        counts = [
            sum(1 for key in NETWORKS[name].make(17).state_dict() if key.endswith("conv3.weight"))
            for name in ("simplepose-r50", "fastpose-r50", "fastpose-r101", "fastpose-r152", "fastpose-r50-dcn")
        ]
    assert counts == [16, 16, 33, 50, 16]


class TestDeformable:
    """Compared with the plain convolution, which gives the same result if all taps have the same offset."""

    X = torch.rand(2, 3, 11, 9, generator=torch.Generator().manual_seed(0))

    @pytest.mark.parametrize("stride", [1, 2])
    def test_without_offsets_it_is_a_plain_convolution(self, stride: int) -> None:
        conv = DeformableConv(3, 5, stride=stride)
        plain = functional.conv2d(self.X, conv.weight, stride=stride, padding=1)
        offsets = torch.zeros(2, 18, *plain.shape[2:])
        assert torch.allclose(conv(self.X, offsets), plain, atol=1e-5)

    def test_integer_offsets_shift_the_image_y_first(self) -> None:
        conv = DeformableConv(3, 5, stride=1)
        offsets = torch.zeros(2, 18, 11, 9)
        offsets[:, 0::2], offsets[:, 1::2] = 2, -1  # two rows down, one column to the left
        inner = conv(self.X, offsets)[:, :, 1:8, 2:8]
        plain = functional.conv2d(self.X, conv.weight, padding=1)[:, :, 3:10, 1:7]
        assert torch.allclose(inner, plain, atol=1e-5)

    def test_an_offset_of_one_half_is_the_mean_of_two_pixels(self) -> None:
        conv = DeformableConv(3, 5, stride=1)
        offsets = torch.zeros(2, 18, 11, 9)
        offsets[:, 1::2] = 0.5
        between = (self.X + functional.pad(self.X, (0, 1))[..., 1:]) / 2
        plain = functional.conv2d(between, conv.weight, padding=1)
        assert torch.allclose(conv(self.X, offsets)[..., 2:-2], plain[..., 2:-2], atol=1e-5)

    def test_layers_2_to_4_have_offset_parameters(self) -> None:
        with torch.device("meta"):
            network = NETWORKS["fastpose-r50-dcn"].make(17)
            shape = network.eval()(torch.zeros(1, 3, 64, 64)).shape
        state = network.state_dict()
        offsets = [key for key in state if "conv2_offset" in key]
        assert len(offsets) == 2 * (4 + 6 + 3)
        assert state["preact.layer3.5.conv2_offset.weight"].shape == (18, 256, 3, 3)
        assert state["preact.layer3.5.conv2.weight"].shape == (256, 256, 3, 3)
        assert not any("layer1" in key for key in offsets)
        assert len(state) == 348 + len(offsets)
        assert shape == (1, 17, 16, 16)
