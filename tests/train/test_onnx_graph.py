"""Batch norm becomes a part of the convolutions before it; the same network becomes the same file."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from realtime_pose.nets.networks import NETWORKS
from realtime_pose.nets.stn import LOCALISATION_NETWORKS
from realtime_pose.train.onnx_graph import fold_batch_norm, write_graph

pytestmark = [pytest.mark.slow]


def with_random_statistics(network: nn.Module) -> nn.Module:
    """The network, where no batch norm is the identity."""
    torch.manual_seed(0)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm2d):
            for value in (each.weight, each.bias, each.running_mean, each.running_var):
                assert isinstance(value, Tensor)
                value.data.uniform_(0.5, 1.5)
    return network.eval()


@pytest.mark.parametrize("name", ["small", "simplepose-r50", "fastpose-r50-dcn"])
def test_folded_networks_compute_the_same(name: str) -> None:
    """Also where some batch norms stay: behind deformable and transposed convolutions."""
    network = with_random_statistics(NETWORKS[name].make(17))
    crops = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network(crops)
        found = fold_batch_norm(network)(crops)
    assert float((found - expected).abs().max()) < 1e-4 * float(expected.abs().max())
    assert float(expected.std()) > 0


@pytest.mark.parametrize("name", LOCALISATION_NETWORKS)
def test_folded_localisation_networks_compute_the_same(name: str) -> None:
    network = with_random_statistics(LOCALISATION_NETWORKS[name]())
    nn.init.normal_(network.get_parameter("fc.weight"))
    crops = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network(crops)
        found = fold_batch_norm(network)(crops)
    assert float((found - expected).abs().max()) < 1e-4 * float(expected.abs().max())


def test_the_network_itself_stays_as_it_is() -> None:
    network = with_random_statistics(NETWORKS["small"].make(17))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded = fold_batch_norm(network)
    assert not any(isinstance(each, nn.BatchNorm2d) for each in folded.modules())
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_the_same_network_becomes_the_same_file(tmp_path: Path) -> None:
    """To the byte, so that its SHA-256 says from what it was made."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1)).eval()
    paths = [tmp_path / name for name in ("first.onnx", "second.onnx")]
    for path in paths:
        write_graph(network, path, wh=(8, 8), input_name="x", outputs=["y"])
    assert paths[0].read_bytes() == paths[1].read_bytes()
