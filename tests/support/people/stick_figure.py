"""A person as keypoints: a stick figure that stands upright."""

import numpy as np

STANDING = np.array(
    [[.5, .05], [.52, .04], [.48, .04], [.55, .05], [.45, .05], [.62, .18], [.38, .18], [.66, .35], [.34, .35],
     [.67, .5], [.33, .5], [.57, .5], [.43, .5], [.57, .73], [.43, .73], [.57, .96], [.43, .96]], np.float32,
)  # fmt: skip
"""(17, 2) x to the right, y down, in COCO-17 order; the height is 1."""
