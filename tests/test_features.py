"""The tables of features: the code and the commands of our column run, and the tests that it names exist."""

import ast
import json
import re
import shlex
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
import jsonschema
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
TESTS = [cell.strip("`") for cell in cells("The window")]


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
    pose, schema = rp.Pose(preset="fast"), files("realtime_pose") / "schemas" / "poses.schema.json"
    with PIL.Image.open(path) as pil_image:
        pil_image.load()  # closes the file
    return {
        "rp": rp, "Path": Path, "pose": pose, "people": pose(image), "tracker": rp.Tracker(preset="fast"),
        "image": image, "path": path, "data": path.read_bytes(), "pil_image": pil_image,
        "folder": folder / "images", "out": folder / "out.jpg", "poses_file": poses_file,
        "json": json, "jsonschema": jsonschema, "schema": json.loads(schema.read_text("utf-8")),
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
def given_files(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SHORT.mp4, three frames; their poses, SHORT.jsonl; a picture in PHOTOS, and its id in COCO.json."""
    folder = tmp_path_factory.mktemp("given")
    video = folder / "SHORT.mp4"
    outputs = ["--record", str(video), "--save-poses", str(video.with_suffix(".jsonl"))]
    assert main(["live", str(demo_clip), "--headless", "--preset", "fast", "--max-frames", "3", *outputs]) == 0
    (folder / "PHOTOS").mkdir()
    with av.open(str(video)) as container:
        image = next(container.decode(video=0)).to_ndarray(format="bgr24")
    cv2.imwrite(str(folder / "PHOTOS" / "a.jpg"), image)
    (folder / "COCO.json").write_text(json.dumps({"images": [{"id": 139, "file_name": "a.jpg"}]}), "utf-8")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_of_the_table_runs(
    command: str, given_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(given_files, tmp_path, dirs_exist_ok=True)
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


@pytest.mark.parametrize("test", TESTS)
def test_the_test_of_the_table_exists(test: str) -> None:
    """`make check` runs them all, with nothing skipped."""
    path, *names = test.split("::")
    body: list[ast.stmt] = ast.parse((PAGE.parents[2] / path).read_text(encoding="utf-8")).body
    for name in names:
        (found,) = [each for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef) and each.name == name]
        body = found.body
    assert names[-1].startswith("test_")


def test_every_row_of_the_window_has_a_verdict_on_each_program() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## The window\n")[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    assert {len(row) for row in rows} == {8}
    assert all(re.match("[●◐○?–]", verdict) for row in rows[1:] for verdict in row[2:])
