"""The parts of a training: losses, random changes of crops, order of batches, persons of annotation files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from realtime_pose._cv2 import cv2
from realtime_pose.config import TrainConfig
from realtime_pose.errors import ConfigError, DatasetError, ModelError
from realtime_pose.geometry import apply_affine
from realtime_pose.models import patches_cpu
from realtime_pose.pose import heatmap
from realtime_pose.skeletons import COCO17, HALPE26, MPII16
from realtime_pose.train import augment, checkpoint, losses
from realtime_pose.train.dataset import STRIDE, CropDataset, EpochBatches
from realtime_pose.train.entry import make_entry, to_spec
from realtime_pose.train.initial import freeze, load_parameters, make_network
from realtime_pose.train.persons import (
    LeftOut,
    TrainPerson,
    choose_skeleton,
    hold_out,
    read_file,
    select_persons,
    validation_table,
)
from tests.support.people.drawn_figures import WH, draw_figure, figure, write_figures

pytestmark = [pytest.mark.slow]

F32 = np.float32
SPEC = to_spec(make_entry(TrainConfig(crop="96x128"), COCO17), Path("x.pth"))


def person(tmp_path: Path, number: int = 1) -> TrainPerson:
    path, images = write_figures(tmp_path, 3)
    return select_persons([read_file(path, images)], COCO17, LeftOut())[number - 1]


class TestLosses:
    def test_perfect_maps_have_no_loss_and_unlabelled_keypoints_do_not_count(self) -> None:
        xy = np.array([[[20, 30], [50, 60]]], F32)
        target = torch.from_numpy(heatmap.encode(xy, (96, 128), map_wh=(24, 32)))
        cells, weight = torch.from_numpy(xy / STRIDE), torch.tensor([[1.0, 0.0]])
        assert losses.heatmap_loss(target, target, cells, weight) == 0
        wrong = target.clone()
        wrong[:, 1] += 1
        assert losses.heatmap_loss(wrong, target, cells, weight) == 0
        assert losses.heatmap_loss(wrong, target, cells, torch.ones(1, 2)) == pytest.approx(24 * 32 / 100 / 2)

    def test_the_integral_loss_of_true_logits_is_small(self) -> None:
        xy = np.array([[[40, 60]]], F32)
        logits = torch.from_numpy(heatmap.encode_logits(xy, (96, 128), map_wh=(24, 32)))
        loss = losses.integral_loss(logits, logits, torch.from_numpy(xy / STRIDE), torch.ones(1, 1))
        assert loss < 0.002

    def test_the_gradient_is_symmetric_around_the_estimate(self) -> None:
        """A sgn(x - mean) sgn(mean - truth) for the probabilities, with A an eighth of the side."""
        p = torch.full((1, 1, 16), 1 / 16, requires_grad=True)
        mean = losses._symmetric_mean(p)
        assert mean.item() == pytest.approx(7.5)
        torch.autograd.backward((mean - 3).abs().sum())
        assert p.grad is not None
        assert p.grad[0, 0].tolist() == [-2.0] * 8 + [2.0] * 8

    @pytest.mark.parametrize("name", losses.LOSSES)
    def test_steps_along_the_gradient_reach_the_truth(self, name: str) -> None:
        xy = np.array([[[60, 30]]], F32)
        target, cells = torch.from_numpy(heatmap.encode(xy, (96, 128), map_wh=(24, 32))), torch.from_numpy(xy / STRIDE)
        maps = torch.zeros(1, 1, 32, 24, requires_grad=True)
        optimizer = torch.optim.Adam([maps], lr=0.1)
        for _ in range(200):
            optimizer.zero_grad()
            torch.autograd.backward(losses.LOSSES[name](maps, target, cells, torch.ones(1, 1)))
            optimizer.step()
        spec = to_spec(make_entry(TrainConfig(loss=name), COCO17), Path("x.pth"))
        found, _ = heatmap.decode({"heatmap": maps.detach().numpy()}, (96, 128), spec)
        assert found[0, 0] == pytest.approx(xy[0, 0], abs=1)


class TestCrops:
    def test_keypoints_stay_on_their_pixels(self, tmp_path: Path) -> None:
        """A dot at a keypoint is found where the map of the crop says, for every kind of change."""
        someone = person(tmp_path)
        image = np.zeros((WH[1], WH[0], 3), np.uint8)
        image[60, 50] = 255
        image = np.asarray(cv2.GaussianBlur(image, (9, 9), 1.5), np.uint8) * 10
        affines = [augment.random_affine(someone, COCO17, SPEC.input, np.random.default_rng(n))[0] for n in range(30)]
        num_inside = 0
        for affine in affines:
            expected = apply_affine(affine, np.array([[50, 60]], F32))[0]
            crop = patches_cpu.warp(image, affine[None], SPEC.input)[0][..., 0].astype(float)
            if (expected > 9).all() and (expected < np.array(SPEC.input.wh) - 9).all():
                rows, columns = np.indices(crop.shape)
                centre = [(columns * crop).sum() / crop.sum(), (rows * crop).sum() / crop.sum()]
                assert centre == pytest.approx(expected.tolist(), abs=0.3)
                num_inside += 1
        assert num_inside > 10
        determinants = [np.linalg.det(affine[:, :2]) for affine in affines]
        assert min(determinants) < 0 < max(determinants)  # mirrored and not

    def test_a_mirrored_crop_exchanges_left_and_right(self, tmp_path: Path) -> None:
        dataset = CropDataset([person(tmp_path)], COCO17, SPEC.input, seed=0)
        for epoch in range(20):
            dataset.epoch = epoch
            sample = dataset[0]
            left, right = sample.cells[5], sample.cells[6]
            if (
                sample.weight[5]
                and sample.weight[6]
                and abs(float(left[0] - right[0])) > abs(float(left[1] - right[1]))
            ):
                assert left[0] > right[0]  # a person who faces the camera, also in a mirrored picture

    def test_a_sample_depends_on_seed_epoch_and_index_only(self, tmp_path: Path) -> None:
        someone = person(tmp_path)
        first, second = (CropDataset([someone] * 2, COCO17, SPEC.input, seed=1) for _ in range(2))
        second[1]
        assert torch.equal(first[0].crop, second[0].crop)
        assert not torch.equal(first[0].crop, first[1].crop)
        second.epoch = 1
        assert not torch.equal(first[0].crop, second[0].crop)

    def test_without_changes_it_is_the_crop_of_live_use(self, tmp_path: Path) -> None:
        someone = person(tmp_path)
        image = np.asarray(cv2.imread(str(someone.path)))
        live = patches_cpu.Crops(image, [(someone.xyxy[None], False)], SPEC.input)[:1][0]
        sample = CropDataset([someone], COCO17, SPEC.input, seed=None)[0]
        assert np.array_equal(sample.crop.numpy(), live)
        found, score = heatmap.decode({"heatmap": sample.maps[None].numpy()}, SPEC.input.wh, SPEC)
        assert np.allclose(found[0], sample.cells * STRIDE, atol=0.1)
        assert score.min() > 0.9


class TestOrder:
    def test_processes_share_the_batches_of_one(self) -> None:
        whole = list(EpochBatches(11, 4, seed=3))
        parts = [list(EpochBatches(11, 4, seed=3, rank=(rank, 2))) for rank in (0, 1)]
        assert len(whole) == 2
        for batch, first, second in zip(whole, *parts, strict=True):
            assert sorted(batch) == sorted(first + second)
            assert len(first) == len(second) == 2

    def test_an_epoch_goes_on_where_it_stopped(self) -> None:
        batches = EpochBatches(20, 4, seed=0)
        everything = list(batches)
        batches.first = 3
        assert list(batches) == everything[3:]
        batches.epoch = 1
        assert list(batches) != everything[3:]

    def test_fewer_persons_than_a_batch_are_one_batch(self) -> None:
        assert [sorted(batch) for batch in EpochBatches(3, 8, seed=0)] == [[0, 1, 2]]


def changed(path: Path, change: Any) -> Path:
    table = json.loads(path.read_text(encoding="utf-8"))
    change(table)
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


class TestPersons:
    def test_what_cannot_be_used_is_counted_and_listed(self, tmp_path: Path) -> None:
        path, images = write_figures(tmp_path, 5)
        (images / "1.png").unlink()

        def spoil(table: dict[str, Any]) -> None:
            table["annotations"][1]["bbox"][2] = 0
            table["annotations"][2].update(keypoints=[0] * 51, num_keypoints=0)

        left_out = LeftOut()
        persons = select_persons([read_file(changed(path, spoil), images)], COCO17, left_out)
        assert [each.path.name for each in persons] == ["4.png", "5.png"]
        text = "\n".join(left_out.lines)
        assert "images that are missing: 1 (" in text
        assert "1.png" in text
        assert "persons with a box of zero size: 1 (annotations.json id 2)" in text
        assert "persons without keypoints: 1 (annotations.json id 3)" in text

    def test_nobody_left_is_an_error_with_the_reasons(self, tmp_path: Path) -> None:
        path, images = write_figures(tmp_path, 1)
        (images / "1.png").unlink()
        with pytest.raises(DatasetError, match=r"got none .*images that are missing: 1"):
            select_persons([read_file(path, images)], COCO17, LeftOut())

    def test_a_file_without_keypoints_is_refused(self, tmp_path: Path) -> None:
        path, images = write_figures(tmp_path, 1)

        def spoil(table: dict[str, Any]) -> None:
            del table["annotations"][0]["keypoints"]
            del table["categories"][0]["keypoints"]

        with pytest.raises(DatasetError, match=r"expected persons .* with keypoints of coco17, halpe26 or mpii16"):
            read_file(changed(path, spoil), images)

    def test_mpii_gets_its_mapping(self, shared_data: Path) -> None:
        folder = shared_data / "data" / "posetrack" / "mmpose_mpii"
        file = read_file(folder / "test_mpii.json", folder)
        assert file.skeleton == MPII16
        own = select_persons([file], choose_skeleton("", [file]), LeftOut())
        coco = select_persons([file], choose_skeleton("coco17", [file]), LeftOut())
        halpe = select_persons([file], choose_skeleton("halpe26", [file]), LeftOut())
        assert len(own) == len(coco) == 5
        assert own[0].xy[0].tolist() == [803, 710]  # MPII counts from 1
        index = COCO17.keypoints.index("right_ankle")
        assert coco[0].xy[index].tolist() == [803, 710]
        assert not coco[0].is_labelled[:5].any()  # MPII has no eyes
        assert halpe[0].xy[HALPE26.keypoints.index("head")] == pytest.approx(own[0].xy[9])
        assert own[0].xyxy[2] - own[0].xyxy[0] == pytest.approx(200 * 4.718488, rel=1e-5)

    def test_keypoints_of_ones_own(self, tmp_path: Path) -> None:
        path, images = write_figures(tmp_path, 2)

        def rename(table: dict[str, Any]) -> None:
            table["categories"][0]["keypoints"] = ["left_paw", "right_paw", "tail"]
            for each in table["annotations"]:
                each.update(keypoints=each["keypoints"][:9], num_keypoints=3)

        file = read_file(changed(path, rename), images)
        skeleton = choose_skeleton("", [file])
        assert skeleton.keypoints == ("left_paw", "right_paw", "tail")
        assert skeleton.pairs == ((0, 1),)
        spec = to_spec(make_entry(TrainConfig(), skeleton), tmp_path / "x.pth")
        assert spec.pose_skeleton.mirrored.tolist() == [1, 0, 2]
        with pytest.raises(ConfigError, match="expected some keypoints of halpe26"):
            choose_skeleton("halpe26", [file])

    def test_the_last_images_are_held_out(self, tmp_path: Path) -> None:
        path, images = write_figures(tmp_path, 10)
        train, validation = hold_out(read_file(path, images), 0.2)
        assert [entry["id"] for entry in validation.table["images"]] == [9, 10]
        assert {entry["image_id"] for entry in train.table["annotations"]} == set(range(1, 9))
        table = validation_table([validation], HALPE26)
        assert [entry["id"] for entry in table["images"]] == [1, 2]
        assert len(table["annotations"][0]["keypoints"]) == 78
        assert table["annotations"][0]["num_keypoints"] == 17


class TestParameters:
    def test_another_head_keeps_the_rest(self, tmp_path: Path) -> None:
        path = tmp_path / "coco.pth"
        source = make_network("small", 17, seed=1)
        checkpoint.save(path, source.state_dict())
        network = make_network("small", 3, seed=2)
        assert load_parameters(network, path, "small") == ["conv_out.bias", "conv_out.weight"]
        assert torch.equal(network.state_dict()["backbone.0.weight"], source.state_dict()["backbone.0.weight"])

    def test_a_resnet_is_the_backbone(self, tmp_path: Path) -> None:
        path = tmp_path / "resnet50.pth"
        network = make_network("simplepose-r50", 17, seed=1)
        own = network.state_dict()
        resnet = {key.removeprefix("preact."): value + 1 for key, value in own.items() if key.startswith("preact.")}
        checkpoint.save(path, resnet | {"fc.weight": torch.zeros(1000, 2048)})
        random = load_parameters(network, path, "simplepose-r50")
        assert not any(key.startswith("preact") for key in random)
        assert torch.equal(network.state_dict()["preact.conv1.weight"], resnet["conv1.weight"])

    def test_a_checkpoint_of_another_network_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "small.pth"
        checkpoint.save(path, make_network("small", 17, seed=1).state_dict())
        with pytest.raises(ModelError, match="expected a checkpoint of simplepose-r50"):
            load_parameters(make_network("simplepose-r50", 17, seed=1), path, "simplepose-r50")

    def test_code_in_a_checkpoint_is_not_executed(self, tmp_path: Path) -> None:
        path, trap = tmp_path / "bad.pth", tmp_path / "executed"

        class Bad:
            def __reduce__(self) -> Any:
                return (Path.touch, (trap,))

        torch.save({"network": Bad()}, path)
        with pytest.raises(ModelError, match="tensors and plain values only"):
            load_parameters(make_network("small", 17, seed=1), path, "small")
        assert not trap.exists()

    def test_frozen_parts_stay(self) -> None:
        network = make_network("small", 17, seed=1)
        network.train()
        freeze(network, ["backbone", "duc1.conv"], statistics=False)
        trained = {name.split(".")[0] for name, value in network.named_parameters() if value.requires_grad}
        assert trained == {"duc1", "duc2", "conv_out"}
        assert not network.get_submodule("backbone.1").training
        assert network.get_submodule("duc1.bn").training
        freeze(network, [], statistics=True)
        assert not network.get_submodule("duc1.bn").training
        with pytest.raises(ConfigError, match=r"the beginning of a parameter's name .*got 'back'"):
            freeze(network, ["back"], statistics=False)


def test_the_figures_are_drawn_at_their_keypoints() -> None:
    image = draw_figure(figure(1), 1)
    x, y = np.round(figure(1)[11]).astype(int)
    assert not np.array_equal(image[y, x], image[0, 0])
