"""One picture through a network of the user's own: does it find people, and how sure is it."""

from dataclasses import dataclass
from pathlib import Path

import tomli_w

from realtime_pose.config import DetectConfig, PoseConfig, SourceConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.models import weights
from realtime_pose.models.guess import guess
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.onnx_backend import inspect
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame
from realtime_pose.sources import open_source


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one picture.

    Attributes:
        num_persons: Found by a detector, or looked at by a pose estimator.
        num_default: Found by the default detector, to compare with.
        score: Mean of the boxes' scores, or of the keypoints'; 0 without persons.
    """

    num_persons: int
    num_default: int
    score: float


def add_model(path: Path, *, source: str = "demo") -> tuple[ModelSpec, Trial]:
    """A user's ONNX file made usable: its family guessed, its entry written beside it, one picture run through it.

    Raises:
        ConfigError: There is an entry already.
        ModelError: The file is no graph of a known family, or fails on the picture; then the entry stays.
        SinkError: The entry cannot be written.
    """
    entry = path.with_suffix(".toml")
    if entry.exists():
        raise ConfigError(
            f"{entry}: expected no entry there yet; correct it by hand, or delete it and add the file again"
        )
    if path.suffix != ".onnx" or not path.is_file():
        raise ConfigError(f"{path}: expected an .onnx file, but there is none; check the path")
    table = guess(inspect(path))
    try:
        entry.write_text(
            f"# Guessed: check colour, mean, std, fit and person_class.\n{tomli_w.dumps(table)}", encoding="utf-8"
        )
    except OSError as error:
        raise SinkError(f"{entry}: cannot be written ({error.strerror}); make its folder writable") from error
    spec = load_manifest().find(str(path), task="pose" if table["task"] == "pose" else "detector")
    return spec, try_model(path, spec, source=source)


def try_model(path: Path, spec: ModelSpec, *, source: str = "demo") -> Trial:
    """The first picture of a source through this network and the default detector, whose boxes a pose estimator gets.

    Raises:
        RealtimePoseError: The picture or the network is not usable.
    """
    config = DetectConfig()
    frame = _first(source)
    backend = load_backend(path, spec)
    boxes = _default_boxes(frame, config)
    if spec.task == "pose":
        poses = NetworkPoseEstimator(backend, spec, PoseConfig()).estimate(frame, boxes)
        return Trial(len(poses), len(boxes), float(poses.score.mean()) if len(poses) else 0.0)
    detector = (NetworkDetector if spec.task == "detector" else NetworkPoseDetector)(backend, spec, config)
    found = detector.detect(frame, threshold=config.threshold)
    return Trial(len(found), len(boxes), float(found.score.mean()) if len(found) else 0.0)


def _first(source: str) -> Frame:
    opened = open_source(SourceConfig(uri=source))
    try:
        for frame in opened:
            return frame
    finally:
        opened.close()
    raise ConfigError(f"{source}: expected a picture or a video, but no picture came")


def _default_boxes(frame: Frame, config: DetectConfig) -> Boxes:
    spec = load_manifest().find(config.model, task="detector")
    backend = load_backend(weights.find(spec), spec)
    return NetworkDetector(backend, spec, config).detect(frame, threshold=config.threshold)
