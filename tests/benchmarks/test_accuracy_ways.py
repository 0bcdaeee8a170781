"""The ways that benchmarks/accuracy.py measures: a preset is what the application does with it, to the last bit."""

import runpy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import PRESETS, Config, LiveSettings, load
from realtime_pose.pipeline.build import load_models
from realtime_pose.scene import Frame, Scene

SCRIPT: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "accuracy_ways.py"))
WAYS, LOW = SCRIPT["WAYS"], SCRIPT["LOW_SCORE"]


@pytest.fixture
def picture(demo_frame: NDArray[np.uint8]) -> Frame:
    return Frame(demo_frame, index=0, time_s=0.0, captured_s=0.0, source="demo")


def way_of(preset: str) -> Any:
    (way,) = (way for way in WAYS["presets"] if way.name == f"`{preset}`")
    return way


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_finds_what_the_application_finds(preset: str, picture: Frame) -> None:
    config: Config = SCRIPT["named"](way_of(preset).config, detector="nanodet-g", pose="movenet-lightning")
    boxes, poses = SCRIPT["found"](way_of(preset), config, SCRIPT["network"], picture, threshold=LOW)
    work = load_models(config).stages
    settings = LiveSettings(detector_threshold=LOW, shown=config.render)
    scene = work.estimate(work.detect(Scene(picture), settings=lambda: settings))
    assert scene.boxes is not None
    assert scene.poses is not None
    assert np.array_equal(boxes.xyxy, scene.boxes.xyxy)
    assert np.array_equal(poses.keypoints, scene.poses.keypoints)
    assert np.array_equal(poses.boxes.score, scene.poses.boxes.score)
    assert len(poses) > 3


def test_all_presets_are_measured_and_keep_what_they_set() -> None:
    assert {way.name for way in WAYS["presets"]} == {*(f"`{name}`" for name in PRESETS), "plain"}
    for preset in PRESETS:
        config = way_of(preset).config
        assert (config.pose, config.detect.size) == (load(preset=preset).pose, load(preset=preset).detect.size)


def test_a_network_that_is_named_wins_over_the_preset_and_the_default_is_not_named() -> None:
    named, fast = SCRIPT["named"], way_of("fast").config
    assert named(fast, detector="nanodet-g", pose="movenet-thunder").pose.model == "movenet-lightning"
    other = named(fast, detector="a.onnx", pose="b.onnx")
    assert (other.detect.model, other.pose.model, other.detect.size) == ("a.onnx", "b.onnx", "small")


def test_each_change_changes_one_thing() -> None:
    balanced, *changes, plain = WAYS["changes"]

    def settings(way: Any) -> dict[str, object]:
        table = asdict(way)
        config = table.pop("config")
        stages = {f"{stage}.{key}": value for stage in ("detect", "pose") for key, value in config.pop(stage).items()}
        return {key: value for key, value in {**table, **config, **stages}.items() if key != "name"}

    usual = settings(balanced)
    for way in changes:
        assert [value == usual[name] for name, value in settings(way).items()].count(False) == 1, way.name
    assert len({way.name for way in changes}) == len(changes)
    assert plain.config == Config()


def test_a_squeezed_crop_finds_the_person_at_its_place(picture: Frame) -> None:
    """Squeezed by nothing and by little: the way there and the way back are the same."""
    pose = SCRIPT["network"]("movenet-lightning", "pose")
    estimator = SCRIPT["NetworkPoseEstimator"](pose.backend, pose.spec, Config().pose)
    xyxy = np.array([[487.5, 785.5, 964.5, 1740.5]], np.float32)
    plain, _ = SCRIPT["once"](estimator, picture, xyxy)
    for by in (1.0, 1.05):
        found, _ = SCRIPT["squeezed"](estimator, picture, xyxy, by=by)
        assert np.median(np.abs(found - plain)) < (0.01 if by == 1 else 12)
