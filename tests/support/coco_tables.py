"""Small COCO annotation files, the poses that are their truth, and the same as results."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.evaluate.coco import keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17

F32 = np.float32


def person(image_id: int, number: int, left: float) -> dict[str, Any]:
    """A person 100 wide and 200 high with all keypoints."""
    rng = np.random.default_rng(number)
    xy = np.round(rng.uniform((left, 50), (left + 100, 250), (17, 2)))
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "bbox": [left, 50, 100, 200],
        "area": 12000.0,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": np.c_[xy, np.full(17, 2)].ravel().tolist(),
    }


def table() -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "1.jpg", "width": 640, "height": 480},
            {"id": 2, "file_name": "2.jpg", "width": 640, "height": 480},
        ],
        "annotations": [person(1, 1, 20), person(1, 2, 300), person(2, 3, 100)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints), "skeleton": []}],
    }


def written(folder: Path, content: object) -> Path:
    path = folder / "truth.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def poses_of(image_id: int, *, shift_px: float = 0.0) -> Poses:
    """The truth of a picture as poses."""
    entries = [entry for entry in table()["annotations"] if entry["image_id"] == image_id]
    keypoints = np.array([entry["keypoints"] for entry in entries], F32).reshape(-1, 17, 3)[..., :2] + F32(shift_px)
    xywh = np.array([entry["bbox"] for entry in entries], F32)
    xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1) - F32(0.5)
    return Poses(keypoints, np.ones(keypoints.shape[:2], F32), Boxes(xyxy, np.full(len(xyxy), 0.9, F32)), COCO17)


def results_of(*, shift_px: float = 0.0) -> list[dict[str, Any]]:
    return [result for image in (1, 2) for result in keypoint_results(image, poses_of(image, shift_px=shift_px))]
