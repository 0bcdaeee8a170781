"""Any detector with any pose estimator: all pairs of five and five real networks, on the demo clip and photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import DetectConfig, PoseConfig
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.geometry import Float, iou
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest, weights_folder
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame
from tests import zoo

DETECTORS = ["nanodet-g", "rtmdet-nano", "yolox-nano", "deimv2-femto", "picodet-s"]
ESTIMATORS = ["movenet-thunder", "movenet-lightning", "tinypose-256", "tinypose-128", "blazepose-lite"]
NUM_PICTURES = 20
MOST_PERSONS = 3  # of a picture: the test is of pairs, not of crowds
THRESHOLD = 0.4


@dataclass(frozen=True)
class Networks:
    """Each network loaded once, each picture looked at once by each detector."""

    frames: list[Frame]
    detector: Callable[[str], NetworkDetector]
    estimator: Callable[[str], NetworkPoseEstimator]
    boxes: Callable[[str], list[Boxes]]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, demo_clip: Path) -> Networks:
    folder = tmp_path_factory.mktemp("zoo")
    manifest = load_manifest()

    def entry(name: str, task: str) -> tuple[Path, ModelSpec]:
        if name in manifest.models:
            return Path(str(weights_folder())) / manifest.models[name].file, manifest.models[name]
        own = zoo.placed(name, folder, shared=shared_data)
        return own, manifest.find(str(own), task=task)

    @cache
    def detector(name: str) -> NetworkDetector:
        path, spec = entry(name, "detector")
        return NetworkDetector(load_backend(path, spec, device="cpu"), spec, DetectConfig(max_persons=MOST_PERSONS))

    @cache
    def estimator(name: str) -> NetworkPoseEstimator:
        path, spec = entry(name, "pose")
        return NetworkPoseEstimator(load_backend(path, spec, device="cpu"), spec, PoseConfig())

    pictures = clip_pictures(demo_clip) + photographs(shared_data)
    frames = [Frame(picture, index, 0.0, 0.0, "") for index, picture in enumerate(pictures)]

    @cache
    def boxes(name: str) -> list[Boxes]:
        return [detector(name).detect(frame, threshold=THRESHOLD) for frame in frames]

    return Networks(frames, detector, estimator, boxes)


def clip_pictures(clip: Path) -> list[NDArray[np.uint8]]:
    """The first and the 60th picture, at half the size."""
    with av.open(str(clip)) as container:
        whole = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [np.ascontiguousarray(whole[index][::2, ::2]).astype(np.uint8, copy=False) for index in (0, 60)]


def photographs(shared_data: Path) -> list[NDArray[np.uint8]]:
    files = sorted((shared_data / "data" / "stills").glob("COCO_val2014_*.jpg"))[:NUM_PICTURES]
    assert len(files) == NUM_PICTURES
    return [np.asarray(cv2.imread(str(file)), np.uint8) for file in files]


def share_found(boxes: list[Boxes], truth: list[Boxes]) -> float:
    """How many of the other boxes have one of ours on them."""
    found = [iou(wanted.xyxy, got.xyxy).max(axis=1, initial=0) > 0.5 for got, wanted in zip(boxes, truth, strict=True)]
    return float(np.concatenate(found).mean())


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors_agree_on_who_is_there(networks: Networks, name: str) -> None:
    """The strongest of the five is the measure: two thirds of what it is sure of, and the people of the clip."""
    sure = [boxes.take(boxes.score > 0.6) for boxes in networks.boxes("rtmdet-nano")]
    assert sum(map(len, sure)) > 20
    assert share_found(networks.boxes(name), sure) > 0.6
    assert all(len(boxes) >= 2 for boxes in networks.boxes(name)[:2])


@pytest.mark.parametrize(("detector", "estimator"), list(product(DETECTORS, ESTIMATORS)))
def test_every_pair_finds_the_people(networks: Networks, detector: str, estimator: str) -> None:
    """Upright people of the clip stand upright, and keypoints lie in or about their boxes on every picture."""
    poses = [
        networks.estimator(estimator).estimate(frame, boxes)
        for frame, boxes in zip(networks.frames, networks.boxes(detector), strict=True)
    ]
    assert sum(map(len, poses)) > 20
    for standing in poses[:2]:
        nose, hips, ankles = (standing.keypoints[:, rows, 1].mean(axis=1) for rows in ([0], [11, 12], [15, 16]))
        assert (nose < hips).all()
        assert (hips < ankles).all()
    near = np.concatenate([is_near(found.keypoints, found.boxes.xyxy)[found.score > 0.3] for found in poses])
    assert near.mean() > 0.95


def is_near(keypoints: Float, xyxy: Float) -> NDArray[np.bool_]:
    """(N, K) whether each keypoint lies in its box, grown by an eighth on each side."""
    margin = (xyxy[:, 2:] - xyxy[:, :2])[:, None] / 8
    low, high = xyxy[:, None, :2] - margin, xyxy[:, None, 2:] + margin
    return np.asarray(((keypoints >= low) & (keypoints <= high)).all(axis=-1))
