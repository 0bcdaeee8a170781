"""MPII's annotations: the usual JSON list of persons, checked; and the same persons in COCO's form.

A person has ``image``, ``center`` (x, y), ``scale`` (height / 200 px), ``joints`` (16, 2) and ``joints_vis`` (16,), and
maybe ``head_box`` (x1, y1, x2, y2). MPII counts pixels from 1. Source: Andriluka et al., 2D Human Pose Estimation: New
Benchmark and State of the Art Analysis, CVPR 2014.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError
from realtime_pose.scene import Float
from realtime_pose.skeletons import MPII16

PERSON_PX = 200.0  # a person of scale 1 is this high
_AREA_SHARE = 0.53  # about the share of a box that a person fills, as COCO's evaluation code takes it
_NUM = len(MPII16)


def check_persons(content: Any, path: Path) -> list[Mapping[str, Any]]:
    """The persons of an MPII file.

    Raises:
        DatasetError: It is no such list; the message names the first wrong entry.
    """
    if not isinstance(content, list) or not content:
        raise DatasetError(f"{path}: expected MPII's list of persons (JSON), got {type(content).__name__}")
    for index, person in enumerate(content):
        problem = _find_problem(person)
        if problem:
            raise DatasetError(f"{path}, entry {index}: expected {problem}; see docs/guide/evaluation.md")
    return list(content)


def _find_problem(person: Any) -> str:
    """What is expected and not there; "" if all is right."""
    if not isinstance(person, dict):
        return "a table for each person"
    return next((expected for key, (expected, is_valid) in _FIELDS.items() if not is_valid(person.get(key))), "")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_points(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(_are_numbers(point, 2) for point in value)


def _are_numbers(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_is_number, value))


_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "image": ("image: the name of a file", lambda value: isinstance(value, str) and value != ""),
    "center": ("center: 2 numbers", lambda value: _are_numbers(value, 2)),
    "scale": ("scale: a number above 0", lambda value: _is_number(value) and value > 0),
    "joints": (f"joints: {_NUM} pairs of numbers", lambda value: _are_points(value, _NUM)),
    "joints_vis": (f"joints_vis: {counted(_NUM, 'number')}, 0 or 1", lambda value: _are_numbers(value, _NUM)),
    "head_box": ("head_box: 4 numbers, or none", lambda value: value is None or _are_numbers(value, 4)),
}


def mpii_to_coco(content: Any, path: Path) -> dict[str, Any]:
    """An MPII file as COCO's tables; a person's box is the square of its scale.

    Raises:
        DatasetError: It is no MPII file.
    """
    persons = check_persons(content, path)
    names = list(dict.fromkeys(person["image"] for person in persons))
    ids = {name: number for number, name in enumerate(names, start=1)}
    return {
        "images": [{"id": ids[name], "file_name": name} for name in names],
        "annotations": [_to_entry(person, ids, number) for number, person in enumerate(persons, start=1)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(MPII16.keypoints), "skeleton": []}],
    }


def _to_entry(person: Mapping[str, Any], ids: Mapping[str, int], number: int) -> dict[str, Any]:
    side = PERSON_PX * person["scale"]
    left, top = (value - 1 - side / 2 for value in person["center"])
    visible = [int(value > 0) for value in person["joints_vis"]]
    triples = zip(person["joints"], visible, strict=True)
    return {
        "id": number,
        "image_id": ids[person["image"]],
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [left + 0.5, top + 0.5, side, side],  # COCO counts from the edge of the image
        "area": _AREA_SHARE * side * side,
        "num_keypoints": sum(visible),
        "keypoints": [value for (x, y), seen in triples for value in ((x - 1, y - 1, 2) if seen else (0, 0, 0))],
    }


def mpii_boxes(persons: Sequence[Mapping[str, Any]]) -> Float:
    """(N, 4) the squares of checked persons, left, top, right, bottom in pixels of the image."""
    centre = np.array([person["center"] for person in persons], np.float32).reshape(-1, 2) - 1  # MPII counts from 1
    half = np.array([[PERSON_PX * person["scale"] / 2] for person in persons], np.float32).reshape(-1, 1)
    return np.concatenate((centre - half, centre + half), axis=1)
