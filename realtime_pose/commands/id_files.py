"""Files of poses as lists of appearances whose ids can be changed; everything else in them stays as it is."""

import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from realtime_pose.api.file_content import FormatProblem, read_text
from realtime_pose.commands.id_edits import Appearance
from realtime_pose.errors import ConfigError, DatasetError
from realtime_pose.sinks.named_files import with_name
from realtime_pose.sinks.rows import format_csv


class IdFile(ABC):
    """One file.

    Attributes:
        appearances: Every entry with an id, in the order of the file.
        names: Names by ids.
    """

    def __init__(self) -> None:
        self.appearances: list[Appearance] = []
        self.names: dict[int, str] = {}

    @abstractmethod
    def edited(self, ids: Sequence[int], names: Mapping[int, str]) -> str:
        """The content of the file with these ids, one for each appearance, and these names."""

    @staticmethod
    def _check_tracked(entry: Mapping[str, Any]) -> None:
        """Raise ValueError for a single picture: its persons are numbered, but not tracked."""
        if "file_name" in entry:
            raise ValueError(f"the single picture {entry['file_name']}, in which nobody is tracked")

    def _add(self, track_id: Any, frame: Any, time_s: Any = None, *, name: Any = None) -> None:
        number = int(track_id)  # another type is an error of the file
        seconds = None if time_s is None else float(time_s)
        self.appearances.append(Appearance(number, int(frame), seconds))
        if name:
            self.names[number] = str(name)


class JsonLinesFile(IdFile):
    """JSON lines: the lines of frames change, all others stay."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self._lines = text.splitlines()
        self._frames: dict[int, dict[str, Any]] = {}  # by the number of the line
        with FormatProblem(name, "a line of poses as this program writes it") as problem:
            for number, line in enumerate(self._lines):
                problem.place = f", line {number + 1}"
                value = json.loads(line)
                if "frame" in value:
                    self._check_tracked(value)
                    self._frames[number] = value
                    for person in value["people"]:
                        self._add(person["track_id"], value["frame"], value["time_s"], name=person.get("name"))

    def edited(self, ids: Sequence[int], names: Mapping[int, str]) -> str:
        """The lines with these ids and names."""
        lines, left = list(self._lines), iter(ids)
        for number, frame in self._frames.items():
            people = [with_name(person, "track_id", next(left), names) for person in frame["people"]]
            lines[number] = json.dumps({**frame, "people": people}, separators=(",", ":"), ensure_ascii=False)
        return "".join(f"{line}\n" for line in lines)


class ResultsFile(IdFile):
    """COCO results, or those of AlphaPose."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        with FormatProblem(name, "COCO keypoint results with track_id, or results of AlphaPose with idx"):
            self._results: list[dict[str, Any]] = json.loads(text)
            self._key = "idx" if self._results and "idx" in self._results[0] else "track_id"
            for result in self._results:
                image = str(result["image_id"]).removesuffix(".jpg")
                self._add(result[self._key], image, name=result.get("name"))

    def edited(self, ids: Sequence[int], names: Mapping[int, str]) -> str:
        """The list with these ids and names."""
        results = [
            json.dumps(with_name(result, self._key, track_id, names), separators=(",", ":"), ensure_ascii=False)
            for result, track_id in zip(self._results, ids, strict=True)
        ]
        return "[" + ",".join(f"\n{result}" for result in results) + "\n]\n"


class CsvFile(IdFile):
    """A table with the columns frame, time_s and track_id: of keypoints, or of joint angles."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        with FormatProblem(name, "a table with the columns frame, time_s and track_id") as problem:
            table = csv.DictReader(text.splitlines())
            self._columns = list(table.fieldnames or ())
            self._rows = []
            for number, row in enumerate(table, start=2):
                problem.place = f", line {number}"
                self._check_tracked(row)
                self._rows.append(row)
                self._add(row["track_id"], row["frame"], row["time_s"], name=row.get("name"))

    def edited(self, ids: Sequence[int], names: Mapping[int, str]) -> str:
        """The table with these ids; the names are its last column."""
        columns = [*self._columns, *(["name"] if names and "name" not in self._columns else [])]
        changed = [
            row | {"track_id": track_id, "name": names.get(track_id, "")}
            for row, track_id in zip(self._rows, ids, strict=True)
        ]
        return format_csv([columns, *([row[column] for column in columns] for row in changed)])


class MotFile(IdFile):
    """MOTChallenge results, which have no times and no names."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self._rows: list[list[str]] = []
        with FormatProblem(name, "frame, id, left, top, width, height, score in each line") as problem:
            for number, line in enumerate(text.splitlines(), start=1):
                problem.place = f", line {number}"
                row = line.split(",")
                self._rows.append(row)
                self._add(row[1], int(row[0]) - 1)  # MOTChallenge counts frames from 1

    def edited(self, ids: Sequence[int], names: Mapping[int, str]) -> str:
        """The lines with these ids.

        Raises:
            ConfigError: There are names.
        """
        if names:
            raise ConfigError("name: MOTChallenge results have no place for names; write JSON lines or CSV")
        rows = zip(self._rows, ids, strict=True)
        return "".join(",".join([row[0], str(track_id), *row[2:]]) + "\n" for row, track_id in rows)


def read_ids(path: Path) -> IdFile:
    """The ids in a file of poses.

    Raises:
        DatasetError: It cannot be read, or has another format.
    """
    kinds: dict[str, Callable[[str, str], IdFile]] = {
        ".jsonl": JsonLinesFile,
        ".json": ResultsFile,
        ".csv": CsvFile,
        ".txt": MotFile,
    }
    kind = kinds.get(path.suffix.lower())
    if kind is None or path.is_dir():
        raise DatasetError(f"{path}: expected a file of poses, which ends with {', '.join(kinds)}")
    return kind(read_text(path), path.name)
