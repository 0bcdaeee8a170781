"""The spatial transformer and its inverse: guards, half pixels, gradients; points and maps come back exactly."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from realtime_pose.geometry import MAX_THETA_SHIFT, THETA_SCALES, apply_affine, invert_affine, theta_affine
from realtime_pose.nets.sstn import Sstn
from realtime_pose.nets.stn import LOCALISATION_NETWORKS, SpatialTransformer
from realtime_pose.nets.theta import guard, identity, invert, map_points, maps_in_crop, sample

pytestmark = [pytest.mark.slow]

F32 = np.float32
WH = (192, 256)

numbers = st.one_of(st.floats(-3, 3), st.floats(-1e30, 1e30), st.sampled_from([0.0, 1.0, -1.0, 1e38, -1e38]))
raws = st.lists(numbers, min_size=6, max_size=6)


def thetas(count: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Thetas all over the range of the guards."""
    generator = torch.Generator().manual_seed(seed)
    raw = identity(torch.zeros(1)).flatten() + torch.randn(count, 6, generator=generator)
    return guard(raw.to(dtype))


def gradients_are_right(function: Callable[..., Any], *inputs: Tensor) -> bool:
    """Whether the gradients with respect to all inputs are those of differences; raises where they are not."""
    given_inputs = tuple(each.detach().clone().requires_grad_() for each in inputs)
    return bool(torch.autograd.gradcheck(function, given_inputs, eps=1e-6, atol=1e-5))


def check_guards(theta: Tensor) -> None:
    values = theta.detach().double()
    assert bool(torch.isfinite(values).all())
    scales = torch.linalg.svdvals(values[:, :, :2])
    assert float(scales.min()) >= THETA_SCALES[0] - 1e-6
    assert float(scales.max()) <= THETA_SCALES[1] + 1e-6
    assert float(values[:, :, 2].abs().max()) < MAX_THETA_SHIFT
    assert float(torch.linalg.det(values[:, :, :2]).min()) >= 0.25 - 1e-6


class TestGuards:
    @given(raw=raws)
    @settings(max_examples=100, deadline=None)
    def test_no_numbers_lead_outside(self, raw: list[float]) -> None:
        check_guards(guard(torch.tensor([raw], dtype=torch.float32)))

    @pytest.mark.parametrize("kind", LOCALISATION_NETWORKS)
    @pytest.mark.parametrize("size", [1e-3, 1.0, 30.0, 1e3])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_no_weights_lead_outside(self, kind: str, size: float, seed: int) -> None:
        torch.manual_seed(seed)
        stn = SpatialTransformer(kind).eval()
        for parameter in stn.parameters():
            nn.init.normal_(parameter, std=size)
        crops = torch.randn(3, 3, 64, 48)
        theta = stn(crops)
        raw_is_nan = torch.isnan(stn.localisation(crops)).any(dim=1)
        if bool(raw_is_nan.any()):  # layers overflow: which ones depends on how the processor adds
            # No plausible theta: training and live use stop at such numbers.
            assert bool(torch.isnan(theta).any(dim=(1, 2))[raw_is_nan].all())
            return
        check_guards(theta)
        torch.autograd.backward(theta.sum())
        assert all(bool(torch.isfinite(each.grad).all()) for each in stn.parameters() if each.grad is not None)

    def test_small_changes_pass_unchanged(self) -> None:
        """The slope at the identity is 1 for each of the six numbers."""
        raw = torch.eye(2, 3, dtype=torch.float64).reshape(1, 6)
        jacobian = torch.autograd.functional.jacobian(guard, raw).reshape(6, 6)  # type: ignore[no-untyped-call] # torch has no type here
        assert torch.allclose(jacobian, torch.eye(6, dtype=torch.float64), atol=1e-3)

    @pytest.mark.parametrize("kind", LOCALISATION_NETWORKS)
    def test_it_starts_as_the_identity(self, kind: str) -> None:
        theta = SpatialTransformer(kind).eval()(torch.randn(2, 3, 256, 192))
        assert torch.allclose(theta, identity(theta).expand(2, 2, 3), atol=1e-7)


class TestPoints:
    @given(raw=raws, x=st.floats(-0.5, 191.5), y=st.floats(-0.5, 255.5))
    @settings(max_examples=100, deadline=None)
    def test_there_and_back_is_the_same_place(self, raw: list[float], x: float, y: float) -> None:
        """STN, then SDTN, within 1e-4 px: in the package's pixels, and in torch's normalised coordinates."""
        theta = guard(torch.tensor([raw], dtype=torch.float32))
        to_crop = theta_affine(theta.numpy(), WH)
        seen = apply_affine(invert_affine(to_crop.astype(np.float64)), np.array([[[x, y]]]))
        assert np.abs(apply_affine(to_crop, seen) - np.array([x, y], F32)).max() < 1e-4
        point = torch.tensor([[[2 * x / WH[0] - 1, 2 * y / WH[1] - 1]]], dtype=torch.float64)
        back = map_points(theta.double(), map_points(invert(theta.double()), point))
        assert float((back - point).abs().max()) * WH[1] / 2 < 1e-4

    def test_the_inverse_of_torch_is_that_of_numpy(self) -> None:
        theta = thetas(20, 1)
        whole = torch.cat((theta, torch.tensor([0.0, 0, 1]).expand(20, 1, 3)), dim=1)
        assert torch.allclose(invert(theta), torch.linalg.inv(whole)[:, :2], atol=1e-5)

    def test_normalised_and_pixel_maps_agree(self) -> None:
        theta, xy = thetas(8, 2), np.random.default_rng(0).uniform(0, 190, (8, 5, 2)).astype(F32)
        side = np.array(WH, F32)
        normalised = torch.from_numpy((2 * xy + 1) / side - 1)
        expected = ((map_points(theta, normalised).numpy() + 1) * side - 1) / 2
        assert np.allclose(apply_affine(theta_affine(theta.numpy(), WH), xy), expected, atol=1e-3)

    def test_a_dot_is_sampled_where_theta_says(self) -> None:
        """A half pixel is noticed: the dot's centre of mass is compared with theta in pixels."""
        crop = torch.zeros(1, 1, 64, 48)
        rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(48.0), indexing="ij")
        crop[0, 0] = torch.exp(-((rows - 34).square() + (columns - 21).square()) / 18)
        for theta in (thetas(10, 3) + 2 * identity(crop)) / 3:  # the dot stays inside
            to_seen = invert_affine(theta_affine(theta.numpy(), (48, 64)))
            expected = apply_affine(to_seen, np.array([[21, 34]], F32))[0]
            seen = sample(crop, theta[None])[0, 0]
            found = [float((axis * seen).sum() / seen.sum()) for axis in (columns, rows)]
            assert found == pytest.approx(expected.tolist(), abs=0.05)


class TestMaps:
    def test_the_identity_changes_nothing(self) -> None:
        maps = torch.randn(2, 5, 16, 12)
        assert torch.allclose(sample(maps, identity(maps).expand(2, 2, 3)), maps, atol=1e-5)

    def test_maps_come_back(self) -> None:
        """What is inside the frame of the SPPE: two bilinear samplings of a smooth map."""
        rows, columns = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 48), indexing="ij")
        maps = torch.exp(-4 * (rows.square() + columns.square())).expand(6, 1, 64, 48)
        theta = thetas(6, 4)
        back = maps_in_crop(sample(maps, theta), theta)
        is_inside = maps_in_crop(torch.ones_like(maps), theta) > 0.999
        assert float((back - maps)[is_inside].abs().max()) < 0.02
        assert float(is_inside.float().mean()) > 0.3

    def test_outside_is_empty(self) -> None:
        theta = torch.tensor([[[1.5, 0, 0], [0, 1.5, 0]]])
        seen = sample(torch.ones(1, 1, 12, 12), theta)
        assert float(seen[0, 0, 0, 0]) == 0
        assert float(seen[0, 0, 6, 6]) == 1


class TestGradients:
    """Compared with differences in double precision."""

    RAW = torch.eye(2, 3, dtype=torch.float64).reshape(1, 6) + torch.tensor(
        [[0.1, -0.2, 0.15, 0.07, 0.2, -0.3]], dtype=torch.float64
    )

    def test_of_the_guards(self) -> None:
        assert gradients_are_right(guard, self.RAW)

    def test_of_the_inverse(self) -> None:
        assert gradients_are_right(lambda raw: invert(guard(raw)), self.RAW)

    def test_of_the_sampler_and_back(self) -> None:
        maps = torch.rand(1, 2, 7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

        def there_and_back(maps: Tensor, raw: Tensor) -> Tensor:
            theta = guard(raw)
            return maps_in_crop(sample(maps, theta), theta)

        assert gradients_are_right(there_and_back, maps, self.RAW)

    def test_of_the_whole(self) -> None:
        """Through localisation network, sampler and SPPE, with respect to the crop."""
        torch.manual_seed(0)
        network = Sstn("tiny", nn.Sequential(nn.Conv2d(3, 2, 3, 4, padding=1), nn.Softplus())).double().eval()
        nn.init.normal_(network.stn.localisation.get_parameter("fc.weight"), std=0.5)

        def maps_and_theta(crop: Tensor) -> tuple[Tensor, Tensor]:
            maps, theta = network(crop)
            return maps_in_crop(maps, theta), theta

        assert gradients_are_right(maps_and_theta, torch.rand(1, 3, 8, 4, dtype=torch.float64))


class TestSstn:
    def test_at_first_it_is_the_sppe_alone(self) -> None:
        sppe = nn.Conv2d(3, 4, 3, 4, padding=1)
        crops = torch.randn(2, 3, 64, 48)
        maps, theta = Sstn("tiny", sppe).eval()(crops)
        assert torch.allclose(maps, sppe(crops), atol=1e-5)
        assert theta.shape == (2, 2, 3)

    def test_half_precision_keeps_the_coordinates(self) -> None:
        network = Sstn("tiny", nn.Conv2d(3, 4, 3, 4, padding=1)).half().eval()
        maps, theta = network(torch.randn(2, 3, 64, 48).half())
        assert (maps.dtype, theta.dtype) == (torch.float16, torch.float32)

    def test_the_tiny_one_sees_64_px(self) -> None:
        """Details that vanish when the crop is made smaller do not reach it."""
        stn = SpatialTransformer("tiny").eval()
        nn.init.normal_(stn.localisation.get_parameter("fc.weight"))
        crop = torch.randn(1, 3, 64, 48)
        large = crop.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
        assert torch.allclose(stn(large), stn(crop), atol=1e-5)
        assert math.isclose(sum(each.numel() for each in stn.parameters()) / 1e6, 0.08, abs_tol=0.01)
