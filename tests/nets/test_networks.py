"""SimplePose and the small network: keys, shapes and sizes."""

import pytest
import torch
from torch import nn

from realtime_pose.nets.networks import NETWORKS
from realtime_pose.nets.simplepose import SimplePose

pytestmark = [pytest.mark.slow]


def num_parameters(network: nn.Module) -> float:
    return sum(value.numel() for value in network.parameters()) / 1e6


@pytest.mark.parametrize("name", NETWORKS)
def test_heatmaps_are_a_quarter_of_the_input_and_the_last_layer_has_its_name(name: str) -> None:
    with torch.device("meta"):
        network = NETWORKS[name].make(26).eval()
        assert network(torch.zeros(2, 3, 64, 96)).shape == (2, 26, 16, 24)
    last = network.get_submodule(NETWORKS[name].last_layer)
    assert isinstance(last, nn.Conv2d)
    assert last.out_channels == 26


def test_simplepose_has_the_published_keys_and_size() -> None:
    with torch.device("meta"):
        network = SimplePose(17)
    state = network.state_dict()
    assert {key.split(".")[0] for key in state} == {"preact", "deconv_layers", "final_layer"}
    assert state["preact.layer3.5.conv2.weight"].shape == (256, 256, 3, 3)
    assert state["preact.layer1.0.downsample.1.running_mean"].shape == (256,)
    assert [state[f"deconv_layers.{index}.weight"].shape for index in (0, 3, 6)] == [
        (2048, 256, 4, 4),
        (256, 256, 4, 4),
        (256, 256, 4, 4),
    ]
    assert state["deconv_layers.7.running_var"].shape == (256,)
    assert state["final_layer.weight"].shape == (17, 256, 1, 1)
    assert not any("se.fc" in key or key.startswith("preact.fc") for key in state)
    assert len(state) == 318 + 3 * 6 + 2  # ResNet-50 without its last layer; three deconvolutions with batch norm
    assert num_parameters(network) == pytest.approx(34.0, abs=0.05)  # table 3 of the paper


def test_a_transposed_convolution_doubles_the_sides_by_linear_interpolation() -> None:
    """With the weights of bilinear interpolation, each of them is the usual enlargement by 2."""
    network = SimplePose(1, depths=(1, 1, 1, 1))
    deconvolution = network.deconv_layers[3]
    assert isinstance(deconvolution, nn.ConvTranspose2d)
    line = torch.tensor([0.25, 0.75, 0.75, 0.25])
    with torch.no_grad():
        deconvolution.weight.zero_()
        deconvolution.weight[0, 0] = line[:, None] * line[None]
        x = torch.rand(1, 256, 5, 4, generator=torch.Generator().manual_seed(0))
        y = deconvolution(x)[:, :1]
    expected = nn.functional.interpolate(x[:, :1], scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(y[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], atol=1e-6)


def test_the_small_network_has_1_to_2_million_parameters() -> None:
    assert 1 <= num_parameters(NETWORKS["small"].make(17)) <= 2


def test_one_step_changes_every_parameter_of_the_small_network() -> None:
    torch.manual_seed(0)
    network = NETWORKS["small"].make(3)
    network(torch.rand(2, 3, 64, 48)).square().mean().backward()
    still = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert not still
