"""SimCC: keypoints to a distribution for each axis, and back.

N crops, K keypoints, W and H the input's sides, r the split ratio: bins for a pixel. Source: Li et al., SimCC,
arXiv:2107.03332; split ratio 2 and the score as in RTMPose, arXiv:2303.07399.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

SPLIT_RATIO = 2
_SIGMA_BINS = 4.9  # of the training targets for 256 x 192: RTMPose gives 4.9 and 5.66 for x and y


def encode(xy: Float, input_wh: tuple[int, int]) -> tuple[Float, Float]:
    """(N, K, r W) and (N, K, r H): a Gaussian of peak 1 about each keypoint of (N, K, 2), given in input pixels."""
    axes = []
    for axis, side in enumerate(input_wh):
        bins = np.arange(side * SPLIT_RATIO, dtype=np.float32)
        away = bins - xy[..., axis, None] * SPLIT_RATIO
        axes.append(np.exp(-np.square(away) / (2 * _SIGMA_BINS**2)).astype(np.float32))
    return axes[0], axes[1]


def decode(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1]; the split ratio is read off the shapes."""
    places, peaks = [], []
    for name, side in zip(("simcc_x", "simcc_y"), input_wh, strict=True):
        bins = outputs[name]  # (N, K, r side)
        places.append(bins.argmax(-1) * (side / bins.shape[-1]))
        peaks.append(bins.max(-1))
    score = np.clip(np.minimum(*peaks), 0, 1)
    return np.stack(places, axis=-1).astype(np.float32), score.astype(np.float32)
