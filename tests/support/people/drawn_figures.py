"""Drawn people with ground truth: pictures with one coloured stick figure each, and their COCO annotation file."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.geometry import bounding_box
from realtime_pose.scene import Float, Image
from realtime_pose.skeletons import COCO17
from tests.support.people.stick_figure import STANDING

WH = (120, 160)


def figure(number: int) -> Float:
    """(17, 2) keypoints of a figure; each number has its own pose and place."""
    rng = np.random.default_rng(number)
    shape = STANDING + rng.normal(0, 0.02, STANDING.shape)
    height = rng.uniform(90, 120)
    return (shape * height + rng.uniform((0, 10), (WH[0] - 100, 30)) - (10, 0)).astype(np.float32)


def draw_figure(xy: Float, number: int) -> Image:
    """A picture of the figure: each limb has a colour of its own, so that left and right can be told apart."""
    image = np.full((WH[1], WH[0], 3), 40 + 10 * (number % 8), np.uint8)
    colours = np.random.default_rng(0).integers(80, 255, (len(COCO17.limbs), 3)).tolist()
    for (first, second), colour in zip(COCO17.limbs, colours, strict=True):
        ends = [tuple(map(int, np.round(xy[index]))) for index in (first, second)]
        cv2.line(image, ends[0], ends[1], colour, 3, cv2.LINE_AA)
    return image


def entry(xy: Float, number: int) -> dict[str, Any]:
    """The annotation of a figure in the picture of the same number."""
    left, top, right, bottom = (bounding_box(xy[None])[0] + (-5, -8, 5, 5)).tolist()
    return {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "bbox": [left + 0.5, top + 0.5, right - left, bottom - top],
        "area": (right - left) * (bottom - top) * 0.5,
        "iscrowd": 0,
        "num_keypoints": len(xy),
        "keypoints": np.c_[xy.astype(float), np.full(len(xy), 2)].ravel().tolist(),
    }


def write_figures(folder: Path, count: int) -> tuple[Path, Path]:
    """Pictures and annotation file of so many figures: the paths of the file and of the folder of pictures."""
    images = folder / "images"
    images.mkdir(parents=True)
    numbers = range(1, count + 1)
    for number in numbers:
        cv2.imwrite(str(images / f"{number}.png"), draw_figure(figure(number), number))
    table = {
        "images": [{"id": number, "file_name": f"{number}.png", "width": WH[0], "height": WH[1]} for number in numbers],
        "annotations": [entry(figure(number), number) for number in numbers],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints), "skeleton": []}],
    }
    path = folder / "annotations.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path, images
