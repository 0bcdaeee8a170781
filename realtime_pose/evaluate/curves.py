"""Precision-recall curves of a set of images, and the score with the best F1, from the scorer's own arrays.

T thresholds of OKS or IoU, R levels of recall. Precision is interpolated as in COCO: at each recall it is the best
precision at this recall or a higher one.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.evaluate.coco import CocoTruth, Result

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Precision over recall for persons of all sizes.

    Attributes:
        thresholds: (T,) of OKS or IoU, rising from .50 to .95.
        recall: (R,) rising from 0 to 1.
        precision: (T, R) in [0, 1]; 0 above the highest recall that is reached.
        score: (T, R) lowest score of the results that are needed for this recall; 0 if it is not reached.
    """

    thresholds: Real
    recall: Real
    precision: Real
    score: Real

    @property
    def best(self) -> int:
        """Index of the recall, 0 to R - 1, with the highest F1 at the first threshold; 0 if all are 0."""
        precision = self.precision[0]
        f1 = 2 * precision * self.recall / np.maximum(precision + self.recall, 1e-9)
        return int(np.argmax(f1))

    @property
    def best_score(self) -> float:
        """The score threshold with the highest F1 at the first OKS or IoU threshold; 0 if no result is right."""
        return float(self.score[0, self.best]) if self.precision[0].any() else 0.0


def curves(truth: CocoTruth, results: Sequence[Result], *, kind: str) -> Curves:
    """The curves of keypoints (kind "keypoints") or boxes ("bbox").

    Raises:
        MissingPackageError: pycocotools is not installed.
    """
    evaluation = truth.evaluate(results, kind=kind)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
    parameters, arrays = evaluation.params, evaluation.eval
    # (T, R, categories, areas, limits of results) to (T, R): persons, all areas, the highest limit
    precision, score = (arrays[name][:, :, 0, 0, -1] for name in ("precision", "scores"))
    return Curves(parameters.iouThrs, parameters.recThrs, precision, score)
