"""FastPose: crops (N, 3, H, W) to heatmaps (N, K, H / 4, W / 4).

N crops, K keypoints, C channels. The parameters have the names and shapes of the published checkpoints, so that these
can be loaded. Sources: Fang et al., AlphaPose, arXiv:2211.03375; Shi et al., sub-pixel convolution (pixel shuffle),
arXiv:1609.05158.
"""

import torch
from torch import Tensor, nn

from realtime_pose.nets.resnet import ResNet


class DenseUpsampling(nn.Module):
    """DUC: a 3 x 3 convolution and a pixel shuffle."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, out_channels / 4, 2 H, 2 W)."""
        y: Tensor = self.shuffle(torch.relu(self.bn(self.conv(x))))
        return y


class FastPose(nn.Module):
    """The whole network.

    Args:
        num_keypoints: K.
        depths: Number of bottlenecks of each of the four layers.
        is_deformable: Whether the 3 x 3 convolutions of layers 2 to 4 are deformable.
    """

    def __init__(
        self, num_keypoints: int, *, depths: tuple[int, ...] = (3, 4, 6, 3), is_deformable: bool = False
    ) -> None:
        super().__init__()
        self.preact = ResNet(depths, has_squeeze=True, is_deformable=is_deformable)
        self.shuffle = nn.PixelShuffle(2)
        self.duc1 = DenseUpsampling(512, 1024)
        self.duc2 = DenseUpsampling(256, 512)
        self.conv_out = nn.Conv2d(128, num_keypoints, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, K, H / 4, W / 4)."""
        x = self.shuffle(self.preact(x))  # (N, 512, H / 16, W / 16)
        x = self.duc2(self.duc1(x))  # (N, 128, H / 4, W / 4)
        maps: Tensor = self.conv_out(x)
        return maps
