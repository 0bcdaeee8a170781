"""Direct regression, as BlazePose's: keypoints to five numbers each, and back.

N crops, K keypoints. A keypoint is x, y, z in pixels of the crop from its edge, and the logits of its visibility and
its presence. Source: Bazarevsky et al., BlazePose, arXiv:2006.10204, and its model card.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose.logits import logit, sigmoid

_NUMBERS = 5
_LEAST = 1e-6


def encode(xy: Float, score: Float) -> Float:
    """(N, 5 K) numbers of keypoints (N, K, 2) in input pixels with visibilities (N, K); depth 0, surely present."""
    values = np.zeros((*score.shape, _NUMBERS), np.float32)
    values[..., :2] = xy + 0.5
    values[..., 3] = logit(score, least=_LEAST)
    values[..., 4] = logit(np.ones_like(score), least=_LEAST)
    return values.reshape(len(values), _NUMBERS * score.shape[1])


def decode(outputs: Arrays, _: tuple[int, int], __: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1]: the visibilities."""
    raw = outputs["keypoints"]
    values = raw.reshape(len(raw), raw.shape[1] // _NUMBERS, _NUMBERS)
    return (values[..., :2] - 0.5).astype(np.float32), sigmoid(values[..., 3])
