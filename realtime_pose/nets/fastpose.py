"""FastPose, the pose estimator of AlphaPose: (N, 3, H, W) crops to (N, K, H / 4, W / 4) heatmaps.

N crops, K keypoints, C channels. Names and shapes of the parameters are those of its published checkpoints, so that
these can be loaded. Sources: Fang et al., AlphaPose, arXiv:2211.03375; ResNet, arXiv:1512.03385; squeeze-and-
excitation, arXiv:1709.01507; sub-pixel convolution, arXiv:1609.05158.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from realtime_pose.nets.deformable import DeformableConv

_EXPANSION = 4  # of a bottleneck: channels out over channels within
_PLANES = (64, 128, 256, 512)


class SqueezeExcite(nn.Module):
    """Scales each channel by what the means of all channels say; reduction 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) of the same shape."""
        weight: Tensor = self.fc(x.mean(dim=(2, 3)))  # (N, C)
        return x * weight[:, :, None, None]


class Bottleneck(nn.Module):
    """1x1, 3x3 with the stride, 1x1, and the way past; the first of a layer squeezes, excites and may downsample.

    In a deformable one the 3x3 looks where a convolution of its own sends it.
    """

    def __init__(self, inside: int, planes: int, *, stride: int = 1, is_first: bool, is_deformable: bool) -> None:
        super().__init__()
        out = planes * _EXPANSION
        self.conv1 = nn.Conv2d(inside, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2_offset = nn.Conv2d(planes, 18, 3, stride, padding=1) if is_deformable else None
        plain = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.conv2 = DeformableConv(planes, planes, stride=stride) if is_deformable else plain
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.se = SqueezeExcite(out) if is_first else None
        past = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.downsample = past if is_first else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 4 planes, H / stride, W / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.conv2(y) if self.conv2_offset is None else self.conv2(y, self.conv2_offset(y))
        y = torch.relu(self.bn2(y))
        y = self.bn3(self.conv3(y))
        if self.se is not None:
            y = self.se(y)
        past = x if self.downsample is None else self.downsample(x)
        return torch.relu(y + past)


class SqueezeResNet(nn.Module):
    """A ResNet of bottlenecks: (N, 3, H, W) to (N, 2048, H / 32, W / 32)."""

    def __init__(self, depths: tuple[int, ...], *, is_deformable: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        inside = 64
        for number, (planes, depth) in enumerate(zip(_PLANES, depths, strict=True), start=1):
            deforms = is_deformable and number > 1
            stride = 1 if number == 1 else 2
            first = Bottleneck(inside, planes, stride=stride, is_first=True, is_deformable=deforms)
            inside = planes * _EXPANSION
            rest = [Bottleneck(inside, planes, is_first=False, is_deformable=deforms) for _ in range(depth - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *rest))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 2048, H / 32, W / 32)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for number in range(1, len(_PLANES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x


class DenseUpsampling(nn.Module):
    """DUC: a 3x3 convolution and a pixel shuffle: (N, C, H, W) to (N, out / 4, 2 H, 2 W)."""

    def __init__(self, inside: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, out, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, out / 4, 2 H, 2 W)."""
        y: Tensor = self.shuffle(torch.relu(self.bn(self.conv(x))))
        return y


class FastPose(nn.Module):
    """The whole network; its parameters bear the names of the published checkpoints, a misspelt one included.

    Args:
        num_keypoints: K.
        depths: Bottlenecks of each of the four layers.
        is_deformable: Whether the 3x3 convolutions of layers 2 to 4 are deformable ones.
    """

    def __init__(
        self, num_keypoints: int, *, depths: tuple[int, ...] = (3, 4, 6, 3), is_deformable: bool = False
    ) -> None:
        super().__init__()
        self.preact = SqueezeResNet(depths, is_deformable=is_deformable)
        self.suffle1 = nn.PixelShuffle(2)
        self.duc1 = DenseUpsampling(512, 1024)
        self.duc2 = DenseUpsampling(256, 512)
        self.conv_out = nn.Conv2d(128, num_keypoints, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, K, H / 4, W / 4)."""
        x = self.suffle1(self.preact(x))  # (N, 512, H / 16, W / 16)
        x = self.duc2(self.duc1(x))  # (N, 128, H / 4, W / 4)
        maps: Tensor = self.conv_out(x)
        return maps


LAST_BIAS = "conv_out.bias"  # of all of them: as long as they have maps
NETWORKS: Mapping[str, Callable[[int], nn.Module]] = {
    "fastpose-r50": FastPose,
    "fastpose-r101": lambda num_keypoints: FastPose(num_keypoints, depths=(3, 4, 23, 3)),
    "fastpose-r50-dcn": lambda num_keypoints: FastPose(num_keypoints, is_deformable=True),
    "fastpose-r152": lambda num_keypoints: FastPose(num_keypoints, depths=(3, 8, 36, 3)),
}
