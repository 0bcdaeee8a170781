"""What a program may import, and what the import loads."""

import subprocess
import sys

import pytest

import realtime_pose

pytestmark = [pytest.mark.process]


@pytest.mark.parametrize("name", realtime_pose.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(realtime_pose, name) is not None
    assert name in dir(realtime_pose)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = realtime_pose.nothing


def test_the_import_loads_nothing_heavy() -> None:
    """Also that of the command line, so that its help comes at once."""
    heavy = {"PyQt5", "torch", "cv2", "filterpy", "onnxruntime", "av", "numpy"}
    code = f"import sys, realtime_pose, realtime_pose.cli; print(*(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_pipeline_needs_neither_qt_nor_torch() -> None:
    code = "import sys, realtime_pose.pipeline.build; print(*(set(sys.modules) & {'PyQt5', 'torch'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
