"""What does fine-tuning on one's own camera gain? OKS against the accurate preset on the second half of a clip.

Usage: python benchmarks/training/finetune.py VIDEO OUT --init FILE.pth
`label` makes the data set, corrected by nobody. The network of FILE.pth is fine-tuned on the first half of its images;
before and after, it is compared with the labels of the second half, in their boxes.
"""

import argparse
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.config import DeviceConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.geometry import area, oks
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Frame
from realtime_pose.sources.image_decoding import read_image

REPEATS = 10  # of the few images in an epoch: validation and checkpoints take longer than the steps
SETTINGS = ("--epochs", "25", "--batch", "16", "--rate", "0.001", "--device", "cpu", "--threads", "1", "--workers", "0")


def split(folder: Path) -> tuple[Path, Path]:
    """Annotation files of the first and of the second half of the images."""
    table = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    middle = len(table["images"]) // 2
    paths = []
    for name, images in (("first", table["images"][:middle]), ("second", table["images"][middle:])):
        ids = {image["id"] for image in images}
        persons = [each for each in table["annotations"] if each["image_id"] in ids]
        path = folder / f"{name}.json"
        path.write_text(json.dumps({**table, "images": images, "annotations": persons}), encoding="utf-8")
        paths.append(path)
    return paths[0], paths[1]


def mean_oks(checkpoint: Path, annotations: Path, images: Path) -> float:
    """Mean OKS of the poses in the boxes of the annotations."""
    spec = load_manifest().find(str(checkpoint), task="pose")
    device = DeviceConfig(device="cpu", threads=1)
    estimator = NetworkPoseEstimator(load_network(spec, device), PoseConfig(passes=1))
    truth, values = CocoTruth(annotations, spec.pose_skeleton), []
    sigmas = np.array(spec.pose_skeleton.sigmas, np.float32)
    for image in truth.images:
        boxes = truth.boxes(image.image_id)
        frame = Frame(read_image(images / image.file_name), 0, 0.0, 0.0, image.file_name)
        entries: list[Any] = [entry["keypoints"] for entry in truth.entries(image.image_id)]
        true = np.array(entries, np.float32).reshape(len(boxes), -1, 3)
        found = estimator.estimate(frame, boxes).keypoints
        weight = (true[None, ..., 2] > 0).astype(np.float32).transpose(1, 0, 2)
        area_px2 = area(boxes.xyxy) * np.float32(0.53)
        values.append(oks(true[..., :2], found, area_px2=area_px2, sigmas=sigmas, weight=weight).diagonal())
    return float(np.concatenate(values).mean())


def main() -> int:
    """Label, train, and print OKS before and after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--init", type=Path, required=True)
    args = parser.parse_args()
    entry = tomllib.loads(args.init.with_suffix(".toml").read_text(encoding="utf-8"))
    program, labels, trained = [sys.executable, "-m", "realtime_pose"], args.out / "labels", args.out / "training"
    if not labels.exists():
        subprocess.run([*program, "label", str(args.video), "--out", str(labels)], check=True)
    first, second = split(labels)
    images = str(labels / "images")
    pairs = [
        "--annotations",
        *[str(first)] * REPEATS,
        "--images",
        *[images] * REPEATS,
        "--val-annotations",
        str(second),
        "--val-images",
        images,
    ]
    network = ["--net", entry["network"], "--crop", "{}x{}".format(*entry["input"]["wh"]), "--init", str(args.init)]
    start_s = time.perf_counter()
    subprocess.run([*program, "train", *pairs, *network, "--out", str(trained), *SETTINGS], check=True)
    before, after = (mean_oks(path, second, labels / "images") for path in (args.init, trained / "best.pth"))
    print(f"OKS {before:.3f} before, {after:.3f} after {(time.perf_counter() - start_s) / 60:.1f} minutes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
