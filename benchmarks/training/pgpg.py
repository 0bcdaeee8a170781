"""Does training in boxes by atomic pose pay? Against uniform jitter of equal strength, and against true boxes.

Usage: python benchmarks/training/pgpg.py TRAIN.json IMAGES VAL.json IMAGES OUT [--arms pgpg uniform true] [--seeds 3]
The generator is fitted to the detector's boxes on the training images. The small network is trained from random
parameters for each arm and seed, and tested in the boxes of the detector on the validation images: PCK@0.1 and AP after
the last epoch, mean and standard deviation over the seeds. Persons are cut out and made small first, so that images do
not cost the time. A training that is there already in OUT is not run again.
"""

import argparse
import csv
import dataclasses
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, DetectConfig, DeviceConfig, TrainConfig
from realtime_pose.evaluate.box_offsets import UNMATCHED, match_boxes
from realtime_pose.geometry import apply_affine, apply_affine_boxes
from realtime_pose.pipeline.networks import load_detector
from realtime_pose.scene import Float, Frame
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train.fit_pgpg import fit, match_images
from realtime_pose.train.initial import make_network
from realtime_pose.train.persons import LeftOut, TrainPerson, persons_by_image, read_file
from realtime_pose.train.proposals import MIN_IOU, ProposalsGenerator, UniformJitter
from realtime_pose.train.trainer import Machine, TrainData, Trainer

ARMS = {"pgpg": "boxes by atomic pose", "uniform": "uniform jitter, equal strength", "true": "true boxes"}
_COLOURS = {"pgpg": "#0072b2", "uniform": "#e69f00", "true": "#6b747c"}
_REPEATS = 2  # of the few persons in an epoch: each epoch has a validation
_BOX_PX = 140  # the longer side of a box in its cut-out
_ROOM = 1.0  # of the box's sides, around it


def detect(paths: Sequence[Path], detector: str) -> list[Float]:
    """The boxes (M, 4) in each image."""
    config = Config(device=DeviceConfig(device="cpu", threads=1), detect=DetectConfig(model=detector))
    network = load_detector(config)
    frames = (Frame(read_image(path), 0, 0.0, 0.0, path.name) for path in paths)
    return [network.detect(frame, threshold=config.detect.threshold).xyxy for frame in frames]


def cut_out(person: TrainPerson, file: Path, *, also: Float) -> tuple[TrainPerson, Float]:
    """The person in a small image of its own, and another box (4,) in it."""
    image = read_image(person.path)
    wh = person.xyxy[2:] - person.xyxy[:2]
    scale = min(1.0, _BOX_PX / float(wh.max()))
    corner = person.xyxy[:2] - _ROOM * wh
    size = np.ceil(wh * (1 + 2 * _ROOM) * scale).astype(int)
    affine = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]], np.float32)
    small = cv2.warpAffine(image, affine, (int(size[0]), int(size[1])), flags=cv2.INTER_AREA)
    cv2.imwrite(str(file), small)
    boxes = apply_affine_boxes(affine, np.stack((person.xyxy, also)))
    return TrainPerson(file, boxes[0], apply_affine(affine, person.xy), person.is_labelled), boxes[1]


def validation_table(persons: Sequence[tuple[TrainPerson, Float]]) -> dict[str, Any]:
    """COCO's table of persons, one an image, whose boxes are those of the detector."""
    images, annotations = [], []
    for number, (person, box) in enumerate(persons, start=1):
        width, height = (box[2:] - box[:2]).tolist()
        triples = np.c_[person.xy, 2 * person.is_labelled] * person.is_labelled[:, None]
        images.append({"id": number, "file_name": str(person.path.resolve()), "width": 1, "height": 1})
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "bbox": [float(box[0]) + 0.5, float(box[1]) + 0.5, width, height],
                "area": 0.53 * width * height,  # of an outline, as a share of its box: COCO's mean
                "iscrowd": 0,
                "num_keypoints": int(person.is_labelled.sum()),
                "keypoints": triples.ravel().tolist(),
            }
        )
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints), "skeleton": []}]
    return {"images": images, "annotations": annotations, "categories": categories}


def prepare(args: argparse.Namespace) -> tuple[TrainData, dict[str, ProposalsGenerator | None]]:
    """The data, and the generator of each arm."""
    folder = args.out / "persons"
    folder.mkdir(parents=True, exist_ok=True)
    by_image = persons_by_image([read_file(args.train, args.images)], COCO17, LeftOut())
    matched = match_images(list(by_image.values()), detect(list(by_image), args.detector), len(COCO17))
    labelled = [person for present in by_image.values() for person in present if person.is_labelled.any()]
    persons = [
        cut_out(person, folder / f"train_{number}.png", also=person.xyxy)[0] for number, person in enumerate(labelled)
    ]
    validation = persons_by_image([read_file(args.val, args.val_images)], COCO17, LeftOut())
    tested: list[tuple[TrainPerson, Float]] = []
    for present, boxes in zip(validation.values(), detect(list(validation), args.detector), strict=True):
        true = np.array([person.xyxy for person in present], np.float32).reshape(-1, 4)
        for person, row in zip(present, match_boxes(true, boxes, min_iou=MIN_IOU), strict=True):
            if row != UNMATCHED and person.is_labelled.any():
                tested.append(cut_out(person, folder / f"val_{len(tested)}.png", also=boxes[row]))
    print(f"{len(persons)} persons to train on, {len(tested)} detected persons to test on, {len(matched)} detections")
    generators: dict[str, ProposalsGenerator | None] = {
        "pgpg": fit(matched, COCO17),
        "uniform": UniformJitter.as_strong_as(matched.offsets),
        "true": None,
    }
    data = TrainData(persons * _REPEATS, COCO17, validation_table(tested), [person for person, _ in tested])
    return data, generators


def train(data: TrainData, config: TrainConfig, folder: Path) -> None:
    """One training; its folder appears under its name when it is done."""
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(exist_ok=True)
    network = make_network(config.net, len(COCO17), seed=config.seed)
    trainer = Trainer(network, config, data, part, Machine(torch.device("cpu")))
    start_s = time.process_time()
    for row in trainer.run(on_step=_say_nothing, is_stopping=lambda: False):
        print(f"{folder.name}: epoch {row.epoch}, loss {row.loss:.4f}, PCK {100 * row.pck:.1f}", flush=True)
    print(f"{folder.name}: {(time.process_time() - start_s) / 60:.1f} CPU minutes", flush=True)
    part.rename(folder)


def _say_nothing(done: int, total: int, loss: float, pictures_per_s: float) -> None:
    """The epochs are printed, not the steps."""


def read_curves(folder: Path) -> list[dict[str, float]]:
    """The rows of a training."""
    with (folder / "curves.csv").open(encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def draw(curves: dict[str, np.ndarray], path: Path) -> None:
    """PCK over epochs: the mean of the seeds, and the range between the worst and the best."""
    figure = Figure(figsize=(7.5, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    for arm, values in curves.items():
        epochs = np.arange(1, values.shape[1] + 1)
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=_COLOURS[arm], alpha=0.2, linewidth=0)
        axes.plot(epochs, values.mean(axis=0), color=_COLOURS[arm], label=ARMS[arm])
    axes.set_xlabel("epoch")
    axes.set_ylabel("PCK@0.1 in the boxes of the detector, %")
    axes.legend(frameon=False)
    figure.savefig(path)


def main() -> int:
    """Train every arm with every seed, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "images", "val", "val_images", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--detector", default="nanodet-g")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--crop", default="64x64")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data, generators = prepare(args)
    for seed in range(args.seeds):  # the seed outside: what was stopped early has all arms
        for arm in args.arms:
            config = TrainConfig(crop=args.crop, epochs=args.epochs, seed=seed, ema=0.99, rate=2e-3)
            folder = args.out / f"{arm}_{seed}"
            if not folder.exists():
                train(dataclasses.replace(data, proposals=generators[arm]), config, folder)
    rows = {arm: [read_curves(args.out / f"{arm}_{seed}") for seed in range(args.seeds)] for arm in args.arms}
    table: dict[str, Any] = {}
    for arm, runs in rows.items():
        table[arm] = {key: [100 * run[-1][key] for run in runs] for key in ("pck", "ap")}
        print(ARMS[arm] + "".join(
            f"; {key} {statistics.mean(values):.1f} (sd {statistics.stdev(values) if len(values) > 1 else 0:.1f})"
            for key, values in table[arm].items()
        ))  # fmt: skip
    (args.out / "results.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    pck = {arm: np.array([[100 * row["pck"] for row in run] for run in runs]) for arm, runs in rows.items()}
    draw(pck, args.out / "curves.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
