"""The commands `eval mot` and `eval tracker`: sequences with ground truth to tracks, scores and images of both.

``echo`` takes a line for the person at the terminal. Scores are of what the results files say.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from realtime_pose.commands.eval_arguments import MotArguments, TrackerArguments
from realtime_pose.config import SourceConfig
from realtime_pose.errors import ConfigError, DatasetError, SinkError
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes, perturbed
from realtime_pose.evaluate.mot_folders import (
    PICTURE_FOLDERS,
    MotSequence,
    detections_path,
    read_sequence,
    sequence_folders,
)
from realtime_pose.evaluate.mot_rows import read_detections, read_results
from realtime_pose.pipeline.build import MakeTracker, build
from realtime_pose.reports.mot_report import plot
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from realtime_pose.sinks.mot import MotSink
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.greedy import GreedyTracker
from realtime_pose.tracking.tracker import PoseTracker

Echo = Callable[[str], None]

TRACKERS: dict[str, MakeTracker] = {"pose": PoseTracker, "greedy-iou": GreedyTracker}

_COLUMNS = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "switches", "fragments", "true boxes")
_NOTHING_SEEN = np.zeros((1, 1, 3), np.uint8)  # the picture of a frame whose boxes are all that is known


@dataclass(frozen=True, slots=True)
class _Job:
    """What both commands do after they have their tracks.

    Attributes:
        sequences: In the order of the table.
        out: Folder of the results files; None: they are not kept.
        plot: Folder of the pictures, or None.
    """

    sequences: Sequence[MotSequence]
    out: Path | None
    plot: Path | None


def evaluate_mot(arguments: MotArguments, *, echo: Echo) -> str:
    """The table of scores of the whole application on MOTChallenge sequences.

    Raises:
        RealtimePoseError: A sequence, a model, the scorer or the folder of the results is not there or not usable.
    """
    if not arguments.sequences:
        raise ConfigError("eval mot: expected one or more folders of MOTChallenge sequences, got none")
    mot.check_scorer()
    folders = [folder for each in arguments.sequences for folder in sequence_folders(each)]
    sequences = [read_sequence(folder, rate_hz=arguments.fps) for folder in folders]
    blind = [str(sequence.folder) for sequence in sequences if sequence.pictures is None]
    if blind:
        raise DatasetError(
            f"{', '.join(blind)}: expected pictures in {' or '.join(PICTURE_FOLDERS)}, found neither; "
            "`eval tracker` needs none"
        )
    return _table(_Job(sequences, arguments.out, arguments.plot), lambda each: _watched(arguments, each, echo), echo)


def evaluate_tracker(arguments: TrackerArguments, *, echo: Echo) -> str:
    """The table of scores of the tracker alone.

    Raises:
        RealtimePoseError: A sequence, its boxes, the scorer or the folder of the results is not there or not usable.
    """
    truth, detections = arguments.gt, arguments.detections
    if truth is None or detections is None:
        raise ConfigError("eval tracker: expected both --gt DIR and --detections DIR; they may be the same folder")
    mot.check_scorer()
    sequences = [read_sequence(folder, rate_hz=arguments.fps) for folder in sequence_folders(truth)]
    rng = np.random.default_rng(arguments.seed)

    def scenes(sequence: MotSequence) -> Iterator[Scene]:
        boxes = perturbed(_boxes(detections, sequence), rng, jitter=arguments.jitter, drop=arguments.drop)
        tracker = TRACKERS[arguments.tracker](arguments.track, COCO17)
        return _tracked(tracker, boxes, sequence)

    return _table(_Job(sequences, arguments.out, arguments.plot), scenes, echo)


def _tracked(tracker: Tracker, boxes: TrackedBoxes, sequence: MotSequence) -> Iterator[Scene]:
    """The scenes that a tracker makes of boxes alone, one a frame; their ids are not looked at."""
    for index in range(max(sequence.num_frames, boxes.num_frames)):
        frame = Frame(_NOTHING_SEEN, index, index / sequence.rate_hz, 0.0, sequence.name)
        poses = bare_poses(boxes.in_frame(index))
        yield Scene(frame, tracks=tracker.update(poses, time_s=frame.time_s, frame_wh=sequence.wh))


def bare_poses(boxes: TrackedBoxes) -> Poses:
    """Boxes as poses whose keypoints, all in the middle of the box, have the score 0: nothing is known of them."""
    xyxy = boxes.xyxy.astype(np.float32)
    keypoints = np.repeat(((xyxy[:, :2] + xyxy[:, 2:]) / 2)[:, None], len(COCO17), axis=1).astype(np.float32)
    unknown = np.zeros(keypoints.shape[:2], np.float32)
    return Poses(keypoints, unknown, Boxes(xyxy, boxes.score.astype(np.float32)), COCO17)


def _boxes(folder: Path, sequence: MotSequence) -> TrackedBoxes:
    """The boxes for a sequence in a folder: a detections file, or else the true ones."""
    path = detections_path(folder, sequence.name)
    if path is not None:
        return read_detections(path)
    places = (folder / sequence.name, folder)
    for place in places:
        if (place / "gt" / "gt.txt").is_file() or (place / "gt.txt").is_file():
            return read_sequence(place, rate_hz=sequence.rate_hz).truth
    raise DatasetError(
        f"{folder}: expected the boxes of {sequence.name} in det/det.txt, {sequence.name}/det/det.txt, "
        f"{sequence.name}.txt or a gt/gt.txt, found none of these"
    )


def _watched(arguments: MotArguments, sequence: MotSequence, echo: Echo) -> Iterator[Scene]:
    """The scenes that the whole pipeline makes of the pictures, with the number of the picture as index."""
    source = SourceConfig(uri=str(sequence.pictures), folder_rate_hz=sequence.rate_hz)
    pipeline = build(arguments.to_config(source), make_tracker=TRACKERS[arguments.tracker])
    for scene in pipeline.scenes():
        index = round(scene.frame.time_s * sequence.rate_hz)
        yield replace(scene, frame=replace(scene.frame, index=index))
    if reason := pipeline.report().source.reason:
        echo(f"{sequence.name}: {reason}")


def _table(job: _Job, scenes: Callable[[MotSequence], Iterable[Scene]], echo: Echo) -> str:
    """Follow and score every sequence, write what is to be written; the table."""
    rows, given = [], []
    with _folder(job.out) as folder, _progress() as progress:
        for sequence, path in zip(job.sequences, _result_paths(job.sequences, folder), strict=True):
            steps = progress.track(scenes(sequence), total=sequence.num_frames, description=sequence.name)
            boxes = _followed(steps, path)
            boxes = mot.without_distractors(boxes, sequence.truth, sequence.distractors)
            given.append(boxes)
            rows.append((sequence.name, mot.score(sequence.truth, boxes)))
            if job.plot is not None:
                plot(sequence, boxes, job.plot)
    if len(rows) > 1:
        lengths = [max(each.num_frames, boxes.num_frames) for each, boxes in zip(job.sequences, given, strict=True)]
        truth = mot.end_to_end([each.truth for each in job.sequences], lengths)
        rows.append(("all together", mot.score(truth, mot.end_to_end(given, lengths))))
    for name, written in (("results", job.out), ("pictures", job.plot)):
        if written is not None:
            echo(f"{name}: {written}")
    return _formatted(rows)


def _followed(scenes: Iterable[Scene], path: Path) -> TrackedBoxes:
    """Write the tracks of all scenes into a results file; what it says."""
    sink = MotSink(path)
    try:
        for scene in scenes:
            sink.write(scene)
    finally:
        sink.close()
    return read_results(path)


def _result_paths(sequences: Sequence[MotSequence], folder: Path) -> list[Path]:
    """Where the results of each sequence go: NAME.txt."""
    names = [sequence.name for sequence in sequences]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError(f"expected sequences with names of their own, got {', '.join(sorted(twice))} more than once")
    return [folder / f"{name}.txt" for name in names]


@contextlib.contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """The wanted folder, made where it is missing; a passing one where none is wanted."""
    if wanted is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{wanted}: the folder for results cannot be made ({error.strerror}); name another") from error
    yield wanted


def _progress() -> Progress:
    """A progress bar on a terminal; nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())


def _formatted(rows: Sequence[tuple[str, mot.MotScores]]) -> str:
    """A line a sequence: shares in percent, then counts."""
    width = max(len("sequence"), *(len(name) for name, _ in rows))
    lines = [f"{'sequence':<{width}}" + "".join(f"{name:>{max(8, len(name) + 2)}}" for name in _COLUMNS)]
    for name, each in rows:
        shares = (each.hota, each.det_a, each.ass_a, each.mota, each.idf1)
        counts = (each.switches, each.fragments, each.num_true)
        cells = [*(f"{100 * share:.1f}" for share in shares), *map(str, counts)]
        line = "".join(f"{cell:>{max(8, len(head) + 2)}}" for cell, head in zip(cells, _COLUMNS, strict=True))
        lines.append(f"{name:<{width}}{line}")
    return "\n".join(lines)
