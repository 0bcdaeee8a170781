"""Error types of keypoints after Ronchi and Perona: one test row per type, and counts that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime_pose.evaluate.coco import CocoImage
from realtime_pose.evaluate.error_types import COUNTED, ErrorCounts, ErrorType, classify_keypoints, count_errors
from realtime_pose.evaluate.matching import UNMATCHED, GroundTruthMatching, TruePersons
from realtime_pose.geometry import bounding_box
from realtime_pose.scene import Boxes, Float, Poses
from realtime_pose.skeletons import COCO17

F32 = np.float32
AREA = 10_000.0
NOSE, LEFT_ANKLE, RIGHT_ANKLE = 0, 15, 16
GRID = np.array([(200 * (k % 5), 200 * (k // 5)) for k in range(17)], F32)  # all points are far from each other
ELSEWHERE = F32(5000)


def true_persons(*xy: Float, labelled: NDArray[np.bool_] | None = None) -> TruePersons:
    stacked = np.array(xy, F32).reshape(-1, 17, 2)
    known = np.ones(stacked.shape[:2], bool) if labelled is None else labelled
    xyxy = bounding_box(stacked) if len(stacked) else np.zeros((0, 4), F32)
    return TruePersons(stacked, known, np.full(len(stacked), AREA, F32), xyxy)


def poses(*xy: Float, score: float = 0.9) -> Poses:
    stacked = np.array(xy, F32).reshape(-1, 17, 2)
    boxes = Boxes(np.zeros((len(stacked), 4), F32), np.full(len(stacked), score, F32))
    return Poses(stacked, np.ones(stacked.shape[:2], F32), boxes, COCO17)


def distance_px(similarity: float, *, keypoint: int) -> float:
    """The distance in pixels at which a keypoint has this similarity."""
    return float(2 * COCO17.sigmas[keypoint] * np.sqrt(AREA) * np.sqrt(-2 * np.log(similarity)))


def moved(keypoint: int, xy: tuple[float, float] | Float, *, by_px: float = 0.0) -> Float:
    """The grid with one keypoint at another position."""
    pose = GRID.copy()
    pose[keypoint] = np.array(xy, F32) + np.array([by_px, 0], F32)
    return pose


ALONE = true_persons(GRID)
TWO = true_persons(GRID, GRID + ELSEWHERE)


@pytest.mark.parametrize(
    ("truth", "keypoint", "position", "by_similarity", "expected"),
    [
        pytest.param(ALONE, NOSE, GRID[NOSE], 1.0, ErrorType.GOOD, id="exact"),
        pytest.param(ALONE, NOSE, GRID[NOSE], 0.86, ErrorType.GOOD, id="good"),
        pytest.param(ALONE, NOSE, GRID[NOSE], 0.84, ErrorType.JITTER, id="jitter, barely"),
        pytest.param(ALONE, NOSE, GRID[NOSE], 0.51, ErrorType.JITTER, id="jitter, just"),
        pytest.param(ALONE, NOSE, GRID[NOSE], 0.49, ErrorType.MISS, id="miss, barely"),
        pytest.param(ALONE, LEFT_ANKLE, GRID[RIGHT_ANKLE], 0.9, ErrorType.INVERSION, id="inversion"),
        pytest.param(ALONE, LEFT_ANKLE, GRID[RIGHT_ANKLE], 0.49, ErrorType.MISS, id="too far from the other side"),
        pytest.param(ALONE, LEFT_ANKLE, GRID[NOSE], 1.0, ErrorType.MISS, id="on another part of the body"),
        pytest.param(ALONE, LEFT_ANKLE, GRID[LEFT_ANKLE] + ELSEWHERE, 1.0, ErrorType.MISS, id="no person is there"),
        pytest.param(TWO, LEFT_ANKLE, GRID[LEFT_ANKLE] + ELSEWHERE, 0.6, ErrorType.SWAP, id="swap"),
        pytest.param(TWO, LEFT_ANKLE, GRID[RIGHT_ANKLE] + ELSEWHERE, 0.6, ErrorType.SWAP, id="swap, other side"),
        pytest.param(TWO, NOSE, GRID[LEFT_ANKLE] + ELSEWHERE, 1.0, ErrorType.MISS, id="another part of another"),
    ],
)
def test_each_type(
    truth: TruePersons, keypoint: int, position: Float, by_similarity: float, expected: ErrorType
) -> None:
    found = poses(moved(keypoint, position, by_px=distance_px(by_similarity, keypoint=keypoint)))
    types = classify_keypoints(found, truth, np.array([0]))[0]
    assert types[keypoint] == expected
    assert (np.delete(types, keypoint) == ErrorType.GOOD).all(), "the other keypoints are where they belong"


def test_unlabelled_keypoints_are_neither_classified_nor_used() -> None:
    labelled = np.ones((2, 17), bool)
    labelled[0, RIGHT_ANKLE] = labelled[1, NOSE] = False
    truth = true_persons(GRID, GRID + ELSEWHERE, labelled=labelled)
    inverted = classify_keypoints(poses(moved(LEFT_ANKLE, GRID[RIGHT_ANKLE])), truth, np.array([0]))[0]
    assert inverted[RIGHT_ANKLE] == ErrorType.UNLABELLED
    assert inverted[LEFT_ANKLE] == ErrorType.MISS
    swapped = classify_keypoints(poses(moved(NOSE, GRID[NOSE] + ELSEWHERE)), truth, np.array([0]))[0]
    assert swapped[NOSE] == ErrorType.MISS


def test_of_two_near_persons_the_nearer_one_decides() -> None:
    step = distance_px(0.3, keypoint=LEFT_ANKLE)
    truth = true_persons(GRID, GRID + np.array([step, 0], F32))
    cases = {0.2: ErrorType.GOOD, 0.49: ErrorType.JITTER, 0.6: ErrorType.SWAP}
    for share, expected in cases.items():
        found = poses(moved(LEFT_ANKLE, GRID[LEFT_ANKLE], by_px=share * step))
        assert classify_keypoints(found, truth, np.array([0]))[0, LEFT_ANKLE] == expected


def test_a_good_keypoint_is_good_even_if_another_persons_is_nearer() -> None:
    step = distance_px(0.9, keypoint=LEFT_ANKLE)
    truth = true_persons(GRID, GRID + np.array([step, 0], F32))
    found = poses(moved(LEFT_ANKLE, GRID[LEFT_ANKLE], by_px=step))
    assert classify_keypoints(found, truth, np.array([0]))[0, LEFT_ANKLE] == ErrorType.GOOD


def test_the_area_of_another_person_scales_the_similarity_to_that_person() -> None:
    near = distance_px(0.6, keypoint=NOSE)
    large_and_small = TruePersons(TWO.xy, TWO.is_labelled, np.array([AREA, AREA / 100], F32), TWO.xyxy)
    found = poses(moved(NOSE, GRID[NOSE] + ELSEWHERE, by_px=near))
    assert classify_keypoints(found, TWO, np.array([0]))[0, NOSE] == ErrorType.SWAP
    assert classify_keypoints(found, large_and_small, np.array([0]))[0, NOSE] == ErrorType.MISS


def test_a_mirrored_pose_is_inverted_in_every_pair() -> None:
    types = classify_keypoints(poses(GRID[COCO17.mirrored]), ALONE, np.array([0]))[0]
    assert types[NOSE] == ErrorType.GOOD
    assert (types[1:] == ErrorType.INVERSION).all()


def test_poses_at_each_others_positions_are_swapped() -> None:
    types = classify_keypoints(poses(GRID + ELSEWHERE, GRID), TWO, np.array([0, 1]))
    assert (types == ErrorType.SWAP).all()


def test_no_poses() -> None:
    for truth in (TWO, true_persons()):
        assert classify_keypoints(poses(), truth, np.zeros(0, np.int64)).shape == (0, 17)


def matching(truth: TruePersons, estimated: Poses, person: list[int], *, oks: float = 0.0) -> GroundTruthMatching:
    return GroundTruthMatching(
        CocoImage(1, "1.jpg"),
        truth,
        estimated,
        np.array(person, np.int64),
        np.full((len(estimated), len(truth)), oks, F32),
        np.zeros(len(estimated), bool),
    )


class TestCounts:
    def test_persons_and_poses_are_counted(self) -> None:
        one_of_two = matching(TWO, poses(GRID, GRID + 50), [0, UNMATCHED], oks=0.5)
        empty_street = matching(true_persons(), poses(GRID), [UNMATCHED])
        uncertain = matching(true_persons(), poses(GRID, score=0.1), [UNMATCHED])
        counts = count_errors([one_of_two, empty_street, uncertain], COCO17, score=0.3)
        assert (counts.matched, counts.missed, counts.duplicate, counts.background) == (1, 1, 1, 1)
        assert counts.shares[0] == 1
        assert "17 labelled keypoints of 1 matched person: good 100.0%" in counts.line

    def test_no_images_and_no_persons(self) -> None:
        for matchings in ([], [matching(true_persons(), poses(), [])]):
            counts = count_errors(matchings, COCO17, score=0.0)
            assert counts.keypoints.shape == (17, len(COUNTED))
            assert counts.shares.tolist() == [0] * len(COUNTED)
            assert "0 persons missed" in counts.line

    @given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
    def test_the_types_add_up_to_the_labelled_keypoints_of_matched_persons(
        self, num_persons: int, num_poses: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        xy = rng.uniform(0, 60, (num_persons + num_poses, 17, 2)).astype(F32)
        labelled = rng.random((num_persons, 17)) < 0.7
        truth = true_persons(*xy[:num_persons], labelled=labelled)
        person = np.full(num_poses, UNMATCHED)
        num_matched = int(rng.integers(0, min(num_persons, num_poses) + 1))
        person[:num_matched] = rng.permutation(num_persons)[:num_matched]
        counts: ErrorCounts = count_errors(
            [matching(truth, poses(*xy[num_persons:]), person.tolist())], COCO17, score=0.0
        )
        matched = person[person != UNMATCHED]
        assert counts.keypoints.sum(axis=1).tolist() == labelled[matched].sum(axis=0).tolist()
        assert counts.matched + counts.missed == num_persons
        assert counts.duplicate + counts.background == num_poses - num_matched
        assert counts.shares.sum() == pytest.approx(1 if labelled[matched].any() else 0)
