"""Which pictures of a set came out worst, and what is wrong with them: the truth and what was found in, an order out.

A picture is as good as the mean OKS of its persons, where one who was missed has 0, and so has each pose of nobody that
is sure of itself: it stands for a person who is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime_pose.evaluate.error_types import COUNTED, ErrorType, types_of
from realtime_pose.evaluate.pairing import Pairing
from realtime_pose.scene import Int

_WORDS = {
    ErrorType.JITTER: "jittered",
    ErrorType.INVERSION: "inverted",
    ErrorType.SWAP: "swapped",
    ErrorType.MISS: "missed",
}


@dataclass(frozen=True, slots=True, eq=False)
class PictureScore:
    """How good the poses of one picture are.

    Attributes:
        pairing: Who is whom in it.
        oks: Mean over persons and poses of nobody, in [0, 1].
        missed: Persons without a pose.
        false: Poses of nobody.
        keypoints: (5,) labelled keypoints of the persons found, by type as in `COUNTED`.
    """

    pairing: Pairing
    oks: float
    missed: int
    false: int
    keypoints: Int

    @property
    def why(self) -> str:
        """What is wrong, in words, the gravest first."""
        faults = [f"{self.missed} of {len(self.pairing.truth)} persons missed"] if self.missed else []
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


def worst_pictures(pairings: Sequence[Pairing], *, count: int, score: float) -> list[PictureScore]:
    """At most ``count`` pictures, the worst first; of those equally bad, the one with more people wrong.

    Args:
        pairings: All pictures; one without persons and without a pose of nobody is not ranked.
        count: How many.
        score: From this score on a pose of nobody counts.
    """
    rated = [_rated(pairing, score) for pairing in pairings]
    ranked = [each for each in rated if len(each.pairing.truth) + each.false]
    return sorted(ranked, key=lambda each: (each.oks, -each.missed - each.false))[:count]


def _rated(pairing: Pairing, score: float) -> PictureScore:
    false = int(pairing.is_false(score).sum())
    types = types_of(pairing)
    return PictureScore(
        pairing,
        oks=float(pairing.person_oks.sum()) / max(len(pairing.truth) + false, 1),
        missed=int(pairing.is_missed.sum()),
        false=false,
        keypoints=np.array([int((types == kind).sum()) for kind in COUNTED], np.int64),
    )
