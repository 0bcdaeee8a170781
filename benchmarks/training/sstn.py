"""What does an SSTN gain in boxes that are beside the person? PCK@0.1 on unseen figures, trained equally long.

Usage: python benchmarks/training/sstn.py OUT [--seeds 3] [--epochs 9] [--only NAME ...]
Drawn articulated figures, in boxes that are displaced by up to 30 % of their sides, in training and in the test: the
SPPE alone, with an SSTN, and with one that had no parallel SPPE. Trainings that are in OUT already are not
repeated; both kinds of SSTN begin with the same first phase, which runs once. OUT gets results.json and sstn.svg.
"""

import argparse
import csv
import functools
import json
import shutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.support.articulated import skeleton, write_figures
from realtime_pose.config import PoseConfig, TrainConfig
from realtime_pose.models.manifest import InputSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.nets.sstn import Sstn
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train import dataset
from realtime_pose.train.dataset import CropDataset, SstnDataset
from realtime_pose.train.displacement import DISPLACED, DisplacedBoxes
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.phases import BEST, plan_phases
from realtime_pose.train.trainer import LAST, Machine, TrainData, Trainer
from realtime_pose.train.validation import ModuleBackend, right_keypoints

NUM_TRAINED, NUM_VALIDATED, NUM_TESTED = 600, 40, 120
REPEATS = 4  # of each figure in an epoch, with another box each time: a validation takes as long as many steps
NUM_BOXES = 4  # of each tested figure
SHIFTS = (0.0, 0.1, 0.2, 0.3)
ARMS = {"SPPE": ("off", True), "SPPE + SSTN": ("tiny", True), "SPPE + SSTN, no parallel SPPE": ("tiny", False)}
SETTINGS = TrainConfig(crop="64x64", batch=32, rate=0.004, ema=0.99, warmup=50)


class DenseSppe(nn.Module):
    """An SPPE with a dense layer in its middle: what it learns at one place, it does not know at another one.

    A convolutional SPPE learns these figures at all places at once, so it has little to gain from centred crops.
    """

    def __init__(self, num_keypoints: int) -> None:
        super().__init__()
        self.down = nn.Sequential(_layer(3, 16, 2), _layer(16, 32, 2), _layer(32, 48, 2), _layer(48, 64, 2))  # 4 x 4
        self.dense = nn.Sequential(nn.Linear(64 * 16, 256), nn.ReLU(), nn.Linear(256, 32 * 64), nn.ReLU())
        self.up = nn.Sequential(nn.Upsample(scale_factor=2.0, mode="bilinear"), _layer(32, 32, 1))
        self.conv_out = nn.Conv2d(32, num_keypoints, 3, padding=1)
        nn.init.normal_(self.conv_out.weight, std=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 64, 64) to (N, K, 16, 16)."""
        features = self.dense(self.down(x).flatten(1)).reshape(-1, 32, 8, 8)
        maps: Tensor = self.conv_out(self.up(features))
        return maps


def _layer(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU())


class DisplacedTrainer(Trainer):
    """All trainings see the same crops, with SSTN and without."""

    def _make_datasets(self, spec: InputSpec) -> tuple[CropDataset, CropDataset]:
        data, seed = self._data, self._config.seed
        trained, panel = (
            SstnDataset(persons, data.skeleton, spec, seed=number, proposals=DISPLACED)
            for persons, number in ((data.persons, seed), (data.panel, None))
        )
        return trained, panel


def to_table(persons: Sequence[TrainPerson]) -> dict[str, Any]:
    """COCO's tables of figures."""
    images, annotations = [], []
    for number, person in enumerate(persons, start=1):
        left, top, right, bottom = (person.xyxy + 0.5).tolist()
        keypoints = np.c_[person.xy.astype(float), np.full(len(person.xy), 2)].ravel().tolist()
        images.append({"id": number, "file_name": str(person.path.resolve()), "width": 200, "height": 200})
        annotations.append(
            {
                "id": number, "image_id": number, "category_id": 1, "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top) / 2, "iscrowd": 0, "keypoints": keypoints,
                "num_keypoints": len(person.xy),
            }
        )  # fmt: skip
    categories = [{"id": 1, "name": "person", "keypoints": list(skeleton().keypoints), "skeleton": []}]
    return {"images": images, "annotations": annotations, "categories": categories}


def train(arm: str, seed: int, epochs: int, out: Path) -> list[dict[str, float]]:
    """Train one network; its curves."""
    kind, has_parallel = ARMS[arm]
    persons, validated = (
        write_figures(out / name, count, seed=number)
        for name, count, number in (("train", NUM_TRAINED, seed), ("validation", NUM_VALIDATED, 1000))
    )
    config = replace(SETTINGS, sstn=kind, parallel=has_parallel, seed=seed, epochs=epochs)
    data = TrainData(persons * REPEATS, skeleton(), to_table(validated), validated[:16], DISPLACED)
    torch.manual_seed(seed)
    network = DenseSppe(len(skeleton()))
    trainer = DisplacedTrainer(network, config, data, out, Machine(torch.device("cpu")))
    shared = out.parent / f"phase1_{seed}.pth"
    if kind != "off" and shared.is_file():
        shutil.copy(shared, out / LAST)
        trainer.resume()
    for row in trainer.run(on_step=lambda *_: None, is_stopping=lambda: False):
        print(
            f"{arm}, seed {seed}: epoch {row.epoch}, phase {row.phase}, loss {row.loss:.4f}, PCK {row.pck:.3f}",
            flush=True,
        )
        if kind != "off" and row.epoch == plan_phases(config)[0].last_epoch:
            shutil.copy(out / LAST, shared)
    with (out / "curves.csv").open(encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def measure(checkpoint: Path, persons: Sequence[TrainPerson], shift: float) -> float:
    """PCK@0.1 in boxes that are displaced by up to this share; the limit is a tenth of the true box."""
    spec = load_manifest().find(str(checkpoint), task="pose")
    sppe = DenseSppe(len(skeleton()))
    network = Sstn(spec.sstn, sppe) if spec.sstn else sppe
    network.load_state_dict(torch.load(checkpoint, weights_only=True))
    estimator = NetworkPoseEstimator(Network(ModuleBackend(network.eval()), spec), PoseConfig(passes=1))
    right, total = 0, 0
    for number, person in enumerate(persons):
        rng = np.random.default_rng((7, number))
        displaced = [DisplacedBoxes(shift).sample(person, rng) if shift else person.xyxy for _ in range(NUM_BOXES)]
        boxes = Boxes(np.stack(displaced), np.ones(NUM_BOXES, np.float32))
        frame = Frame(read_image(person.path), 0, 0.0, 0.0, person.path.name)
        true = np.concatenate((person.xy, np.full((len(person.xy), 1), 2, np.float32)), axis=1)
        limits = Boxes(np.tile(person.xyxy, (NUM_BOXES, 1)), boxes.score)
        is_right, is_labelled = right_keypoints(
            estimator.estimate(frame, boxes).keypoints, np.tile(true, (NUM_BOXES, 1, 1)), limits
        )
        right, total = right + int(is_right.sum()), total + int(is_labelled.sum())
    return 100 * right / total


def show(results: dict[str, Any], out: Path) -> None:
    """A Markdown table of means and spreads, and the curves."""
    print("\n| boxes displaced by up to | " + " | ".join(ARMS) + " |\n|---" + "|---" * len(ARMS) + "|")
    for shift in SHIFTS:
        cells = []
        for arm in ARMS:
            values = [run["pck"][str(shift)] for run in results.values() if run["arm"] == arm]
            spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.1f}{spread}" if values else "-")
        print(f"| {shift:.0%} | " + " | ".join(cells) + " |")
    draw(results, out / "sstn.svg")


def draw(results: dict[str, Any], path: Path) -> None:
    """PCK over the displacement, and over the epochs in true boxes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for arm, colour in zip(ARMS, ("#6b747c", "#0072b2", "#e69f00"), strict=True):
        runs = [run for run in results.values() if run["arm"] == arm]
        if not runs:
            continue
        values = np.array([[run["pck"][str(shift)] for shift in SHIFTS] for run in runs])
        curves = np.array([[100 * row["pck"] for row in run["curves"]] for run in runs])
        for axes, x, y in ((left, 100 * np.array(SHIFTS), values), (right, np.arange(1, curves.shape[1] + 1), curves)):
            axes.plot(x, y.mean(axis=0), color=colour, label=arm)
            axes.fill_between(x, y.min(axis=0), y.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    left.set(xlabel="boxes displaced by up to, % of their sides", ylabel="PCK@0.1 on unseen figures, %")
    right.set(xlabel="epoch", ylabel="PCK@0.1 of the validation, true boxes, %")
    left.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dfe3e6", linewidth=0.8)
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Train what is missing, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--only", nargs="+", choices=ARMS, default=list(ARMS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file, tested = arguments.out / "results.json", arguments.out / "tested"
    results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    persons = write_figures(tested / str(time.time_ns()), NUM_TESTED, seed=2000)
    for seed in range(arguments.seeds):
        for arm in arguments.only:
            name = f"{arm.replace(' ', '_').replace(',', '')}_{seed}"
            if name in results:
                continue
            folder, start_s = arguments.out / f"{name}_{time.time_ns()}", time.process_time()
            # Decoding pictures again and again would take a third of the time.
            with mock.patch.object(dataset, "read_image", functools.cache(read_image)):
                curves = train(arm, seed, arguments.epochs, folder)
            minutes = (time.process_time() - start_s) / 60
            pck = {str(shift): measure(folder / BEST, persons, shift) for shift in SHIFTS}
            results[name] = {"arm": arm, "seed": seed, "cpu_minutes": minutes, "pck": pck, "curves": curves}
            file.write_text(json.dumps(results, indent=1), encoding="utf-8")
            print(f"{name}: {minutes:.1f} CPU minutes, PCK {pck}", flush=True)
    show(results, arguments.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
