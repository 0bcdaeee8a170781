"""A COCO annotation file to its tables, checked: whatever the scorer would stumble over or swallow is said in words."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from realtime_pose.errors import DatasetError
from realtime_pose.skeletons import COCO17

PERSON = 1  # COCO's category_id
_NUM_VALUES = 3 * len(COCO17)
_SHOWN = 60  # characters of a wrong value

Entry = Mapping[str, Any]
_Needs = Mapping[str, tuple[str, Callable[[Any], bool]]]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_numbers(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_is_number, value))


_ID: _Needs = {"id": ("a whole number", _is_whole)}
_IMAGE: _Needs = {**_ID, "file_name": ("a name", lambda value: isinstance(value, str) and value != "")}
_ANNOTATION: _Needs = {
    "image_id": ("a whole number", _is_whole),
    "category_id": ("a whole number", _is_whole),
    "bbox": ("4 numbers", lambda value: _are_numbers(value, 4)),
}
_PERSON: _Needs = {
    **_ID,
    "area": ("a number from 0 on", lambda value: _is_number(value) and value >= 0),
    "iscrowd": ("0 or 1", lambda value: value in (0, 1)),
    "num_keypoints": ("a whole number", _is_whole),
    "keypoints": (f"{_NUM_VALUES} numbers", lambda value: _are_numbers(value, _NUM_VALUES)),
}


def read(path: Path) -> dict[str, Any]:
    """The tables of an annotation file of persons.

    Raises:
        DatasetError: The file is missing, is not in COCO's format, or contradicts itself.
    """
    table = _parsed(path)
    for name, needs in {"images": _IMAGE, "annotations": _ANNOTATION, "categories": _ID}.items():
        entries = table.get(name) if isinstance(table, dict) else None
        if not isinstance(entries, list):
            raise DatasetError(f"{path}: expected a COCO annotation file with a list of {name}")
        for entry in entries:
            _require(path, f"every entry of {name}", entry, needs)
    known = _each_once(path, "images", table["images"])
    persons = [entry for entry in table["annotations"] if entry["category_id"] == PERSON]
    for entry in persons:
        _require(path, "every person", entry, _PERSON)
        if entry["num_keypoints"] > 0 and not entry["area"]:
            raise DatasetError(f"{path}: expected an area above 0 of person {entry['id']}, who has keypoints; got 0")
    if 0 in _each_once(path, "persons", persons):
        raise DatasetError(f"{path}: expected ids of persons other than 0, got 0; number them anew")
    strangers = {entry["image_id"] for entry in table["annotations"]} - known
    if strangers:
        raise DatasetError(f"{path}: expected annotations of its own images, got image_id {min(strangers)}")
    return dict(table)


def _parsed(path: Path) -> Any:
    """What the JSON file holds."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise DatasetError(f"{path}: expected a COCO annotation file (JSON), but {error}") from error


def _require(path: Path, whose: str, entry: object, needs: _Needs) -> None:
    """Raise DatasetError unless the entry is a table with all that is needed."""
    if not isinstance(entry, dict):
        raise DatasetError(f"{path}: expected {', '.join(needs)} of {whose}, got {_shown(entry)}")
    missing = [key for key in needs if key not in entry]
    if missing:
        raise DatasetError(f"{path}: expected {', '.join(missing)} of {whose}, got only {', '.join(entry)}")
    for key, (wanted, is_right) in needs.items():
        if not is_right(entry[key]):
            got = f"{_shown(entry[key])} (id {_shown(entry.get('id'))})"
            raise DatasetError(f"{path}: expected {wanted} as {key} of {whose}, got {got}")


def _each_once(path: Path, what: str, entries: Iterable[Entry]) -> set[int]:
    """The ids of these entries; raise DatasetError where one comes again."""
    numbers: set[int] = set()
    for entry in entries:
        if entry["id"] in numbers:
            raise DatasetError(f"{path}: expected ids of {what} each once, got {entry['id']} again; number them anew")
        numbers.add(entry["id"])
    return numbers


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
