"""A trained network to an ONNX file with its manifest entry, checked against torch before anybody sees it.

N crops, K keypoints. The file takes any N. In half precision the parameters and the arithmetic have 16 bits; input and
output stay in 32 bits, so the file is used like any other.
"""

import importlib.util
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from realtime_pose.config import DeviceConfig
from realtime_pose.errors import MissingPackageError, ModelError, SinkError
from realtime_pose.files import atomic
from realtime_pose.models import trust
from realtime_pose.models.backend import Arrays, Backend
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import output_names
from realtime_pose.models.torch_backend import to_arrays
from realtime_pose.pose.estimator import decode
from realtime_pose.scene import Float
from realtime_pose.train.entry import INPUT, OUTPUT, to_spec, write_entry
from realtime_pose.train.onnx_graph import fold_batch_norm, write_graph

MAX_MAP_ERROR = 1e-4  # of a file in 32 bits
MAX_HALF_ERROR = 0.02  # in shares of the largest value of a map, of a file in 16 bits
MAX_KEYPOINT_PX = 0.1  # in pixels of the crop, of a file in 16 bits
_MIN_SEEN = 0.2  # score of the keypoints that are compared: other maps have no clear peak


@dataclass(frozen=True, slots=True)
class Parity:
    """How much an ONNX file differs from its network in torch.

    Attributes:
        map_error: Largest difference of the maps, and of theta.
        keypoint_px: Largest distance of a keypoint, in pixels of the crop; 0 if none was seen.
        num_seen: Keypoints that were compared.
        map_peak: Largest absolute value of the maps.
    """

    map_error: float
    keypoint_px: float
    num_seen: int
    map_peak: float


class _Half(nn.Module):
    """A network in half precision, with input and output in float32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.half()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """As the network."""
        found = self.network(x.half())
        return tuple(output.float() for output in (found if isinstance(found, tuple) else (found,)))


def import_exporter() -> None:
    """Raise MissingPackageError unless torch can write ONNX files."""
    if importlib.util.find_spec("onnxscript") is None:
        raise MissingPackageError(
            "torch writes ONNX files with the package onnxscript, which is not installed here: "
            "pip install 'realtime-pose[train]'"
        )


def export_onnx(network: nn.Module, spec: ModelSpec, target: Path, crops: Float, *, half: bool) -> Parity:
    """Write the network as an ONNX file with its entry beside it; how much it differs from torch.

    Args:
        network: On the CPU, in the state for inference.
        spec: Its entry, which is in a file.
        target: The ONNX file. It appears when it is complete and checked.
        crops: (N, 3, H, W) crops of people, N >= 1, on which both are compared.
        half: Whether in half precision.

    Raises:
        ModelError: The file would differ too much from the network in torch.
        SinkError: It cannot be written.
    """
    expected = [_run(network, batch, spec) for batch in _batches(crops)]
    try:
        with atomic.replacing(target) as part:
            folded = fold_batch_norm(network)
            graph = _Half(folded) if half else folded
            write_graph(graph, part, wh=spec.input.wh, input_name=INPUT, outputs=list(output_names(spec)))
            entry = _onnx_entry(spec, part, target, half=half)
            found = load_backend(part, to_spec(entry, part), DeviceConfig(device="cpu", engine="onnxruntime"))
            parity = _compare(expected, found, crops, spec)
            _check(parity, half=half)
    except OSError as error:
        raise SinkError(f"{target}: cannot be written ({error.strerror}); choose another --onnx") from error
    try:
        write_entry(target, entry)
    except SinkError:
        target.unlink()  # without its entry nobody could use it, or an older entry would name another file
        raise
    return parity


def _onnx_entry(spec: ModelSpec, part: Path, target: Path, *, half: bool) -> dict[str, Any]:
    """The entry of the checkpoint, changed to that of the ONNX file."""
    entry = tomllib.loads(Path(spec.file).with_suffix(".toml").read_text(encoding="utf-8-sig"))
    entry.pop("network")
    precision = "16 bits" if half else "32 bits"
    return {
        **entry,
        "origin": f"{entry.get('origin', 'unknown')}; {target.name} in {precision}",
        "sha256": trust.digest(part),
        "bytes": part.stat().st_size,
        "outputs": list(output_names(spec)),
        "input": {**entry["input"], "name": INPUT},
    }


def _batches(crops: Float) -> list[Float]:
    """The crops in one batch, and the first one alone: the file must take both."""
    return [crops, crops[:1]]


def _run(network: nn.Module, crops: Float, spec: ModelSpec) -> Arrays:
    with torch.inference_mode():
        return to_arrays(network(torch.from_numpy(crops)), list(output_names(spec)))


def _compare(expected: Sequence[Arrays], found: Backend, crops: Float, spec: ModelSpec) -> Parity:
    """The differences for all batches."""
    map_errors, distances, num_seen = [], [], 0
    for own, batch in zip(expected, _batches(crops), strict=True):
        outputs = found.run(batch)
        map_errors += [np.abs(outputs[name] - value).max() for name, value in own.items()]
        xy, score = decode(own, spec.input.wh, spec)
        is_seen = score >= max(spec.seen_score, _MIN_SEEN)  # (N, K)
        distance = np.linalg.norm(decode(outputs, spec.input.wh, spec)[0] - xy, axis=-1)[is_seen]
        distances.append(distance.max(initial=0))
        num_seen = max(num_seen, int(is_seen.sum()))
    # np.max keeps a NaN, which max does not.
    peak = float(np.abs(expected[0][OUTPUT]).max())
    return Parity(float(np.max(map_errors)), float(np.max(distances)), num_seen, peak)


def _check(parity: Parity, *, half: bool) -> None:
    """Raise ModelError if the differences are too large."""
    if not half and not parity.map_error <= MAX_MAP_ERROR:
        raise ModelError(
            f"the ONNX file was not written: expected the maps of torch within {MAX_MAP_ERROR:g}, but they differ by "
            f"{parity.map_error:.2g}; report this with the checkpoint"
        )
    if half and not parity.map_error <= MAX_HALF_ERROR * parity.map_peak:
        raise ModelError(
            f"the ONNX file was not written: expected the maps of torch within {MAX_HALF_ERROR:.0%} of their peak, but "
            f"in half precision they differ by {parity.map_error:.2g} of {parity.map_peak:.2g}; export without --half"
        )
    if half and not parity.keypoint_px <= MAX_KEYPOINT_PX:
        raise ModelError(
            f"the ONNX file was not written: expected the keypoints of torch within {MAX_KEYPOINT_PX:g} px, but in "
            f"half precision they differ by {parity.keypoint_px:.2g} px; export without --half"
        )
