"""The table of features: the code and the commands of our column run."""

import re
import shlex
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
import pytest

import realtime_pose as rp
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.scene import Image

pytestmark = [pytest.mark.process, pytest.mark.slow]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "development" / "features.md"


def cells(heading: str) -> list[str]:
    """What the column *ours* has in the table below this heading."""
    table = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.split(" | ")[1] for line in table.splitlines() if line.startswith("| ")][1:]


CODE = [re.fullmatch("`(.*)`", cell)[1] for cell in cells("Python") if cell.startswith("`")]  # type: ignore[index]
COMMANDS = [cell.strip("`") for cell in cells("Command line")]


@pytest.fixture(scope="module")
def names(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the code of the table uses."""
    folder = tmp_path_factory.mktemp("features")
    with av.open(str(demo_clip)) as container:
        image: Image = next(container.decode(video=0)).to_ndarray(format="bgr24").astype(np.uint8)[::2, ::2].copy()
    (folder / "images").mkdir()
    path, poses_file = folder / "images" / "1.png", folder / "poses.jsonl"
    cv2.imwrite(str(path), image)
    assert main(["live", str(path), "--headless", "--preset", "fast", "--save-poses", str(poses_file)]) == 0
    pose = rp.Pose(preset="fast")
    return {
        "rp": rp, "Path": Path, "pose": pose, "people": pose(image), "tracker": rp.Tracker(preset="fast"),
        "image": image, "path": path, "data": path.read_bytes(), "pil_image": PIL.Image.open(path),
        "folder": folder / "images", "out": folder / "out.jpg", "poses_file": poses_file,
        "thread_pool": ThreadPoolExecutor(2),
    }  # fmt: skip


@pytest.mark.parametrize("code", CODE)
def test_the_code_of_the_table_runs(code: str, names: dict[str, Any]) -> None:
    result = eval(code, names)
    if isinstance(result, list | tuple):
        assert result
    else:
        assert result is not False


def test_rows_without_code_lead_to_an_example() -> None:
    linked = [cell for cell in cells("Python") if not cell.startswith("`")]
    assert linked == ["the example asynchronous.py"], "the tests of the examples run it"


@pytest.fixture(scope="module")
def short_video(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frames with their poses, as SHORT.mp4 and SHORT.jsonl."""
    video = tmp_path_factory.mktemp("short") / "SHORT.mp4"
    outputs = ["--record", str(video), "--save-poses", str(video.with_suffix(".jsonl"))]
    assert main(["live", str(demo_clip), "--headless", "--preset", "fast", "--max-frames", "3", *outputs]) == 0
    return video


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_of_the_table_runs(
    command: str, short_video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in short_video.parent.iterdir():
        shutil.copy(file, tmp_path)
    program, *args = shlex.split(command)
    assert program == "realtime-pose"
    try:
        code = main(args)
    except SystemExit as help_was_printed:
        code = int(help_was_printed.code or 0)
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert "secret" not in shown.out + shown.err
    outputs = set(re.findall(r"\bOUT[.\w]*", command))
    assert all(Path(output).exists() for output in outputs)
    assert outputs or shown.out
