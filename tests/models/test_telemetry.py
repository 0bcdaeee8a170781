"""No usage data is collected or sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process]

RUN = """
import sys
from realtime_pose.config import DeviceConfig
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
for engine in ("onnxruntime", "openvino"):
    assert load_network(load_manifest().models["movenet-lightning"], DeviceConfig(engine=engine)).engine.name == engine
print(*(name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module))
"""


def test_the_engines_write_and_send_no_telemetry(tmp_path: Path) -> None:
    """By default ONNX Runtime stores an identity and a queue of events in the user's cache.

    The import of OpenVINO sends an event, and stores an identity in the user's home folder.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", RUN], check=True, timeout=120, env=env | {"HOME": str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert done.stdout.strip() == b""
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name.lower()] == []
    folders = {path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*") if path.is_file()}
    assert folders <= {(".cache", "realtime-pose")}
