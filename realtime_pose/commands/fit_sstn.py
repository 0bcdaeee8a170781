"""The command ``fit sstn``: images with ground truth to a localisation network for ``--sstn``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.dataset_images import pair_datasets
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.config.units import check_range
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_pose.nets.localisation import LocalisationNetwork
    from realtime_pose.train.fit_localisation import Overlap
    from realtime_pose.train.localisation_crops import LocalisationCrops
    from realtime_pose.train.persons import TrainPerson
    from realtime_pose.train.proposals import ProposalsGenerator

_HELD_OUT = 0.1  # share of the images of each file
_MIN_PERSONS = 16
_NUM_EXAMPLES = 8  # crops on which the file is compared with the network


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSstnArguments:
    """Fit a small network that corrects poor boxes before any pose estimator sees them (the SSTN of RMPE)."""

    annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """Annotation files of persons with keypoints: COCO's format with any keypoints, or MPII's lists."""
    images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their images, in the same order."""
    pgpg: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Boxes like those of a detector, from `fit pgpg`, for half of the training; without it, all boxes are random."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.onnx")] = Path("sstn.onnx")
    """Write the network here, with its entry beside it (.toml), for --sstn."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace the file and its entry."""
    steps: int = 2000
    """Batches of 48 boxes; the default takes some 6 minutes on one free core."""
    seed: int = 0
    """Of all random numbers."""
    threads: int = 0
    """CPU threads; 0: one per physical core."""
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.steps, 1, 1_000_000, "steps")
        check_range(self.seed, 0, 2**32 - 1, "seed")
        check_range(self.threads, 0, 1024, "threads")

    @property
    def datasets(self) -> tuple[tuple[Path, Path], ...]:
        """Each annotation file with its folder of images.

        Raises:
            ConfigError: There is no file, or not one folder per file.
        """
        return pair_datasets("fit sstn", self.annotations, self.images)

    @property
    def origin(self) -> str:
        """What the entry says of the network: how it was made, with the names of files but not their folders."""
        words = ["--annotations", *(path.name for path in self.annotations)]
        words += ["--pgpg", self.pgpg.name] if self.pgpg else []
        return f"realtime-pose fit sstn {shlex.join(words)} --steps {self.steps} --seed {self.seed}"


def run(arguments: FitSstnArguments) -> int:
    """Write the network, and print how well it corrects boxes; the exit code.

    Raises:
        RealtimePoseError: The annotations, an image or an output cannot be used, or the training failed.
    """
    from realtime_pose.commands.signals import termination_as_ctrl_c
    from realtime_pose.train.distributed import set_threads
    from realtime_pose.train.fit_localisation import measure
    from realtime_pose.train.localisation_crops import LocalisationCrops
    from realtime_pose.train.localisation_file import export, input_spec, make_network

    # All that can fail is checked before the training, which takes long.
    _check_outputs(arguments)
    persons, held_out, generator = _load_data(arguments)
    set_threads(arguments.threads)
    spec, network = input_spec(), make_network(seed=arguments.seed)
    crops = LocalisationCrops(persons, spec, seed=arguments.seed, generator=generator)
    with termination_as_ctrl_c():
        network = _fit(network, crops, arguments)
        overlaps = measure(network, held_out, spec)
        export(network, arguments.out, crops.examples(_NUM_EXAMPLES), origin=arguments.origin)
    terminal.echo(f"written: {arguments.out} and {arguments.out.with_suffix('.toml').name}")
    terminal.print_result(_format_report(overlaps, len(held_out)))
    terminal.print_result(f"use it: {terminal.PROGRAM} live --sstn {arguments.out}")
    return 0


def _check_outputs(arguments: FitSstnArguments) -> None:
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.train.localisation_file import import_onnx

    import_onnx()
    out = arguments.out
    if out.suffix != ".onnx":
        raise ConfigError(f"out: expected a file that ends with .onnx, got {out}")
    outputs = [out, out.with_suffix(".toml")]
    inputs = [*arguments.annotations, *([arguments.pgpg] if arguments.pgpg else [])]
    check_outputs(outputs, inputs=inputs, may_replace=arguments.overwrite)
    for path in outputs:
        atomic.check(path)


def _load_data(
    arguments: FitSstnArguments,
) -> tuple[list[TrainPerson], list[TrainPerson], ProposalsGenerator | None]:
    """The persons to train on, those held out, and what makes boxes for them; tells what was left out.

    Raises:
        RealtimePoseError: A file cannot be used, or there are too few persons.
    """
    from realtime_pose.errors import DatasetError
    from realtime_pose.train import pgpg
    from realtime_pose.train.persons import LeftOut, choose_skeleton, hold_out, read_file, select_persons

    files = [read_file(*pair) for pair in arguments.datasets]
    skeleton = choose_skeleton("", files)
    generator = None if arguments.pgpg is None else pgpg.read(arguments.pgpg).for_skeleton(skeleton)
    kept, held_out = zip(*(hold_out(file, _HELD_OUT) for file in files), strict=True)
    left_out = LeftOut()
    persons, others = (select_persons(each, skeleton, left_out) for each in (kept, held_out))
    for line in left_out.lines:
        terminal.echo(line)
    terminal.echo(f"{counted(len(persons), 'person')} to train on, {len(others)} held out")
    if len(persons) < _MIN_PERSONS:
        raise DatasetError(
            f"fit sstn: expected at least {counted(_MIN_PERSONS, 'person')} to train on, got {len(persons)}; "
            "hundreds are better"
        )
    return persons, others, generator


def _fit(network: LocalisationNetwork, crops: LocalisationCrops, arguments: FitSstnArguments) -> LocalisationNetwork:
    """Train under a progress bar."""
    from realtime_pose.train.fit_localisation import fit

    with terminal.progress_bar("training", total=arguments.steps) as update:

        def show(step: int, loss: float) -> None:
            update(step, detail=f"loss {loss:.3f}")

        return fit(network, crops, num_steps=arguments.steps, seed=arguments.seed, on_step=show)


def _format_report(overlaps: Sequence[Overlap], num_persons: int) -> str:
    """A line for each kind of boxes."""
    lines = [f"boxes of {counted(num_persons, 'person')} of held-out images, mean IoU with the true ones:"]
    for each in overlaps:
        title = f"edges off by {each.error:.0%}" if each.error else "true boxes"
        lines.append(f"  {title:<18} {each.before:.3f} before, {each.after:.3f} after")
    return "\n".join(lines)
