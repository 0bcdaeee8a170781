"""Which pictures of a set came out worst, and what is wrong with them: the truth and what was found in, an order out.

A picture is as good as the mean OKS of its persons, where one who was missed has 0, and so has each pose of nobody that
is sure of itself: it stands for a person who is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime_pose.evaluate.error_types import COUNTED, ErrorType, types_of
from realtime_pose.evaluate.matching import GroundTruthMatching
from realtime_pose.scene import Int

_WORDS = {
    ErrorType.JITTER: "jittered",
    ErrorType.INVERSION: "inverted",
    ErrorType.SWAP: "swapped",
    ErrorType.MISS: "missed",
}


@dataclass(frozen=True, slots=True, eq=False)
class ImageScore:
    """How good the poses of one picture are.

    Attributes:
        pairing: Who is whom in it.
        oks: Mean over persons and poses of nobody, in [0, 1].
        missed: Persons without a pose.
        false: Poses of nobody.
        keypoints: (5,) labelled keypoints of the persons found, by type as in `COUNTED`.
    """

    matching: GroundTruthMatching
    oks: float
    missed: int
    false: int
    keypoints: Int

    @property
    def why(self) -> str:
        """What is wrong, in words, the gravest first."""
        faults = [f"{self.missed} of {len(self.matching.truth)} persons missed"] if self.missed else []
        if self.false:
            faults.append(f"{self.false} {'pose' if self.false == 1 else 'poses'} of nobody")
        wrong = {
            _WORDS[kind]: int(count)
            for kind, count in zip(COUNTED, self.keypoints, strict=True)
            if count and kind in _WORDS
        }
        commonest = sorted(wrong.items(), key=lambda item: -item[1])
        if commonest:
            among = ", ".join(f"{count} {name}" for name, count in commonest)
            faults.append(f"of {int(self.keypoints.sum())} keypoints {among}")
        return "; ".join(faults) or "nothing"


def worst_images(matchings: Sequence[GroundTruthMatching], *, count: int, score: float) -> list[ImageScore]:
    """At most ``count`` pictures, the worst first; of those equally bad, the one with more people wrong.

    Args:
        matchings: All pictures; one without persons and without a pose of nobody is not ranked.
        count: How many.
        score: From this score on a pose of nobody counts.
    """
    rated = [_rated(matching, score) for matching in matchings]
    ranked = [each for each in rated if len(each.matching.truth) + each.false]
    return sorted(ranked, key=lambda each: (each.oks, -each.missed - each.false))[:count]


def _rated(matching: GroundTruthMatching, score: float) -> ImageScore:
    false = int(matching.is_false(score).sum())
    types = types_of(matching)
    return ImageScore(
        matching,
        oks=float(matching.person_oks.sum()) / max(len(matching.truth) + false, 1),
        missed=int(matching.is_missed.sum()),
        false=false,
        keypoints=np.array([int((types == kind).sum()) for kind in COUNTED], np.int64),
    )
