"""Files of poses, as this program writes them, back to `People`: JSON lines, COCO results, MOTChallenge and others."""

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from realtime_pose.api.file_content import FormatProblem, read_text
from realtime_pose.api.people import People
from realtime_pose.config import PartConfig, make_part
from realtime_pose.errors import DatasetError
from realtime_pose.picture import Picture
from realtime_pose.scene import RECOVERED, Boxes, Float, Frame, Poses, Tracks, TrackState
from realtime_pose.sinks.csv import COLUMNS
from realtime_pose.sinks.openpose import PATTERN as OPENPOSE_FILES
from realtime_pose.skeletons import BODY25, SKELETONS, Skeleton, generic_skeleton

_NO_KEYPOINTS = Skeleton("boxes", (), (), (), ())
_SIGMA = 0.08  # for keypoints of unknown precision, as in skeletons.generic_skeleton


def read_poses(path: str | PathLike[str]) -> list[People]:
    """The people of each frame in a file of poses; they have no image.

    JSON lines and OpenPose folders hold every frame, the other formats only frames with people. Only JSON lines and CSV
    have times; else ``time_s`` is NaN. MOTChallenge has no keypoints: K is 0. CSV and OpenPose have no boxes and scores
    of persons: they are made from the keypoints. People of single pictures have the ``file_name`` of their picture as
    source, and its ``image_id``; AlphaPose's are numbered from 1. OpenPose's files do not tell pictures from frames.

    Args:
        path: A file that ends with .jsonl, .json (COCO or AlphaPose results), .txt or .csv; or a folder of OpenPose's
            files, of which the body is read.

    Raises:
        DatasetError: The file cannot be read, or has another format; the message names the line.
    """
    file = Path(fspath(path))
    if file.is_dir():
        return _read_openpose(file)
    readers = {".jsonl": _read_jsonl, ".json": _read_coco, ".txt": _read_mot, ".csv": _read_csv}
    if file.suffix.lower() not in readers:
        raise DatasetError(f"{file}: expected a file of poses, which ends with {', '.join(readers)}")
    return readers[file.suffix.lower()](read_text(file), file.name)


def read_part(path: Path) -> PartConfig | None:
    """The part of the source in whose pixels the poses of a file are; None if the format does not tell.

    Raises:
        DatasetError: The file cannot be read, or does not begin with a header of JSON lines.
    """
    if path.suffix.lower() != ".jsonl":
        return None
    with FormatProblem(path.name, "a header of JSON lines as this program writes it") as problem:
        problem.place = ", line 1"
        return make_part(**json.loads(read_text(path).partition("\n")[0]).get("part", {}))


def _read_jsonl(text: str, name: str) -> list[People]:
    frames: list[People] = []
    header: dict[str, Any] = {}
    with FormatProblem(name, "a line of poses as this program writes it") as problem:
        for number, line in enumerate(text.splitlines(), start=1):
            problem.place = f", line {number}"
            value = json.loads(line)
            if "schema" in value:
                header = value
            elif "frame" in value:
                frames.append(_from_line(value, header))
    return frames


def _from_line(line: Mapping[str, Any], header: Mapping[str, Any]) -> People:
    """The people of one line of JSON lines."""
    stated = header["skeleton"]
    skeleton = _find_skeleton(tuple(stated["keypoints"]), stated["name"], tuple(map(tuple, stated["limbs"])))
    if "guess_scores" in stated:
        skeleton = replace(skeleton, guess_scores=tuple(map(float, stated["guess_scores"])))
    persons = line["people"]
    rows = np.array([person["keypoints"] for person in persons], np.float32).reshape(len(persons), len(skeleton), 3)
    boxes = Boxes(_array([person["box"] for person in persons], 4), _array([person["score"] for person in persons]))
    states = np.array([TrackState[person["state"].upper()] for person in persons], np.uint8)
    found = [RECOVERED if person.get("guided") else row for row, person in enumerate(persons)]
    ids = [person["track_id"] for person in persons]
    tracks = replace(_tracks(rows, boxes, skeleton, ids), state=states, detection=np.array(found, np.int64))
    picture, size = _picture(line), line.get("size", header["size"])
    frame = _frame(line["frame"], line["time_s"], header["source"], wh=size or (0, 0), picture=picture)
    names = _names(zip(ids, persons, strict=True))
    return People(frame, tracks, is_tracked=picture is None, has_image=False, names=names)


def _read_coco(text: str, name: str) -> list[People]:
    with FormatProblem(name, "COCO keypoint results"):
        results = json.loads(text)
        by_image: dict[tuple[int, Picture | None], list[Mapping[str, Any]]] = {}
        pictures: dict[str, Picture] = {}
        for result in results:
            by_image.setdefault(_result_image(result, pictures), []).append(result)
        images = sorted(by_image, key=lambda image: image[0])
        return [_from_results(number, picture, by_image[number, picture], name) for number, picture in images]


def _result_image(result: Mapping[str, Any], pictures: dict[str, Picture]) -> tuple[int, Picture | None]:
    """The number of an image of COCO results, and its names if it is a single picture.

    In AlphaPose's results, a frame of a video is called 12.jpg, and its people have ``idx``. Other names are those of
    pictures, also if they are numbers; each new one is added to ``pictures``.
    """
    image_id = result["image_id"]
    if not isinstance(image_id, str):
        return int(image_id), _picture(result)
    stem = PurePath(image_id).stem
    if "idx" in result and stem.isdecimal():
        return int(stem), None
    picture = pictures.setdefault(image_id, Picture(image_id, len(pictures) + 1))
    return picture.image_id - 1, picture


def _from_results(image: int, picture: Picture | None, results: Sequence[Mapping[str, Any]], name: str) -> People:
    """The people of one image of COCO results."""
    num_keypoints = len(results[0]["keypoints"]) // 3
    known = next((each for each in SKELETONS.values() if len(each) == num_keypoints), None)
    skeleton = known or generic_skeleton(num_keypoints)
    rows = np.array([result["keypoints"] for result in results], np.float32).reshape(len(results), num_keypoints, 3)
    ltwh = _array([_first(result, "bbox", "box", _bounds(row)) for result, row in zip(results, rows, strict=True)], 4)
    boxes = Boxes(_to_xyxy(ltwh, corner=0), _array([result["score"] for result in results]))
    ids = [_first(result, "track_id", "idx", row) for row, result in enumerate(results, start=1)]
    is_tracked = all({"track_id", "idx"} & set(result) for result in results)
    frame, tracks = _frame(image, math.nan, name, wh=(0, 0), picture=picture), _tracks(rows, boxes, skeleton, ids)
    names = _names(zip(ids, results, strict=True))
    return People(frame, tracks, is_tracked=is_tracked, has_image=False, names=names)


def _first(result: Mapping[str, Any], key: str, other: str, default: Any) -> Any:
    """The value of one of two keys: that of COCO results, and that of AlphaPose's."""
    return result.get(key, result.get(other, default))


def _read_openpose(folder: Path) -> list[People]:
    from natsort import natsorted

    files = natsorted(folder.glob(OPENPOSE_FILES), key=lambda file: file.name)
    if not files:
        raise DatasetError(f"{folder}: expected OpenPose's files ({OPENPOSE_FILES}), but the folder has none")
    frames = []
    for number, file in enumerate(files):
        text = read_text(file)
        with FormatProblem(f"{folder}/{file.name}", "a file of OpenPose with 25 keypoints per person (BODY_25)"):
            stated = re.search(r"(\d+)_keypoints", file.name)
            frames.append(_from_openpose(json.loads(text), int(stated[1]) if stated else number, folder.name))
    return frames


def _from_openpose(content: Mapping[str, Any], index: int, name: str) -> People:
    """The people of one file of OpenPose."""
    persons = content["people"]
    rows = _array([person["pose_keypoints_2d"] for person in persons], 3 * len(BODY25)).reshape(-1, len(BODY25), 3)
    found = [row[row[:, 2] > 0] if (row[:, 2] > 0).any() else row for row in rows]
    scores = _array([row[:, 2].mean() for row in found])
    boxes = Boxes(_to_xyxy(_array([_bounds(row) for row in found], 4), corner=0), scores)
    ids = [person.get("person_id", [-1])[0] for person in persons]
    is_tracked = bool(ids) and min(ids) >= 0
    tracks = _tracks(rows, boxes, BODY25, ids if is_tracked else range(1, len(ids) + 1))
    return People(_frame(index, math.nan, name, wh=(0, 0)), tracks, is_tracked=is_tracked, has_image=False)


def _read_mot(text: str, name: str) -> list[People]:
    by_frame: dict[int, list[list[float]]] = {}
    with FormatProblem(name, "frame, id, left, top, width, height, score in each line") as problem:
        for number, line in enumerate(text.splitlines(), start=1):
            problem.place = f", line {number}"
            values = [float(value) for value in line.split(",")]
            by_frame.setdefault(int(values[0]) - 1, []).append(values[:7])  # MOTChallenge counts frames from 1
        return [_from_mot_rows(frame, _array(by_frame[frame], 7), name) for frame in sorted(by_frame)]


def _from_mot_rows(index: int, rows: Float, name: str) -> People:
    """The people of one frame, from rows (N, 7)."""
    boxes = Boxes(_to_xyxy(rows[:, 2:6], corner=1), rows[:, 6])
    no_keypoints = np.zeros((len(rows), 0, 3), np.float32)
    tracks = _tracks(no_keypoints, boxes, _NO_KEYPOINTS, rows[:, 1].astype(int).tolist())
    return People(_frame(index, math.nan, name, wh=(0, 0)), tracks, is_tracked=True, has_image=False)


def _read_csv(text: str, name: str) -> list[People]:
    with FormatProblem(name, f"the columns {', '.join(COLUMNS)}") as problem:
        table = csv.DictReader(text.splitlines())
        by_person: dict[int, dict[int, dict[str, list[float]]]] = {}
        frames: dict[int, Frame] = {}
        names: dict[int, str] = {}
        for number, row in enumerate(table, start=2):
            problem.place = f", line {number}"
            frame, values = int(row["frame"]), [float(row[column]) for column in ("x", "y", "score")]
            by_person.setdefault(frame, {}).setdefault(int(row["track_id"]), {})[row["keypoint"]] = values
            frames[frame] = _frame(frame, float(row["time_s"]), name, wh=(0, 0), picture=_picture(row))
            names |= _names([(int(row["track_id"]), row)])
        if table.fieldnames is None or not set(COLUMNS) <= set(table.fieldnames):
            problem.place = ", line 1"
            raise ValueError(", ".join(table.fieldnames or ["an empty file"]))
        people = [_from_csv_rows(frames[index], by_person[index]) for index in sorted(by_person)]
        return [
            replace(each, names={key: names[key] for key in by_person[each.index] if key in names}) for each in people
        ]


def _from_csv_rows(frame: Frame, persons: Mapping[int, Mapping[str, Sequence[float]]]) -> People:
    """The people of one frame: for each id x, y, score by the name of the keypoint."""
    names = tuple(next(iter(persons.values())))
    rows = np.array([[points[name] for name in names] for points in persons.values()], np.float32)  # (N, K, 3)
    boxes = Boxes(_to_xyxy(_array([_bounds(row) for row in rows], 4), corner=0), rows[..., 2].mean(axis=1))
    tracks = _tracks(rows, boxes, _find_skeleton(names), list(persons))
    return People(frame, tracks, is_tracked=frame.picture is None, has_image=False)


def _tracks(rows: Float, boxes: Boxes, skeleton: Skeleton, ids: Sequence[int]) -> Tracks:
    """Confirmed tracks from rows (N, K, 3) of x, y, score."""
    poses = Poses(np.ascontiguousarray(rows[..., :2]), np.ascontiguousarray(rows[..., 2]), boxes, skeleton)
    return Tracks.at_rest(poses, np.array(ids, np.int64))


def _frame(index: int, time_s: float, source: str, *, wh: Sequence[int], picture: Picture | None = None) -> Frame:
    """A frame with a black image of this size, which takes no memory; (0, 0) for an unknown size."""
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (wh[1], wh[0], 3))
    name = source if picture is None else picture.file_name
    return Frame(image, int(index), float(time_s), 0.0, name, picture=picture)


def _picture(entry: Mapping[str, Any]) -> Picture | None:
    """The names of a single picture; None for a frame of a video."""
    return Picture(str(entry["file_name"]), int(entry["image_id"])) if "file_name" in entry else None


def _names(persons: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[int, str]:
    """The names of those persons that have one, by their ids."""
    return {track_id: str(person["name"]) for track_id, person in persons if person.get("name")}


def _find_skeleton(names: tuple[str, ...], name: str = "file", limbs: tuple[tuple[int, int], ...] = ()) -> Skeleton:
    """The known skeleton with these keypoints, else one with the limbs that the file states."""
    known = next((skeleton for skeleton in SKELETONS.values() if skeleton.keypoints == names), None)
    mirrored = {key: key.replace("left_", "right_", 1) for key in names if key.startswith("left_")}
    pairs = tuple((names.index(left), names.index(right)) for left, right in mirrored.items() if right in names)
    return known or Skeleton(name, names, limbs, pairs, (_SIGMA,) * len(names))


def _array(values: Sequence[Any], width: int = 0) -> Float:
    """(N,) float32, or (N, width)."""
    array = np.array(values, np.float32)
    return array.reshape(len(values), width) if width else array


def _bounds(row: Float) -> list[float]:
    """[left, top, width, height] around keypoints (K, 3), from the corner of the image."""
    left, top = row[:, :2].min(axis=0).tolist()
    right, bottom = row[:, :2].max(axis=0).tolist()
    return [left, top, right - left + 1, bottom - top + 1]


def _to_xyxy(ltwh: Float, *, corner: float) -> Float:
    """Boxes (N, 4) in the axes of a scene; the upper left corner of the image is (corner, corner) in the file."""
    left_top = ltwh[:, :2] - 0.5 - corner
    return np.concatenate((left_top, left_top + ltwh[:, 2:]), axis=1).astype(np.float32)
