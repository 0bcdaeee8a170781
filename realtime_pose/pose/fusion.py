"""Several estimates of the same persons to one: the place that most of them support, and how much they do.

V estimates (a crop, its mirror image, a second crop) of N persons with K keypoints, in frame pixels. What agrees is
decided for each keypoint alone, so that one estimate may be right about a wrist and wrong about an ankle.
"""

import numpy as np

from realtime_pose.scene import Float

AGREE = 0.06  # of the person's longer side: estimates farther apart are of different things


def fuse(keypoints: Float, score: Float, size_px: Float) -> tuple[Float, Float]:
    """(N, K, 2) keypoints and (N, K) scores in [0, 1].

    The estimate with the highest sum of scores about it leads; those near it are averaged, weighted by score. The
    score is the mean over all V of what supports that place, so that disagreement lowers it.

    Args:
        keypoints: (V, N, K, 2).
        score: (V, N, K) in [0, 1].
        size_px: (N,) longer side of each person.

    >>> xy, score = np.float32([[[[10, 0]]], [[[12, 0]]]]), np.float32([[[0.9]], [[0.3]]])
    >>> fuse(xy, score, np.float32([100]))[0].tolist()
    [[[10.5, 0.0]]]
    """
    apart = np.linalg.norm(keypoints[:, None] - keypoints[None], axis=-1)  # (V, V, N, K)
    near = apart <= AGREE * size_px[:, None]
    support = (near * score).sum(axis=1)  # (V, N, K) of the place of each estimate
    lead = support.argmax(axis=0)[None]  # (1, N, K)
    weight = score * np.take_along_axis(near, lead[None], axis=0)[0]  # (V, N, K)
    total = weight.sum(axis=0)
    place = np.take_along_axis(keypoints, lead[..., None], axis=0)[0]
    mean = (keypoints * weight[..., None]).sum(axis=0) / np.where(total > 0, total, 1)[..., None]
    fused = np.where(total[..., None] > 0, mean, place).astype(np.float32)
    return fused, np.asarray(total / len(score), dtype=np.float32)
