"""The localisation network of a spatial transformer: crops (N, 3, H, W) around people to theta (N, 2, 3).

A crop shows a person's box and its surroundings: the box times PADDING, stretched to the input. The network finds the
four edges of the person in it. Theta maps the crop that would show the person well to the crop as it is:
source = theta (target, 1), both from -1 to 1 over the crop's edges. So the identity leaves the box as it was.

N persons, C channels. The backbone is that of NanoDet-g up to stride 16, whose parameters it takes over; the head asks
every cell for the four edges, and each edge is a mean of the answers, with weights that the cells give too. Sources:
RangiLyu/nanodet (Apache-2.0), CspNet; Jaderberg et al., Spatial Transformer Networks, arXiv:1506.02025; Fang et al.,
RMPE, arXiv:1612.00137.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from realtime_pose.geometry import MAX_THETA_SHIFT, THETA_SCALES

PADDING = 1.6  # the crop shows this much of a box's sides
STRIDE = 8  # crop pixels per cell of the head
_SLOPE = 0.1  # of the leaky ReLU, as NanoDet-g has it
_NECK = 64  # channels of the head
_EDGES = 4  # left, top, right, bottom


class ResidualPair(nn.Module):
    """Two convolutions whose outputs are stacked: (N, C, H, W) to the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels // 2)
        self.second = _convolution(channels // 2, channels // 2)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        y = self.first(x)
        return torch.cat((self.second(y), y), dim=1)


class Stage(nn.Module):
    """A stage of CspNet: (N, C, H, W) to (N, 2 C, H / stride, W / stride)."""

    def __init__(self, channels: int, *, num_pairs: int, stride: int) -> None:
        super().__init__()
        self.enter = _convolution(channels, channels, stride=stride)
        self.pairs = nn.Sequential(*(ResidualPair(channels) for _ in range(num_pairs)))
        self.leave = _convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        y = self.enter(x)
        return torch.cat((self.leave(self.pairs(y)), y), dim=1)


class LocalisationNetwork(nn.Module):
    """The whole network; it starts as the identity.

    Args:
        input_wh: Width and height of the crops, multiples of 16.

    Attributes:
        backbone: Its convolutions come in the order of those in NanoDet-g's graph.
        cells: (1, 4, H / 8, W / 8) centres of the cells: x, y, x, y.
        start: (4,) edges of the box as it was.
    """

    cells: Tensor
    start: Tensor

    def __init__(self, input_wh: tuple[int, int]) -> None:
        super().__init__()
        width, height = (side // STRIDE for side in input_wh)
        self.backbone = nn.ModuleDict(
            {
                "stem": nn.Sequential(_convolution(3, 32, stride=2), nn.MaxPool2d(3, 2, 1)),
                "stage1": Stage(32, num_pairs=1, stride=1),
                "stage2": Stage(64, num_pairs=2, stride=2),
                "stage3": Stage(128, num_pairs=2, stride=2),
            }
        )
        self.fine = nn.Conv2d(128, _NECK, 1)  # of stride 8
        self.coarse = nn.Conv2d(256, _NECK, 1)  # of stride 16
        self.mix = _convolution(_NECK, _NECK)
        self.answer = nn.Conv2d(_NECK, 2 * _EDGES, 1)  # distances and weights of the edges
        for parameter in self.answer.parameters():
            nn.init.zeros_(parameter)
        self.place_weight = nn.Parameter(torch.zeros(1, _EDGES, height, width))
        self.register_buffer("cells", _edge_positions(width, height))
        self.register_buffer("start", torch.tensor([-1.0, -1.0, 1.0, 1.0]) / PADDING)

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """All parameters but those of the backbone."""
        return (value for name, value in self.named_parameters() if not name.startswith("backbone."))

    def edges(self, crops: Tensor) -> Tensor:
        """(N, 4) left, top, right and bottom of the persons, from -1 to 1 over the crops (N, 3, H, W)."""
        x = self.backbone["stage1"](self.backbone["stem"](crops))
        fine = self.backbone["stage2"](x)  # (N, 128, H / 8, W / 8)
        coarse = self.coarse(self.backbone["stage3"](fine))
        x = torch.relu(self.fine(fine) + functional.interpolate(coarse, scale_factor=2.0))
        distance, weight = self.answer(self.mix(x)).chunk(2, dim=1)  # each (N, 4, H / 8, W / 8)
        weight = torch.softmax((weight + self.place_weight).flatten(2), dim=-1)  # (N, 4, cells)
        edges: Tensor = ((distance + self.cells).flatten(2) * weight).sum(dim=-1) + self.start
        return edges

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 2, 3) theta within its limits."""
        return edges_to_theta(self.edges(crops))


def edges_to_theta(edges: Tensor) -> Tensor:
    """(N, 2, 3) theta from (N, 4) edges that run from -1 to 1 over the crop."""
    low, high = edges[:, :2], edges[:, 2:]
    scale = ((high - low) * (PADDING / 2)).clamp(*THETA_SCALES)
    shift = ((low + high) / 2).clamp(-MAX_THETA_SHIFT, MAX_THETA_SHIFT)
    return torch.cat((torch.diag_embed(scale), shift[..., None]), dim=-1)


def _convolution(in_channels: int, out_channels: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, stride, 1), nn.LeakyReLU(_SLOPE))


def _edge_positions(width: int, height: int) -> Tensor:
    """(1, 4, height, width) centre of each cell from -1 to 1, in x for left and right, in y for top and bottom."""
    x = ((torch.arange(width) + 0.5) * 2 / width - 1).expand(height, width)
    y = ((torch.arange(height) + 0.5) * 2 / height - 1)[:, None].expand(height, width)
    return torch.stack((x, y, x, y))[None]
