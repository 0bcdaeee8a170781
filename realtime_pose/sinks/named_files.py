"""Names of people in files of poses that are finished: each name is written beside its id, in all frames."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
from realtime_pose.sinks.rows import format_csv

NAME_COLUMN = "name"


def with_name(person: Mapping[str, Any], key: str, track_id: int, names: Mapping[int, str]) -> dict[str, Any]:
    """A person with this id under this key, and right behind it the name of this id, if it has one.

    >>> with_name({"track_id": 3, "score": 0.5}, "track_id", 3, {3: "Anna"})
    {'track_id': 3, 'name': 'Anna', 'score': 0.5}
    """
    changed: dict[str, Any] = {}
    for each, value in person.items():
        if each == key:
            changed[key] = track_id
            changed |= {NAME_COLUMN: names[track_id]} if track_id in names else {}
        elif each != NAME_COLUMN:
            changed[each] = value
    return changed


def add_names(path: Path, names: Mapping[int, str]) -> bool:
    """Write these names, and no others, into a finished file, one line after another; whether its format has them.

    Raises:
        SinkError: The file cannot be read or written; it stays as it was.
    """
    rename = {".jsonl": _json_lines, ".json": _results, ".csv": _table}.get(path.suffix.lower())
    if rename is None or not path.is_file():
        return False
    try:
        with (
            atomic.replacing(path) as part,
            path.open(encoding="utf-8", newline="") as old,
            part.open("w", encoding="utf-8", newline="") as new,
        ):
            new.writelines(rename(iter(old), names))
    except (OSError, ValueError, KeyError) as error:
        raise SinkError(f"{path}: the names cannot be written ({error}); the file is as before") from error
    return True


def _json_lines(lines: Iterator[str], names: Mapping[int, str]) -> Iterator[str]:
    """JSON lines: only the lines of frames with people change."""
    for line in lines:
        value = json.loads(line)
        if value.get("people"):
            people = [with_name(person, "track_id", person["track_id"], names) for person in value["people"]]
            line = _to_json({**value, "people": people}) + "\n"  # noqa: PLW2901 - the same line, renamed
        yield line


def _results(lines: Iterator[str], names: Mapping[int, str]) -> Iterator[str]:
    """COCO results, or those of AlphaPose: one object a line, between brackets."""
    for line in lines:
        text = line.rstrip().removesuffix(",")
        if text in {"[", "]", ""}:
            yield line
            continue
        result = json.loads(text)
        key = "idx" if "idx" in result else "track_id"
        yield _to_json(with_name(result, key, result[key], names)) + line[len(text) :]


def _table(lines: Iterator[str], names: Mapping[int, str]) -> Iterator[str]:
    """A table with the column track_id: the names are its last column."""
    table = csv.DictReader(lines)
    columns = [column for column in table.fieldnames or () if column != NAME_COLUMN]
    yield format_csv([[*columns, NAME_COLUMN]])
    for row in table:
        yield format_csv([[*(row[column] for column in columns), names.get(int(row["track_id"]), "")]])


_to_json: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
