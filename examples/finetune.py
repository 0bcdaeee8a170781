"""Make a network of your own from a video: label it, train the small network, and find people with it.

python examples/finetune.py VIDEO [EPOCHS]

The folders own_labels and own_training must not exist yet. Needs: pip install 'realtime-pose[train]'
"""

import sys
from pathlib import Path

import realtime_pose as rp
from realtime_pose.cli import main as realtime_pose


def main(video: str, epochs: str) -> None:
    """Print one line per person in the first labelled image."""
    if realtime_pose(["label", video, "--out", "own_labels", "--preset", "fast"]):
        raise SystemExit("no labels")
    labels, images = "own_labels/annotations.json", "own_labels/images"
    # A short video has few images, so none is held out: the validation shows only that the network learns.
    pairs = ["--annotations", labels, "--images", images, "--val-annotations", labels, "--val-images", images]
    settings = ["--net", "small", "--crop", "96x128", "--epochs", epochs, "--workers", "0", "--device", "cpu"]
    if realtime_pose(["train", *pairs, *settings, "--out", "own_training"]):
        raise SystemExit("not trained")
    pose = rp.Pose(detector="nanodet-g", pose="own_training/best.pth")
    for person in pose(next(Path(images).iterdir())):
        print(f"person {person.id}: mean score {person.keypoint_scores.mean():.2f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "20")
