"""A network of any family made smaller: the inputs it is calibrated on, and how much it then differs.

Inputs are recorded while the network in float32 works, so every family is fed as in use.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.commands.dataset_images import load_frame
from realtime_pose.commands.model_trial import box_agreement, pose_agreement
from realtime_pose.config import LOW_SCORE, DetectConfig, DeviceConfig, PoseConfig, SourceConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.errors import ConfigError
from realtime_pose.evaluate.coco import CocoTruth, box_results, keypoint_results
from realtime_pose.models import weights
from realtime_pose.models.backend import Arrays, Backend, Batch
from realtime_pose.models.engine import Engine
from realtime_pose.models.load import load_backend, load_network
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.models.quantize import FLOAT_LEVELS, quantize
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17
from realtime_pose.sources import open_source

_log = logging.getLogger(__name__)

MAX_FRAMES = 200
_HELD_OUT = 5  # one frame of so many is left for the comparison
_MAX_PERSONS = 2  # crops of one frame: the largest persons
MAX_LOSS = {"detector": 0.7, "pose": 0.5}
"""AP points that int8 may cost; with more, further layers stay in float."""


@dataclass
class InputRecorder:
    """A backend that keeps the inputs of another one, one item each.

    Attributes:
        backend: Runs the network.
        inputs: The batches of one item.
    """

    backend: Backend
    inputs: list[NDArray[Any]] = field(default_factory=list)

    @property
    def device(self) -> str:
        """That of the backend."""
        return self.backend.device

    @property
    def engine(self) -> Engine:
        """That of the backend."""
        return self.backend.engine

    def run(self, batch: Batch) -> Arrays:
        """The outputs of the backend."""
        inputs = batch[:]
        self.inputs += list(inputs[:, None])
        return self.backend.run(inputs)


@dataclass(frozen=True, slots=True)
class Quantization:
    """An int8 graph compared with the network in float32.

    Attributes:
        file: The graph.
        num_inputs: Inputs on which it was calibrated.
        level: What stayed in float, an index of FLOAT_LEVELS.
        agreement: Of both on the frames that were held out, in [0, 1].
        ap: AP of float32 and of int8, in points; None without annotations.
    """

    file: Path
    num_inputs: int
    level: int
    agreement: float
    ap: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class AnnotatedImages:
    """Images with ground truth.

    Attributes:
        truth: The annotations.
        folder: Of the images.
    """

    truth: CocoTruth
    folder: Path


class FrameRunner:
    """Runs one network on frames: persons of a detector, or poses in given boxes.

    Args:
        backend: Runs the network.
        spec: Its entry.
    """

    def __init__(self, backend: Backend, spec: ModelSpec) -> None:
        network = Network(backend, spec)
        self._estimator = NetworkPoseEstimator(network, PoseConfig()) if spec.task == "pose" else None
        kind = NetworkDetector if spec.task == "detector" else NetworkPoseDetector
        self._detector = None if self._estimator else kind(network, DetectConfig())

    def boxes(self, frame: Frame, *, threshold: float) -> Boxes:
        """The persons that the detector finds."""
        if self._detector is None:
            raise TypeError("a pose estimator finds no boxes")
        return self._detector.detect(frame, threshold=threshold)

    def poses(self, frame: Frame, boxes: Boxes) -> Poses:
        """The poses in these boxes."""
        if self._estimator is None:
            raise TypeError("a detector finds no poses")
        return self._estimator.estimate(frame, boxes)


def quantize_model(spec: ModelSpec, source: str, target: Path, images: AnnotatedImages | None) -> Quantization:
    """Write the int8 graph of a network, with as many layers in float as its accuracy needs.

    Args:
        spec: The entry of the network.
        source: Video or folder of images for the calibration.
        target: The file to write.
        images: Measure AP on these; None: only the agreement with float32 is measured.

    Raises:
        RealtimePoseError: The source cannot be read, or the network cannot be quantized.
    """
    path = weights.find(spec)
    weights.verify(path, spec)
    frames = read_frames(source)
    backend = load_backend(path, spec)
    recorder = InputRecorder(backend)
    people = _find_people(frames) if spec.task == "pose" else [Boxes.empty()] * len(frames)
    used = [number for number in range(len(frames)) if number % _HELD_OUT or len(frames) < _HELD_OUT]
    recorded = FrameRunner(recorder, spec)
    for number in used:
        _run(recorded, spec, frames[number], people[number])
    if not recorder.inputs:
        raise ConfigError(f"{source}: expected people for the calibration of a pose estimator, found none")
    before = FrameRunner(backend, spec)
    reference = None if images is None else measure_ap(before, spec, images)
    held_out = [(frames[number], people[number]) for number in range(len(frames)) if number not in set(used)]
    for level in range(len(FLOAT_LEVELS)):
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            trial = Path(folder) / target.name
            quantize(path, spec, recorder.inputs, trial, level=level)
            after = FrameRunner(load_backend(trial, spec), spec)
            ap = None if images is None or reference is None else (reference, measure_ap(after, spec, images))
            if ap is not None:
                _log.info("%s: AP %.2f, int8 %.2f, in float: %s", spec.name, *ap, FLOAT_LEVELS[level])
            is_good = ap is None or ap[0] - ap[1] <= MAX_LOSS["pose" if spec.task == "pose" else "detector"]
            if is_good or level == len(FLOAT_LEVELS) - 1:
                trial.replace(target)
                break
    agreement = _agreement(before, after, spec, held_out)
    return Quantization(target, len(recorder.inputs), level, agreement, ap)


def read_frames(source: str) -> list[Frame]:
    """At most MAX_FRAMES frames of a video or folder, evenly spread."""
    opened = open_source(SourceConfig(uri=source))
    try:
        step = max(1, -(-(opened.info.num_frames or 0) // MAX_FRAMES))
        frames = [frame for number, frame in enumerate(opened) if number % step == 0]
    finally:
        opened.close()
    if not frames:
        raise ConfigError(f"{source}: expected pictures for the calibration, found none")
    return frames[:MAX_FRAMES]


def measure_ap(runner: FrameRunner, spec: ModelSpec, images: AnnotatedImages) -> float:
    """AP in points: of the boxes of a detector, or of the keypoints of a pose estimator in the true boxes."""
    results = []
    for image in images.truth.images:
        frame = load_frame(images.folder / image.file_name)
        if spec.task == "pose":
            poses = runner.poses(frame, images.truth.boxes(image.image_id))
            results += keypoint_results(image.image_id, poses.as_skeleton(COCO17))
        else:
            results += box_results(image.image_id, runner.boxes(frame, threshold=LOW_SCORE))
    kind = "keypoints" if spec.task == "pose" else "bbox"
    return 100 * images.truth.score(results, kind=kind).ap


def _find_people(frames: Sequence[Frame]) -> list[Boxes]:
    """The largest persons of each frame, found by the default detector."""
    config = DetectConfig()
    spec = load_manifest().find(config.model, task="detector")
    network = load_network(spec, DeviceConfig(precision="f32"))
    runner = FrameRunner(network.backend, network.spec)
    found = (runner.boxes(frame, threshold=config.threshold) for frame in frames)
    return [boxes.take(np.argsort(-_area(boxes))[:_MAX_PERSONS]) for boxes in found]


def _area(boxes: Boxes) -> NDArray[np.float32]:
    sides = boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]  # (N, 2)
    product: NDArray[np.float32] = sides.prod(axis=1)
    return product


def _run(runner: FrameRunner, spec: ModelSpec, frame: Frame, boxes: Boxes) -> Boxes | Poses:
    """What the network finds in a frame."""
    if spec.task == "pose":
        return runner.poses(frame, boxes)
    return runner.boxes(frame, threshold=DetectConfig().threshold)


def _agreement(
    before: FrameRunner, after: FrameRunner, spec: ModelSpec, held_out: Sequence[tuple[Frame, Boxes]]
) -> float:
    """Mean agreement of two networks on frames with people."""
    return float(np.mean(list(_agreements(before, after, spec, held_out)) or [0.0]))


def _agreements(
    before: FrameRunner, after: FrameRunner, spec: ModelSpec, held_out: Sequence[tuple[Frame, Boxes]]
) -> Iterator[float]:
    for frame, boxes in held_out:
        first, second = (_run(runner, spec, frame, boxes) for runner in (before, after))
        if isinstance(first, Poses) and isinstance(second, Poses) and len(first.score):
            yield pose_agreement(second, first)
        elif isinstance(first, Boxes) and isinstance(second, Boxes) and len(first):
            # The scores of the same boxes would limit the agreement of a network with itself.
            yield box_agreement(second, first) / max(box_agreement(first, first), 1e-6)
