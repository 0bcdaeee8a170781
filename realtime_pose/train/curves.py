"""The numbers of each epoch to a CSV file, and to TensorBoard's files."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from realtime_pose.errors import MissingPackageError
from realtime_pose.files import atomic


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """The numbers of one epoch.

    Attributes:
        epoch: From 1.
        step: Steps since the start of the training.
        loss: Mean of the epoch.
        rate: Learning rate at its end.
        pictures_per_s: Crops that the network was trained on per second.
        ap: Keypoint AP of the validation in true boxes, in [0, 1].
        pck: Share of keypoints within a tenth of the longer side of the box.
        phase: 1; 2 while an SSTN is trained.
    """

    epoch: int
    step: int
    loss: float
    rate: float
    pictures_per_s: float
    ap: float
    pck: float
    phase: int = 1


def import_writer() -> Any:
    """TensorBoard's writer.

    Raises:
        MissingPackageError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingPackageError(
            "training writes curves for TensorBoard, which is not installed here: pip install 'realtime-pose[train]'"
        ) from error
    return SummaryWriter


class Curves:
    """The curves of one training.

    Args:
        folder: Gets curves.csv and a folder tensorboard.
        step: The first step; TensorBoard drops what an earlier run wrote from there on.
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        self._folder = folder
        self._writer = import_writer()(str(folder / "tensorboard"), purge_step=step or None)

    def write(self, rows: Sequence[EpochRow]) -> None:
        """Write all rows so far to the CSV file, and the last one to TensorBoard; raises SinkError."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow([field.name for field in fields(EpochRow)])
        table.writerows(
            [f"{value:.6g}" if isinstance(value, float) else value for value in asdict(row).values()] for row in rows
        )
        atomic.write(self._folder / "curves.csv", text.getvalue())
        last = asdict(rows[-1])
        for name in ("loss", "rate", "pictures_per_s", "ap", "pck", "phase"):
            self._writer.add_scalar(name, last[name], last["step"])
        self._writer.flush()

    def close(self) -> None:
        """Close TensorBoard's file."""
        self._writer.close()
