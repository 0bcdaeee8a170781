"""Small COCO annotation files, and their ground truth as poses and as results."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.evaluate.coco import keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17

F32 = np.float32


def person(image_id: int, number: int, left: float) -> dict[str, Any]:
    """The annotation of a person 100 wide and 200 high with all keypoints."""
    rng = np.random.default_rng(number)  # each person has its own pose
    xy = np.round(rng.uniform((left, 50), (left + 100, 250), (17, 2)))
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "bbox": [left, 50, 100, 200],
        "area": 12000.0,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": np.c_[xy, np.full(17, 2)].ravel().tolist(),  # 2: labelled and visible
    }


def table() -> dict[str, Any]:
    """The content of an annotation file: two images with two persons and one."""
    return {
        "images": [
            {"id": 1, "file_name": "1.jpg", "width": 640, "height": 480},
            {"id": 2, "file_name": "2.jpg", "width": 640, "height": 480},
        ],
        "annotations": [person(1, 1, 20), person(1, 2, 300), person(2, 3, 100)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints), "skeleton": []}],
    }


def write_annotations(folder: Path, content: object) -> Path:
    """Write an annotation file; a string is written as it is."""
    path = folder / "truth.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def true_poses(image_id: int, *, shift_px: float = 0.0) -> Poses:
    """The ground truth of an image as poses, shifted by this many pixels."""
    entries = [entry for entry in table()["annotations"] if entry["image_id"] == image_id]
    keypoints = np.array([entry["keypoints"] for entry in entries], F32).reshape(-1, 17, 3)[..., :2] + F32(shift_px)
    xywh = np.array([entry["bbox"] for entry in entries], F32)
    xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1) - F32(0.5)  # COCO counts from the edge
    return Poses(keypoints, np.ones(keypoints.shape[:2], F32), Boxes(xyxy, np.full(len(xyxy), 0.9, F32)), COCO17)


def true_results(*, shift_px: float = 0.0) -> list[dict[str, Any]]:
    return [result for image in (1, 2) for result in keypoint_results(image, true_poses(image, shift_px=shift_px))]
