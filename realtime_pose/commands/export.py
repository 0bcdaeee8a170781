"""The command ``export``: a trained checkpoint to an ONNX file that every command uses, checked against torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from realtime_pose.models.backend import Backend
    from realtime_pose.models.manifest import ModelSpec
    from realtime_pose.scene import Float
    from realtime_pose.train.export import Parity
    from realtime_pose.train.validation import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportArguments:
    """Write a trained network as an ONNX file with its entry, checked against torch."""

    checkpoint: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE.pth")]
    """The checkpoint, such as training/best.pth, with its entry (.toml) beside it."""
    onnx: Annotated[Path, tyro.conf.arg(metavar="FILE.onnx")]
    """The file to write."""
    half: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Half precision: half the size, and faster on a GPU."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace the file and its entry."""
    picture: Annotated[str, tyro.conf.arg(metavar="SOURCE")] = "demo"
    """Picture or video with people; both networks are compared on its first picture."""
    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """COCO ground truth: AP before and after, in true boxes."""
    images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of the images of --annotations."""
    debug: DebugFlag = False


def run(arguments: ExportArguments) -> int:
    """Export, and print what came out; the exit code.

    Raises:
        RealtimePoseError: The checkpoint cannot be used, or the file would differ from it, or cannot be written.
    """
    from realtime_pose.commands.signals import termination_as_ctrl_c
    from realtime_pose.models.load import load_backend
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.models.torch_backend import load_module
    from realtime_pose.train.export import export_onnx, import_exporter

    import_exporter()
    spec = load_manifest().find(str(arguments.checkpoint), task="pose")
    _check_paths(arguments, spec)
    validation = _make_validation(arguments, spec)
    network = load_module(arguments.checkpoint, spec).eval()
    before = None if validation is None else validation.score(load_backend(arguments.checkpoint, spec)).ap
    crops = _find_crops(arguments.picture, spec)
    with termination_as_ctrl_c():
        parity = export_onnx(network, spec, arguments.onnx, crops, half=arguments.half)
    exported = load_manifest().find(str(arguments.onnx), task="pose")
    terminal.print_result(_describe(arguments, parity))
    if validation is not None and before is not None:
        backend: Backend = load_backend(arguments.onnx, exported)
        after = validation.score(backend).ap
        terminal.print_result(f"AP {100 * before:.1f} in torch, {100 * after:.1f} in the file")
    terminal.print_result(f"use it: {terminal.PROGRAM} live --pose {arguments.onnx}")
    return 0


def _check_paths(arguments: ExportArguments, spec: ModelSpec) -> None:
    """Raise an error unless the checkpoint is one of torch, and the files may be written."""
    from realtime_pose.files.output_checks import check_outputs

    if not spec.network:
        raise ConfigError(f"export: expected a checkpoint of torch (.pth), got {arguments.checkpoint}")
    if arguments.onnx.suffix != ".onnx":
        raise ConfigError(f"onnx: expected a file that ends with .onnx, got {arguments.onnx}")
    if arguments.onnx.with_suffix("").resolve() == arguments.checkpoint.with_suffix("").resolve():
        raise ConfigError(
            f"onnx: expected another name than {arguments.checkpoint.stem}, since the entry of the checkpoint is in "
            f"{arguments.checkpoint.with_suffix('.toml')}"
        )
    inputs = [arguments.checkpoint, arguments.checkpoint.with_suffix(".toml")]
    outputs = [arguments.onnx, arguments.onnx.with_suffix(".toml")]
    check_outputs(outputs, inputs=inputs, may_replace=arguments.overwrite)


def _make_validation(arguments: ExportArguments, spec: ModelSpec) -> Validation | None:
    """The ground truth, if there is one."""
    from realtime_pose.commands.dataset_images import check_images
    from realtime_pose.evaluate.coco import CocoTruth, import_scorer
    from realtime_pose.train.validation import Validation

    if arguments.annotations is None and arguments.images is not None:
        raise ConfigError("export: expected --annotations FILE, with the people in the images of --images")
    if arguments.annotations is None:
        return None
    if arguments.images is None:
        raise ConfigError("export: expected --images DIR, the folder of the images of --annotations")
    import_scorer("pycocotools.cocoeval")
    truth = CocoTruth(arguments.annotations, spec.pose_skeleton)
    check_images(truth, arguments.images)
    return Validation(truth, arguments.images, spec)


def _find_crops(picture: str, spec: ModelSpec) -> Float:
    """The crops (N, 3, H, W) of the people in a picture; of its middle, if there is nobody."""
    import numpy as np

    from realtime_pose.commands.model_trial import default_boxes, first_frame
    from realtime_pose.models.patches_cpu import Crops

    frame = first_frame(picture)
    xyxy = default_boxes(frame).xyxy
    if not len(xyxy):
        xyxy = np.array([[0, 0, *frame.wh]], np.float32)
    return Crops(frame.image, [(xyxy, False)], spec.input)[: len(xyxy)]


def _describe(arguments: ExportArguments, parity: Parity) -> str:
    size = arguments.onnx.stat().st_size / 1e6
    bits = "16 bits" if arguments.half else "32 bits"
    compared = (
        f"{counted(parity.num_seen, 'keypoint')} within {parity.keypoint_px:.3f} px"
        if parity.num_seen
        else "no keypoint was found to compare: try another --picture"
    )
    return f"{arguments.onnx}: {size:.1f} MB, {bits}; maps as in torch within {parity.map_error:.1g}; {compared}"
