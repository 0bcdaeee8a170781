"""Shares of one to logits, as networks give them before their last sigmoid, and back."""

import numpy as np

from realtime_pose.geometry import Float

_STEEPEST = 80.0  # a little farther on exp overflows in float32


def logit(share: Float, *, least: float) -> Float:
    """The logits of shares, none of them nearer to 0 or 1 than this.

    >>> logit(np.float32([0.5, 0]), least=0.5).tolist()
    [0.0, 0.0]
    """
    inside = np.clip(share, least, 1 - least)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float32)


def sigmoid(logits: Float) -> Float:
    """The shares, in [0, 1], of logits however large.

    >>> sigmoid(np.float32([0, -1000, 1000])).round(6).tolist()
    [0.5, 0.0, 1.0]
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_STEEPEST, _STEEPEST))), dtype=np.float32)
