"""Logits and probabilities: the two functions of SciPy that the codecs need, without the half second of its import."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    """Probabilities in [0, 1] of logits, of the same type.

    >>> sigmoid(np.float32([-200, 0, 200])).tolist()
    [0.0, 0.5, 1.0]
    """
    with np.errstate(over="ignore"):  # of a very negative logit: 1 / infinity is the right 0
        return np.asarray(1 / (1 + np.exp(-logits)))


def logit(probability: NDArray[Any] | np.floating[Any]) -> NDArray[Any]:
    """The inverse of `sigmoid`, for probabilities inside (0, 1).

    >>> logit(np.float64([0.5, 0.25])).round(4).tolist()
    [0.0, -1.0986]
    """
    return np.asarray(np.log(probability) - np.log1p(-probability))
