"""A network and true persons to its poses in their true boxes, AP and PCK: by the same steps as in live use.

N persons of an image, K keypoints.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from realtime_pose.config import PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, keypoint_results
from realtime_pose.models.backend import Arrays, Backend, Batch
from realtime_pose.models.engine import Engine
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.network import Network
from realtime_pose.models.signatures import THETA
from realtime_pose.models.torch_backend import to_arrays
from realtime_pose.nets.sstn import Sstn
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Float, Frame, Poses
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train.entry import OUTPUT

PCK_SHARE = 0.1  # of the longer side of the box
_MAX_CROPS = 64  # of one run of the network: an image may have many persons


class ModuleBackend:
    """A torch network in the state for inference as a backend, on the device of its parameters."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._device = next(network.parameters()).device

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on."""
        return str(self._device).upper()

    @property
    def engine(self) -> Engine:
        """PyTorch, in float32."""
        return Engine("torch")

    def run(self, batch: Batch) -> Arrays:
        """The maps of a batch (N, 3, H, W), and theta if the network has an SSTN."""
        names = (OUTPUT, THETA) if isinstance(self._network, Sstn) else (OUTPUT,)
        parts = [batch[start : start + _MAX_CROPS] for start in range(0, len(batch), _MAX_CROPS)]
        with torch.inference_mode():
            found = [
                to_arrays(self._network(torch.from_numpy(np.ascontiguousarray(part)).to(self._device)), names)
                for part in parts
            ]
        return {name: np.concatenate([each[name] for each in found]) for name in names}


@dataclass(frozen=True, slots=True)
class Scores:
    """The result of a validation.

    Attributes:
        ap: Keypoint AP in [0, 1]; NaN if there is no person of a size that counts.
        pck: Share of labelled keypoints within a tenth of the longer side of the box, in [0, 1].
        unreadable: Images that cannot be read; their persons count as missed.
    """

    ap: float
    pck: float
    unreadable: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    results: list[Result] = field(default_factory=list)
    num_right: int = 0
    num_labelled: int = 0
    unreadable: list[str] = field(default_factory=list)


class Validation:
    """Images with true persons.

    Args:
        truth: The persons, with the keypoints of the network.
        folder: The folder of the images.
        spec: The entry of the network.
    """

    def __init__(self, truth: CocoTruth, folder: Path, spec: ModelSpec) -> None:
        self._truth, self._folder, self._spec = truth, folder, spec

    def score(self, backend: Backend) -> Scores:
        """AP and PCK of a network."""
        estimator = NetworkPoseEstimator(Network(backend, self._spec), PoseConfig(passes=1))
        found = _Found()
        for image in self._truth.images:
            try:
                pixels = read_image(self._folder / image.file_name)
            except FrameError:
                found.unreadable.append(image.file_name)
                continue
            frame = Frame(pixels, 0, 0.0, 0.0, image.file_name)
            poses = estimator.estimate(frame, self._truth.boxes(image.image_id))
            found.results.extend(keypoint_results(image.image_id, poses))
            self._count_right(image.image_id, poses, found)
        ap = self._truth.score(found.results, kind="keypoints").ap
        pck = found.num_right / max(found.num_labelled, 1)
        return Scores(ap if ap >= 0 else float("nan"), pck, tuple(found.unreadable))

    def _count_right(self, image_id: int, poses: Poses, found: _Found) -> None:
        entries = [entry for entry in self._truth.entries(image_id) if not entry["iscrowd"]]
        if not entries:
            return
        true = np.array([entry["keypoints"] for entry in entries], np.float32).reshape(len(entries), -1, 3)
        is_right, is_labelled = right_keypoints(poses.keypoints, true, poses.boxes)
        found.num_right += int(is_right.sum())
        found.num_labelled += int(is_labelled.sum())


def right_keypoints(xy: Float, true: Float, boxes: Boxes) -> tuple[np.ndarray, np.ndarray]:
    """(N, K) which keypoints (N, K, 2) are right, and (N, K) which of the true ones (N, K, 3) are labelled."""
    limit = PCK_SHARE * (boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]).max(axis=1)  # (N,)
    is_labelled = true[..., 2] > 0
    distance = np.linalg.norm(xy - true[..., :2], axis=-1)  # (N, K)
    return (distance <= limit[:, None]) & is_labelled, is_labelled
