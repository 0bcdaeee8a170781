"""SimCC: one distribution per axis and keypoint.

N crops, K keypoints, W and H the input's sides, r the split ratio (bins per pixel). Source: Li et al., SimCC,
arXiv:2107.03332; split ratio 2 and the score as in RTMPose, arXiv:2303.07399.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

SPLIT_RATIO = 2
_SIGMA_BINS = 4.9  # of the training targets for 256 x 192: RTMPose has 4.9 for x and 5.66 for y


def encode(xy: Float, input_wh: tuple[int, int]) -> tuple[Float, Float]:
    """(N, K, r W) and (N, K, r H): a Gaussian at each keypoint (N, K, 2).

    Its maximum is 1; keypoints are in input pixels.
    """
    axes = []
    for axis, side in enumerate(input_wh):
        bins = np.arange(side * SPLIT_RATIO, dtype=np.float32)
        distance = bins - xy[..., axis, None] * SPLIT_RATIO  # (N, K, r side)
        axes.append(np.exp(-np.square(distance) / (2 * _SIGMA_BINS**2)).astype(np.float32))
    return axes[0], axes[1]


def decode(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1].

    The split ratio comes from the shapes.
    """
    positions, peaks = [], []
    for name, side in zip(("simcc_x", "simcc_y"), input_wh, strict=True):
        bins = outputs[name]  # (N, K, r side)
        positions.append(bins.argmax(-1) * (side / bins.shape[-1]))  # (N, K)
        peaks.append(bins.max(-1))
    # The axis with the lower maximum gives the score, as in RTMPose.
    score = np.clip(np.minimum(*peaks), 0, 1)
    return np.stack(positions, axis=-1).astype(np.float32), score.astype(np.float32)
