"""An image and its boxes to corrected boxes: the spatial transformer before a pose estimator, of whatever kind.

N persons. A small network sees the stretched crop of each box with its surroundings, and says by theta where the person
is in it. The pose estimator then crops the image by the corrected box. So both affine maps are one, each pixel is
sampled once, and the way back of the points is the exact inverse, as ever. Source: Fang et al., RMPE, arXiv:1612.00137,
section 3.1 (STN and SDTN).
"""

import numpy as np

from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.geometry import MAX_THETA_SHIFT, THETA_SCALES, Float, apply_affine, invert_affine, theta_affine
from realtime_pose.models.network import Network
from realtime_pose.scene import Image

_ROUNDING = 0.02  # of arithmetic in 16 bits and less

FAMILY = "theta"


class SpatialTransformer:
    """Corrects boxes by a localisation network; for any thread.

    Args:
        network: The network with its manifest entry.

    Raises:
        ConfigError: The entry is not that of a localisation network.
    """

    def __init__(self, network: Network) -> None:
        spec = network.spec
        if spec.family != FAMILY or spec.input.fit != "stretch":
            raise ConfigError(
                f"model {spec.name}: expected family {FAMILY} and an input with fit stretch for a localisation "
                f"network, got family {spec.family} and fit {spec.input.fit}"
            )
        self._network = network

    def transform(self, image: Image, xyxy: Float) -> Float:
        """(N, 4) the corrected boxes, N >= 1.

        Raises:
            ModelError: The network failed, or gives a map that is not allowed.
        """
        outputs = self._network.run_crops(image, [(xyxy, False)])
        theta = outputs.arrays[FAMILY].astype(np.float32)  # (N, 2, 3)
        self._check(theta)
        corners = apply_affine(invert_affine(outputs.to_image), xyxy.reshape(-1, 2, 2))  # in the crops
        corrected = apply_affine(theta_affine(theta, outputs.input_wh), corners)
        return apply_affine(outputs.to_image, corrected).reshape(-1, 4)

    def _check(self, theta: Float) -> None:
        """Raise ModelError for a rotation, or a scale or a shift outside the limits."""
        least, most = THETA_SCALES
        scale, skew, shift = theta[:, (0, 1), (0, 1)], theta[:, (0, 1), (1, 0)], theta[:, :, 2]  # each (N, 2)
        is_allowed = (
            (scale >= least - _ROUNDING) & (scale <= most + _ROUNDING)
            & (np.abs(shift) <= MAX_THETA_SHIFT + _ROUNDING) & (np.abs(skew) <= _ROUNDING)
        )  # fmt: skip
        if not is_allowed.all():
            wrong = theta[~is_allowed.all(axis=1)][0]
            raise ModelError(
                f"model {self._network.spec.name}: expected maps theta without rotation, with scales from "
                f"{least:g} to {most:g} and shifts up to {MAX_THETA_SHIFT:g}, got {wrong.round(3).tolist()}; "
                "it is no localisation network for this program"
            )
