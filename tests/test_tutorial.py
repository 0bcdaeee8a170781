"""The tutorial of the guide runs as it stands: its commands write the files, its code reads them and draws the plot.

The demo clip is half as large and has a third of the frames here; tests/test_cli.py runs the command with the real one.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest

from benchmarks.support import clips
from realtime_pose.cli import main
from tests.support.made_once import made_once

pytestmark = [pytest.mark.process, pytest.mark.slow]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guide" / "tutorial.md"
PICTURE = PAGE.parents[1] / "images" / "tutorial.webp"
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def commands() -> list[str]:
    """The commands of the page: those of the blocks, and those in the text."""
    lines = [line for kind, block in BLOCKS if not kind for line in block.splitlines()]
    return lines + re.findall(r"`(realtime-pose [^`]+)`", PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the commands of the page were run."""

    def run(folder: Path) -> None:
        clip = clips.shorten(demo_clip, folder / "demo.mp4", count=34, step=3, rate_hz=20)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            for command in commands():
                words = [str(clip) if word == "demo" else word for word in shlex.split(command)[1:]]
                assert main(words) == 0

    return made_once(tmp_path_factory, "tutorial", run)


@pytest.fixture
def names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names after the code of the page has run, block after block."""
    monkeypatch.chdir(folder)
    found: dict[str, Any] = {}
    with mpl.rc_context():
        mpl.use("Agg")
        for kind, block in BLOCKS:
            if kind == "python":
                exec(compile(block, str(PAGE), "exec"), found)
        found["plt"].close("all")
    return found


def test_the_commands_write_what_they_say(folder: Path) -> None:
    assert len(commands()) == 2
    assert {"poses.csv", "angles.csv", "annotated.mp4"} <= {path.name for path in folder.iterdir()}


def test_two_people_move_and_one_stands_still_as_the_page_says(names: dict[str, Any]) -> None:
    knee, speed = names["knee"], names["speed"]
    assert knee.columns.tolist() == speed.columns.tolist() == [1, 2, 3]
    assert (knee.count() > 30).all()
    bent_by, fastest = knee.max() - knee.min(), speed.max()
    assert (bent_by[[1, 2]] > 15).all()
    assert bent_by[3] < 4
    assert ((fastest[[1, 2]] > 0.3) & (fastest[[1, 2]] < 1.5)).all()
    assert speed.median()[3] < 0.03


def test_the_plot_is_drawn(names: dict[str, Any], folder: Path) -> None:
    with PIL.Image.open(folder / "plot.png") as image:
        pixels = np.asarray(image.convert("RGB"), int)
    assert pixels.shape == (600, 960, 3)
    assert ((pixels.max(axis=-1) - pixels.min(axis=-1)) > 60).sum() > 1000, "curves in colour"


def test_the_picture_of_the_page_is_that_plot_and_small() -> None:
    assert PICTURE.stat().st_size < 200_000
    with PIL.Image.open(PICTURE) as image:
        assert image.size == (960, 600)
