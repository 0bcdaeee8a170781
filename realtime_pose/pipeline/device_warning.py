"""The warning when a network does not run on the device that the user asked for."""

from collections.abc import Mapping

from realtime_pose.config import DeviceConfig


def device_warning(config: DeviceConfig, devices: Mapping[str, str]) -> str:
    """The warning if a device was requested but a network runs on the CPU; else ""."""
    on_cpu = sorted(stage for stage, device in devices.items() if device == "CPU")
    if config.device in ("auto", "cpu") or not on_cpu:
        return ""
    is_cuda = config.device.startswith("cuda")
    expected = "a session with the CUDA provider" if is_cuda else "a device that OpenVINO lists"
    return (
        f"{config.device} was requested, but {' and '.join(on_cpu)} run on the CPU: expected {expected}; "
        "`realtime-pose doctor` says what is missing"
    )
