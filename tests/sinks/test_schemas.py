"""The published schemas: real files fit them, wrong records do not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.messages.source_messages import describe_outage
from realtime_pose.pipeline.build import build
from realtime_pose.reasons import NO_REASON, Outage, Reason
from realtime_pose.scene import Boxes, Frame, Scene
from realtime_pose.sinks import RunHeader, StatusSink
from realtime_pose.skeletons import COCO17, SKELETONS
from realtime_pose.sources import SourceReason, SourceState
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink
from tests.support.schemas import check, schema

ENGINES = {"nanodet-g": {"engine": "openvino", "precision": "int8", "device": "CPU"}}
Edit = Callable[[dict[str, Any]], object]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def lines(tmp_path: Path) -> list[dict[str, Any]]:
    """A header, a status, the header with a size, a frame with two people, and one after an outage, with unposed."""
    run = RunHeader("hall", COCO17, {"nanodet-g": "ab" * 32}, describe_outage, ENGINES)
    sink = open_pose_sink(tmp_path / "a.jsonl", run)
    assert isinstance(sink, StatusSink)
    sink.write_status(SourceState.STALLED, Reason(SourceReason.NO_FRAMES, {"waited_s": 1.0}), words="no", at_s=1.0)
    sink.write(scene(people([[0, 0, 9, 9], [9, 9, 20, 20]])))
    still = scene(nobody(), index=5)
    outage = Outage(1, 4.0, Reason(SourceReason.READ_TIMEOUT))
    frame = Frame(still.frame.image, 5, 3.0, 0.0, "hall", outage)
    sink.write(Scene(frame, Boxes.empty(), still.poses, still.tracks, unposed=people([[0, 0, 9, 9]]).poses.boxes))
    sink.write_status(SourceState.ENDED, NO_REASON, words="", at_s=2.0)
    sink.close()
    return lines_of(tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["poses", "coco_results"])
def test_the_schemas_are_valid_themselves(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_every_kind_of_line_fits(lines: list[dict[str, Any]]) -> None:
    kinds = [next(key for key in ("schema", "frame", "state") if key in line) for line in lines]
    assert kinds == ["schema", "state", "schema", "frame", "frame", "state"]
    assert {"unposed", "interruption"} <= set(lines[4])
    for line in lines:
        check("poses", line)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda each: each.name)
def test_every_skeleton_fits(skeleton: Any, tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "a.jsonl", RunHeader("hall", skeleton, {}))
    sink.write(scene())
    sink.close()
    check("poses", lines_of(tmp_path / "a.jsonl")[0])


WRONG: dict[str, tuple[int, Edit]] = {
    "no schema number": (0, lambda line: line.pop("schema")),
    "another schema number": (0, lambda line: line.update(schema=2)),
    "a size of one number": (2, lambda line: line.update(size=[64])),
    "a short digest": (0, lambda line: line["models"].update({"nanodet-g": "ab"})),
    "an unknown key": (3, lambda line: line.update(frames=1)),
    "a negative frame": (3, lambda line: line.update(frame=-1)),
    "a time as text": (3, lambda line: line.update(time_s="0.0")),
    "no people": (3, lambda line: line.pop("people")),
    "a lost person": (3, lambda line: line["people"][0].update(state="lost")),
    "a box of three numbers": (3, lambda line: line["people"][0]["box"].pop()),
    "a score above 1": (3, lambda line: line["people"][0].update(score=1.1)),
    "a keypoint without score": (3, lambda line: line["people"][0]["keypoints"][0].pop()),
    "an unknown state": (1, lambda line: line.update(state="asleep")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_lines_do_not_fit(wrong: str, lines: list[dict[str, Any]]) -> None:
    number, edit = WRONG[wrong]
    edit(lines[number])
    with pytest.raises(jsonschema.ValidationError):
        check("poses", lines[number])


WRONG_RESULTS: dict[str, Edit] = {
    "a name for the image": lambda result: result.update(image_id="1.jpg"),
    "another category": lambda result: result.update(category_id=2),
    "a negative width": lambda result: result["bbox"].__setitem__(2, -1),
    "no score": lambda result: result.pop("score"),
    "a tracked person of a single picture": lambda result: result.update(file_name="a.jpg"),
    "keypoints in rows": lambda result: result.update(keypoints=[[1, 2, 0.5]]),
}


@pytest.mark.parametrize("wrong", ["", *WRONG_RESULTS])
def test_coco_results(wrong: str, tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "a.json", RunHeader("hall", COCO17, {}))
    sink.write(scene(people([[0, 0, 9, 9], [9, 9, 20, 20]])))
    sink.close()
    results = json.loads((tmp_path / "a.json").read_text("utf-8"))
    if not wrong:
        check("coco_results", results)
        return
    WRONG_RESULTS[wrong](results[0])
    with pytest.raises(jsonschema.ValidationError):
        check("coco_results", results)


@pytest.mark.slow
def test_a_whole_run_fits(tmp_path: Path) -> None:
    """The demo, with the shipped networks."""
    paths = (tmp_path / "a.jsonl", tmp_path / "a.json")
    config = Config(
        source=SourceConfig(uri="demo"), max_frames=12, pose=PoseConfig(model="movenet-lightning"), save_poses=paths
    )
    pipeline = build(config)
    pipeline.start()
    assert pipeline.wait(60)
    pipeline.stop()
    lines = lines_of(paths[0])
    assert len(lines) == 13
    assert any(line.get("people") for line in lines)
    for line in lines:
        check("poses", line)
    check("coco_results", json.loads(paths[1].read_text("utf-8")))
