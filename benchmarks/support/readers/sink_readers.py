"""Reads results files without our own code."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av

Seen = list[tuple[int, int]]  # (frame index, number of people) of each frame in the file

SILENT = (".json", ".txt", ".csv")  # formats without an entry for a frame in which nobody is seen


def _jsonl(path: Path) -> Seen:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(line["frame"], len(line["people"])) for line in lines if "frame" in line]


def _coco(path: Path) -> Seen:
    return sorted(Counter(person["image_id"] for person in json.loads(path.read_text("utf-8"))).items())


def _mot(path: Path) -> Seen:
    # MOTChallenge counts frames from 1
    return sorted(Counter(int(line.split(",")[0]) - 1 for line in path.read_text("utf-8").splitlines()).items())


def _csv(path: Path) -> Seen:
    with path.open(newline="") as file:
        rows = {(int(row["frame"]), row["track_id"]) for row in csv.DictReader(file)}  # one row per keypoint
    return sorted(Counter(frame for frame, _ in rows).items())


READERS: dict[str, Callable[[Path], Seen]] = {".jsonl": _jsonl, ".json": _coco, ".txt": _mot, ".csv": _csv}


def video_times(path: Path) -> list[float]:
    """Times in seconds of the frames that can be decoded; a truncated file is not an error."""
    times: list[float] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                times.append(float(frame.time or 0))  # noqa: PERF401 - frames before an error are kept
    except av.FFmpegError:
        pass
    return times
