"""Scenes of MOTChallenge sequences to results files, a table of scores, and plots. Scores are of the results files."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.commands import terminal
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes
from realtime_pose.evaluate.mot_folders import MotSequence
from realtime_pose.evaluate.mot_rows import read_results
from realtime_pose.files.output_file import OutputFile
from realtime_pose.reports.mot_report import plot
from realtime_pose.scene import Scene
from realtime_pose.sinks.mot import MotSink

_COLUMNS = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "switches", "fragments", "true boxes")


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """Which sequences to score, and where to write.

    Attributes:
        sequences: In the order of the table.
        out: Folder for the results files; None: they are not kept.
        plot: Folder for the plots; None: no plots.
    """

    sequences: Sequence[MotSequence]
    out: Path | None
    plot: Path | None


def score_sequences(job: ScoringJob, track: Callable[[MotSequence], Iterable[Scene]]) -> str:
    """Track and score every sequence, and write results and plots.

    Args:
        job: The sequences and folders.
        track: Gives the scenes of a sequence, one per frame, with their tracks.

    Returns:
        The table of scores, one line per sequence, and one for all together.

    Raises:
        RealtimePoseError: A folder cannot be written, or two sequences have the same name.
    """
    rows, given = [], []
    with _results_folder(job.out) as folder:
        for sequence, path in zip(job.sequences, _results_paths(job.sequences, folder), strict=True):
            scenes = terminal.track_progress(track(sequence), sequence.name, total=sequence.num_frames)
            boxes = _write_results(scenes, path)
            # Boxes on distractors (such as reflections) are neither right nor wrong in MOTChallenge.
            boxes = mot.remove_distractors(boxes, sequence.truth, sequence.distractors)
            given.append(boxes)
            rows.append((sequence.name, mot.score(sequence.truth, boxes)))
            if job.plot is not None:
                plot(sequence, boxes, job.plot)
    if len(rows) > 1:
        # Counts of all sequences together, not the mean of their scores.
        lengths = [max(each.num_frames, boxes.num_frames) for each, boxes in zip(job.sequences, given, strict=True)]
        truth = mot.concatenate_sequences([each.truth for each in job.sequences], lengths)
        rows.append(("all together", mot.score(truth, mot.concatenate_sequences(given, lengths))))
    for name, written in (("results", job.out), ("images", job.plot)):
        if written is not None:
            terminal.echo(f"{name}: {written}")
    return _format_table(rows)


def _write_results(scenes: Iterable[Scene], path: Path) -> TrackedBoxes:
    """Write the tracks of all scenes to a results file; what is in it."""
    sink = MotSink(OutputFile(path, may_replace=True))
    try:
        for scene in scenes:
            sink.write(scene)
    finally:
        sink.close()
    # Read back what was written, so that the scores belong to the file.
    return read_results(path)


def _results_paths(sequences: Sequence[MotSequence], folder: Path) -> list[Path]:
    """The results file of each sequence: NAME.txt."""
    names = [sequence.name for sequence in sequences]
    duplicates = {name for name in names if names.count(name) > 1}
    if duplicates:
        repeated = ", ".join(sorted(duplicates))
        raise ConfigError(f"expected sequences with different names, got {repeated} more than once")
    return [folder / f"{name}.txt" for name in names]


@contextlib.contextmanager
def _results_folder(wanted: Path | None) -> Iterator[Path]:
    """The wanted folder, created if missing; a temporary one if None."""
    if wanted is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{wanted}: cannot create the folder for results ({error.strerror}); name another") from error
    yield wanted


def _format_table(rows: Sequence[tuple[str, mot.MotScores]]) -> str:
    """One line per sequence: scores in percent, then counts."""
    width = max(len("sequence"), *(len(name) for name, _ in rows))
    widths = [max(8, len(name) + 2) for name in _COLUMNS]
    lines = [f"{'sequence':<{width}}" + _format_row(_COLUMNS, widths)]
    for name, scores in rows:
        shares = (scores.hota, scores.det_a, scores.ass_a, scores.mota, scores.idf1)
        counts = (scores.switches, scores.fragments, scores.num_true)
        cells = [*(f"{100 * share:.1f}" for share in shares), *map(str, counts)]
        lines.append(f"{name:<{width}}{_format_row(cells, widths)}")
    return "\n".join(lines)


def _format_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
