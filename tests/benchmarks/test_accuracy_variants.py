"""The variants of benchmarks/accuracy/compare.py: a preset gives exactly the application's results with it."""

import runpy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import PRESETS, Config, load
from realtime_pose.models.network import Network
from realtime_pose.pipeline.networks import load_networks
from realtime_pose.pipeline.perception import estimate_people
from realtime_pose.scene import Frame

pytestmark = [pytest.mark.slow]

SCRIPT: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "accuracy" / "variants.py"))
VARIANTS, LOW_SCORE = SCRIPT["VARIANTS"], SCRIPT["LOW_SCORE"]


@pytest.fixture
def frame(demo_frame: NDArray[np.uint8]) -> Frame:
    return Frame(demo_frame, index=0, time_s=0.0, captured_s=0.0, source="demo")


def preset_variant(preset: str) -> Any:
    (variant,) = (variant for variant in VARIANTS["presets"] if variant.name == f"`{preset}`")
    return variant


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_finds_what_the_application_finds(preset: str, frame: Frame) -> None:
    variant, find_network = preset_variant(preset), SCRIPT["load_network"]
    config: Config = SCRIPT["with_models"](variant.config, detector="nanodet-g", pose="movenet-lightning")
    config = replace(config, detect=replace(config.detect, max_persons=12))  # of 50, most of them nobody
    boxes, poses = SCRIPT["find_people"](variant, config, find_network, frame, threshold=LOW_SCORE)
    scene = estimate_people(load_networks(config), frame, threshold=LOW_SCORE, pose_nms=config.pose_nms)
    assert np.array_equal(boxes.xyxy, scene.boxes.xyxy)
    assert np.array_equal(poses.keypoints, scene.poses.keypoints)
    assert np.array_equal(poses.boxes.score, scene.poses.boxes.score)
    assert len(poses) > 3


def test_all_presets_are_measured_and_keep_what_they_set() -> None:
    assert {variant.name for variant in VARIANTS["presets"]} == {*(f"`{name}`" for name in PRESETS), "plain"}
    for preset in PRESETS:
        config = preset_variant(preset).config
        assert (config.pose, config.detect.size) == (load(preset=preset).pose, load(preset=preset).detect.size)


def test_a_named_network_wins_over_the_preset_unless_it_is_the_default() -> None:
    with_models, fast = SCRIPT["with_models"], preset_variant("fast").config
    assert with_models(fast, detector="nanodet-g", pose="movenet-thunder").pose.model == "movenet-lightning"
    other = with_models(fast, detector="a.onnx", pose="b.onnx")
    assert (other.detect.model, other.pose.model, other.detect.size) == ("a.onnx", "b.onnx", "small")


def test_each_change_changes_one_thing() -> None:
    balanced, *changes, plain = VARIANTS["changes"]

    def settings(variant: Any) -> dict[str, object]:
        table = asdict(variant)
        config = table.pop("config")
        stages = {f"{stage}.{key}": value for stage in ("detect", "pose") for key, value in config.pop(stage).items()}
        return {key: value for key, value in {**table, **config, **stages}.items() if key != "name"}

    defaults = settings(balanced)
    for variant in changes:
        assert [value == defaults[name] for name, value in settings(variant).items()].count(False) == 1, variant.name
    assert len({variant.name for variant in changes}) == len(changes)
    assert plain.config == Config()


def test_a_squeezed_crop_finds_the_person_at_the_same_place(frame: Frame) -> None:
    """With a factor of 1 and of almost 1: the keypoints are mapped back correctly."""
    pose = SCRIPT["load_network"]("movenet-lightning", "pose", Config().device)
    estimator = SCRIPT["NetworkPoseEstimator"](Network(pose.backend, pose.spec), Config().pose)
    xyxy = np.array([[487.5, 785.5, 964.5, 1740.5]], np.float32)
    plain, _ = SCRIPT["single_crop"](estimator, frame, xyxy)
    for by in (1.0, 1.05):
        keypoints, _ = SCRIPT["squeezed_crop"](estimator, frame, xyxy, by=by)
        assert np.median(np.abs(keypoints - plain)) < (0.01 if by == 1 else 12)
