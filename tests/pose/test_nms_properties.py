"""Pose NMS with the default limits: removes duplicates of any size, keeps persons who embrace, in any order.

Persons are stick figures of height 1 in several postures. Their boxes are those around the keypoints, enlarged as those
of a detector.
"""

from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime_pose.config import PoseNmsConfig
from realtime_pose.geometry import bounding_box, iou
from realtime_pose.pose.nms import merge, similarity, suppress
from realtime_pose.scene import Boxes, Float, Poses
from realtime_pose.skeletons import COCO17, WHOLEBODY133, Skeleton
from tests.support.people.stick_figure import STANDING

F32 = np.float32
DEFAULTS = PoseNmsConfig()
LEFT_ARM, RIGHT_ARM = [7, 9], [8, 10]


def make_poses(keypoints: Float, scores: list[float], *, keypoint_score: float = 0.7) -> Poses:
    """Poses with these keypoints (N, 17, 2), and their boxes."""
    xyxy = bounding_box(keypoints)
    margin = 0.08 * (xyxy[:, 2:] - xyxy[:, :2])
    boxes = Boxes(
        np.concatenate((xyxy[:, :2] - margin, xyxy[:, 2:] + margin), axis=1).astype(F32), np.array(scores, F32)
    )
    return Poses(keypoints.astype(F32), np.full(keypoints.shape[:2], keypoint_score, F32), boxes, COCO17)


def move_arm(person: Float, arm: list[int], elbow: tuple[float, float], wrist: tuple[float, float]) -> Float:
    """The person with elbow and wrist of one arm at these positions."""
    moved = person.copy()
    moved[arm] = np.array([elbow, wrist], F32)
    return moved


def face_to_face(apart: float) -> Float:
    """Two persons from the side, with this distance between the trunks, the arms around each other's back."""
    first, second = STANDING.copy(), STANDING.copy()
    for person, centre, direction in ((first, 0.5 - apart / 2, 1), (second, 0.5 + apart / 2, -1)):
        person[:, 0] = centre + (person[:, 0] - 0.5) * 0.35  # narrow, because seen from the side
        person[0, 0] += 0.03 * direction  # noses towards each other
        for arm, height in ((LEFT_ARM, 0.26), (RIGHT_ARM, 0.32)):
            person[arm] = [
                (centre + 0.6 * apart * direction, height),
                (centre + 1.2 * apart * direction, height - 0.03),
            ]
    return np.stack((first, second))


def cheek_to_cheek() -> Float:
    """The same with the faces beside each other: the heads are almost at the same position."""
    both = face_to_face(0.11)
    both[0, :5, 0] += 0.03
    both[1, :5, 0] -= 0.03
    return both


def from_behind() -> Float:
    """One stands behind the other, a little higher and to the side, with the arms around the other's chest."""
    back = STANDING * F32(1.04) + np.array([0.07, -0.06], F32)
    back = move_arm(back, LEFT_ARM, (0.64, 0.3), (0.5, 0.28))
    return np.stack((STANDING, move_arm(back, RIGHT_ARM, (0.36, 0.3), (0.48, 0.3))))


def carried() -> Float:
    """A child on the arm of an adult, completely inside the adult's box."""
    child = STANDING * F32(0.5) + np.array([0.38, 0.1], F32)
    child[13:] += np.array([0.04, -0.12], F32)  # legs around the hip
    return np.stack((move_arm(STANDING, LEFT_ARM, (0.7, 0.36), (0.6, 0.42)), child))


def dancing() -> Float:
    """Two dancers who hold hands, with the feet between each other's."""
    first, second = face_to_face(0.14)
    second[9:11] = first[9:11] = np.array([[0.3, 0.25], [0.72, 0.4]], F32)
    second[13:, 0] -= 0.05
    first[13:, 0] += 0.05
    return np.stack((first, second))


EMBRACES = {
    "face to face": face_to_face(0.14),
    "close": face_to_face(0.11),
    "cheek to cheek": cheek_to_cheek(),
    "from behind": from_behind(),
    "carried": carried(),
    "dancing": dancing(),
}


@pytest.mark.parametrize("height_px", [60, 300, 1500])
@pytest.mark.parametrize("name", EMBRACES)
@pytest.mark.parametrize("keypoint_score", [0.3, 0.6, 0.9])
def test_persons_who_embrace_are_kept(name: str, height_px: float, keypoint_score: float) -> None:
    for scores in ([0.9, 0.7], [0.7, 0.9]):
        poses = make_poses(EMBRACES[name] * F32(height_px) + F32(20), scores, keypoint_score=keypoint_score)
        assert sorted(suppress(poses, DEFAULTS).tolist()) == [0, 1]
        assert sorted(merge(poses, DEFAULTS)[1].tolist()) == [0, 1]


def test_the_boxes_of_the_embraces_overlap_strongly() -> None:
    """Otherwise the test above would prove nothing."""
    overlaps = {
        name: float(iou(box[:1], box[1:])[0, 0]) for name, pair in EMBRACES.items() for box in [bounding_box(pair)]
    }
    assert min(overlaps.values()) > 0.15
    assert sum(value > 0.6 for value in overlaps.values()) >= 4


@pytest.mark.parametrize("keypoint_score", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("share", [0.01, 0.02, 0.03])
@given(
    height_px=st.floats(40, 4000),
    angle=st.floats(0, 2 * np.pi),
    person=st.sampled_from([person for pair in EMBRACES.values() for person in pair]),
)
@settings(max_examples=30, deadline=None)
def test_a_slightly_shifted_duplicate_is_removed(
    height_px: float, angle: float, person: Float, share: float, keypoint_score: float
) -> None:
    """In any direction, posture and size."""
    first = person * F32(height_px)
    shift = share * float(np.ptp(first[:, 1])) * np.array([np.cos(angle), np.sin(angle)])
    poses = make_poses(np.stack((first, first + shift)).astype(F32), [0.9, 0.5], keypoint_score=keypoint_score)
    assert suppress(poses, DEFAULTS).tolist() == [0]


@dataclass(frozen=True)
class Crowd:
    """Persons in any order, some close together."""

    keypoints: NDArray[np.float32]
    scores: list[float]


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    count = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    place = rng.uniform(0, draw(st.sampled_from([0.1, 0.5, 3.0])), (count, 1, 2))
    height = rng.uniform(0.4, 1.5, (count, 1, 1))
    noise = rng.normal(0, draw(st.sampled_from([0.005, 0.02, 0.06])), (count, 17, 2))
    scores = draw(st.permutations([0.95 - 0.1 * i for i in range(count)]))
    return Crowd(((STANDING * height + place + noise) * 256).astype(F32), list(scores))


@given(crowds(), st.sampled_from([0.25, 0.5, 2.0, 8.0]))
@settings(max_examples=30, deadline=None)
def test_the_scale_has_no_effect(crowd: Crowd, scale: float) -> None:
    """The factors are powers of two, so there is no rounding."""
    poses, larger = make_poses(crowd.keypoints, crowd.scores), make_poses(crowd.keypoints * F32(scale), crowd.scores)
    assert np.array_equal(similarity(poses, DEFAULTS), similarity(larger, DEFAULTS))
    assert suppress(poses, DEFAULTS).tolist() == suppress(larger, DEFAULTS).tolist()
    (merged, kept), (merged_larger, kept_larger) = merge(poses, DEFAULTS), merge(larger, DEFAULTS)
    assert kept.tolist() == kept_larger.tolist()
    assert np.allclose(merged.keypoints * F32(scale), merged_larger.keypoints, rtol=1e-5, atol=1e-3)


@given(crowds(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_has_no_effect(crowd: Crowd, random: Random) -> None:
    poses = make_poses(crowd.keypoints, crowd.scores)
    order = list(range(len(poses)))
    random.shuffle(order)
    kept = suppress(poses.take(np.array(order)), DEFAULTS)
    assert [order[place] for place in kept] == suppress(poses, DEFAULTS).tolist()
    merged_kept = merge(poses.take(np.array(order)), DEFAULTS)[1]
    assert [order[place] for place in merged_kept] == merge(poses, DEFAULTS)[1].tolist()


@given(crowds())
@settings(max_examples=150, deadline=None)
def test_it_is_idempotent_and_keeps_the_best(crowd: Crowd) -> None:
    poses = make_poses(crowd.keypoints, crowd.scores)
    kept = suppress(poses, DEFAULTS)
    assert kept[0] == np.argmax(poses.boxes.score)
    assert suppress(poses.take(kept), DEFAULTS).tolist() == list(range(len(kept)))
    merged, kept = merge(poses, DEFAULTS)
    assert kept[0] == np.argmax(poses.boxes.score)
    again, kept_again = merge(merged, DEFAULTS)
    assert kept_again.tolist() == list(range(len(kept)))
    assert np.array_equal(again.keypoints, merged.keypoints)


@pytest.mark.parametrize("skeleton", [COCO17, WHOLEBODY133], ids=["17", "133"])
@pytest.mark.parametrize("seed", range(5))
def test_the_fast_form_equals_the_plain_one_exactly(skeleton: Skeleton, seed: int) -> None:
    """Compared with the equations, for both coordinates at once: every bit of the similarity is the same."""
    rng = np.random.default_rng(seed)
    xy = (
        rng.uniform(0, 60, (12, 1, 2))
        + rng.uniform(0, 90, (len(skeleton), 2))
        + rng.normal(0, 3, (12, len(skeleton), 2))
    )
    keypoints = xy.astype(F32)
    boxes = Boxes(bounding_box(keypoints), rng.uniform(0.1, 1, 12).astype(F32))
    poses = Poses(keypoints, rng.uniform(0, 1, (12, len(skeleton))).astype(F32), boxes, skeleton)
    for limits in (DEFAULTS, PoseNmsConfig(sigma_1=0.3, sigma_2=0.0025, mu=1, eta=0.9)):
        scale = (boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]).max(axis=1)
        apart = (keypoints[:, None] - keypoints[None]) / scale[:, None, None, None]
        is_inside = (np.abs(apart) <= 0.05).all(axis=-1)
        soft = np.tanh(poses.score / limits.sigma_1)
        k_sim = (soft[:, None] * soft[None] * is_inside).mean(axis=-1)
        plain = k_sim + limits.mu * np.exp(-np.square(apart).sum(axis=-1) / limits.sigma_2).mean(axis=-1)
        assert np.array_equal(similarity(poses, limits), plain)


def test_merging_keeps_both_persons_of_an_embrace() -> None:
    """Each of the two is found twice: two poses are kept, close to the true ones."""
    both = face_to_face(0.14) * F32(400)
    twice = np.concatenate((both, both + F32(4)))
    merged, kept = merge(make_poses(twice, [0.9, 0.8, 0.6, 0.5]), DEFAULTS)
    assert kept.tolist() == [0, 1]
    assert np.abs(merged.keypoints - both).max() <= 4
