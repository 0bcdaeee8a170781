"""Several estimates of the same persons to one: where estimates agree they are averaged, where not the surest counts.

V estimates (a crop, its mirror image, a second crop) of N persons with K keypoints, in frame pixels. What agrees is
decided for each keypoint alone, so that one estimate may be right about a wrist and wrong about an ankle.
"""

import numpy as np

from realtime_pose.scene import Float

AGREE = 0.06  # of the person's longer side: estimates farther from the surest one are of something else


def fuse(keypoints: Float, score: Float, size_px: Float) -> tuple[Float, Float]:
    """(N, K, 2) keypoints and (N, K) scores in [0, 1].

    Args:
        keypoints: (V, N, K, 2).
        score: (V, N, K) in [0, 1]; the weights of the average.
        size_px: (N,) longer side of each person.

    >>> xy, score = np.float32([[[[10, 0]]], [[[12, 0]]]]), np.float32([[[0.9]], [[0.3]]])
    >>> fuse(xy, score, np.float32([100]))[0].tolist()
    [[[10.5, 0.0]]]
    """
    surest = score.argmax(axis=0)[None]  # (1, N, K)
    lead = np.take_along_axis(keypoints, surest[..., None], axis=0)  # (1, N, K, 2)
    apart = np.linalg.norm(keypoints - lead, axis=-1)
    weight = np.where(apart <= AGREE * size_px[:, None], score, 0)  # (V, N, K)
    total = weight.sum(axis=0)[..., None]
    mean = (keypoints * weight[..., None]).sum(axis=0) / np.where(total > 0, total, 1)
    return np.where(total > 0, mean, lead[0]).astype(np.float32), score.mean(axis=0, dtype=np.float32)
