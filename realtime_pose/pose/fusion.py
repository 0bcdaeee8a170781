"""Several estimates of the same persons to one, keypoint by keypoint.

V estimates (a crop, its mirror image, a second crop) of N persons with K keypoints, in frame pixels. Each keypoint is
decided alone, so one estimate may be right about a wrist and wrong about an ankle.
"""

import numpy as np

from realtime_pose.scene import Float

AGREEMENT_RADIUS = 0.06  # relative to the person's longer side: estimates farther apart do not agree


def fuse(keypoints: Float, score: Float, size_px: Float) -> tuple[Float, Float]:
    """(N, K, 2) keypoints and (N, K) scores in [0, 1].

    The support of an estimate is the sum of the scores near it. The estimate with the highest support is selected, and
    those near it are averaged, weighted by score. The new score is the support divided by V, so disagreement lowers it.

    Args:
        keypoints: (V, N, K, 2).
        score: (V, N, K) in [0, 1].
        size_px: (N,) longer side of each person.

    >>> xy, score = np.float32([[[[10, 0]]], [[[12, 0]]]]), np.float32([[[0.9]], [[0.3]]])
    >>> fuse(xy, score, np.float32([100]))[0].tolist()
    [[[10.5, 0.0]]]
    """
    distance = np.linalg.norm(keypoints[:, None] - keypoints[None], axis=-1)  # (V, V, N, K)
    is_near = distance <= AGREEMENT_RADIUS * size_px[:, None]
    support = (is_near * score).sum(axis=1)  # (V, N, K)
    best = support.argmax(axis=0)[None]  # (1, N, K) index of the selected estimate
    weight = score * np.take_along_axis(is_near, best[None], axis=0)[0]  # (V, N, K), 0 for estimates that do not agree
    total = weight.sum(axis=0)  # (N, K)
    selected = np.take_along_axis(keypoints, best[..., None], axis=0)[0]  # (N, K, 2)
    mean = (keypoints * weight[..., None]).sum(axis=0) / np.where(total > 0, total, 1)[..., None]
    fused = np.where(total[..., None] > 0, mean, selected).astype(np.float32)
    return fused, np.asarray(total / len(score), dtype=np.float32)
