"""Precision over recall of a whole set of pictures, and the score at which both are best: from the scorer's own arrays.

T thresholds of OKS or IoU, R levels of recall. Precision is interpolated as COCO does it: at each recall the best
precision that is reached there or further on.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.evaluate.coco import CocoTruth, Result

Double = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Precision over recall, of persons of all sizes.

    Attributes:
        thresholds: (T,) of OKS or IoU, rising from .50 to .95.
        recall: (R,) rising from 0 to 1.
        precision: (T, R) in [0, 1]; 0 beyond the highest recall that is reached.
        score: (T, R) of the last result that is needed for this recall; 0 where it is not reached.
    """

    thresholds: Double
    recall: Double
    precision: Double
    score: Double

    @property
    def best(self) -> int:
        """The level of recall, 0 to R - 1, with the highest F1 at the first threshold; 0 where all are 0."""
        precision = self.precision[0]
        f1 = 2 * precision * self.recall / np.maximum(precision + self.recall, 1e-9)
        return int(np.argmax(f1))

    @property
    def best_score(self) -> float:
        """Results from this score on have the highest F1 at the first threshold; 0 where nothing is right."""
        return float(self.score[0, self.best]) if self.precision[0].any() else 0.0


def curves(truth: CocoTruth, results: Sequence[Result], *, kind: str) -> Curves:
    """The curves of keypoints (kind "keypoints") or boxes ("bbox").

    Raises:
        MissingPackageError: pycocotools is not installed.
    """
    evaluation = truth.evaluated(results, kind=kind)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
    settings, arrays = evaluation.params, evaluation.eval
    precision, score = (arrays[name][:, :, 0, 0, -1] for name in ("precision", "scores"))  # all sizes, most results
    return Curves(settings.iouThrs, settings.recThrs, precision, score)
