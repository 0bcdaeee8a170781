"""A small network of our own: crops (N, 3, H, W) to heatmaps (N, K, H / 4, W / 4), in milliseconds on a CPU.

Inverted residuals as in MobileNetV3, then the sub-pixel convolutions of FastPose with fewer channels. N crops, K
keypoints, C channels. Sources: Howard et al., MobileNetV3, arXiv:1905.02244, table 2; Fang et al., AlphaPose,
arXiv:2211.03375.
"""

from typing import NamedTuple

from torch import Tensor, nn

from realtime_pose.nets.fastpose import DenseUpsampling

_STEM_CHANNELS = 16
_REDUCTION = 4  # of squeeze-and-excitation
_FEATURES = 512  # channels before the first pixel shuffle


class _Block(NamedTuple):
    """One inverted residual: side of its kernel, inner and outer channels, stride, and what it has."""

    kernel: int
    inner: int
    outer: int
    stride: int
    has_squeeze: bool
    is_swish: bool  # else ReLU


# MobileNetV3-small.
_BLOCKS = (
    _Block(3, 16, 16, 2, has_squeeze=True, is_swish=False),
    _Block(3, 72, 24, 2, has_squeeze=False, is_swish=False),
    _Block(3, 88, 24, 1, has_squeeze=False, is_swish=False),
    _Block(5, 96, 40, 2, has_squeeze=True, is_swish=True),
    _Block(5, 240, 40, 1, has_squeeze=True, is_swish=True),
    _Block(5, 240, 40, 1, has_squeeze=True, is_swish=True),
    _Block(5, 120, 48, 1, has_squeeze=True, is_swish=True),
    _Block(5, 144, 48, 1, has_squeeze=True, is_swish=True),
    _Block(5, 288, 96, 2, has_squeeze=True, is_swish=True),
    _Block(5, 576, 96, 1, has_squeeze=True, is_swish=True),
    _Block(5, 576, 96, 1, has_squeeze=True, is_swish=True),
)


class ChannelWeights(nn.Module):
    """Squeeze-and-excitation with a hard sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weights = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // _REDUCTION, 1),
            nn.ReLU(),
            nn.Conv2d(channels // _REDUCTION, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        y: Tensor = x * self.weights(x)
        return y


class InvertedResidual(nn.Module):
    """Convolutions 1 x 1 to more channels, one per channel with the stride, and 1 x 1 to few; added to the input."""

    def __init__(self, in_channels: int, block: _Block) -> None:
        super().__init__()
        activation = nn.Hardswish if block.is_swish else nn.ReLU
        self.layers = nn.Sequential(
            *_convolution(in_channels, block.inner, 1),
            activation(),
            *_convolution(block.inner, block.inner, block.kernel, stride=block.stride, groups=block.inner),
            activation(),
            *([ChannelWeights(block.inner)] if block.has_squeeze else []),
            *_convolution(block.inner, block.outer, 1),
        )
        self.is_residual = block.stride == 1 and in_channels == block.outer

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, outer, H / stride, W / stride)."""
        y: Tensor = self.layers(x)
        return x + y if self.is_residual else y


class SmallPose(nn.Module):
    """The whole network.

    Args:
        num_keypoints: K.
    """

    def __init__(self, num_keypoints: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [*_convolution(3, _STEM_CHANNELS, 3, stride=2), nn.Hardswish()]
        channels = _STEM_CHANNELS
        for block in _BLOCKS:
            layers.append(InvertedResidual(channels, block))
            channels = block.outer
        layers += [*_convolution(channels, _FEATURES, 1), nn.Hardswish()]
        self.backbone = nn.Sequential(*layers)
        self.shuffle = nn.PixelShuffle(2)
        self.duc1 = DenseUpsampling(128, 256)
        self.duc2 = DenseUpsampling(64, 128)
        self.conv_out = nn.Conv2d(32, num_keypoints, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, K, H / 4, W / 4)."""
        x = self.shuffle(self.backbone(x))  # (N, 128, H / 16, W / 16)
        x = self.duc2(self.duc1(x))  # (N, 32, H / 4, W / 4)
        maps: Tensor = self.conv_out(x)
        return maps


def _convolution(
    in_channels: int, out_channels: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias, and batch norm."""
    convolution = nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return convolution, nn.BatchNorm2d(out_channels)
