"""The command ``train``: annotated images to a network of one's own, with checkpoints, curves and panels."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.config import TrainConfig
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, SinkError

if TYPE_CHECKING:
    from torch import nn

    from realtime_pose.skeletons import Skeleton
    from realtime_pose.train.curves import EpochRow
    from realtime_pose.train.job import TrainJob
    from realtime_pose.train.trainer import Machine, Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainArguments:
    """Train a pose estimator on annotated images, or go on with a network that is trained already."""

    annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """Annotation files of persons with keypoints: COCO's format with any keypoints, or MPII's lists."""
    images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their images, in the same order."""
    val_annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """Annotation files for the validation; without them, the last tenth of the images is held out."""
    val_images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their images, in the same order."""
    pgpg: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Generator of boxes, from `fit pgpg`: the persons are trained on in boxes as a detector finds them."""
    init: Annotated[str, tyro.conf.arg(metavar="FILE.pth|NAME")] = ""
    """Start with the parameters of this checkpoint; the last layer may have other keypoints."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("training")
    """Write checkpoints, curves and panels into this folder."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Delete an earlier training in this folder."""
    resume: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Go on with the training in this folder, with its files and settings."""
    device: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """auto, cpu, cuda or cuda:N."""
    workers: int = 2
    """Processes that load images; 0: the training itself does."""
    threads: int = 0
    """CPU threads of the network; 0: one per physical core."""
    train: tyro.conf.OmitArgPrefixes[TrainConfig] = field(default_factory=TrainConfig)
    debug: DebugFlag = False


def run(arguments: TrainArguments) -> int:
    """Train; the exit code.

    Raises:
        RealtimePoseError: Files or settings cannot be used, or the training failed.
        KeyboardInterrupt: It was stopped, after a checkpoint was written.
    """
    from realtime_pose.evaluate.coco import import_scorer
    from realtime_pose.train.curves import import_writer
    from realtime_pose.train.distributed import process_group, select_device, set_threads
    from realtime_pose.train.job import TrainJob, read_job
    from realtime_pose.train.trainer import Machine

    # All that can fail is checked before data is loaded.
    if arguments.workers < 0 or arguments.threads < 0:
        raise ConfigError("workers and threads: expected 0 or more")
    if arguments.resume is not None:
        _check_resume(arguments)
        job, folder = read_job(arguments.resume), arguments.resume
    else:
        job = TrainJob(
            annotations=arguments.annotations,
            images=arguments.images,
            val_annotations=arguments.val_annotations,
            val_images=arguments.val_images,
            pgpg=arguments.pgpg,
            train=arguments.train,
        )
        folder = arguments.out
    import_writer()
    import_scorer("pycocotools.cocoeval")
    device = select_device(arguments.device)
    set_threads(arguments.threads)
    with process_group(device) as rank:
        machine = Machine(device, rank, arguments.workers)
        trainer = _prepare(arguments, job, folder, machine)
        _train(trainer, job, is_first=rank[0] == 0)
    return 0


def _check_resume(arguments: TrainArguments) -> None:
    files = (arguments.annotations, arguments.images, arguments.val_annotations, arguments.val_images, arguments.init)
    if any(files) or arguments.pgpg is not None or arguments.train != TrainConfig() or arguments.overwrite:
        raise ConfigError(
            "resume: expected no other files and settings, since those of the folder are used; to begin again with its "
            "network, use --init DIR/best.pth and another --out"
        )


def _prepare(arguments: TrainArguments, job: TrainJob, folder: Path, machine: Machine) -> Trainer:
    """The trainer, with its data and its first parameters."""
    from realtime_pose.train.distributed import wait_for_all
    from realtime_pose.train.initial import make_network
    from realtime_pose.train.job import describe_data, load_data
    from realtime_pose.train.trainer import Trainer

    is_first = machine.rank[0] == 0
    init = _find_checkpoint(arguments.init)
    _check_folder(folder, arguments)
    data, left_out = load_data(job)
    network = make_network(job.train.net, len(data.skeleton), seed=job.train.seed)
    if init is not None:
        _load(network, init, job, data.skeleton, is_first=is_first)
    if is_first:
        for line in left_out.lines:
            terminal.echo(line)
        terminal.echo(describe_data(data, job.annotations))
        _make_folder(folder, arguments)
    wait_for_all()  # the folder exists now
    trainer = Trainer(network, job.train, data, folder, machine)
    if arguments.resume is not None:
        trainer.resume()
    elif is_first:
        job.write(folder)
    return trainer


def _find_checkpoint(name: str) -> Path | None:
    """The file of --init; None for none.

    Raises:
        RealtimePoseError: There is no such file, or it is no network of torch.
    """
    from realtime_pose.models import weights
    from realtime_pose.models.manifest import load_manifest

    if not name:
        return None
    if name.endswith((".pth", ".pt")):
        if not Path(name).is_file():
            raise ConfigError(f"init: expected a checkpoint, found no file {name}; check the path")
        return Path(name)
    spec = load_manifest().find(name, task="pose")
    if not spec.network:
        raise ConfigError(f"init: expected a network of torch (.pth), but {name} is an ONNX graph, which cannot learn")
    return weights.find(spec)


def _load(network: nn.Module, path: Path, job: TrainJob, skeleton: Skeleton, *, is_first: bool) -> None:
    from realtime_pose.train.initial import load_parameters

    random = load_parameters(network, path, job.train.net)
    if is_first:
        new = f"; new: {', '.join(random[:4])}" + (", ..." if len(random) > 4 else "") if random else ""
        terminal.echo(f"begins with {path}, for {counted(len(skeleton), 'keypoint')}{new}")


def _check_folder(folder: Path, arguments: TrainArguments) -> None:
    """Raise SinkError unless the training may write into this folder."""
    from realtime_pose.files.output_checks import check_no_input
    from realtime_pose.train.job import PGPG

    if arguments.pgpg is not None:  # it would be deleted with an earlier training
        check_no_input([folder / PGPG], [arguments.pgpg])
    if folder.exists() and not folder.is_dir():
        raise SinkError(f"{folder}: expected a folder for the training, got a file; choose another --out")
    is_used = folder.is_dir() and any(folder.iterdir())
    if is_used and not arguments.overwrite and arguments.resume is None:
        raise SinkError(
            f"{folder}: expected a new or empty folder; go on with --resume {folder}, choose another --out, or add "
            "--overwrite to delete the training in it"
        )
    if not folder.absolute().parent.is_dir():
        raise SinkError(f"{folder}: the folder {folder.absolute().parent} does not exist; make it or choose another")


def _make_folder(folder: Path, arguments: TrainArguments) -> None:
    """Make the folder; delete an earlier training in it, and nothing else."""
    from realtime_pose.train.job import PGPG, SETTINGS
    from realtime_pose.train.phases import BEST, BEST_SPPE
    from realtime_pose.train.trainer import LAST, VALIDATION

    try:
        folder.mkdir(exist_ok=True)
        if arguments.overwrite and arguments.resume is None and (folder / SETTINGS).is_file():
            networks = [folder / name for name in (BEST, BEST_SPPE)]
            entries = [path.with_suffix(".toml") for path in networks]
            others = [folder / name for name in (SETTINGS, PGPG, LAST, VALIDATION, "curves.csv")]
            for path in (*networks, *entries, *others):
                path.unlink(missing_ok=True)
            for name in ("panels", "tensorboard"):
                shutil.rmtree(folder / name, ignore_errors=True)
    except OSError as error:
        raise SinkError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error


def _train(trainer: Trainer, job: TrainJob, *, is_first: bool) -> None:
    """Run the training under a progress bar, with a line for each epoch."""
    from realtime_pose.commands.signals import stop_request

    with stop_request() as is_stopping, terminal.progress_bar("training") as update:

        def show(done: int, total: int, loss: float, pictures_per_s: float) -> None:
            update(done, total=total, detail=f"loss {loss:.4f}, {pictures_per_s:.0f} pictures/s")

        try:
            for row in trainer.run(on_step=show, is_stopping=is_stopping):
                if is_first:
                    terminal.print_result(_format_row(row, job.train))
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt(f"go on with: {terminal.PROGRAM} train --resume {trainer.folder}") from stop
        finally:
            if is_first and trainer.unreadable:
                terminal.echo(_describe_unreadable(trainer.unreadable))
    if is_first:
        best = trainer.folder / "best.pth"
        terminal.echo(f"written: {best}; use it: {terminal.PROGRAM} live --pose {best}")


def _describe_unreadable(paths: list[str]) -> str:
    from realtime_pose.train.persons import LeftOut

    left_out = LeftOut({"images that cannot be read": paths})
    return left_out.lines[0]


def _format_row(row: EpochRow, config: TrainConfig) -> str:
    ap = "-" if math.isnan(row.ap) else f"{100 * row.ap:.1f}"
    phase = f", phase {row.phase} of 2" if config.has_sstn else ""
    return (
        f"epoch {row.epoch} of {config.epochs}{phase}: loss {row.loss:.5f}, AP {ap}, PCK {100 * row.pck:.1f}, "
        f"rate {row.rate:.2g}, {row.pictures_per_s:.0f} pictures/s"
    )
