"""Direct regression, as in BlazePose: five values per keypoint.

N crops, K keypoints. The values of a keypoint are x, y, z in pixels from the edge of the crop, and the logits of its
visibility and its presence. Source: Bazarevsky et al., BlazePose, arXiv:2006.10204, and its model card.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose.logits import logit, sigmoid

_NUM_VALUES = 5
_EPSILON = np.float32(1e-6)  # scores 0 and 1 have infinite logits


def encode(xy: Float, score: Float) -> Float:
    """(N, 5 K) values of keypoints (N, K, 2) in input pixels.

    The scores (N, K) are the visibilities; depth is 0, presence 1.
    """
    values = np.zeros((*score.shape, _NUM_VALUES), np.float32)  # (N, K, 5)
    values[..., :2] = xy + 0.5
    values[..., 3] = logit(np.clip(score, _EPSILON, 1 - _EPSILON))
    values[..., 4] = logit(1 - _EPSILON)
    return values.reshape(len(values), _NUM_VALUES * score.shape[1])


def decode(outputs: Arrays, _: tuple[int, int], __: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) visibilities in [0, 1]."""
    raw = outputs["keypoints"]
    values = raw.reshape(len(raw), raw.shape[1] // _NUM_VALUES, _NUM_VALUES)  # (N, K, 5)
    return (values[..., :2] - 0.5).astype(np.float32), sigmoid(values[..., 3]).astype(np.float32)
