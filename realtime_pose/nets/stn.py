"""STN: a localisation network finds theta (N, 2, 3) in crops (N, 3, H, W); `theta` says what it means.

A localisation network gives raw numbers (N, 6), theta row by row before the guards. All start as the identity: the
weights of the last layer are 0, its bias is (1, 0, 0, 0, 1, 0). N crops, C channels. Sources: Fang et al., RMPE,
arXiv:1612.00137, section 3.1; He et al., ResNet, arXiv:1512.03385; expected positions of features: Levine et al.,
arXiv:1504.00702, section 4.2.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from realtime_pose.nets.theta import guard

SEEN_PX = 64  # longer side of what the tiny network sees
_CHANNELS = (16, 32, 64)  # of the tiny network, each at half the size of the one before
_HIDDEN = 64


class TinyLocalisation(nn.Module):
    """Sees the crop at about 64 px, with 0.08 million parameters: for live use on a CPU.

    Its head gets the expected position of each feature, so that it sees where something is, and the mean features.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for in_channels, out_channels in zip((3, *_CHANNELS[:-1]), _CHANNELS, strict=True):
            layers += [*_convolution(in_channels, out_channels, stride=2), nn.ReLU()]
        layers += [*_convolution(_CHANNELS[-1], _CHANNELS[-1]), nn.ReLU(), nn.Conv2d(_CHANNELS[-1], _CHANNELS[-1], 1)]
        self.features = nn.Sequential(*layers)
        self.hidden = nn.Linear(3 * _CHANNELS[-1], _HIDDEN)
        self.fc = _identity_layer(_HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 6)."""
        factor = max(x.shape[2:]) // SEEN_PX
        x = self.features(functional.avg_pool2d(x, factor) if factor > 1 else x)  # (N, C, H', W')
        raw: Tensor = self.fc(torch.relu(self.hidden(torch.cat((_positions(x), x.mean(dim=(2, 3))), dim=1))))
        return raw


class ResNet18Localisation(nn.Module):
    """ResNet-18 at the full size of the crop, as in the paper; the names of its parameters are torchvision's."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, stride=2), BasicBlock(128, 128))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, stride=2), BasicBlock(256, 256))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, stride=2), BasicBlock(512, 512))
        self.fc = _identity_layer(512)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 6)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (N, 512, H / 32, W / 32)
        raw: Tensor = self.fc(x.mean(dim=(2, 3)))
        return raw


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions, the first one with the stride, and a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = _convolution(in_channels, out_channels, stride=stride)
        self.conv2, self.bn2 = _convolution(out_channels, out_channels)
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        )
        self.downsample = None if stride == 1 else shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, out_channels, H / stride, W / stride)."""
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


LOCALISATION_NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "stn18": ResNet18Localisation,
    "tiny": TinyLocalisation,
}


class SpatialTransformer(nn.Module):
    """STN: a localisation network and the guards. It starts as the identity.

    Args:
        kind: A name of `LOCALISATION_NETWORKS`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.localisation = LOCALISATION_NETWORKS[kind]()

    def forward(self, x: Tensor) -> Tensor:
        """Crops (N, 3, H, W) to theta (N, 2, 3) within the guards, never in half precision."""
        raw = self.localisation(x)
        return guard(raw.to(torch.promote_types(raw.dtype, torch.float32)))


def _positions(x: Tensor) -> Tensor:
    """(N, 2 C) expected x and y of each feature (N, C, H, W), read as logits over the positions; normalised."""
    height, width = x.shape[2:]
    p = x.flatten(2).softmax(dim=-1).reshape(-1, x.shape[1], height, width)
    along_x, along_y = (torch.linspace(-1, 1, side, dtype=x.dtype, device=x.device) for side in (width, height))
    return torch.cat(((p.sum(dim=2) * along_x).sum(dim=-1), (p.sum(dim=3) * along_y).sum(dim=-1)), dim=1)


def _convolution(in_channels: int, out_channels: int, *, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A 3 x 3 convolution without bias, and batch norm."""
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out_channels)


def _identity_layer(features: int) -> nn.Linear:
    """A last layer whose output is the identity, whatever comes in."""
    layer = nn.Linear(features, 6)
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.bias.copy_(torch.eye(2, 3).flatten())
    return layer
