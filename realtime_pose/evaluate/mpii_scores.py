"""MPII's scores: PCKh of single persons, and the mean AP of several persons in an image.

N true persons and M found ones, K = 16 joints. A joint is right if it is at most a share (0.5 or 0.1) of the head's
size away. For several persons, found ones are assigned to true ones greedily, the best PCKh first; each joint has an AP
over all images, by its scores. Sources: Andriluka et al., CVPR 2014 (PCKh); Pishchulin et al., DeepCut,
arXiv:1511.06645, section 5 (mAP of several persons).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Poses
from realtime_pose.skeletons import MPII16, match_keypoints

PCKH, STRICT_PCKH = 0.5, 0.1
_HEAD_SHARE = 0.6  # of the diagonal of the head's box, as MPII's evaluation code has it
_NECK, _TOP = MPII16.keypoints.index("upper_neck"), MPII16.keypoints.index("head_top")
_TINY_PX = 1e-3  # smallest size of a head
# The groups of MPII's tables; pelvis and thorax do not count.
GROUPS: Mapping[str, tuple[int, ...]] = {
    "Head": (8, 9), "Shoulder": (12, 13), "Elbow": (11, 14), "Wrist": (10, 15), "Hip": (2, 3), "Knee": (1, 4),
    "Ankle": (0, 5),
}  # fmt: skip
_COUNTED = tuple(sorted(index for group in GROUPS.values() for index in group))


@dataclass(frozen=True, slots=True, eq=False)
class MpiiPersons:
    """N true persons of one image, or of many.

    Attributes:
        xy: (N, 16, 2) float32 joints in pixels of the image.
        is_labelled: (N, 16) bool.
        head_px: (N,) float32 size of the head.
    """

    xy: Float
    is_labelled: NDArray[np.bool_]
    head_px: Float


@dataclass(frozen=True, slots=True, eq=False)
class FoundJoints:
    """M found persons with MPII's joints.

    Attributes:
        xy: (M, 16, 2) float32; NaN for joints that the network does not have.
        score: (M, 16) float32 in [0, 1].
    """

    xy: Float
    score: Float


def read_persons(persons: Sequence[Mapping[str, Any]]) -> MpiiPersons:
    """Checked entries of an MPII file as arrays; the head's size is that of its box, or of its segment without one."""
    xy = np.array([person["joints"] for person in persons], np.float32).reshape(-1, len(MPII16), 2) - 1
    is_labelled = np.array([person["joints_vis"] for person in persons], np.float32).reshape(-1, len(MPII16)) > 0
    head_px = np.linalg.norm(xy[:, _NECK] - xy[:, _TOP], axis=-1)
    for row, person in enumerate(persons):
        if person.get("head_box") is not None:
            left, top, right, bottom = person["head_box"]
            head_px[row] = _HEAD_SHARE * np.hypot(right - left, bottom - top)
        elif not is_labelled[row, [_NECK, _TOP]].all():
            is_labelled[row] = False  # without a head there is no scale
    return MpiiPersons(xy, is_labelled, np.maximum(head_px, _TINY_PX).astype(np.float32))


def mpii_joints(poses: Poses) -> FoundJoints:
    """The poses of any skeleton with MPII's joints, by their names."""
    indices = np.array(match_keypoints(MPII16, poses.skeleton))
    xy, score = poses.keypoints[:, indices].copy(), poses.score[:, indices].copy()
    xy[:, indices < 0], score[:, indices < 0] = np.nan, 0
    return FoundJoints(xy, score)


def pckh(found: FoundJoints, true: MpiiPersons, share: float) -> dict[str, float]:
    """Share of right joints of N persons with their own poses, by group and as mean, in [0, 1]; NaN for none.

    Joints that the network does not have do not count.
    """
    is_counted = true.is_labelled & ~np.isnan(found.xy).any(axis=-1)  # (N, 16)
    is_right = (_distances(found.xy, true) <= share) & is_counted
    return _by_group(is_right.sum(axis=0), is_counted.sum(axis=0))


def mean_ap(
    images: Sequence[tuple[FoundJoints, MpiiPersons]], joints: Sequence[int] = range(len(MPII16))
) -> dict[str, float]:
    """AP of these joints of all persons in all images, by group and as mean, in [0, 1]; NaN for none."""
    rows = [_assign(found, true) for found, true in images]
    scores, states = (np.concatenate([row[part] for row in rows]) for part in (0, 1))  # (sum of M, 16) each
    num_true = np.sum([true.is_labelled.sum(axis=0) for _, true in images], axis=0)  # (16,)
    ap = np.array([_average_precision(scores[:, k], states[:, k], int(num_true[k])) for k in range(len(MPII16))])
    is_known = ~np.isnan(ap) & np.isin(np.arange(len(MPII16)), joints)
    return _by_group(np.where(is_known, ap, 0), is_known.astype(int))


_RIGHT, _WRONG, _IGNORED = 1, 0, -1


def _assign(found: FoundJoints, true: MpiiPersons) -> tuple[Float, NDArray[np.int8]]:
    """Scores (M, 16) and states (M, 16) of the joints of one image: right, wrong, or ignored as not labelled."""
    person = greedy_assignment(_pckh_matrix(found, true))  # (M,)
    states = np.full(found.score.shape, _WRONG, np.int8)
    for row, index in enumerate(person):
        if index >= 0:
            one = MpiiPersons(true.xy[[index]], true.is_labelled[[index]], true.head_px[[index]])
            is_right = _distances(found.xy[[row]], one)[0] <= PCKH
            states[row] = np.where(one.is_labelled[0], np.where(is_right, _RIGHT, _WRONG), _IGNORED)
    states[np.isnan(found.xy).any(axis=-1)] = _IGNORED
    return found.score, states


def _pckh_matrix(found: FoundJoints, true: MpiiPersons) -> Float:
    """(M, N) PCKh of each found person as each true one."""
    offset = np.linalg.norm(found.xy[:, None] - true.xy[None], axis=-1) / true.head_px[None, :, None]  # (M, N, 16)
    is_right = (offset <= PCKH) & true.is_labelled[None]
    return np.asarray(is_right.sum(-1) / np.maximum(true.is_labelled.sum(-1), 1)[None], np.float32)


def greedy_assignment(score: Float) -> NDArray[np.int64]:
    """(M,) the column of each row of (M, N), -1 for none: the best pair first, each row and column once, above 0.

    >>> greedy_assignment(np.float32([[0.9, 0.8], [0.8, 0.1], [0.0, 0.0]])).tolist()
    [0, 1, -1]
    """
    assigned = np.full(len(score), -1, np.int64)
    left = score.copy()
    while left.size and left.max() > 0:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        assigned[row] = column
        left[row], left[:, column] = 0, 0
    return assigned


def _distances(xy: Float, true: MpiiPersons) -> Float:
    """(N, 16) distances of joints in sizes of the head; NaN for joints that are not there."""
    return np.asarray(np.linalg.norm(xy - true.xy, axis=-1) / true.head_px[:, None], np.float32)


def _average_precision(score: Float, state: NDArray[np.int8], num_true: int) -> float:
    """The area under the precision over the recall, of which the precision never rises; NaN without true joints."""
    is_used = state != _IGNORED
    if not num_true:
        return float("nan")
    order = np.argsort(-score[is_used], kind="stable")
    is_right = state[is_used][order] == _RIGHT
    recall = np.cumsum(is_right) / num_true
    precision = np.cumsum(is_right) / np.arange(1, len(is_right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def _by_group(value: NDArray[Any], count: NDArray[Any]) -> dict[str, float]:
    """Sum of values through sum of counts of each group, and of all joints that count."""
    groups = {**GROUPS, "Mean": _COUNTED}
    sums = {name: (float(value[list(part)].sum()), int(count[list(part)].sum())) for name, part in groups.items()}
    return {name: total / number if number else float("nan") for name, (total, number) in sums.items()}
