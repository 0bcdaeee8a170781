"""FastPose: crops (N, 3, H, W) to heatmaps (N, K, H / 4, W / 4).

N crops, K keypoints, C channels. The parameters have the names and shapes of the published checkpoints, so that these
can be loaded. Sources: Fang et al., AlphaPose, arXiv:2211.03375; He et al., ResNet, arXiv:1512.03385; Hu et al.,
squeeze-and-excitation, arXiv:1709.01507; Shi et al., sub-pixel convolution (pixel shuffle), arXiv:1609.05158.
"""

from collections.abc import Callable, Mapping

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

    The first of a layer has squeeze-and-excitation and a convolution in the shortcut. In a deformable bottleneck the
    offsets come from another 3 x 3 convolution.
    """

    def __init__(self, in_channels: int, planes: int, *, stride: int = 1, is_first: bool, is_deformable: bool) -> None:
        super().__init__()
        out_channels = planes * _EXPANSION
        self.conv1 = nn.Conv2d(in_channels, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2_offset = nn.Conv2d(planes, _OFFSETS, 3, stride, padding=1) if is_deformable else None
        plain = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.conv2 = DeformableConv(planes, planes, stride=stride) if is_deformable else plain
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.se = SqueezeExcite(out_channels) if is_first else None
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


class SqueezeResNet(nn.Module):
    """A ResNet of bottlenecks with squeeze-and-excitation."""

    def __init__(self, depths: tuple[int, ...], *, is_deformable: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        in_channels = 64
        for number, (planes, depth) in enumerate(zip(_PLANES, depths, strict=True), start=1):
            deforms = is_deformable and number > 1  # the first layer is never deformable
            stride = 1 if number == 1 else 2
            first = Bottleneck(in_channels, planes, stride=stride, is_first=True, is_deformable=deforms)
            in_channels = planes * _EXPANSION
            rest = [Bottleneck(in_channels, planes, is_first=False, is_deformable=deforms) for _ in range(depth - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *rest))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 2048, H / 32, W / 32)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))  # (N, 64, H / 4, W / 4)
        for number in range(1, len(_PLANES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x


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
        self.preact = SqueezeResNet(depths, is_deformable=is_deformable)
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


LAST_BIAS = "conv_out.bias"  # in all networks; its length is the number of heatmaps
NETWORKS: Mapping[str, Callable[[int], nn.Module]] = {
    "fastpose-r50": FastPose,
    "fastpose-r101": lambda num_keypoints: FastPose(num_keypoints, depths=(3, 4, 23, 3)),
    "fastpose-r50-dcn": lambda num_keypoints: FastPose(num_keypoints, is_deformable=True),
    "fastpose-r152": lambda num_keypoints: FastPose(num_keypoints, depths=(3, 8, 36, 3)),
}
