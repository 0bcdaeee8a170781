"""Patches on the CPU: the look-up of the normalisation gives what the arithmetic of the entry gives."""

import numpy as np
import pytest

from realtime_pose.geometry import Float
from realtime_pose.models import patches_cpu
from realtime_pose.models.manifest import InputSpec
from realtime_pose.scene import Image

Triple = tuple[float, float, float]

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@pytest.fixture
def image() -> Image:
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def spec(layout: str, colour: str, *, mean: Triple = MEAN, std: Triple = STD) -> InputSpec:
    return InputSpec(name="x", wh=(64, 48), layout=layout, colour=colour, mean=mean, std=std, fit="stretch")


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("colour", ["BGR", "RGB"])
@pytest.mark.parametrize(
    ("mean", "std"),
    [
        pytest.param(MEAN, STD, id="mean and std"),
        pytest.param((0.0, 0.0, 0.0), STD, id="std"),
        pytest.param(MEAN, (1.0, 1.0, 1.0), id="mean"),
        pytest.param((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), id="none"),
    ],
)
def test_the_batch_is_normalised_per_channel(layout: str, colour: str, mean: Triple, std: Triple, image: Image) -> None:
    batch, affine = patches_cpu.whole_frame(image, spec(layout, colour, mean=mean, std=std), (64, 48))
    channels = image[..., ::-1] if colour == "RGB" else image
    expected = (channels.astype(np.float32) - np.array(mean, np.float32)) / np.array(std, np.float32)
    shown = batch[0] if layout == "NHWC" else np.moveaxis(batch[0], 0, -1)
    assert batch.dtype == np.float32
    assert batch.flags.c_contiguous
    np.testing.assert_allclose(shown, expected, rtol=1e-6)
    np.testing.assert_array_equal(affine, np.array([[1, 0, 0], [0, 1, 0]], np.float32))


def boxes(count: int) -> Float:
    return np.tile(np.array([[4, 4, 40, 40]], np.float32), (count, 1)) + np.arange(count, dtype=np.float32)[:, None]


def test_the_crops_of_all_passes_are_one_batch(image: Image) -> None:
    network = spec("NCHW", "RGB")
    crops = patches_cpu.Crops(image, [(boxes(2), False), (boxes(2), True)], network)
    batch = crops[:]
    assert batch.shape == crops.shape == (4, 3, 48, 64)
    assert crops.affines.shape == (4, 2, 3)
    alone = [patches_cpu.Crops(image, [one], network) for one in [(boxes(2), False), (boxes(2), True)]]
    np.testing.assert_array_equal(batch, np.concatenate([one[:] for one in alone]))
    np.testing.assert_array_equal(crops.affines, np.concatenate([one.affines for one in alone]))
    # The map of the mirrored crop begins at the other side, so its columns are those of the plain one in reverse.
    np.testing.assert_allclose(batch[2][..., ::-1], batch[0], atol=0.1)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_crop_that_is_made_alone_is_that_of_the_batch(layout: str, image: Image) -> None:
    crops = patches_cpu.Crops(image, [(boxes(3), False)], spec(layout, "RGB"))
    assert crops[:].shape == crops.shape
    np.testing.assert_array_equal(crops[1:2], crops[:][1:2])
    assert crops[1:9].shape == (2, *crops.shape[1:])
