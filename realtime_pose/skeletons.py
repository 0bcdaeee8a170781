"""Skeletons: the keypoints of a pose, its limbs, its left-right pairs, and how precisely each keypoint can be placed.

K is the number of keypoints. Drawing (limbs), augmentation (pairs) and OKS (sigmas) use the same table.
"""

from dataclasses import dataclass, field

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.deprecation import accept_old_names
from realtime_pose.errors import ConfigError


@accept_old_names({"numbers_of": "indices_of"})
@dataclass(frozen=True, slots=True)
class Skeleton:
    """The topology of a pose.

    Attributes:
        name: The name in the manifest.
        keypoints: K names, in the order of the arrays.
        limbs: Pairs of keypoint indices that are drawn.
        pairs: (left, right) keypoint indices that a mirror swaps.
        sigmas: K standard deviations of the annotators, relative to sqrt(area); COCO's OKS constants.
        guess_scores: K scores of the network that gives the keypoints; below its own, a keypoint is more likely guessed
            than seen. () if nothing is known. They do not make it another skeleton.
    """

    name: str
    keypoints: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]
    guess_scores: tuple[float, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Raise ValueError if an index or a length does not fit the keypoints."""
        count = len(self.keypoints)
        if len(self.sigmas) != count:
            raise ValueError(f"skeleton {self.name}: expected {counted(count, 'sigma')}, got {len(self.sigmas)}")
        if self.guess_scores and len(self.guess_scores) != count:
            got = len(self.guess_scores)
            raise ValueError(f"skeleton {self.name}: guess_scores: expected {counted(count, 'score')}, got {got}")
        if not all(0 < score < 1 for score in self.guess_scores):
            raise ValueError(f"skeleton {self.name}: guess_scores: expected scores between 0 and 1")
        if any(not 0 <= index < count for pair in self.limbs + self.pairs for index in pair):
            raise ValueError(f"skeleton {self.name}: limbs and pairs must index its {counted(count, 'keypoint')}")

    def __len__(self) -> int:
        """K, the number of keypoints."""
        return len(self.keypoints)

    @property
    def mirrored(self) -> np.ndarray:
        """(K,) int64: for each keypoint the index of its left or right counterpart, or its own.

        >>> COCO17.mirrored[:5].tolist()
        [0, 2, 1, 4, 3]
        """
        order = np.arange(len(self))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return order

    def indices_of(self, wanted: "Skeleton") -> tuple[int, ...]:
        """For each keypoint of the wanted skeleton its index in this one, matched by name.

        Raises:
            ConfigError: This skeleton lacks some of them; the message names them.

        >>> HALPE26.indices_of(COCO17)[:3], BLAZEPOSE33.indices_of(COCO17)[:3]
        ((0, 1, 2), (0, 2, 5))
        """
        missing = [name for name in wanted.keypoints if name not in self.keypoints]
        if missing:
            raise ConfigError(f"skeleton {self.name} cannot be read as {wanted.name}: it has no {', '.join(missing)}")
        return tuple(self.keypoints.index(name) for name in wanted.keypoints)

    def side(self, index: int) -> str:
        """'left', 'right' or 'middle': the side of a keypoint as the person sees it."""
        for left, right in self.pairs:
            if index == left:
                return "left"
            if index == right:
                return "right"
        return "middle"


# Names, limbs and sigmas: COCO keypoints 2017, Lin et al. 2014, and cocoapi's cocoeval (sigmas).
COCO17 = Skeleton(
    name="coco17",
    keypoints=(
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
        "right_ankle",
    ),
    limbs=(
        (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8), (7, 9), (8, 10),
        (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6),
    ),
    pairs=((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    sigmas=(
        0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
        0.089,
    ),
)  # fmt: skip

# Names, order and limbs: Halpe-FullBody, Fang et al., arXiv:2211.03375; sigmas: COCO's, and that work's for others.
HALPE26 = Skeleton(
    name="halpe26",
    keypoints=(
        *COCO17.keypoints, "head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
        "left_heel", "right_heel",
    ),
    limbs=(
        (15, 13), (13, 11), (11, 19), (16, 14), (14, 12), (12, 19), (17, 18), (18, 19), (18, 5), (5, 7), (7, 9),
        (18, 6), (6, 8), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (15, 20), (15, 22), (15, 24), (16, 21),
        (16, 23), (16, 25),
    ),
    pairs=(*COCO17.pairs, (20, 21), (22, 23), (24, 25)),
    sigmas=(*COCO17.sigmas, *[0.08] * 3, *[0.089] * 6),
)  # fmt: skip

# Names and order: MPII Human Pose, Andriluka et al. 2014. MPII uses PCKh and has no sigmas. The keypoints
# that COCO has too get COCO's sigmas, those of the trunk and the head Halpe's 0.08.
MPII16 = Skeleton(
    name="mpii16",
    keypoints=(
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax",
        "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow",
        "left_wrist",
    ),
    limbs=(
        (0, 1), (1, 2), (2, 6), (6, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9), (10, 11), (11, 12), (12, 7), (7, 13),
        (13, 14), (14, 15),
    ),
    pairs=((5, 0), (4, 1), (3, 2), (15, 10), (14, 11), (13, 12)),
    sigmas=(
        0.089, 0.087, 0.107, 0.107, 0.087, 0.089, 0.08, 0.08, 0.08, 0.08, 0.062, 0.072, 0.079, 0.079, 0.072, 0.062,
    ),
)  # fmt: skip

# Names, order and limbs: BlazePose, Bazarevsky et al., arXiv:2006.10204. It publishes no sigmas. The keypoints that
# COCO has too get COCO's; feet, eye corners and lips get COCO-WholeBody's; the hands get the wrist's.
BLAZEPOSE33 = Skeleton(
    name="blazepose33",
    keypoints=(
        "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
        "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index",
        "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
        "left_heel", "right_heel", "left_foot_index", "right_foot_index",
    ),
    limbs=(
        (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10), (11, 12), (11, 13), (13, 15), (15, 17),
        (15, 19), (15, 21), (17, 19), (12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20), (11, 23), (12, 24),
        (23, 24), (23, 25), (25, 27), (24, 26), (26, 28), (27, 29), (28, 30), (29, 31), (30, 32), (27, 31), (28, 32),
    ),
    pairs=(
        (1, 4), (2, 5), (3, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16), (17, 18), (19, 20), (21, 22), (23, 24),
        (25, 26), (27, 28), (29, 30), (31, 32),
    ),
    sigmas=(
        0.026, *[0.025] * 6, 0.035, 0.035, 0.008, 0.008, 0.079, 0.079, 0.072, 0.072, *[0.062] * 8, 0.107, 0.107, 0.087,
        0.087, 0.089, 0.089, 0.094, 0.094, 0.068, 0.068,
    ),
)  # fmt: skip

_FACE, _LEFT_HAND, _RIGHT_HAND = 23, 91, 112  # index of the first of 68 face points, and of 21 points of each hand
_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
_HAND = ("hand_root", *(f"{finger}{number}" for finger in _FINGERS for number in (1, 2, 3, 4)))
# The 68 face points in the order of iBUG 300-W. Lines as (first, end) indices; then each point's mirrored counterpart.
_FACE_LINES = ((0, 17), (17, 22), (22, 27), (27, 31), (31, 36), (36, 42), (42, 48), (48, 60), (60, 68))
_FACE_MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
)  # fmt: skip
_HAND_SIGMAS = (
    0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035, 0.018, 0.024, 0.022, 0.026, 0.017, 0.021, 0.021,
    0.032, 0.02, 0.019, 0.022, 0.031,
)  # fmt: skip
_FACE_SIGMAS = (
    0.042, 0.043, 0.044, 0.043, 0.040, 0.035, 0.031, 0.025, 0.020, 0.023, 0.029, 0.032, 0.037, 0.038, 0.043, 0.041,
    0.045, 0.013, 0.012, 0.011, 0.011, 0.012, 0.012, 0.011, 0.011, 0.013, 0.015, 0.009, 0.007, 0.007, 0.007, 0.012,
    0.009, 0.008, 0.016, 0.010, 0.017, 0.011, 0.009, 0.011, 0.009, 0.007, 0.013, 0.008, 0.011, 0.012, 0.010, 0.034,
    0.008, 0.008, 0.009, 0.008, 0.008, 0.007, 0.010, 0.008, 0.009, 0.009, 0.009, 0.007, 0.007, 0.008, 0.011, 0.008,
    0.008, 0.008, 0.01, 0.008,
)  # fmt: skip


def _hand_limbs(root: int) -> tuple[tuple[int, int], ...]:
    """Limbs from the root along each finger."""
    starts = range(root + 1, root + 21, 4)
    return tuple(limb for first in starts for limb in ((root, first), *((first + i, first + i + 1) for i in range(3))))


# Names, order and sigmas: COCO-WholeBody, Jin et al., arXiv:2007.11858, and its evaluation code.
WHOLEBODY133 = Skeleton(
    name="wholebody133",
    keypoints=(
        *COCO17.keypoints, "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
        "right_heel", *(f"face{number}" for number in range(68)),
        *(f"left_{name}" for name in _HAND),
        *(f"right_{name}" for name in _HAND),
    ),
    limbs=(
        *COCO17.limbs, (15, 17), (15, 18), (15, 19), (16, 20), (16, 21), (16, 22),
        *((_FACE + i, _FACE + i + 1) for start, end in _FACE_LINES for i in range(start, end - 1)),
        *((_FACE + end - 1, _FACE + start) for start, end in _FACE_LINES[5:]),  # eyes and lips are closed
        *_hand_limbs(_LEFT_HAND),
        *_hand_limbs(_RIGHT_HAND),
    ),
    pairs=(
        *COCO17.pairs, (17, 20), (18, 21), (19, 22),
        *((_FACE + i, _FACE + j) for i, j in enumerate(_FACE_MIRROR) if i < j),
        *((_LEFT_HAND + i, _RIGHT_HAND + i) for i in range(21)),
    ),
    sigmas=(
        *COCO17.sigmas, 0.068, 0.066, 0.066, 0.092, 0.094, 0.094, *_FACE_SIGMAS, *_HAND_SIGMAS, *_HAND_SIGMAS,
    ),
)  # fmt: skip

# Names, order and limbs: OpenPose's BODY_25, Cao et al., arXiv:1812.08008, with Halpe's names. It publishes no sigmas:
# those of COCO, of COCO-WholeBody for the feet, and Halpe's for neck and hip.
BODY25 = Skeleton(
    name="body25",
    keypoints=(
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
        "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
        "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
        "right_heel",
    ),
    limbs=(
        (1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13), (13, 14),
        (1, 0), (0, 15), (15, 17), (0, 16), (16, 18), (14, 19), (19, 20), (14, 21), (11, 22), (22, 23), (11, 24),
    ),
    pairs=((5, 2), (6, 3), (7, 4), (12, 9), (13, 10), (14, 11), (16, 15), (18, 17), (19, 22), (20, 23), (21, 24)),
    sigmas=(
        0.026, 0.08, 0.079, 0.072, 0.062, 0.079, 0.072, 0.062, 0.08, 0.107, 0.087, 0.089, 0.107, 0.087, 0.089, 0.025,
        0.025, 0.035, 0.035, 0.068, 0.066, 0.066, 0.068, 0.066, 0.066,
    ),
)  # fmt: skip

SKELETONS = {skeleton.name: skeleton for skeleton in (COCO17, HALPE26, MPII16, BLAZEPOSE33, WHOLEBODY133, BODY25)}


# The names of the same places of the body in other data sets; MPII's thorax lies between the shoulders as Halpe's neck.
_SYNONYMS = {"head_top": "head", "thorax": "neck", "pelvis": "hip"}


def match_keypoints(wanted: Skeleton, given: Skeleton) -> list[int]:
    """For each wanted keypoint its index in the given skeleton, -1 for none.

    >>> match_keypoints(COCO17, MPII16)[5:9], match_keypoints(HALPE26, MPII16)[17:20]
    ([13, 12, 14, 11], [9, 7, 6])
    """
    names = {_SYNONYMS.get(name, name): index for index, name in enumerate(given.keypoints)}
    return [names.get(_SYNONYMS.get(name, name), -1) for name in wanted.keypoints]


_GENERIC = "generic"  # the start of the name of a skeleton of which only the number of keypoints is known
_MAX_GENERIC = 10_000
_GENERIC_SIGMA = 0.08  # that of HALPE26's keypoints that COCO does not have


def generic_skeleton(num_keypoints: int) -> Skeleton:
    """The skeleton of a network whose keypoints have no known names.

    >>> generic_skeleton(3).name, generic_skeleton(3).keypoints
    ('generic3', ('kp0', 'kp1', 'kp2'))
    """
    names = tuple(f"kp{index}" for index in range(num_keypoints))
    return Skeleton(f"{_GENERIC}{num_keypoints}", names, limbs=(), pairs=(), sigmas=(_GENERIC_SIGMA,) * num_keypoints)


def skeleton_named(name: str) -> Skeleton:
    """The skeleton with this name; genericK for K keypoints without known names.

    Raises:
        ConfigError: No skeleton has this name.
    """
    count = name.removeprefix(_GENERIC)
    if count != name and count.isascii() and count.isdecimal() and 0 < int(count) <= _MAX_GENERIC:
        return generic_skeleton(int(count))
    if name not in SKELETONS:
        raise ConfigError(
            f"unknown skeleton {name!r}: expected one of {', '.join(sorted(SKELETONS))},"
            f" or {_GENERIC} and a number of keypoints, such as {_GENERIC}21"
        )
    return SKELETONS[name]
