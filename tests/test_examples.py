"""The examples and the code of the README run unchanged."""

import os
import re
import subprocess
import sys
from pathlib import Path

import av
import pytest

from realtime_pose._cv2 import cv2

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory, demo_clip: Path) -> Path:
    """The first eight frames of the demo clip as a folder of images."""
    folder = tmp_path_factory.mktemp("short")
    with av.open(str(demo_clip)) as container:
        for index, frame in zip(range(8), container.decode(video=0), strict=False):
            cv2.imwrite(str(folder / f"{index}.png"), frame.to_ndarray(format="bgr24"))
    return folder


def run(code: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, *code], cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_prints_results(example: Path, short_clip: Path, tmp_path: Path) -> None:
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 40
    printed = run([str(example), str(short_clip)], tmp_path)
    assert re.search(r"person \d|20 frames|8 frames", printed)


def test_the_code_of_the_readme_runs(short_clip: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks, "the README shows the Python API"
    for block in blocks:
        code = block.replace('"video.mp4"', repr(str(short_clip)))
        run(["-c", code], tmp_path)
