"""Embeddings of people by a network for re-identification: which crop it gets, both engines, and how they compare."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.dressed_people import Clothes, draw_visit
from realtime_pose.appearance.embeddings import EmbeddingDescriber, EmbeddingLooks, PersonEmbedder
from realtime_pose.config import DeviceConfig
from realtime_pose.errors import ConfigError
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.scene import Boxes, Image, Poses
from realtime_pose.skeletons import COCO17
from tests.support.models.graphs import reid_file

pytestmark = [pytest.mark.slow]  # a real network

RED = Clothes((40, 40, 190), (40, 40, 190), (60, 40, 30), (60, 40, 30))
GREEN = Clothes((50, 150, 60), (50, 150, 60), (60, 40, 30), (60, 40, 30))
WH = (200, 100)


def _embedder(path: Path, engine: str = "auto") -> PersonEmbedder:
    spec = load_manifest().find(str(path), task="reid")
    return PersonEmbedder(load_network(spec, DeviceConfig(device="cpu", engine=engine, precision="f32")))


def _seen(clothes: Clothes, *, seed: int) -> tuple[Image, Poses]:
    image, poses, _ = draw_visit([clothes], np.random.default_rng(seed), num_frames=1)[0]
    return image, poses


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_one_person_looks_alike_and_two_do_not(engine: str, batch: int | str, tmp_path: Path) -> None:
    embedder = _embedder(reid_file(tmp_path, batch=batch), engine)
    red, again, green = (
        embedder.embed(image, poses.boxes.xyxy)[0]
        for image, poses in (_seen(RED, seed=0), _seen(RED, seed=1), _seen(GREEN, seed=0))
    )
    assert red.shape == (512,)
    assert red @ again > 0.97
    assert red @ green < red @ again - 0.05


def test_a_crop_is_the_box_cut_at_the_image_and_stretched(tmp_path: Path) -> None:
    """The stripes of the network show the pixels of the box, and nothing beside it or beyond the image."""
    embedder = _embedder(reid_file(tmp_path))
    image = np.full((WH[1], WH[0], 3), (0, 0, 255), np.uint8)
    image[:, 50:150] = (0, 255, 0)
    whole = np.full((64, 32, 3), (0, 255, 0), np.uint8)
    wide, beyond = np.array([[50, 0, 149, 99]], np.float32), np.array([[60, -80, 140, 180]], np.float32)
    expected = embedder.embed(whole, np.array([[0, 0, 31, 63]], np.float32))
    for box in (wide, beyond):
        np.testing.assert_allclose(embedder.embed(image, box), expected, atol=0.02)


def test_a_batch_is_as_one_by_one(tmp_path: Path) -> None:
    embedder = _embedder(reid_file(tmp_path))
    image = np.random.default_rng(0).integers(0, 255, (WH[1], WH[0], 3), np.uint8)
    boxes = np.array([[0, 0, 60, 90], [50, 10, 90, 80], [100, 0, 199, 99]], np.float32)
    together = embedder.embed(image, boxes)
    np.testing.assert_allclose(together, np.concatenate([embedder.embed(image, box[None]) for box in boxes]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_looks_are_summed_up() -> None:
    first, second, both = EmbeddingLooks(), EmbeddingLooks(), EmbeddingLooks()
    known = np.ones(2, np.bool_)
    for looks in (first, both):
        looks.add(np.array([1, 0], np.float32), known)
    for looks in (second, both):
        looks.add(np.array([0, 1], np.float32), known)
    assert first.difference(second) == pytest.approx(1)
    assert first.difference(both) == pytest.approx(1 - 0.5**0.5)
    first.merge(second)
    assert first.count == 2
    assert first.difference(both) == pytest.approx(0, abs=1e-6)


def test_nobody_looks_like_a_vector_of_zeros() -> None:
    nothing, something = EmbeddingLooks(), EmbeddingLooks()
    nothing.add(np.zeros(2, np.float32), np.ones(2, np.bool_))
    something.add(np.array([1, 0], np.float32), np.ones(2, np.bool_))
    assert nothing.difference(something) == pytest.approx(1)


def test_whoever_is_cut_by_the_side_of_the_image_is_not_looked_at(tmp_path: Path) -> None:
    describer = EmbeddingDescriber(_embedder(reid_file(tmp_path)), 0.2)
    xyxy = np.array([[0, 10, 40, 90], [20, 10, 60, 99], [150, 10, 199, 90]], np.float32)
    poses = Poses(
        np.zeros((3, len(COCO17), 2), np.float32),
        np.zeros((3, len(COCO17)), np.float32),
        Boxes(xyxy, np.full(3, 0.9, np.float32)),
        COCO17,
    )
    assert describer.can_see(poses, WH).tolist() == [False, True, False]
    nobody = describer.describe(np.zeros((*WH[::-1], 3), np.uint8), poses.take(np.zeros(3, np.bool_)))
    assert len(nobody.features) == 0


def test_a_network_of_another_family_is_refused() -> None:
    detector = load_network(load_manifest().find("nanodet-g", task="detector"), DeviceConfig(device="cpu"))
    with pytest.raises(ConfigError, match="model nanodet-g: expected family embedding, got 'nanodet'"):
        PersonEmbedder(detector)
