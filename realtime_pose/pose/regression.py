"""Direct regression, as BlazePose's: keypoints to five numbers each, and back.

N crops, K keypoints. A keypoint is x, y, z in pixels of the crop from its edge, and the logits of its visibility and
its presence. Source: Bazarevsky et al., BlazePose, arXiv:2006.10204, and its model card.
"""

import numpy as np

from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

_NUMBERS = 5
_LEAST = 1e-6


def encode(xy: Float, score: Float) -> Float:
    """(N, 5 K) numbers of keypoints (N, K, 2) in input pixels with visibilities (N, K); depth 0, surely present."""
    seen = np.clip(score, _LEAST, 1 - _LEAST)
    values = np.zeros((*score.shape, _NUMBERS), np.float32)
    values[..., :2] = xy + 0.5
    values[..., 3] = np.log(seen / (1 - seen))
    values[..., 4] = np.log((1 - _LEAST) / _LEAST)
    return values.reshape(len(values), _NUMBERS * score.shape[1])


def decode(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1]: the visibilities.

    Raises:
        ModelError: The numbers are not five a keypoint.
    """
    raw = outputs["keypoints"]
    if raw.shape[1] % _NUMBERS or raw.shape[1] <= _NUMBERS * max(spec.keypoints, default=0):
        raise ModelError(
            f"model {spec.name}: expected 5 numbers for each keypoint up to {max(spec.keypoints, default=0)}, "
            f"got {raw.shape[1]} numbers"
        )
    values = raw.reshape(len(raw), raw.shape[1] // _NUMBERS, _NUMBERS)
    score = 1 / (1 + np.exp(-np.clip(values[..., 3], -50, 50)))
    return (values[..., :2] - 0.5).astype(np.float32), score.astype(np.float32)
