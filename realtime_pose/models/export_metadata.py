"""What the exporter of a pose network wrote into its file: text values to the keypoints of the network.

The keys are those of Ultralytics' exporter: ``task``, ``kpt_shape`` such as "[17, 3]", ``kpt_names``, and the names of
the classes, ``names``, such as "{0: 'person'}". Files may hold anything, so values of another form are ignored.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MAX_CHARS = 100_000  # longer values are not read


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """The metadata of a file.

    Attributes:
        task: Such as detect, pose or obb; "" if it is not stated.
        num_keypoints: K; 0 if it is not stated.
        keypoint_values: Numbers per keypoint: 3 with a score, 2 without.
        keypoint_names: K names; () if they are not stated.
        num_classes: Number of classes; 1 if it is not stated.
        person_class: Index of the class "person"; 0 if it is not stated.
    """

    task: str = ""
    num_keypoints: int = 0
    keypoint_values: int = 3
    keypoint_names: tuple[str, ...] = ()
    num_classes: int = 1
    person_class: int = 0


def parse_metadata(values: Mapping[str, str]) -> ExportMetadata:
    """The metadata from the text values of a file.

    >>> parse_metadata({"task": "pose", "kpt_shape": "[3, 2]", "names": "{0: 'dog', 1: 'person'}"})
    ExportMetadata(task='pose', num_keypoints=3, keypoint_values=2, keypoint_names=(), num_classes=2, person_class=1)
    >>> parse_metadata({"kpt_shape": "unknown"}).num_keypoints
    0
    """
    num_keypoints, keypoint_values = _parse_keypoint_shape(values.get("kpt_shape", ""))
    names = _parse_literal(values.get("kpt_names", ""))
    if isinstance(names, dict):  # one list per class
        names = next(iter(names.values()), ())
    classes = _parse_literal(values.get("names", ""))
    by_index = classes if isinstance(classes, dict) else {}
    is_named = isinstance(names, list | tuple) and len(names) == len(set(map(str, names))) == num_keypoints
    return ExportMetadata(
        task=values.get("task", ""),
        num_keypoints=num_keypoints,
        keypoint_values=keypoint_values,
        keypoint_names=tuple(map(str, names)) if is_named else (),
        num_classes=max(len(by_index), 1),
        person_class=next((index for index, name in enumerate(by_index.values()) if name == "person"), 0),
    )


def _parse_keypoint_shape(text: str) -> tuple[int, int]:
    """K and the numbers per keypoint; K is 0 if the text says neither."""
    match _parse_literal(text):
        case [int(count), int(per_keypoint)] if count > 0 and per_keypoint in {2, 3}:
            return count, per_keypoint
    return 0, 3


def _parse_literal(text: str) -> Any:
    """The Python literal in a text; None for anything else."""
    try:
        return ast.literal_eval(text) if len(text) <= _MAX_CHARS else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # as its documentation lists for any text
        return None
