"""The ways to use the same networks that accuracy.py measures, and how one of them looks at a picture.

N persons of a picture, K keypoints, frame pixels.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.commands.eval_arguments import CocoArguments
from realtime_pose.config import BALANCED, LOW_SCORE, PRESETS, Config, DetectConfig, PoseConfig, PoseNmsConfig, load
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.detect.nms import suppress as suppress_boxes
from realtime_pose.geometry import apply_affine, apply_affine_boxes, invert_affine, resize_affine
from realtime_pose.models import weights
from realtime_pose.models.backend import Backend
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import NetworkPoseEstimator, seen_box
from realtime_pose.pose.fusion import fuse
from realtime_pose.scene import Boxes, Float, Frame, Poses

Look = Callable[[NetworkPoseEstimator, Frame, Float], tuple[Float, Float]]


@dataclass(frozen=True)
class Network:
    """A network and its manifest entry."""

    spec: ModelSpec
    backend: Backend


Find = Callable[[str, str], Network]  # the name or file of a network, and its task


@functools.cache
def network(name: str, task: str) -> Network:
    """The network of this name or file, loaded once."""
    spec = load_manifest().find(name, task=task)
    return Network(spec, load_backend(weights.find(spec), spec))


def once(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """One crop a person."""
    return estimator.views(frame, [(xyxy, False)])[0]


def flipped(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The flip test: the crop and its mirror image."""
    return joined(estimator.views(frame, [(xyxy, False), (xyxy, True)]), xyxy)


def second(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The crop, and a second one about what was seen in it, not mirrored."""
    first = once(estimator, frame, xyxy)
    return joined([first, once(estimator, frame, seen_box(*first, xyxy))], xyxy)


def squeezed(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float, *, by: float) -> tuple[Float, Float]:
    """One crop a person, so many times as wide for its height as the network's input is, and squeezed into it."""
    narrow_wh = max(1, round(frame.wh[0] / by)), frame.wh[1]
    affine = resize_affine(frame.wh, narrow_wh)
    image = cv2.resize(frame.image, narrow_wh, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    keypoints, score = once(estimator, replace(frame, image=image), apply_affine_boxes(affine, xyxy))
    return apply_affine(invert_affine(affine), keypoints), score


def joined(views: list[tuple[Float, Float]], xyxy: Float) -> tuple[Float, Float]:
    """Several views as one."""
    keypoints, score = (np.stack(values) for values in zip(*views, strict=True))
    return fuse(keypoints, score, np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1), 1))


def alphapose_score(box: Float, keypoints: Float) -> Float:
    """The sum that AlphaPose's release takes, in [0, 1]."""
    return np.asarray((box + keypoints.mean(axis=1) + 1.25 * keypoints.max(axis=1)) / 3.25, np.float32)


def all_of(poses: Poses, _: PoseNmsConfig) -> Poses:
    """Without pose NMS."""
    return poses


def removed(poses: Poses, limits: PoseNmsConfig) -> Poses:
    """After pose NMS."""
    return poses.take(nms.suppress(poses, limits))


def merged(poses: Poses, limits: PoseNmsConfig) -> Poses:
    """After pose NMS, what it removed joined to what it kept."""
    return nms.merge(poses, limits)[0]


@dataclass(frozen=True)
class Way:
    """One way to use a pair of networks; the defaults are `plain`.

    Attributes:
        name: In the table.
        config: The application's settings; boxes scored below its threshold are left out where AP is counted.
        is_tiled: The detector also looks at the four overlapping quarters of the picture.
        entry: What the manifest entry of the pose estimator says otherwise.
        padding: Of the crop; None: the entry's.
        look: How a person is looked at; None: as the application does.
        score: Of persons, from box scores (N,) and keypoint scores (N, K); None: the application's.
        clean: What pose NMS leaves of the poses.
    """

    name: str
    config: Config = field(default_factory=Config)
    is_tiled: bool = False
    entry: Mapping[str, Any] = field(default_factory=lambda: {"peak": "quarter", "seen_score": 0.0})
    padding: float | None = None
    look: Look | None = None
    score: Callable[[Float, Float], Float] | None = None
    clean: Callable[[Poses, PoseNmsConfig], Poses] = all_of


def low(**detect: Any) -> Config:
    """The settings with low boxes counting, as `eval coco` has them."""
    return Config(detect=DetectConfig(threshold=LOW_SCORE, **detect))


def sized(size: str) -> Config:
    """The settings with this size of the detector's input."""
    return Config(detect=DetectConfig(size=size))


def looks(count: int) -> Config:
    """The settings with so many looks at each person."""
    return Config(pose=PoseConfig(passes=count))


def as_shipped(name: str, preset: str = "") -> Way:
    """What `eval coco --preset` does."""
    return Way(name, CocoArguments.from_config(load(preset=preset), None).to_config(), entry={}, clean=merged)


def looking(name: str, count: int) -> Way:
    """As shipped, with so many looks at each person."""
    way = as_shipped(name)
    return replace(way, config=replace(way.config, pose=replace(way.config.pose, passes=count)))


def overlapping(name: str, max_overlap: float) -> Way:
    """As shipped, with box NMS at this IoU."""
    way = as_shipped(name)
    return replace(way, config=replace(way.config, detect=replace(way.config.detect, max_overlap=max_overlap)))


PLAIN = Way("plain")
SINGLE_STEPS = (
    Way("DARK in place of the quarter step", entry={"peak": "dark", "seen_score": 0.0}),
    Way("keypoints below 0.2 not in the person's score", entry={"peak": "quarter", "seen_score": 0.2}),
    Way("person's score: the box's alone", score=lambda box, _: box),
    Way("person's score: AlphaPose's sum", score=alphapose_score),
    Way("pose NMS", clean=removed),
    Way("pose NMS with merging", clean=merged),
    Way("boxes from 0.05 on", low()),
    Way("boxes from 0.05 on, pose NMS", low(), clean=removed),
    Way("boxes from 0.05 on, pose NMS with merging", low(), clean=merged),
    Way("the same, box NMS at 0.8", low(max_overlap=0.8), clean=merged),
    Way("crop padding 1.0", padding=1.0),
    Way("crop padding 1.1", padding=1.1),
    Way("crop padding 1.4, more context", padding=1.4),
    Way("crop padding 1.6", padding=1.6),
    Way("crop 1.2 times as wide, squeezed", look=partial(squeezed, by=1.2)),
    Way("crop 0.8 times as wide, stretched", look=partial(squeezed, by=0.8)),
    Way("flip test", look=flipped),
    Way("second crop about the first estimate", look=second),
    Way("two looks: also mirrored, crop half-way to the first estimate", looks(2)),
    Way("three looks: also the first crop mirrored", looks(3)),
    Way("four looks: also mirrored, crop about the first estimate", looks(4)),
    Way("detector input 416x416, not of the picture's aspect", sized("416x416")),
    Way("detector at 320", sized("320")),
    Way("detector at 640", sized("640")),
    Way("detector on tiles too", is_tiled=True),
)
CHANGES = (
    looking("two looks", 2),
    looking("three looks", 3),
    looking("four looks", 4),
    replace(as_shipped("crop padding 1.0"), padding=1.0),
    replace(as_shipped("crop padding 1.1"), padding=1.1),
    overlapping("box NMS at 0.8", 0.8),
)
# The ways by what is asked; the first of each is what the others are compared with.
WAYS: Mapping[str, tuple[Way, ...]] = {
    "steps": (PLAIN, *SINGLE_STEPS),
    "presets": (*(as_shipped(f"`{name}`", name) for name in sorted(PRESETS, key=BALANCED.__ne__)), PLAIN),
    "changes": (as_shipped("`balanced`"), *CHANGES, PLAIN),
}


def named(config: Config, *, detector: str, pose: str) -> Config:
    """The settings with these networks named; the default counts as not named, so that a preset's own stays."""
    usual = Config()
    detect = config.detect if detector == usual.detect.model else replace(config.detect, model=detector)
    estimate = config.pose if pose == usual.pose.model else replace(config.pose, model=pose)
    return replace(config, detect=detect, pose=estimate)


def found(way: Way, config: Config, find: Find, frame: Frame, *, threshold: float) -> tuple[Boxes, Poses]:
    """Boxes and poses of a picture.

    Args:
        way: How the networks are used.
        config: Its settings, with the pair's networks named in them.
        find: Gives these networks.
        frame: The picture.
        threshold: Boxes scored lower are left out.
    """
    detects, estimates = find(config.detect.model, "detector"), find(config.pose.model, "pose")
    detector = NetworkDetector(detects.backend, detects.spec, config.detect)
    boxes = detector.detect(frame, threshold=threshold)
    if way.is_tiled:
        boxes = with_tiles(boxes, partial(detector.detect, threshold=threshold), frame)
    spec = replace(estimates.spec, **way.entry)
    if way.padding is not None:
        spec = replace(spec, input=replace(spec.input, padding=way.padding))
    estimator = NetworkPoseEstimator(estimates.backend, spec, config.pose)
    if not len(boxes) or (way.look is None and way.score is None):
        return boxes, way.clean(estimator.estimate(frame, boxes), config.pose_nms)
    keypoints, score = (way.look or once)(estimator, frame, boxes.xyxy)
    person = way.score(boxes.score, score) if way.score else boxes.score * score.mean(axis=1)
    poses = Poses(keypoints, score, Boxes(boxes.xyxy, person), estimator.skeleton)
    return boxes, way.clean(poses, config.pose_nms)


def with_tiles(boxes: Boxes, detect: Callable[[Frame], Boxes], frame: Frame) -> Boxes:
    """The boxes, and those of the four quarters of the picture, each three fifths of it wide and high.

    What touches an edge that is not the picture's is cut off there, and is left to the other looks.
    """
    width, height = frame.wh
    tile_wh = width * 3 // 5, height * 3 // 5
    xyxy, score = [boxes.xyxy], [boxes.score]
    for left in (0, width - tile_wh[0]):
        for top in (0, height - tile_wh[1]):
            tile = frame.image[top : top + tile_wh[1], left : left + tile_wh[0]]
            more = detect(replace(frame, image=np.ascontiguousarray(tile)))
            inner = np.array([left > 0, top > 0, left == 0, top == 0])  # is this edge of the tile inside the picture?
            room = np.concatenate((more.xyxy[:, :2], np.array(tile_wh, np.float32) - more.xyxy[:, 2:]), axis=1)
            whole = ~((room < 0.02 * min(tile_wh)) & inner).any(axis=1)
            xyxy.append(more.xyxy[whole] + np.array([left, top, left, top], np.float32))
            score.append(more.score[whole])
    joint = Boxes(np.concatenate(xyxy), np.concatenate(score))
    joint = joint.take(np.argsort(-joint.score, kind="stable"))
    return joint.take(suppress_boxes(joint.xyxy, joint.score, max_overlap=0.6)[: DetectConfig().max_persons])
