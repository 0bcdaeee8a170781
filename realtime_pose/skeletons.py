"""Skeletons: which keypoints a pose has, which of them are joined, mirrored, and how precisely each can be placed.

K is the number of keypoints. One table serves drawing (limbs), augmentation (pairs) and similarity (sigmas).
"""

from dataclasses import dataclass

import numpy as np

from realtime_pose.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The topology of a pose.

    Attributes:
        name: As the manifest names it.
        keypoints: K names, in the order of the arrays.
        limbs: Pairs of keypoint indices that are drawn.
        pairs: (left, right) keypoint indices that a mirror exchanges.
        sigmas: K standard deviations of the annotators, relative to sqrt(box area); COCO's OKS constants.
    """

    name: str
    keypoints: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise ValueError where an index or a length does not fit the keypoints."""
        count = len(self.keypoints)
        if len(self.sigmas) != count:
            raise ValueError(f"skeleton {self.name}: expected {count} sigmas, got {len(self.sigmas)}")
        if any(not 0 <= index < count for pair in self.limbs + self.pairs for index in pair):
            raise ValueError(f"skeleton {self.name}: limbs and pairs must index its {count} keypoints")

    def __len__(self) -> int:
        """K, the number of keypoints."""
        return len(self.keypoints)

    @property
    def mirrored(self) -> np.ndarray:
        """(K,) int64: index of the keypoint that takes each one's place in a mirror.

        >>> COCO17.mirrored[:5].tolist()
        [0, 2, 1, 4, 3]
        """
        order = np.arange(len(self))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return order

    def side(self, index: int) -> str:
        """'left', 'right' or 'middle': the person's own side of a keypoint."""
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

SKELETONS = {skeleton.name: skeleton for skeleton in (COCO17,)}


def skeleton_named(name: str) -> Skeleton:
    """The skeleton of this name.

    Raises:
        ConfigError: No skeleton has this name.
    """
    if name not in SKELETONS:
        raise ConfigError(f"unknown skeleton {name!r}: expected one of {', '.join(sorted(SKELETONS))}")
    return SKELETONS[name]
