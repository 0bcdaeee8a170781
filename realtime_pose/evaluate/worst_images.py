"""The images with the worst poses of a set, and what is wrong with them: matchings in, a ranking out.

The score of an image is the mean OKS of its persons. A missed person counts as 0, and so does each false positive with
a high score: it stands for a person who does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.evaluate.error_types import COUNTED, ErrorType, classify_matching
from realtime_pose.evaluate.matching import GroundTruthMatching
from realtime_pose.scene import Int

_ADJECTIVES = {
    ErrorType.JITTER: "jittered",
    ErrorType.INVERSION: "inverted",
    ErrorType.SWAP: "swapped",
    ErrorType.MISS: "missed",
}


@dataclass(frozen=True, slots=True, eq=False)
class ImageScore:
    """How good the poses of one image are.

    Attributes:
        matching: Its poses and true persons.
        oks: Mean over persons and false positives, in [0, 1].
        missed: Persons without a pose.
        false: False positives: poses that belong to no person.
        keypoints: (5,) labelled keypoints of the matched persons, by type as in `COUNTED`.
    """

    matching: GroundTruthMatching
    oks: float
    missed: int
    false: int
    keypoints: Int

    @property
    def reason(self) -> str:
        """What is wrong, as text, the worst first."""
        faults = [f"{self.missed} of {counted(len(self.matching.truth), 'person')} missed"] if self.missed else []
        if self.false:
            faults.append(f"{counted(self.false, 'pose')} without a person")
        errors = {
            _ADJECTIVES[kind]: int(count)
            for kind, count in zip(COUNTED, self.keypoints, strict=True)
            if count and kind in _ADJECTIVES
        }
        if errors:
            most_first = sorted(errors.items(), key=lambda item: -item[1])
            counts = ", ".join(f"{count} {name}" for name, count in most_first)
            faults.append(f"of {counted(int(self.keypoints.sum()), 'keypoint')} {counts}")
        return "; ".join(faults) or "nothing"


def worst_images(matchings: Sequence[GroundTruthMatching], *, count: int, score: float) -> list[ImageScore]:
    """At most ``count`` images, the worst first; of two with the same OKS first the one with more wrong persons.

    Args:
        matchings: All images; those without persons and without false positives are not ranked.
        count: Maximum number of images.
        score: False positives with this score or a higher one count.
    """
    scores = [_score_image(matching, score) for matching in matchings]
    ranked = [each for each in scores if len(each.matching.truth) + each.false]
    return sorted(ranked, key=lambda each: (each.oks, -each.missed - each.false))[:count]


def _score_image(matching: GroundTruthMatching, score: float) -> ImageScore:
    false = int(matching.is_false(score).sum())
    types = classify_matching(matching)
    return ImageScore(
        matching,
        oks=float(matching.person_oks.sum()) / max(len(matching.truth) + false, 1),
        missed=int(matching.is_missed.sum()),
        false=false,
        keypoints=np.array([int((types == kind).sum()) for kind in COUNTED], np.int64),
    )
