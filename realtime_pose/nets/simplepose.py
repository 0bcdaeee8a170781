"""SimplePose: crops (N, 3, H, W) to heatmaps (N, K, H / 4, W / 4), by transposed convolutions on a plain ResNet.

N crops, K keypoints. The parameters have the names and shapes of the published checkpoints. Source: Xiao et al., Simple
Baselines for Human Pose Estimation and Tracking, arXiv:1804.06208.
"""

from torch import Tensor, nn

from realtime_pose.nets.resnet import ResNet

_CHANNELS = 256  # of each transposed convolution
_NUM_DECONVOLUTIONS = 3


class SimplePose(nn.Module):
    """The whole network.

    Args:
        num_keypoints: K.
        depths: Number of bottlenecks of each of the four layers of the ResNet.
    """

    def __init__(self, num_keypoints: int, *, depths: tuple[int, ...] = (3, 4, 6, 3)) -> None:
        super().__init__()
        self.preact = ResNet(depths, has_squeeze=False)
        layers: list[nn.Module] = []
        for in_channels in (2048, *[_CHANNELS] * (_NUM_DECONVOLUTIONS - 1)):
            layers += [
                nn.ConvTranspose2d(in_channels, _CHANNELS, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(_CHANNELS),
                nn.ReLU(),
            ]
        self.deconv_layers = nn.Sequential(*layers)
        self.final_layer = nn.Conv2d(_CHANNELS, num_keypoints, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, K, H / 4, W / 4)."""
        maps: Tensor = self.final_layer(self.deconv_layers(self.preact(x)))
        return maps
