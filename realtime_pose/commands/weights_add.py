"""One picture through a network of the user's own: does it find people, and how sure is it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from realtime_pose.config import DetectConfig, PoseConfig, SourceConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.errors import ConfigError, NotFiniteError, SinkError
from realtime_pose.geometry import Float, area, iou, oks
from realtime_pose.models import weights
from realtime_pose.models.backend import Backend
from realtime_pose.models.family_detection import NORMALISATIONS, Normalisation, guess
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.onnx_backend import inspect
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.sources import open_source

_log = logging.getLogger(__name__)

_FAR_BETTER = 0.5  # the right normalisation has agreed at least twice as well as a wrong one of another scale


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What came of one picture.

    Attributes:
        num_persons: Found by a detector; of a pose estimator, those that the default detector finds.
        num_default: Found by the default detector, to compare with.
        score: Mean of the boxes' scores, or of the keypoints'; 0 without persons.
        agreement: How much this is what the default models say, in [0, 1]: of a pose estimator its poses (`likeness`),
            of any detector its boxes (`agreement`).
    """

    num_persons: int
    num_default: int
    score: float
    agreement: float


def add_model(path: Path, *, source: str = "demo") -> tuple[ModelSpec, ModelCheck]:
    """A user's ONNX file made usable: its family guessed, its entry written beside it, one picture run through it.

    A network gets another normalisation than its family's usual one where only so it agrees with the default models.
    Where anything fails no entry stays, so that the file can be added again.

    Raises:
        ConfigError: There is an entry already.
        ModelError: The file is no graph of a known family, or fails on the picture.
        SourceError: The picture cannot be opened.
        SinkError: The entry cannot be written.
    """
    entry = path.with_suffix(".toml")
    if entry.exists():
        raise ConfigError(
            f"{entry}: expected no entry there yet; correct it by hand, or delete it and add the file again"
        )
    if path.suffix != ".onnx" or not path.is_file():
        raise ConfigError(f"{path}: expected an .onnx file, but there is none; check the path")
    graph = inspect(path)
    table = guess(graph)
    with ExitStack() as failing:
        failing.callback(_withdraw, entry)
        tried = _tried(path, entry, table, source=source, ways=() if graph.takes_bytes else NORMALISATIONS)
        failing.pop_all()
    return tried


def _tried(
    path: Path, entry: Path, table: Mapping[str, Any], *, source: str, ways: Sequence[Normalisation]
) -> tuple[ModelSpec, ModelCheck]:
    """The network of a guessed entry on the first picture of the source; its entry is written, normalised as suits."""
    _write(entry, table)
    spec = load_manifest().find(str(path), task="pose" if table["task"] == "pose" else "detector")
    backend, frame = load_backend(path, spec), _first(source)
    tried = (_posing if spec.task == "pose" else _detecting)(backend, frame, _default_boxes(frame))
    spec = _agreeing([spec, *(_normalised(spec, way) for way in ways)], tried)
    _write(entry, {**table, "input": {**table["input"], "mean": list(spec.input.mean), "std": list(spec.input.std)}})
    return spec, tried(spec)


def _withdraw(entry: Path) -> None:
    """Remove the entry of a file that failed its trial."""
    with suppress(OSError):
        entry.unlink()
        _log.warning(
            "%s: removed again, since the trial failed; mend that and add the file again, or write the entry by hand",
            entry,
        )


def _write(entry: Path, table: Mapping[str, Any]) -> None:
    try:
        entry.write_text(
            f"# Guessed: check colour, mean, std, fit and person_class.\n{tomli_w.dumps(table)}", encoding="utf-8"
        )
    except OSError as error:
        raise SinkError(f"{entry}: cannot be written ({error.strerror}); make its folder writable") from error


def _mean(score: Float) -> float:
    return float(score.mean()) if score.size else 0.0


def _found(backend: Backend, spec: ModelSpec, frame: Frame) -> Boxes:
    """Whom a detector finds."""
    config = DetectConfig()
    detector = (NetworkDetector if spec.task == "detector" else NetworkPoseDetector)(backend, spec, config)
    return detector.detect(frame, threshold=config.threshold)


def _detecting(backend: Backend, frame: Frame, known: Boxes) -> Callable[[ModelSpec], ModelCheck]:
    """Tries an entry of a detector, beside the boxes of the default one."""

    def tried(spec: ModelSpec) -> ModelCheck:
        found = _found(backend, spec, frame)
        return ModelCheck(len(found), len(known), _mean(found.score), box_agreement(found, known))

    return tried


def _posing(backend: Backend, frame: Frame, boxes: Boxes) -> Callable[[ModelSpec], ModelCheck]:
    """Tries an entry of a pose estimator, beside the poses of the default one in the same boxes."""
    default = load_manifest().find(PoseConfig().model, task="pose")
    known = NetworkPoseEstimator(load_backend(weights.find(default), default), default, PoseConfig()).estimate(
        frame, boxes
    )

    def tried(spec: ModelSpec) -> ModelCheck:
        poses = NetworkPoseEstimator(backend, spec, PoseConfig()).estimate(frame, boxes)
        return ModelCheck(len(poses), len(known), _mean(poses.score), pose_agreement(poses, known))

    return tried


def _agreeing(specs: Sequence[ModelSpec], tried: Callable[[ModelSpec], ModelCheck]) -> ModelSpec:
    """The first entry, unless another does far better on the picture."""

    def agreement_of(candidate: ModelSpec) -> float:
        try:
            return tried(candidate).agreement
        except NotFiniteError:
            return 0.0

    agreements = [agreement_of(spec) for spec in specs]
    most = max(agreements)
    return specs[agreements.index(most)] if agreements[0] < _FAR_BETTER * most else specs[0]


def _normalised(spec: ModelSpec, way: Normalisation) -> ModelSpec:
    """The entry with this mean and std of red, green and blue, in the order of its colours."""
    mean, std = way["mean"], way["std"]
    if spec.input.colour == "BGR":
        mean, std = mean[::-1], std[::-1]
    return replace(spec, input=replace(spec.input, mean=mean, std=std))


def box_agreement(found: Boxes, known: Boxes) -> float:
    """How much N found boxes are M known ones, in [0, 1]: what overlaps, by its score, of all that there is.

    >>> import numpy as np
    >>> box = Boxes(np.array([[0, 0, 9, 9]], np.float32), np.ones(1, np.float32))
    >>> box_agreement(box, box), box_agreement(Boxes.empty(), box), box_agreement(box, Boxes.empty())
    (1.0, 0.0, 0.0)
    """
    overlap = (iou(found.xyxy, known.xyxy) * found.score[:, None]).max(axis=0, initial=0)
    return float(2 * overlap.sum() / max(found.score.sum() + len(known), 1))


def pose_agreement(poses: Poses, known: Poses) -> float:
    """How much N poses are N known ones of the same boxes, in [0, 1]: mean OKS over the keypoints that both name."""
    names = [name for name in known.skeleton.keypoints if name in poses.skeleton.keypoints]
    ours, theirs = ([one.skeleton.keypoints.index(name) for name in names] for one in (poses, known))
    sigmas = np.array(known.skeleton.sigmas, np.float32)[theirs]
    weight = known.score[:, None, theirs]  # what the known pose is sure of counts
    alike = oks(
        known.keypoints[:, theirs],
        poses.keypoints[:, ours],
        area_px2=area(known.boxes.xyxy),
        sigmas=sigmas,
        weight=weight,
    )
    return float(alike.diagonal().mean()) if len(known) else 0.0


def _first(source: str) -> Frame:
    opened = open_source(SourceConfig(uri=source))
    try:
        for frame in opened:
            return frame
    finally:
        opened.close()
    raise ConfigError(f"{source}: expected a picture or a video, but no picture came")


def _default_boxes(frame: Frame) -> Boxes:
    spec = load_manifest().find(DetectConfig().model, task="detector")
    return _found(load_backend(weights.find(spec), spec), spec, frame)
