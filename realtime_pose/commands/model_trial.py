"""A user's ONNX file to a manifest entry: proposed from the graph and tried on one image beside the default models."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from realtime_pose.commands.reid_trial import ReidTrial, try_reid
from realtime_pose.config import DetectConfig, DeviceConfig, PoseConfig, SourceConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.errors import ConfigError, NotFiniteError, SinkError
from realtime_pose.geometry import Float, area, iou, oks
from realtime_pose.models.backend import Backend
from realtime_pose.models.entry_proposal import propose_entry
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.load import load_backend, load_network
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.models.onnx_backend import inspect
from realtime_pose.models.preprocessing import NORMALISATIONS, Normalisation
from realtime_pose.models.topology import load_topology, topology_table
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.redaction import redact_url
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import skeleton_named
from realtime_pose.sources import open_source

_log = logging.getLogger(__name__)

# Another normalisation replaces the family's usual one if it agrees at least twice as well with the default models:
# in all trials so far the right one did, against a wrong one of another scale.
_MAX_AGREEMENT_RATIO = 0.5


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """The result of one image.

    Attributes:
        num_persons: Persons found by a detector; for a pose estimator, those that the default detector finds.
        num_default: Persons found by the default detector.
        score: Mean score of the boxes, or of the keypoints; 0 without persons.
        agreement: Agreement with the default models in [0, 1]: of poses for a pose estimator (`pose_agreement`),
            of boxes for any detector (`box_agreement`).
        is_comparable: Whether the network has keypoints that the default one has too; always for boxes.
    """

    num_persons: int
    num_default: int
    score: float
    agreement: float
    is_comparable: bool = True


Trial = ModelTrial | ReidTrial
TryEntry = Callable[[ModelSpec], ModelTrial]


def add_model(path: Path, *, source: str = "demo", skeleton: Path | None = None) -> tuple[ModelSpec, Trial]:
    """Write the entry of a user's ONNX file beside it, and run the network on one image.

    The entry has the usual normalisation of the family, or another one if only that agrees with the default models.
    If anything fails, the entry is removed, so that the file can be added again.

    Args:
        path: The file.
        source: Where the image comes from.
        skeleton: TOML file with names, limbs and pairs of the network's keypoints; None: as the graph suggests.

    Raises:
        ConfigError: There is an entry already, or the skeleton is not that of a pose network.
        ModelError: The graph is of no known family, or fails on the image.
        SourceError: The image cannot be opened.
        SinkError: The entry cannot be written.
    """
    entry_path = path.with_suffix(".toml")
    if entry_path.exists():
        raise ConfigError(
            f"{entry_path}: expected no entry there yet; correct it by hand, or delete it and add the file again"
        )
    if path.suffix != ".onnx" or not path.is_file():
        raise ConfigError(f"{path}: expected an .onnx file, but there is none; check the path")
    graph = inspect(path)
    entry = propose_entry(graph) if skeleton is None else _propose_with_skeleton(graph, skeleton)
    with ExitStack() as on_failure:
        on_failure.callback(_remove_entry, entry_path)
        # A graph that takes bytes normalises them itself.
        alternatives = () if graph.takes_bytes else NORMALISATIONS
        spec, trial = _try_model(path, entry, source=source, alternatives=alternatives)
        on_failure.pop_all()
    return spec, trial


def _propose_with_skeleton(graph: OnnxGraph, file: Path) -> dict[str, Any]:
    """The entry of a pose network whose keypoints the user has named in a file."""
    name, topology = load_topology(file)
    if not graph.metadata.num_keypoints:  # a number that the exporter states is more reliable
        graph = replace(graph, metadata=replace(graph.metadata, num_keypoints=len(topology.keypoints)))
    entry = propose_entry(graph)
    if "skeleton" not in entry:
        raise ConfigError(
            f"{file}: expected a pose network for this skeleton, but the graph gives no keypoints; its task is "
            f"{entry['task']}"
        )
    # A selection of keypoints is left out: the user's names are those of all keypoints of the network.
    if entry.pop("keypoints", None) is None and len(skeleton_named(entry["skeleton"])) != len(topology.keypoints):
        raise ConfigError(
            f"{file}: expected the names of all keypoints of the network, {len(skeleton_named(entry['skeleton']))},"
            f" got {len(topology.keypoints)}"
        )
    return {**entry, "skeleton": name, "topology": topology_table(topology)}


def _try_model(
    path: Path, entry: Mapping[str, Any], *, source: str, alternatives: Sequence[Normalisation]
) -> tuple[ModelSpec, Trial]:
    """Run the network on the first image of the source; write its entry with the normalisation that fits best."""
    _write_entry(path.with_suffix(".toml"), entry)
    spec = load_manifest().find_any(str(path))
    backend, frame = load_backend(path, spec), first_frame(source)
    if spec.task == "reid":  # there is no default network to compare its normalisation with
        return spec, try_reid(backend, spec, frame, default_boxes(frame))
    prepare_trial = _TRIALS.get(spec.task, _detector_trial)
    try_entry = prepare_trial(backend, frame, default_boxes(frame))
    spec, trial = _choose_entry([spec, *(_with_normalisation(spec, each) for each in alternatives)], try_entry)
    values = {"mean": list(spec.input.mean), "std": list(spec.input.std)}
    _write_entry(path.with_suffix(".toml"), {**entry, "input": {**entry["input"], **values}})
    return spec, trial


def _remove_entry(path: Path) -> None:
    """Remove the entry of a file that failed its trial."""
    with suppress(OSError):
        path.unlink()
        _log.warning(
            "%s: removed again, because the trial failed; correct the cause and add the file again, or write the "
            "entry by hand",
            path,
        )


def _write_entry(path: Path, entry: Mapping[str, Any]) -> None:
    comment = "# A guess: check colour, mean, std, fit and person_class.\n"
    try:
        path.write_text(comment + tomli_w.dumps(entry), encoding="utf-8")
    except OSError as error:
        raise SinkError(f"{path}: cannot be written ({error.strerror}); make its folder writable") from error


def _mean(score: Float) -> float:
    return float(score.mean()) if score.size else 0.0


def _load_default(name: str, *, task: str) -> Network:
    """A default network in float32; the process may have loaded it already."""
    return load_network(load_manifest().find(name, task=task), DeviceConfig(precision="f32"))


def _detect(network: Network, frame: Frame) -> Boxes:
    config = DetectConfig()
    detector_type = NetworkDetector if network.spec.task == "detector" else NetworkPoseDetector
    detector = detector_type(network, config)
    return detector.detect(frame, threshold=config.threshold)


def _detector_trial(backend: Backend, frame: Frame, default_boxes: Boxes) -> TryEntry:
    """What tries an entry of a detector, compared with the boxes of the default one."""

    def try_entry(spec: ModelSpec) -> ModelTrial:
        boxes = _detect(Network(backend, spec), frame)
        agreement = box_agreement(boxes, default_boxes)
        return ModelTrial(len(boxes), len(default_boxes), _mean(boxes.score), agreement)

    return try_entry


def _pose_trial(backend: Backend, frame: Frame, boxes: Boxes) -> TryEntry:
    """What tries an entry of a pose estimator, compared with the poses of the default one in the same boxes."""
    config = PoseConfig()
    default_poses = NetworkPoseEstimator(_load_default(config.model, task="pose"), config).estimate(frame, boxes)

    def try_entry(spec: ModelSpec) -> ModelTrial:
        poses = NetworkPoseEstimator(Network(backend, spec), config).estimate(frame, boxes)
        agreement = pose_agreement(poses, default_poses)
        is_comparable = bool(_common_keypoints(poses, default_poses))
        return ModelTrial(len(poses), len(default_poses), _mean(poses.score), agreement, is_comparable)

    return try_entry


def _localisation_trial(backend: Backend, frame: Frame, boxes: Boxes) -> TryEntry:
    """What tries an entry of a localisation network: good boxes should stay as they are."""

    def try_entry(spec: ModelSpec) -> ModelTrial:
        transformer = SpatialTransformer(Network(backend, spec))
        xyxy = transformer.transform(frame.image, boxes.xyxy) if len(boxes) else boxes.xyxy
        agreement = box_agreement(Boxes(xyxy, np.ones_like(boxes.score)), boxes)
        return ModelTrial(len(boxes), len(boxes), _mean(boxes.score), agreement)

    return try_entry


_TRIALS: dict[str, Callable[[Backend, Frame, Boxes], TryEntry]] = {
    "pose": _pose_trial,
    "localisation": _localisation_trial,
}


def _choose_entry(specs: Sequence[ModelSpec], try_entry: TryEntry) -> tuple[ModelSpec, ModelTrial]:
    """The first entry, or another one if it agrees far better with the default models; and its trial.

    Raises:
        NotFiniteError: The network gives no numbers with it.
    """
    trials: list[ModelTrial | NotFiniteError] = []
    for spec in specs:
        try:
            trials.append(try_entry(spec))
        except NotFiniteError as error:
            trials.append(error)
    agreements = [0.0 if isinstance(trial, NotFiniteError) else trial.agreement for trial in trials]
    best = max(agreements)
    index = agreements.index(best) if agreements[0] < _MAX_AGREEMENT_RATIO * best else 0
    chosen = trials[index]
    if isinstance(chosen, NotFiniteError):
        raise chosen
    return specs[index], chosen


def _with_normalisation(spec: ModelSpec, normalisation: Normalisation) -> ModelSpec:
    """The entry with this mean and std, which are of red, green and blue, in the order of its colours."""
    mean, std = normalisation["mean"], normalisation["std"]
    if spec.input.colour == "BGR":
        mean, std = mean[::-1], std[::-1]
    return replace(spec, input=replace(spec.input, mean=mean, std=std))


def box_agreement(boxes: Boxes, expected: Boxes) -> float:
    """Agreement of N boxes with M expected ones, in [0, 1].

    A soft F1 score: each expected box counts with the best product of IoU and score.

    >>> import numpy as np
    >>> box = Boxes(np.array([[0, 0, 9, 9]], np.float32), np.ones(1, np.float32))
    >>> box_agreement(box, box), box_agreement(Boxes.empty(), box), box_agreement(box, Boxes.empty())
    (1.0, 0.0, 0.0)
    """
    overlap = (iou(boxes.xyxy, expected.xyxy) * boxes.score[:, None]).max(axis=0, initial=0)  # (M,)
    return float(2 * overlap.sum() / max(boxes.score.sum() + len(expected), 1))


def pose_agreement(poses: Poses, expected: Poses) -> float:
    """Agreement of N poses with N expected ones in the same boxes, in [0, 1]: mean OKS of their common keypoints.

    0 if there are none.
    """
    common = _common_keypoints(poses, expected)
    if not common:
        return 0.0
    columns, expected_columns = ([one.skeleton.keypoints.index(name) for name in common] for one in (poses, expected))
    similarity = oks(  # (N, N)
        expected.keypoints[:, expected_columns],
        poses.keypoints[:, columns],
        area_px2=area(expected.boxes.xyxy),
        sigmas=np.array(expected.skeleton.sigmas, np.float32)[expected_columns],
        weight=expected.score[:, None, expected_columns],  # a keypoint that the default model is unsure of counts less
    )
    return float(similarity.diagonal().mean()) if len(expected) else 0.0


def _common_keypoints(poses: Poses, expected: Poses) -> list[str]:
    return [name for name in expected.skeleton.keypoints if name in poses.skeleton.keypoints]


def first_frame(source: str) -> Frame:
    """The first frame of a source; raises RealtimePoseError if it has none."""
    opened = open_source(SourceConfig(uri=source))
    try:
        for frame in opened:
            return frame
    finally:
        opened.close()
    raise ConfigError(f"{redact_url(source)}: expected a picture or a video, but it has no picture")


def default_boxes(frame: Frame) -> Boxes:
    """The people that the default detector finds."""
    return _detect(_load_default(DetectConfig().model, task="detector"), frame)
