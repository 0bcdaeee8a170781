"""Tracked people of videos to a data set: which frames differ, and COCO's tables of their people.

N persons, K keypoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.evaluate.annotations import PERSON
from realtime_pose.scene import Float, Tracks
from realtime_pose.skeletons import Skeleton

_MIN_CHANGE = 0.1  # mean motion of a person's keypoints that makes another frame, as a share of the box's longer side
_MIN_KEYPOINT_SCORE = 0.2  # keypoints with a lower score are written as not labelled
_LABELLED = 2  # COCO's visibility of a keypoint that is seen
_AREA_SHARE = 0.53  # about the share of a box that a person fills, as COCO's evaluation code takes it


@dataclass(slots=True)
class FrameChoice:
    """Finds the frames that differ from those that were kept: somebody is new, or has moved.

    Attributes:
        poses: (K, 2) keypoints of each person in the last kept frame, by id.
    """

    poses: dict[int, Float] = field(default_factory=dict)

    def keep(self, tracks: Tracks) -> bool:
        """Whether to keep a frame with these people; the next ones are compared with it then."""
        if not len(tracks) or not any(self._differs(tracks, row) for row in range(len(tracks))):
            return False
        self.poses = dict(zip(tracks.ids.tolist(), tracks.poses.keypoints, strict=True))
        return True

    def _differs(self, tracks: Tracks, row: int) -> bool:
        before = self.poses.get(int(tracks.ids[row]))
        if before is None:
            return True
        box = tracks.poses.boxes.xyxy[row]
        side = max(float((box[2:] - box[:2]).max()), 1.0)
        is_seen = tracks.poses.score[row] >= _MIN_KEYPOINT_SCORE
        if not is_seen.any():
            return False
        moved = np.linalg.norm(tracks.poses.keypoints[row] - before, axis=-1)[is_seen]
        return float(moved.mean()) > _MIN_CHANGE * side


@dataclass(slots=True)
class LabelTable:
    """COCO's tables, as they grow.

    Attributes:
        skeleton: Of all persons.
        images: Entries of images.
        annotations: Entries of persons.
    """

    skeleton: Skeleton
    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, wh: tuple[int, int], tracks: Tracks) -> None:
        """Add an image with its people, each with the scores of the networks."""
        image_id = len(self.images) + 1
        self.images.append({"id": image_id, "file_name": name, "width": wh[0], "height": wh[1]})
        for row in range(len(tracks)):
            self.annotations.append({"id": len(self.annotations) + 1, "image_id": image_id, **_entry(tracks, row)})

    def to_json(self) -> dict[str, Any]:
        """The content of the annotation file."""
        return {
            "images": self.images,
            "annotations": self.annotations,
            "categories": [person_category(self.skeleton)],
        }


def person_category(skeleton: Skeleton) -> dict[str, Any]:
    """COCO's category of persons with these keypoints; limbs count from 1."""
    limbs = [[first + 1, second + 1] for first, second in skeleton.limbs]
    names = list(skeleton.keypoints)
    return {"id": PERSON, "name": "person", "supercategory": "person", "keypoints": names, "skeleton": limbs}


def _entry(tracks: Tracks, row: int) -> dict[str, Any]:
    poses = tracks.poses
    is_labelled = poses.score[row] >= _MIN_KEYPOINT_SCORE
    triples = np.c_[poses.keypoints[row].astype(np.float64).round(2), np.where(is_labelled, _LABELLED, 0)]
    triples[~is_labelled] = 0
    left, top, right, bottom = poses.boxes.xyxy[row].astype(np.float64)
    return {
        "category_id": PERSON,
        "iscrowd": 0,
        "bbox": [round(value, 2) for value in (left + 0.5, top + 0.5, right - left, bottom - top)],
        "area": round((right - left) * (bottom - top) * _AREA_SHARE, 2),
        "num_keypoints": int(is_labelled.sum()),
        "keypoints": triples.ravel().tolist(),
        "segmentation": [],  # other programs look for it
        "score": round(float(poses.boxes.score[row]), 3),
        "keypoint_scores": poses.score[row].astype(np.float64).round(3).tolist(),
        "track_id": int(tracks.ids[row]),
    }


def read_corrections(
    table: Mapping[str, Any], names: Sequence[str], skeleton: Skeleton
) -> tuple[dict[str, Any], list[str]]:
    """COCO's tables that another program wrote, for our images; and names of images that are not ours.

    Ids are given again, keypoints are sorted by their names, boxes of zero size are made from the keypoints.

    Args:
        table: With images, annotations, and categories that name the keypoints.
        names: Of our images; those of the table may have a folder before them.
        skeleton: Our keypoints.
    """
    ours = {Path(name).stem: name for name in names}
    stems = {entry["id"]: Path(entry["file_name"]).stem for entry in table["images"]}
    foreign = sorted(stem for stem in stems.values() if stem not in ours)
    orders = {
        category["id"]: [list(category["keypoints"]).index(name) for name in skeleton.keypoints]
        for category in table["categories"]
        if set(skeleton.keypoints) <= set(category.get("keypoints") or ())
    }
    result = LabelTable(skeleton)
    sizes = {stems[entry["id"]]: (entry.get("width", 0), entry.get("height", 0)) for entry in table["images"]}
    for stem, (width, height) in sizes.items():
        if stem in ours:
            image_id = len(result.images) + 1
            result.images.append({"id": image_id, "file_name": ours[stem], "width": width, "height": height})
    ids = {Path(entry["file_name"]).stem: entry["id"] for entry in result.images}
    for entry in table["annotations"]:
        stem = stems[entry["image_id"]]
        if entry["category_id"] in orders and stem in ids:
            corrected = _corrected(entry, orders[entry["category_id"]])
            result.annotations.append({"id": len(result.annotations) + 1, "image_id": ids[stem], **corrected})
    return result.to_json(), foreign


def _corrected(entry: Mapping[str, Any], order: Sequence[int]) -> dict[str, Any]:
    triples = np.array(entry["keypoints"], np.float64).reshape(-1, 3)[list(order)]
    is_labelled = triples[:, 2] > 0
    box = list(entry.get("bbox") or (0, 0, 0, 0))
    if min(box[2:]) <= 0 and is_labelled.any():
        low, high = triples[is_labelled, :2].min(axis=0), triples[is_labelled, :2].max(axis=0)
        box = [*low.tolist(), *(high - low).tolist()]
    return {
        "category_id": PERSON,
        "iscrowd": int(entry.get("iscrowd", 0)),
        "bbox": box,
        "area": entry.get("area") or box[2] * box[3] * _AREA_SHARE,
        "num_keypoints": int(is_labelled.sum()),
        "keypoints": triples.ravel().tolist(),
    }
