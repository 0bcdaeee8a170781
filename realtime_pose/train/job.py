"""What a training is given: files and settings, from the user, or from the folder of a training that goes on."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

import tomli_w

from realtime_pose.config import TrainConfig
from realtime_pose.config.toml_dataclass import from_table, to_table
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError
from realtime_pose.files import atomic
from realtime_pose.train import pgpg
from realtime_pose.train.persons import (
    LeftOut,
    choose_skeleton,
    hold_out,
    read_file,
    select_persons,
    validation_table,
)
from realtime_pose.train.trainer import TrainData

SETTINGS, PGPG = "training.toml", "pgpg.json"
HELD_OUT = 0.1  # share of the images, without a validation set


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainJob:
    """Files and settings of a training.

    Attributes:
        annotations, images: Annotation files, and a folder of images for each.
        val_annotations, val_images: Those of the validation; () to hold out the last images of each file.
        pgpg: The file of a proposals generator; None to train in true boxes.
        train: How it is trained.
    """

    annotations: tuple[Path, ...]
    images: tuple[Path, ...]
    val_annotations: tuple[Path, ...] = ()
    val_images: tuple[Path, ...] = ()
    pgpg: Path | None = None
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        """Raise ConfigError unless each file has a folder."""
        _check_pairs("", self.annotations, self.images, is_needed=True)
        _check_pairs("val-", self.val_annotations, self.val_images, is_needed=False)

    def write(self, folder: Path) -> None:
        """Write it into the folder of the training, with absolute paths and the generator; raises SinkError."""
        absolute = replace(
            self,
            annotations=_absolute(self.annotations),
            images=_absolute(self.images),
            val_annotations=_absolute(self.val_annotations),
            val_images=_absolute(self.val_images),
            pgpg=None if self.pgpg is None else Path(PGPG),
        )
        if self.pgpg is not None:
            atomic.write(folder / PGPG, self.pgpg.read_bytes())
        atomic.write(folder / SETTINGS, tomli_w.dumps(to_table(absolute)))


def read_job(folder: Path) -> TrainJob:
    """The job of the training in this folder.

    Raises:
        ConfigError: There is none.
    """
    path = folder / SETTINGS
    try:
        job = from_table(TrainJob, tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise ConfigError(f"resume: expected the folder of a training, with {SETTINGS}, got {folder}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected TOML, but {error}") from error
    return replace(job, pgpg=None if job.pgpg is None else folder / job.pgpg)


def load_data(job: TrainJob) -> tuple[TrainData, LeftOut]:
    """The persons of a job, and what was left out.

    Raises:
        RealtimePoseError: A file is missing or wrong, or nobody is left.
    """
    generator = None if job.pgpg is None else pgpg.read(job.pgpg)
    files = [read_file(*pair) for pair in zip(job.annotations, job.images, strict=True)]
    validation = [read_file(*pair) for pair in zip(job.val_annotations, job.val_images, strict=True)]
    skeleton = choose_skeleton(job.train.skeleton, [*files, *validation])
    if not validation:
        parts = [hold_out(file, HELD_OUT) for file in files]
        files, validation = [part[0] for part in parts], [part[1] for part in parts]
    left_out = LeftOut()
    persons = select_persons(files, skeleton, left_out)
    panel = select_persons(validation, skeleton, left_out)
    proposals = None if generator is None else generator.for_skeleton(skeleton)
    return TrainData(persons, skeleton, validation_table(validation, skeleton), panel, proposals), left_out


def describe_data(data: TrainData, files: tuple[Path, ...]) -> str:
    """Numbers of persons and keypoints, in one line."""
    names = ", ".join(path.name for path in files)
    boxes = "" if data.proposals is None else " in generated boxes"
    return (
        f"{counted(len(data.persons), 'person')} to train on{boxes}, {len(data.panel)} to validate on, "
        f"{counted(len(data.skeleton), 'keypoint')} ({data.skeleton.name}); {names}"
    )


def _absolute(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(path.resolve() for path in paths)


def _check_pairs(prefix: str, annotations: tuple[Path, ...], images: tuple[Path, ...], *, is_needed: bool) -> None:
    if len(annotations) != len(images) or (is_needed and not annotations):
        raise ConfigError(
            f"train: expected --{prefix}annotations FILE [FILE ...] and --{prefix}images DIR [DIR ...], a folder for "
            f"each file; got {counted(len(annotations), 'file')} and {counted(len(images), 'folder')}"
        )
