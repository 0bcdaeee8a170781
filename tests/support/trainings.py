"""Short trainings by the command ``train``: the command line, a stop, the curves, and whether two ended alike."""

import csv
from pathlib import Path

import torch

from realtime_pose.train import checkpoint

QUICK = ("--crop", "64x96", "--device", "cpu", "--workers", "0", "--threads", "1")


def words(figures: tuple[Path, Path], out: Path, *more: str, same: bool = True) -> list[str]:
    """The command line of a training on annotations and their folder, `same`: also validated on them."""
    annotations, images = map(str, figures)
    validation = ["--val-annotations", annotations, "--val-images", images] if same else []
    return ["train", "--annotations", annotations, "--images", images, *validation, "--out", str(out), *QUICK, *more]


def rows(folder: Path) -> list[dict[str, str]]:
    """The curves of a training: a row for each epoch."""
    with (folder / "curves.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def same_numbers(first: Path, second: Path) -> bool:
    """Whether two trainings ended with the same parameters, bit by bit."""
    one, two = (checkpoint.load(folder / "last.pth") for folder in (first, second))
    return all(torch.equal(value, two["network"][key]) for key, value in one["network"].items()) and all(
        torch.equal(value, two["average"][key]) for key, value in one["average"].items()
    )


class StopAfter:
    """Asks for a stop after so many steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self) -> bool:
        """Whether to stop now."""
        self.steps -= 1
        return self.steps <= 0
