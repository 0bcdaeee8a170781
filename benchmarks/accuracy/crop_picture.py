"""What does a pose estimator see before and behind a localisation network? A picture of crops, one column a person.

    python benchmarks/accuracy/crop_picture.py OUT.jpg --sstn NAME|PATH [--source VIDEO] [--frames 0 40 80]

The people of some frames, as the detector finds them; their boxes with each edge moved by a normal error of 20 % of the
side; and the crops of a pose estimator with a square input: of the detector's box, of the moved one, and of the moved
one corrected.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.moved_boxes import moved_boxes
from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, SourceConfig
from realtime_pose.geometry import crop_affine
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import InputSpec, load_manifest
from realtime_pose.models.patches_cpu import warp
from realtime_pose.pipeline.networks import load_networks
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.scene import Float, Frame
from realtime_pose.sources import open_source

CROP = InputSpec(name="crops", wh=(128, 128), fit="crop", padding=1.25)
ERROR = 0.2
TITLES = ("detected", "moved", "corrected")
TITLE_PX = 84


def read_frames(source: str, numbers: Sequence[int]) -> list[Frame]:
    """The frames of a source with these numbers."""
    opened = open_source(SourceConfig(uri=source))
    frames = []
    try:
        for frame in opened:
            if frame.index in numbers:
                frames.append(frame)
            if frame.index >= max(numbers):
                break
    finally:
        opened.close()
    return frames


def crops_of(frame: Frame, xyxy: Float) -> NDArray[np.uint8]:
    """(H, N W, 3) the crops side by side."""
    patches = warp(frame.image, crop_affine(xyxy, input_wh=CROP.wh, padding=CROP.padding), CROP)
    return np.concatenate(list(patches), axis=1)


def with_title(row: NDArray[np.uint8], title: str) -> NDArray[np.uint8]:
    """The row with its title at the left."""
    plate = np.full((row.shape[0], TITLE_PX, 3), 255, np.uint8)
    cv2.putText(plate, title, (4, row.shape[0] // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate((plate, row), axis=1)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sstn", required=True)
    parser.add_argument("--source", default="demo")
    parser.add_argument("--frames", type=int, nargs="+", default=[0, 40, 80])
    options = parser.parse_args()
    config, rng = Config(), np.random.default_rng(0)
    networks = load_networks(config)
    spec = load_manifest().find(options.sstn, task="localisation")
    transformer = SpatialTransformer(load_network(spec, config.device))
    columns = []
    for frame in read_frames(options.source, options.frames):
        detected = networks.detect(frame, threshold=0.5).boxes
        moved = moved_boxes(detected, ERROR, rng)
        corrected = transformer.transform(frame.image, moved.xyxy)
        rows = [crops_of(frame, xyxy) for xyxy in (detected.xyxy, moved.xyxy, corrected)]
        columns.append(rows)
    rows = [np.concatenate([column[row] for column in columns], axis=1) for row in range(len(TITLES))]
    picture = np.concatenate([with_title(row, title) for row, title in zip(rows, TITLES, strict=True)])
    cv2.imwrite(str(options.out), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
