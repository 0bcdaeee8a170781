"""SSTN: an SPPE behind a spatial transformer; crops (N, 3, H, W) to maps (N, K, h, w) and theta (N, 2, 3).

The maps are in the frame of what the SPPE sees. Points found in them go through theta to the crop
(`geometry.theta_affine`), which is exact and cheaper than sampling the maps back, as the SDTN does in training. Source:
Fang et al., RMPE, arXiv:1612.00137, section 3.1.
"""

from torch import Tensor, nn

from realtime_pose.nets.stn import SpatialTransformer
from realtime_pose.nets.theta import sample

SPPE = "sppe"  # the names of its parameters begin so


class Sstn(nn.Module):
    """An SPPE with its spatial transformer.

    Args:
        kind: Name of the localisation network.
        sppe: Crops to maps.
    """

    def __init__(self, kind: str, sppe: nn.Module) -> None:
        super().__init__()
        self.stn = SpatialTransformer(kind)
        self.sppe = sppe

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to maps (N, K, h, w) in the frame of the transformed crop, and theta (N, 2, 3)."""
        theta: Tensor = self.stn(x)
        seen = sample(x.to(theta.dtype), theta).to(x.dtype)  # coordinates in half precision would be off by a pixel
        return self.sppe(seen), theta
