"""ResNet of bottlenecks: crops (N, 3, H, W) to features (N, 2048, H / 32, W / 32).

Plain, with squeeze-and-excitation, or deformable. N crops, C channels. The parameters have the names and shapes of the
published checkpoints. Sources: He et al., ResNet, arXiv:1512.03385; Hu et al., squeeze-and-excitation,
arXiv:1709.01507.
"""

import torch
from torch import Tensor, nn

from realtime_pose.nets.deformable import DeformableConv

_EXPANSION = 4  # output channels of a bottleneck per inner channel (plane)
_PLANES = (64, 128, 256, 512)  # inner channels of the four layers
_OFFSETS = 18  # dy and dx of 9 taps


class SqueezeExcite(nn.Module):
    """Channel weights from the means of all channels; reduction 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        weight: Tensor = self.fc(x.mean(dim=(2, 3)))  # (N, C)
        return x * weight[:, :, None, None]


class Bottleneck(nn.Module):
    """Convolutions 1 x 1, 3 x 3 with the stride, 1 x 1, and a shortcut.

    Where the number of channels changes, in the first bottleneck of a layer, the shortcut has a convolution, and there
    may be squeeze-and-excitation. In a deformable bottleneck the offsets come from another 3 x 3 convolution.
    """

    def __init__(
        self, in_channels: int, planes: int, *, stride: int = 1, has_squeeze: bool, is_deformable: bool
    ) -> None:
        super().__init__()
        out_channels = planes * _EXPANSION
        is_first = in_channels != out_channels
        self.conv1 = nn.Conv2d(in_channels, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2_offset = nn.Conv2d(planes, _OFFSETS, 3, stride, padding=1) if is_deformable else None
        plain = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.conv2 = DeformableConv(planes, planes, stride=stride) if is_deformable else plain
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.se = SqueezeExcite(out_channels) if is_first and has_squeeze else None
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        )
        self.downsample = shortcut if is_first else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 4 planes, H / stride, W / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.conv2(y) if self.conv2_offset is None else self.conv2(y, self.conv2_offset(y))
        y = torch.relu(self.bn2(y))
        y = self.bn3(self.conv3(y))
        if self.se is not None:
            y = self.se(y)
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(y + shortcut)


class ResNet(nn.Module):
    """Four layers of bottlenecks.

    Args:
        depths: Number of bottlenecks of each layer.
        has_squeeze: Whether the first bottleneck of each layer has squeeze-and-excitation.
        is_deformable: Whether the 3 x 3 convolutions of layers 2 to 4 are deformable.
    """

    def __init__(self, depths: tuple[int, ...], *, has_squeeze: bool, is_deformable: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        channels = 64
        for number, (planes, depth) in enumerate(zip(_PLANES, depths, strict=True), start=1):
            blocks = []
            for index in range(depth):
                stride = 2 if number > 1 and index == 0 else 1
                deforms = is_deformable and number > 1  # the first layer is never deformable
                blocks.append(
                    Bottleneck(channels, planes, stride=stride, has_squeeze=has_squeeze, is_deformable=deforms)
                )
                channels = planes * _EXPANSION
            self.add_module(f"layer{number}", nn.Sequential(*blocks))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 2048, H / 32, W / 32)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))  # (N, 64, H / 4, W / 4)
        for number in range(1, len(_PLANES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x
