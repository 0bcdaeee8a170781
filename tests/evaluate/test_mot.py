"""Scores of tracks: published numbers, each switch, and perturb boxes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes, concatenate, perturb
from realtime_pose.evaluate.mot_rows import read_results, read_truth

BOX = np.array([0.0, 0.0, 10.0, 20.0])


def table(*rows: tuple[int, int, float]) -> TrackedBoxes:
    """Boxes as (frame, id, shift to the right in pixels)."""
    frame, ids, right = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    xyxy = BOX + np.array(right, float)[:, None] * [1, 0, 1, 0]
    return TrackedBoxes(frame.astype(np.int64), ids.astype(np.int64), xyxy, np.ones(len(frame)))


def walkers(rng: np.random.Generator, *, people: int = 5, frames: int = 40) -> TrackedBoxes:
    """People who walk along one line, so that their boxes overlap often."""
    speed, start = rng.uniform(-4, 4, people), rng.uniform(0, 60, people)
    return table(*((f, p, abs(start[p] + speed[p] * f)) for f in range(frames) for p in range(people)))


def with_changing_ids(truth: TrackedBoxes, rng: np.random.Generator) -> TrackedBoxes:
    """The truth, jittered and dropped, with ids that change from time to time."""
    boxes = perturb(truth, rng, jitter=0.1, drop=0.2)
    period = boxes.frame // rng.integers(5, 15)
    return TrackedBoxes(
        boxes.frame, (boxes.ids + period * (boxes.ids % 3)) % 7 + 7 * boxes.ids, boxes.xyxy, boxes.score
    )


# py-motmetrics publishes these for its test data.
@pytest.mark.parametrize(
    ("name", "published"),
    [("TUD-Campus", (0.526462, 0.557659, 7, 7)), ("TUD-Stadtmitte", (0.564014, 0.644619, 7, 6))],
)
def test_published_scores_are_reproduced(
    name: str, published: tuple[float, float, int, int], shared_data: Path
) -> None:
    folder = shared_data / "data" / "mot" / "motmetrics_gt_test_pairs" / name
    truth, _ = read_truth(folder / "gt.txt")
    scores = mot.score(truth, read_results(folder / "test.txt"))
    assert (scores.mota, scores.idf1, scores.switches, scores.fragments) == pytest.approx(published, abs=1e-6)


def test_the_published_hota_is_reproduced(shared_data: Path) -> None:
    folder = shared_data / "data" / "mot" / "motmetrics_gt_test_pairs" / "TUD-Campus"
    scores = mot.score(read_truth(folder / "gt.txt")[0], read_results(folder / "test.txt"))
    assert (scores.hota, scores.det_a, scores.ass_a) == pytest.approx((0.391397, 0.418047, 0.369121), abs=1e-6)


def test_the_published_combined_scores_are_reproduced(shared_data: Path) -> None:
    folders = [
        shared_data / "data" / "mot" / "motmetrics_gt_test_pairs" / name for name in ("TUD-Campus", "TUD-Stadtmitte")
    ]
    truths = [read_truth(folder / "gt.txt")[0] for folder in folders]
    tracked = [read_results(folder / "test.txt") for folder in folders]
    lengths = [truth.num_frames for truth in truths]
    scores = mot.score(mot.concatenate_sequences(truths, lengths), mot.concatenate_sequences(tracked, lengths))
    assert scores.mota == pytest.approx(0.555, abs=5e-4)
    assert scores.idf1 == pytest.approx(0.624, abs=5e-4)
    assert scores.switches == 14


def test_the_truth_scores_1_and_no_tracks_score_0() -> None:
    truth = walkers(np.random.default_rng(0))
    scores = mot.score(truth, truth)
    assert (scores.hota, scores.det_a, scores.ass_a, scores.mota, scores.idf1) == pytest.approx((1,) * 5)
    assert (scores.switches, scores.fragments, scores.num_true) == (0, 0, len(truth))
    without_tracks = mot.score(truth, TrackedBoxes.empty())
    assert (without_tracks.hota, without_tracks.mota, without_tracks.idf1) == (0, 0, 0)


def test_swapped_ids_are_two_switches_in_that_frame() -> None:
    truth = table(*((frame, person, 40 * person) for frame in range(6) for person in (0, 1)))
    tracked = table(*((frame, 10 + (person if frame < 4 else 1 - person), 40 * person)
                    for frame in range(6) for person in (0, 1)))  # fmt: skip
    matches = mot.match_boxes(truth, tracked)
    assert matches.frame[matches.is_switch].tolist() == [4, 4]
    assert matches.person[matches.is_switch].tolist() == [0, 1]
    assert mot.score(truth, tracked).switches == 2
    assert mot.score(truth, tracked).mota == pytest.approx(1 - 2 / 12)


def test_a_pair_is_kept_even_if_another_box_overlaps_more() -> None:
    truth = table((0, 1, 0), (1, 1, 0))
    tracked = table((0, 5, 0), (1, 5, 3), (1, 6, 1))
    assert mot.match_boxes(truth, tracked).ids.tolist() == [5, 5]


@pytest.mark.parametrize("seed", range(6))
def test_the_matches_have_as_many_switches_as_the_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = walkers(rng)
    tracked = with_changing_ids(truth, rng)
    num_switches = mot.score(truth, tracked).switches
    assert num_switches > 5
    assert int(mot.match_boxes(truth, tracked).is_switch.sum()) == num_switches


def test_concatenated_sequences_share_no_id_and_add_up() -> None:
    rng = np.random.default_rng(3)
    truths = [walkers(rng) for _ in range(3)]
    tracked = [with_changing_ids(truth, rng) for truth in truths]
    each = [mot.score(a, b) for a, b in zip(truths, tracked, strict=True)]
    whole = mot.score(mot.concatenate_sequences(truths, [40] * 3), mot.concatenate_sequences(tracked, [40] * 3))
    assert whole.switches == sum(scores.switches for scores in each)
    assert whole.num_true == sum(scores.num_true for scores in each)
    assert whole.mota == pytest.approx(np.mean([scores.mota for scores in each]))


def test_a_box_on_a_distractor_is_removed_and_one_on_a_person_is_not() -> None:
    truth, distractors = table((0, 1, 0)), table((0, 9, 100))
    tracked = table((0, 1, 1), (0, 2, 101), (0, 3, 200), (1, 2, 100))
    kept = mot.remove_distractors(tracked, truth, distractors)
    assert list(zip(kept.frame.tolist(), kept.ids.tolist(), strict=True)) == [(0, 1), (0, 3), (1, 2)]


def test_a_missing_scorer_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trackeval.metrics", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'realtime-pose\[eval\]'"):
        mot.score(table((0, 1, 0)), table((0, 1, 0)))


def test_perturbed_boxes_are_fewer_jittered_and_the_same_for_the_same_seed() -> None:
    truth = walkers(np.random.default_rng(0), people=20, frames=200)
    worse = perturb(truth, np.random.default_rng(7), jitter=0.05, drop=0.1)
    assert len(worse) / len(truth) == pytest.approx(0.9, abs=0.02)
    kept = np.random.default_rng(7).random(len(truth)) >= 0.1
    moved = (worse.xyxy - truth.take(kept).xyxy).std(axis=0)
    assert moved.tolist() == pytest.approx([0.5, 1.0, 0.5, 1.0], rel=0.05)  # 5 % of 10 x 20 pixels
    again = perturb(truth, np.random.default_rng(7), jitter=0.05, drop=0.1)
    assert np.array_equal(worse.xyxy, again.xyxy)
    assert (worse.xyxy[:, 2:] >= worse.xyxy[:, :2]).all()


def test_tables_are_checked() -> None:
    with pytest.raises(ValueError, match="never fall"):
        table((1, 1, 0), (0, 1, 0))
    with pytest.raises(ValueError, match="expected frame, ids, xyxy, score"):
        TrackedBoxes(np.zeros(1, np.int64), np.zeros(2, np.int64), np.zeros((1, 4)), np.zeros(1))
    assert len(concatenate([])) == 0
    assert TrackedBoxes.empty().num_frames == 0
