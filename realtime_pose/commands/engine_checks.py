"""Checks of what runs the networks: OpenVINO with its devices, and what the default networks really get."""

import importlib.util
from pathlib import Path

from realtime_pose.commands.finding import Finding, Findings, State, check_writable
from realtime_pose.config import Config


def check_engines() -> Findings:
    """OpenVINO, its devices, the folder of compiled networks, and what the default networks run on."""
    if importlib.util.find_spec("openvino") is None:
        text = "not installed: networks run in ONNX Runtime, on the CPU in float32"
        yield Finding("OpenVINO", State.WARN, text, "pip install openvino")
    else:
        from realtime_pose.models import compile_cache, openvino_core

        devices = (
            f"{name}: {title} ({', '.join(openvino_core.find_precisions(name))})"
            for name, title in openvino_core.list_devices().items()
        )
        yield Finding("OpenVINO", State.OK, f"{openvino_core.version()}, devices: {'; '.join(devices)}")
        yield _check_compiled_networks(compile_cache.folder())
    yield _check_default_networks()


def check_reid(settings: Config) -> Findings:
    """What runs the network for re-identification, if the settings name one."""
    from realtime_pose.models.load import load_network
    from realtime_pose.models.manifest import load_manifest

    if settings.track.reid:
        network = load_network(load_manifest().find(settings.track.reid, task="reid"), settings.device)
        text = f"{network.spec.name} runs on {network.device}, {network.engine.title}"
        yield Finding("re-identification", State.OK, text)


def _check_compiled_networks(folder: Path | None) -> Finding:
    """Where compiled networks are kept."""
    if folder is None:
        text = "this user has no home folder: each start compiles the networks again"
        return Finding("compiled networks", State.WARN, text, "set XDG_CACHE_HOME=FOLDER")
    return check_writable("compiled networks", folder, "else each start compiles the networks again")


def _check_default_networks() -> Finding:
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.pipeline.networks import load_networks

    info = load_networks(Config()).info
    medium = load_manifest().pairs["medium"]
    better = f"more accurate: realtime-pose weights fetch medium (about {medium.megabytes} MB, {medium.keypoint_ap} AP)"
    texts = (
        f"{info.specs[stage].name} runs on {info.devices[stage]}, {engine.title}"
        for stage, engine in info.engines.items()
    )
    return Finding("default networks", State.OK, f"{'; '.join(texts)}. {better}")
