"""COCO annotation files to checked tables. Errors name what the scorer would crash on or silently count wrong."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError
from realtime_pose.skeletons import COCO17, Skeleton

PERSON = 1  # COCO's category_id
_MAX_SHOWN = 60  # characters of a wrong value in a message

Entry = Mapping[str, Any]
_Fields = Mapping[str, tuple[str, Callable[[Any], bool]]]  # by key: what is expected, in words, and a check


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_numbers(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_is_number, value))


_ID: _Fields = {"id": ("a whole number", _is_integer)}
_IMAGE: _Fields = {**_ID, "file_name": ("a name", lambda value: isinstance(value, str) and value != "")}
_ANNOTATION: _Fields = {
    "image_id": ("a whole number", _is_integer),
    "category_id": ("a whole number", _is_integer),
    "bbox": ("4 numbers", lambda value: _are_numbers(value, 4)),
}
_PERSON: _Fields = {
    **_ID,
    "area": ("a number >= 0", lambda value: _is_number(value) and value >= 0),
    "iscrowd": ("0 or 1", lambda value: value in (0, 1)),
    "num_keypoints": ("a whole number", _is_integer),
}


def _person_fields(skeleton: Skeleton) -> _Fields:
    """What a person with these keypoints must have: x, y and visibility of each."""
    count = 3 * len(skeleton)
    return {**_PERSON, "keypoints": (counted(count, "number"), lambda value: _are_numbers(value, count))}


def read_annotations(path: Path, skeleton: Skeleton = COCO17) -> dict[str, Any]:
    """The tables of an annotation file of persons with these keypoints.

    Raises:
        DatasetError: The file is missing, is not in COCO's format, or contradicts itself.
    """
    return check_annotations(read_json(path), path, skeleton)


def check_annotations(table: Any, path: Path, skeleton: Skeleton = COCO17) -> dict[str, Any]:
    """The content of an annotation file, checked; the path is for messages.

    Raises:
        DatasetError: It is not in COCO's format, or contradicts itself.
    """
    person_fields = _person_fields(skeleton)
    for name, required in {"images": _IMAGE, "annotations": _ANNOTATION, "categories": _ID}.items():
        entries = table.get(name) if isinstance(table, dict) else None
        if not isinstance(entries, list):
            raise DatasetError(f"{path}: expected a COCO annotation file with a list of {name}")
        for entry in entries:
            _check_entry(path, f"every entry of {name}", entry, required)
    image_ids = _unique_ids(path, "images", table["images"])
    persons = [entry for entry in table["annotations"] if entry["category_id"] == PERSON]
    for entry in persons:
        _check_entry(path, "every person", entry, person_fields)
        if entry["num_keypoints"] > 0 and not entry["area"]:  # OKS would divide by 0
            raise DatasetError(f"{path}: expected an area above 0 of person {entry['id']}, who has keypoints; got 0")
    # pycocotools uses 0 for "not matched", so it would count a person with this id as missed.
    if 0 in _unique_ids(path, "persons", persons):
        raise DatasetError(f"{path}: expected ids of persons other than 0, got 0; renumber them")
    unknown = {entry["image_id"] for entry in table["annotations"]} - image_ids
    if unknown:
        raise DatasetError(f"{path}: expected annotations of its own images, got image_id {min(unknown)}")
    return dict(table)


def read_image_ids(path: Path) -> dict[str, int]:
    """The ids of the images of an annotation file, by file name; the file need not have annotations.

    Raises:
        DatasetError: The file is missing, is not in COCO's format, or contradicts itself.
    """
    table = read_json(path)
    images = table.get("images") if isinstance(table, dict) else None
    if not isinstance(images, list):
        raise DatasetError(f"{path}: expected a COCO annotation file with a list of images")
    for entry in images:
        _check_entry(path, "every entry of images", entry, _IMAGE)
    _unique_ids(path, "images", images)
    ids = {entry["file_name"]: entry["id"] for entry in images}
    if len(ids) < len(images):
        raise DatasetError(f"{path}: expected unique names of images, got one twice; rename it")
    return ids


def read_json(path: Path) -> Any:
    """The content of a JSON file; raises DatasetError if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise DatasetError(f"{path}: expected a COCO annotation file (JSON), but {error}") from error


def _check_entry(path: Path, owner: str, entry: object, required: _Fields) -> None:
    """Raise DatasetError unless the entry is a table with all required fields."""
    if not isinstance(entry, dict):
        raise DatasetError(f"{path}: expected {', '.join(required)} of {owner}, got {_shorten(entry)}")
    missing = [key for key in required if key not in entry]
    if missing:
        raise DatasetError(f"{path}: expected {', '.join(missing)} of {owner}, got only {', '.join(entry)}")
    for key, (expected, is_valid) in required.items():
        if not is_valid(entry[key]):
            got = f"{_shorten(entry[key])} (id {_shorten(entry.get('id'))})"
            raise DatasetError(f"{path}: expected {expected} as {key} of {owner}, got {got}")


def _unique_ids(path: Path, kind: str, entries: Iterable[Entry]) -> set[int]:
    """The ids of these entries; raises DatasetError if two are the same."""
    ids: set[int] = set()
    for entry in entries:
        if entry["id"] in ids:
            raise DatasetError(f"{path}: expected unique ids of {kind}, got {entry['id']} twice; renumber them")
        ids.add(entry["id"])
    return ids


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
