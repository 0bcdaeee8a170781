"""A device that was asked for and is not there: the networks run on the processor, and the user is told."""

import logging

import pytest

from realtime_pose.config import Config, DeviceConfig, SourceConfig, load
from realtime_pose.models import load as load_module
from realtime_pose.models import openvino_core
from realtime_pose.models.network_cache import LOADED
from realtime_pose.pipeline.build import build
from tests.support.fakes.openvino_core import FakeCore

pytestmark = [pytest.mark.slow]  # real networks


@pytest.fixture(autouse=True)
def core(monkeypatch: pytest.MonkeyPatch) -> FakeCore:
    core = FakeCore(available_devices=("CPU", "GPU"), capabilities={"CPU": ("FP32",), "GPU": ("FP32", "FP16")})
    monkeypatch.setattr(openvino_core, "make_core", lambda: core)
    monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)
    monkeypatch.setattr(LOADED, "get", lambda _, load: load())  # never those of another test
    return core


def warning_of(device: str) -> str:
    fast = load(preset="fast")
    config = Config(
        headless=True,
        source=SourceConfig(uri="demo"),
        device=DeviceConfig(device=device),
        pose=fast.pose,
        detect=fast.detect,
    )
    pipeline = build(config)
    try:
        return pipeline.report().warning
    finally:
        pipeline.stop()


@pytest.mark.parametrize("device", ["intel-npu", "intel-gpu:1"])
def test_an_intel_device_that_is_not_there(device: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warning = warning_of(device)
    assert warning == (
        f"{device} was requested, but detect and pose run on the CPU: expected a device that OpenVINO lists; "
        "`realtime-pose doctor` says what is missing"
    )
    assert warning in caplog.messages


def test_a_missing_cuda(caplog: pytest.LogCaptureFixture) -> None:
    assert "expected a session with the CUDA provider" in warning_of("cuda")


@pytest.mark.parametrize("device", ["auto", "cpu", "intel-gpu"])
def test_no_warning_where_the_device_is_used(device: str) -> None:
    assert warning_of(device) == ""
