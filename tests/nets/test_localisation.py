"""The localisation network: it starts as the identity, never leaves its limits, and learns where people are."""

import pytest
import torch

from realtime_pose.geometry import MAX_THETA_SHIFT, THETA_SCALES
from realtime_pose.nets.localisation import PADDING, LocalisationNetwork, edges_to_theta

pytestmark = [pytest.mark.slow]

WH = (64, 64)


def test_it_starts_as_the_identity() -> None:
    theta = LocalisationNetwork(WH)(torch.randn(3, 3, 64, 64))
    assert torch.allclose(theta, torch.eye(2, 3).expand(3, 2, 3), atol=1e-6)


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_no_theta_outside_the_limits_whatever_the_weights(scale: float) -> None:
    torch.manual_seed(0)
    network = LocalisationNetwork(WH)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=scale)
    torch.nn.init.normal_(network.answer.weight, std=1e3)
    theta = network(torch.randn(8, 3, 64, 64))
    sides, shift = theta[:, (0, 1), (0, 1)], theta[:, :, 2]
    assert torch.isfinite(theta).all()
    assert ((sides >= THETA_SCALES[0]) & (sides <= THETA_SCALES[1])).all()
    assert (shift.abs() <= MAX_THETA_SHIFT).all()
    assert (theta[:, (0, 1), (1, 0)] == 0).all()


def test_edges_to_theta() -> None:
    """The edges of the box as it was are at 1 / PADDING."""
    start = torch.tensor([[-1.0, -1, 1, 1]]) / PADDING
    assert torch.allclose(edges_to_theta(start), torch.eye(2, 3)[None], atol=1e-6)
    moved = edges_to_theta(start * 0.8 + torch.tensor([[0.1, -0.2, 0.1, -0.2]]))
    assert torch.allclose(moved, torch.tensor([[[0.8, 0, 0.1], [0, 0.8, -0.2]]]), atol=1e-6)


@pytest.mark.parametrize("wh", [(64, 64), (48, 96)])
def test_other_sizes_of_crops(wh: tuple[int, int]) -> None:
    assert LocalisationNetwork(wh)(torch.zeros(2, 3, wh[1], wh[0])).shape == (2, 2, 3)


def test_it_learns_where_white_squares_are() -> None:
    """Gradients reach the whole network, also from random parameters."""
    torch.manual_seed(0)
    network = LocalisationNetwork(WH)
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    corner = torch.randint(8, 24, (8, 2))
    crops = torch.zeros(8, 3, 64, 64)
    for row, (x, y) in enumerate(corner.tolist()):
        crops[row, :, y : y + 30, x : x + 30] = 1
    true = torch.cat((corner, corner + 30), dim=1) / 32 - 1
    first = last = (network.edges(crops) - true).abs().mean().item()
    for _ in range(20):
        loss = (network.edges(crops) - true).abs().mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        last = loss.item()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())
    assert last < 0.75 * first
