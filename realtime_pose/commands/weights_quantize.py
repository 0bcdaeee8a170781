"""The command ``weights quantize``: an int8 file of a network, calibrated on the user's own images, and its loss."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from realtime_pose.commands.quantization import AnnotatedImages, Quantization
    from realtime_pose.models.manifest import ModelSpec


@dataclass(frozen=True, slots=True)
class WeightsQuantizeArguments:
    """Make an int8 file of a network for faster runs on a CPU, and measure what it loses; needs the extra quantize."""

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME|FILE.onnx")]
    """The network."""
    images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of images like those in use; their ranges of values are measured."""
    video: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A video in place of the images."""
    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """COCO ground truth of other images: AP before and after. Without it, --precision auto does not take the file."""
    annotated_images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of the images of --annotations."""


def run(arguments: WeightsQuantizeArguments) -> int:
    """Write the int8 file and its record beside the network's file, and print what it loses; the exit code.

    Raises:
        RealtimePoseError: The network or the images cannot be used, or a package is missing.
    """
    from realtime_pose.commands.quantization import quantize_model
    from realtime_pose.models import weights
    from realtime_pose.models.int8_files import record_path

    source = arguments.images or arguments.video
    if source is None or (arguments.images and arguments.video):
        raise ConfigError("weights quantize: expected either --images DIR or --video FILE for the calibration")
    images = _annotated_images(arguments)
    spec = _find(arguments.model)
    path = weights.find(spec)
    target = path.with_name(f"{path.stem}_int8.onnx")
    made = quantize_model(spec, str(source), target, images)
    _record(path, made, arguments.annotations)
    terminal.print_result(f"{target}: {target.stat().st_size / 1e6:.1f} MB; recorded in {record_path(path)}")
    for line in _describe(made):
        terminal.print_result(line)
    return 0


def _annotated_images(arguments: WeightsQuantizeArguments) -> AnnotatedImages | None:
    """The images to measure AP on, if the user gave some."""
    from realtime_pose.commands.dataset_images import check_images
    from realtime_pose.commands.quantization import AnnotatedImages
    from realtime_pose.evaluate.coco import CocoTruth

    if arguments.annotations is None:
        return None
    if arguments.annotated_images is None:
        raise ConfigError(
            "weights quantize: expected --annotated-images DIR, the folder of the images of --annotations"
        )
    truth = CocoTruth(arguments.annotations)
    check_images(truth, arguments.annotated_images)
    return AnnotatedImages(truth, arguments.annotated_images)


def _find(name: str) -> ModelSpec:
    """The entry of a network for any task."""
    from realtime_pose.models.manifest import load_manifest

    manifest = load_manifest()
    try:
        spec = manifest.find(name, task="pose")
    except ConfigError:
        spec = manifest.find(name, task="detector")
    if not spec.file.endswith(".onnx"):
        raise ConfigError(f"weights quantize: expected an ONNX file, got {spec.file}")
    return spec


def _record(path: Path, made: Quantization, annotations: Path | None) -> None:
    """Record the int8 file beside the network's file."""
    from realtime_pose.models import trust
    from realtime_pose.models.int8_files import save_record
    from realtime_pose.models.manifest_tables import Int8File

    record = Int8File(
        file=made.file.name,
        sha256=trust.digest(made.file),
        bytes=made.file.stat().st_size,
        ap_loss=None if made.ap is None else round(made.ap[0] - made.ap[1], 2),
        measured_on="" if annotations is None else annotations.name,
    )
    save_record(path, record)


def _describe(made: Quantization) -> list[str]:
    """What was made, and what it loses."""
    from realtime_pose.models.quantize import FLOAT_LEVELS

    lines = [
        f"calibrated on {made.num_inputs} inputs; in float: {FLOAT_LEVELS[made.level]}",
        f"agreement with float32 on frames that were held out: {made.agreement:.3f} of 1",
    ]
    if made.ap is None:
        return [*lines, "AP was not measured (--annotations), so the file runs with --precision int8 only"]
    before, after = made.ap
    return [*lines, f"AP {before:.1f} in float32, {after:.1f} in int8: {after - before:+.1f}"]
