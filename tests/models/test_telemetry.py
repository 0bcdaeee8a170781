"""No usage data is collected or sent; OpenVINO's converter is imported when it is used, and not before."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.models.graphs import constant_graph

pytestmark = [pytest.mark.process]

RUN = """
import sys
from realtime_pose.config import DeviceConfig
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
for engine in ("onnxruntime", "openvino"):
    assert load_network(load_manifest().models["movenet-lightning"], DeviceConfig(engine=engine)).engine.name == engine
assert "openvino.tools.ovc" not in sys.modules
import openvino
print(openvino.convert_model(sys.argv[1]).inputs[0].partial_shape)
print(*(name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module))
"""


def test_the_engines_write_and_send_no_telemetry(tmp_path: Path) -> None:
    """By default ONNX Runtime stores an identity and a queue of events in the user's cache.

    The import of OpenVINO sends an event, and stores an identity in the user's home folder.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ORT_", "XDG_"))}
    graph = constant_graph(tmp_path / "graph.onnx", {"x": (1, 3, 8, 8)}, {"y": np.zeros((1, 2), np.float32)})
    command = [sys.executable, "-c", RUN, str(graph)]
    done = subprocess.run(command, check=True, timeout=120, env=env | {"HOME": str(tmp_path)}, stdout=subprocess.PIPE)
    assert done.stdout.strip() == b"[1,3,8,8]"
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name.lower()] == []
    folders = {path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*") if path.is_file()}
    assert folders - {("graph.onnx",)} <= {(".cache", "realtime-pose")}
