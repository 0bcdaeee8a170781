"""The variants that compare.py compares: different ways to use the same networks, and their results on one image.

N persons in an image, K keypoints, frame pixels.
"""

import functools
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.commands.eval_coco import CocoArguments
from realtime_pose.config import (
    BALANCED,
    LOW_SCORE,
    PRESETS,
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
    load,
)
from realtime_pose.counts import counted
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.detect.nms import suppress as suppress_boxes
from realtime_pose.geometry import apply_affine, apply_affine_boxes, invert_affine, resize_affine
from realtime_pose.models import load as network_loading
from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import NetworkPoseEstimator, keypoint_boxes
from realtime_pose.pose.fusion import fuse
from realtime_pose.scene import Boxes, Float, Frame, Poses

# From an estimator, a frame and boxes (N, 4) to keypoints (N, K, 2) and scores (N, K).
EstimateKeypoints = Callable[[NetworkPoseEstimator, Frame, Float], tuple[Float, Float]]


@dataclass(frozen=True)
class LoadedModel:
    """A backend and its manifest entry."""

    spec: ModelSpec
    backend: Backend


# The name or file of a network, its task, and the device, engine and precision.
FindNetwork = Callable[[str, str, DeviceConfig], LoadedModel]


@functools.cache
def load_network(name: str, task: str, device: DeviceConfig) -> LoadedModel:
    """The network with this name or file, as the application runs it; each is loaded once."""
    spec = load_manifest().find(name, task=task)
    network = network_loading.load_network(spec, device)
    return LoadedModel(network.spec, network.backend)


def single_crop(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """One crop per person."""
    return estimator.run_passes(frame, [(xyxy, False)])[0]


def flip_test(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The flip test: the crop and its mirror image."""
    return fuse_passes(estimator.run_passes(frame, [(xyxy, False), (xyxy, True)]), xyxy)


def second_crop(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The crop, and a second one around the keypoints found in it, not mirrored."""
    first = single_crop(estimator, frame, xyxy)
    return fuse_passes([first, single_crop(estimator, frame, keypoint_boxes(*first, xyxy))], xyxy)


def squeezed_crop(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float, *, by: float) -> tuple[Float, Float]:
    """One crop per person with `by` times the aspect ratio of the network's input, squeezed into it."""
    # The whole image is squeezed, so that the usual crop of the squeezed box is the wider one of the original.
    narrow_wh = max(1, round(frame.wh[0] / by)), frame.wh[1]  # by > 1 makes the image narrower
    affine = resize_affine(frame.wh, narrow_wh)
    image = cv2.resize(frame.image, narrow_wh, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    keypoints, score = single_crop(estimator, replace(frame, image=image), apply_affine_boxes(affine, xyxy))
    return apply_affine(invert_affine(affine), keypoints), score


def fuse_passes(passes: list[tuple[Float, Float]], xyxy: Float) -> tuple[Float, Float]:
    """Keypoints (N, K, 2) and scores (N, K) of several passes, fused."""
    keypoints, score = (np.stack(values) for values in zip(*passes, strict=True))  # (P, N, K, 2), (P, N, K)
    # the longer side of each box is the scale of disagreement
    return fuse(keypoints, score, np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1), 1))


def alphapose_score(box: Float, keypoints: Float) -> Float:
    """Person scores (N,) in [0, 1] as in AlphaPose's release: a weighted sum of box and keypoint scores."""
    return np.asarray((box + keypoints.mean(axis=1) + 1.25 * keypoints.max(axis=1)) / 3.25, np.float32)


def keep_all(poses: Poses, _: PoseNmsConfig) -> Poses:
    """The poses without pose NMS."""
    return poses


def suppress(poses: Poses, limits: PoseNmsConfig) -> Poses:
    """The poses after pose NMS."""
    return poses.take(nms.suppress(poses, limits))


def merge(poses: Poses, limits: PoseNmsConfig) -> Poses:
    """The poses after pose NMS with merging: removed poses help to place the keypoints of the kept ones."""
    return nms.merge(poses, limits)[0]


@dataclass(frozen=True)
class Variant:
    """One way to use a pair of networks; the defaults are `plain`.

    Attributes:
        name: The name in the table.
        config: The settings of the application; AP counts boxes with a score of its threshold or more.
        is_tiled: The detector also runs on the four overlapping quarters of the image.
        entry: Changed values of the pose estimator's manifest entry.
        padding: Padding of the crop; None: as in the entry.
        estimate: How keypoints are estimated; None: as in the application.
        person_score: Person scores (N,) from box scores (N,) and keypoint scores (N, K); None: as in the application.
        pose_nms: From all poses to those that stay.
    """

    name: str
    config: Config = field(default_factory=Config)
    is_tiled: bool = False
    entry: Mapping[str, Any] = field(default_factory=lambda: {"peak": "quarter", "seen_score": 0.0})
    padding: float | None = None
    estimate: EstimateKeypoints | None = None
    person_score: Callable[[Float, Float], Float] | None = None
    pose_nms: Callable[[Poses, PoseNmsConfig], Poses] = keep_all


def low_threshold(**detect: Any) -> Config:
    """The settings with boxes of low score too, as in `eval coco`."""
    return Config(detect=DetectConfig(threshold=LOW_SCORE, **detect))


def detector_size(size: str) -> Config:
    """The settings with this size of the detector's input."""
    return Config(detect=DetectConfig(size=size))


def passes(count: int) -> Config:
    """The settings with this number of passes per person."""
    return Config(pose=PoseConfig(passes=count))


def default(name: str, preset: str = "") -> Variant:
    """The variant that `eval coco --preset` measures."""
    return Variant(name, CocoArguments.from_config(load(preset=preset), None).to_config(), entry={}, pose_nms=merge)


def default_with_passes(name: str, count: int) -> Variant:
    """The default with this number of passes per person."""
    variant = default(name)
    return replace(variant, config=replace(variant.config, pose=replace(variant.config.pose, passes=count)))


def default_with_overlap(name: str, max_overlap: float) -> Variant:
    """The default with box NMS at this IoU."""
    variant = default(name)
    detect = replace(variant.config.detect, max_overlap=max_overlap)
    return replace(variant, config=replace(variant.config, detect=detect))


PLAIN = Variant("plain")
SINGLE_STEPS = (
    Variant("DARK instead of the quarter step", entry={"peak": "dark", "seen_score": 0.0}),
    Variant("keypoints below 0.2 left out of the person score", entry={"peak": "quarter", "seen_score": 0.2}),
    Variant("person score: box score alone", person_score=lambda box, _: box),
    Variant("person score: AlphaPose's sum", person_score=alphapose_score),
    Variant("pose NMS", pose_nms=suppress),
    Variant("pose NMS with merging", pose_nms=merge),
    Variant("boxes of 0.05 or more", low_threshold()),
    Variant("boxes of 0.05 or more, pose NMS", low_threshold(), pose_nms=suppress),
    Variant("boxes of 0.05 or more, pose NMS with merging", low_threshold(), pose_nms=merge),
    Variant("the same, box NMS at 0.8", low_threshold(max_overlap=0.8), pose_nms=merge),
    Variant("crop padding 1.0", padding=1.0),
    Variant("crop padding 1.1", padding=1.1),
    Variant("crop padding 1.4, more context", padding=1.4),
    Variant("crop padding 1.6", padding=1.6),
    Variant("crop 1.2 times as wide, squeezed", estimate=partial(squeezed_crop, by=1.2)),
    Variant("crop 0.8 times as wide, stretched", estimate=partial(squeezed_crop, by=0.8)),
    Variant("flip test", estimate=flip_test),
    Variant("second crop around the first estimate", estimate=second_crop),
    Variant("two passes: also mirrored, crop half-way to the first estimate", passes(2)),
    Variant("three passes: also the first crop mirrored", passes(3)),
    Variant("four passes: also mirrored, crop around the first estimate", passes(4)),
    Variant("detector input 416x416 instead of the image's aspect", detector_size("416x416")),
    Variant("detector at 320", detector_size("320")),
    Variant("detector at 640", detector_size("640")),
    Variant("detector on tiles too", is_tiled=True),
)
CHANGES = (
    default_with_passes("two passes", 2),
    default_with_passes("three passes", 3),
    default_with_passes("four passes", 4),
    replace(default("crop padding 1.0"), padding=1.0),
    replace(default("crop padding 1.1"), padding=1.1),
    default_with_overlap("box NMS at 0.8", 0.8),
)


def on_curve(precision: str, size: str, count: int) -> Variant:
    """The default with this precision (the best of several that the networks have), detector size and passes."""
    variant = default(f"{precision}, detector {size}, {counted(count, 'pass', 'passes')}")
    config = replace(
        variant.config,
        device=DeviceConfig(precision=f"{precision},f32" if precision != "f32" else "f32"),
        detect=replace(variant.config.detect, size=size),
        pose=replace(variant.config.pose, passes=count),
    )
    return replace(variant, config=config)


CURVE = tuple(itertools.starmap(on_curve, itertools.product(("int8", "f32"), ("small", "auto", "640"), (1, 2, 3))))
# The variants of each table of compare.py; the others are compared with the first.
VARIANTS: Mapping[str, tuple[Variant, ...]] = {
    "steps": (PLAIN, *SINGLE_STEPS),
    "presets": (*(default(f"`{name}`", name) for name in sorted(PRESETS, key=BALANCED.__ne__)), PLAIN),
    "changes": (default("`balanced`"), *CHANGES, PLAIN),
    "curve": CURVE,
}


def with_models(config: Config, *, detector: str, pose: str) -> Config:
    """The settings with these networks; the name of a default network changes nothing, so a preset's own stays."""
    defaults = Config()
    detect = config.detect if detector == defaults.detect.model else replace(config.detect, model=detector)
    estimate = config.pose if pose == defaults.pose.model else replace(config.pose, model=pose)
    return replace(config, detect=detect, pose=estimate)


def find_people(
    variant: Variant, config: Config, find_network: FindNetwork, frame: Frame, *, threshold: float
) -> tuple[Boxes, Poses]:
    """Boxes and poses of one image.

    Args:
        variant: How the networks are used.
        config: The settings of the variant, with the networks of the pair.
        find_network: Gives these networks.
        frame: The image.
        threshold: Lowest score of a box.
    """
    detector_net = find_network(config.detect.model, "detector", config.device)
    pose_net = find_network(config.pose.model, "pose", config.device)
    detector = NetworkDetector(Network(detector_net.backend, detector_net.spec), config.detect)
    boxes = detector.detect(frame, threshold=threshold)
    if variant.is_tiled:
        boxes = with_tiles(boxes, partial(detector.detect, threshold=threshold), frame)
    spec = replace(pose_net.spec, **variant.entry)
    if variant.padding is not None:
        spec = replace(spec, input=replace(spec.input, padding=variant.padding))
    estimator = NetworkPoseEstimator(Network(pose_net.backend, spec), config.pose)
    if not len(boxes) or (variant.estimate is None and variant.person_score is None):
        return boxes, variant.pose_nms(estimator.estimate(frame, boxes), config.pose_nms)
    keypoints, score = (variant.estimate or single_crop)(estimator, frame, boxes.xyxy)  # (N, K, 2), (N, K)
    person = variant.person_score(boxes.score, score) if variant.person_score else boxes.score * score.mean(axis=1)
    poses = Poses(keypoints, score, Boxes(boxes.xyxy, person), estimator.skeleton)
    return boxes, variant.pose_nms(poses, config.pose_nms)


def with_tiles(boxes: Boxes, detect: Callable[[Frame], Boxes], frame: Frame) -> Boxes:
    """The boxes of the image and of four overlapping tiles, each three fifths as wide and high as the image.

    A box that touches an inner edge of a tile is cut off there. It is left out: another tile or the image has it whole.
    """
    width, height = frame.wh
    tile_wh = width * 3 // 5, height * 3 // 5  # so two tiles overlap by a fifth of the image
    xyxy, score = [boxes.xyxy], [boxes.score]
    # one tile in each corner
    for left in (0, width - tile_wh[0]):
        for top in (0, height - tile_wh[1]):
            tile = frame.image[top : top + tile_wh[1], left : left + tile_wh[0]]
            more = detect(replace(frame, image=np.ascontiguousarray(tile)))
            is_inner = np.array([left > 0, top > 0, left == 0, top == 0])  # edges of the tile inside the image
            # (N, 4): distance of each edge of a box from the same edge of the tile
            distance = np.concatenate((more.xyxy[:, :2], np.array(tile_wh, np.float32) - more.xyxy[:, 2:]), axis=1)
            is_whole = ~((distance < 0.02 * min(tile_wh)) & is_inner).any(axis=1)
            xyxy.append(more.xyxy[is_whole] + np.array([left, top, left, top], np.float32))
            score.append(more.score[is_whole])
    all_boxes = Boxes(np.concatenate(xyxy), np.concatenate(score))
    all_boxes = all_boxes.take(np.argsort(-all_boxes.score, kind="stable"))  # NMS expects the best first
    kept = suppress_boxes(all_boxes.xyxy, all_boxes.score, max_overlap=0.6)[: DetectConfig().max_persons]
    return all_boxes.take(kept)
