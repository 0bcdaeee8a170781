"""The command ``live`` on a web address that gives one picture."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.cli import main
from tests.support.servers import web

pytestmark = [pytest.mark.server]

QUICK = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64", "--poll-s", "0.3")


@pytest.mark.parametrize(
    ("answer", "num_frames"),
    [(lambda number: clips.jpeg(clips.pattern_image(number)), 12), (lambda _: clips.jpeg(clips.pattern_image(0)), 1)],
    ids=["changing", "unchanged"],
)
def test_each_picture_is_tracked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Callable[[int], bytes], num_frames: int
) -> None:
    poses = tmp_path / "poses.jsonl"
    with web.serving_answers(answer) as address:
        arguments = (f"{address}/snapshot.jpg", "--max-frames", str(num_frames), "--save-poses", str(poses))
        assert main(["live", *arguments, *QUICK]) == 0
    assert "late at" not in capsys.readouterr().err
    lines = [json.loads(line) for line in poses.read_text("utf-8").splitlines()]
    indices = [line["frame"] for line in lines if "frame" in line]
    assert 1 <= len(indices) <= num_frames
    # Pictures that came while the networks were loaded are not tracked and do not count.
    assert indices[-1] - indices[0] <= num_frames - 1 <= indices[-1]
