"""The examples and the code of the documents run unchanged; docs/check_types.py checks the types of that code."""

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = runpy.run_path(str(ROOT / "docs" / "check_types.py"))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory, demo_clip: Path) -> Path:
    """The first four frames of the demo clip, at half the size, as a folder of images."""
    folder = tmp_path_factory.mktemp("short")
    with av.open(str(demo_clip)) as container:
        for index, frame in zip(range(4), container.decode(video=0), strict=False):
            cv2.imwrite(str(folder / f"{index}.png"), frame.to_ndarray(format="bgr24")[::2, ::2])
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_prints_results(
    example: Path,
    short_clip: Path,
    demo_clip: Path,
    tmp_path: Path,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 40
    arguments = {
        "one_image": [str(short_clip / "0.png")],
        "own_loop": [str(demo_clip)],
        "finetune": [str(short_clip), "1"],
    }.get(example.stem)
    monkeypatch.setattr(sys, "argv", [str(example), *(arguments or [str(short_clip)])])
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(example), run_name="__main__")  # in this process: no import of all libraries for each of them
    assert re.search(r"person \d|20 frames|4 frames|people in all", capsys.readouterr().out)


@pytest.mark.parametrize("page", DOCUMENTS["PAGES"])
def test_the_code_of_the_documents_runs(
    page: str, short_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [np.asarray(cv2.imread(str(path))) for path in sorted(short_clip.iterdir())]
    write_video(tmp_path / "video.mp4", images)
    cv2.imwrite(str(tmp_path / "street.jpg"), images[0])
    monkeypatch.chdir(tmp_path)
    for block in DOCUMENTS["blocks_of"](page):
        exec(compile(block, page, "exec"), {"__name__": "__main__"})


def write_video(path: Path, images: list[NDArray[Any]]) -> None:
    """These images at 30 frames per second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.height, stream.width = images[0].shape[:2]
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
