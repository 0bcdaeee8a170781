"""Trainings with an SSTN: two phases, both branches, resumed bit by bit; and their network in other commands."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig, PoseConfig, TrainConfig
from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.load import load_backend, load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.models.torch_backend import load_module
from realtime_pose.nets.sstn import Sstn
from realtime_pose.nets.theta import guard, identity, invert
from realtime_pose.pose.estimator import NetworkPoseEstimator, decode
from realtime_pose.scene import Boxes, Frame
from realtime_pose.skeletons import COCO17
from realtime_pose.train import checkpoint
from realtime_pose.train.dataset import STRIDE, CropDataset, Sample, SstnDataset
from realtime_pose.train.displacement import DISPLACED
from realtime_pose.train.entry import make_entry, to_spec, write_entry
from realtime_pose.train.initial import load_parameters, make_network
from realtime_pose.train.losses import heatmap_loss, sstn_loss
from realtime_pose.train.persons import LeftOut, TrainPerson, read_file, select_persons
from realtime_pose.train.phases import attach_sstn, frozen_copy, plan_phases
from tests.support.made_once import made_once
from tests.support.models.peaks import network_with_peaks
from tests.support.models.short_network import short_network
from tests.support.people.drawn_figures import write_figures
from tests.support.trainings import StopAfter, rows, same_numbers, words

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*lr_scheduler.step.*:UserWarning")]

F32 = np.float32
SPEC = to_spec(make_entry(TrainConfig(crop="96x128"), COCO17), Path("x.pth"))
SSTN = ("--sstn", "tiny", "--epochs", "3", "--batch", "4")


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """The SPPE of these tests: they are about what stands around it."""
    with short_network():
        yield


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_figures(tmp_path_factory.mktemp("figures"), 8)


@pytest.fixture(scope="module")
def persons(figures: tuple[Path, Path]) -> list[TrainPerson]:
    return select_persons([read_file(*figures)], COCO17, LeftOut())


@pytest.fixture(scope="module")
def trained(figures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of two phases."""

    def train(folder: Path) -> None:
        assert main(words(figures, folder / "training", *SSTN)) == 0

    return made_once(tmp_path_factory, "sstn", train) / "training"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with high maps whose spatial transformer is far from the identity, differently for each crop."""
    return made_once(tmp_path_factory, "moving", make_moving) / "best.pth"


def make_moving(folder: Path) -> None:
    path = folder / "best.pth"
    network = attach_sstn("tiny", network_with_peaks(17), seed=0)
    nn.init.normal_(network.stn.localisation.get_parameter("fc.weight"), std=0.4)
    checkpoint.save(path, network.state_dict())
    write_entry(path, make_entry(TrainConfig(crop="64x96"), COCO17, sstn="tiny"))


@pytest.fixture(scope="module")
def exported(moving: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as one ONNX graph."""

    def export_it(folder: Path) -> None:
        assert main(["export", str(moving), "--onnx", str(folder / "mine.onnx")]) == 0

    return made_once(tmp_path_factory, "moving_exported", export_it) / "mine.onnx"


class TestTraining:
    def test_two_phases_in_one_command(self, trained: Path) -> None:
        assert [row["phase"] for row in rows(trained)] == ["1", "1", "2"]
        assert max(float(row["rate"]) for row in rows(trained)[2:]) <= 1e-4
        sppe, sstn = (load_manifest().find(str(trained / name), task="pose") for name in ("sppe.pth", "best.pth"))
        assert (sppe.sstn, sstn.sstn) == ("", "tiny")
        assert isinstance(load_module(trained / "best.pth", sstn), Sstn)
        assert "stn.localisation.fc.weight" in checkpoint.load(trained / "best.pth")

    def test_panels_show_crops_before_and_after(self, trained: Path) -> None:
        """Two images a person in the first phase; in the second one a third, after the spatial transformer."""
        first, second = (cv2.imread(str(trained / "panels" / f"epoch_000{n}.jpg")) for n in (2, 3))
        assert first is not None
        assert second is not None
        assert first.shape[1] == 2 * 64 * 4
        assert second.shape[1] == 3 * 64 * 4

    def test_the_spatial_transformer_has_learned(self, trained: Path) -> None:
        state = checkpoint.load(trained / "best.pth")
        assert float(state["stn.localisation.fc.weight"].abs().max()) > 0

    @pytest.mark.parametrize("steps", [3, 4, 5])
    def test_it_goes_on_to_the_same_numbers_across_the_phases(
        self, figures: tuple[Path, Path], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
    ) -> None:
        """Stopped in the first phase, at its end, and in the second one."""

        @contextmanager
        def stop() -> Iterator[StopAfter]:
            yield StopAfter(steps)

        out = tmp_path / "parts"
        with monkeypatch.context() as patch:
            patch.setattr("realtime_pose.commands.signals.stop_request", stop)
            assert main(words(figures, out, *SSTN)) == 130
        assert main(["train", "--resume", str(out), "--workers", "0", "--threads", "1"]) == 0
        assert same_numbers(trained, out)
        assert [row["loss"] for row in rows(out)] == [row["loss"] for row in rows(trained)]

    def test_without_the_parallel_network(self, figures: tuple[Path, Path], trained: Path, tmp_path: Path) -> None:
        assert main(words(figures, tmp_path / "t", *SSTN, "--no-parallel")) == 0
        assert [row["loss"] for row in rows(tmp_path / "t")][:2] == [row["loss"] for row in rows(trained)][:2]
        assert float(rows(tmp_path / "t")[2]["loss"]) < float(rows(trained)[2]["loss"])  # one branch less
        assert checkpoint.load(tmp_path / "t" / "last.pth")["parallel"] is None

    def test_stn18(self, figures: tuple[Path, Path], tmp_path: Path) -> None:
        assert main(words(figures, tmp_path / "t", "--sstn", "stn18", "--epochs", "2", "--batch", "8")) == 0
        assert load_manifest().find(str(tmp_path / "t" / "best.pth"), task="pose").sstn == "stn18"

    def test_a_new_training_deletes_both_networks_of_the_one_before(
        self, figures: tuple[Path, Path], trained: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(trained, tmp_path / "t")
        assert (tmp_path / "t" / "sppe.pth").exists()
        assert main(words(figures, tmp_path / "t", "--epochs", "1", "--batch", "8", "--overwrite")) == 0
        assert not (tmp_path / "t" / "sppe.pth").exists()
        assert not (tmp_path / "t" / "sppe.toml").exists()

    def test_it_begins_with_the_sppe_of_another_one(self, trained: Path) -> None:
        network = make_network("small", 17, seed=5)
        assert load_parameters(network, trained / "best.pth", "small") == []
        expected = checkpoint.load(trained / "best.pth")["sppe.conv_out.weight"]
        assert torch.equal(network.state_dict()["conv_out.weight"], expected)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (["--sstn", "tiny", "--loss", "integral"], "sstn: expected --loss heatmap"),
            (["--sstn", "tiny", "--epochs", "1"], "expected at least 2 with --sstn"),
            (["--no-parallel"], "no-parallel: expected --sstn"),
            (["--sstn", "resnet"], "off, stn18, tiny"),
        ],
    )
    def test_wrong_settings(
        self,
        figures: tuple[Path, Path],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        more: list[str],
        message: str,
    ) -> None:
        assert main(words(figures, tmp_path / "t", *more)) == 2
        printed = " ".join(capsys.readouterr().err.replace("|", ", ").split())
        assert message in printed, printed
        assert not (tmp_path / "t").exists()

    def test_it_goes_on_only_with_its_own_sstn(
        self, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = shutil.copytree(trained, tmp_path / "t")
        settings = out / "training.toml"
        text = settings.read_text(encoding="utf-8")
        for other in ("stn18", "off"):
            settings.write_text(text.replace('sstn = "tiny"', f'sstn = "{other}"'), encoding="utf-8")
            assert main(["train", "--resume", str(out), "--workers", "0"]) == 1
            assert "does not fit these settings" in capsys.readouterr().err


class TestPhases:
    def test_without_sstn_there_is_one(self) -> None:
        assert [(plan.last_epoch, plan.rate, plan.sstn) for plan in plan_phases(TrainConfig(epochs=9))] == [
            (9, 1e-3, "")
        ]

    @pytest.mark.parametrize(("epochs", "first"), [(2, 1), (3, 2), (9, 6), (140, 93)])
    def test_the_second_one_has_a_third_of_the_epochs_and_a_tenth_of_the_rate(self, epochs: int, first: int) -> None:
        one, two = plan_phases(TrainConfig(epochs=epochs, sstn="tiny"))
        assert (one.last_epoch, one.num_epochs, one.sstn) == (first, first, "")
        assert (two.last_epoch, two.num_epochs, two.sstn) == (epochs, epochs - first, "tiny")
        assert two.rate == pytest.approx(one.rate / 10)

    def test_the_whole_begins_as_its_sppe(self) -> None:
        sppe = make_network("small", 17, seed=0).eval()
        crops = torch.randn(2, 3, 96, 64)
        maps, theta = attach_sstn("tiny", sppe, seed=0).eval()(crops)
        assert torch.allclose(maps, sppe(crops), atol=1e-4)
        assert torch.allclose(theta, identity(theta).expand(2, 2, 3))


class TestCrops:
    def test_targets_of_the_true_box_are_those_of_live_use(self, persons: list[TrainPerson]) -> None:
        sample = SstnDataset(persons, COCO17, SPEC.input, seed=None, proposals=DISPLACED)[0]
        plain = CropDataset(persons, COCO17, SPEC.input, seed=None)[0]
        assert torch.equal(sample.centred_maps, plain.maps)
        assert torch.equal(sample.centred_weight, plain.weight)
        assert float((sample.cells - plain.cells).abs().max()) > 1  # the box is another one
        assert plain.centred_maps.numel() == 0

    def test_both_frames_are_turned_alike(self, persons: list[TrainPerson]) -> None:
        """From one frame to the other it is a shift and one scale, without rotation and mirroring."""
        dataset = SstnDataset(persons, COCO17, SPEC.input, seed=3, proposals=DISPLACED)
        for index in range(len(persons)):
            sample = dataset[index]
            flat = sample.centred_maps.flatten(1).argmax(dim=1)
            centred = torch.stack((flat % 24, flat // 24), dim=1).float()
            is_inside = (sample.centred_weight > 0) & (sample.weight > 0)
            moved, still = sample.cells[is_inside], centred[is_inside]
            scale = (moved - moved.mean(dim=0)).square().sum().sqrt() / (
                still - still.mean(dim=0)
            ).square().sum().sqrt()
            shift = moved.mean(dim=0) - scale * still.mean(dim=0)
            assert torch.allclose(scale * still + shift, moved, atol=1.3)  # cells are rounded
            assert 0.7 < float(scale) < 1.4

    def test_a_sample_depends_on_seed_epoch_and_index_only(self, persons: list[TrainPerson]) -> None:
        first, second = (SstnDataset(persons, COCO17, SPEC.input, seed=1, proposals=DISPLACED) for _ in range(2))
        second[1]
        assert torch.equal(first[0].crop, second[0].crop)
        assert torch.equal(first[0].centred_maps, second[0].centred_maps)
        second.epoch = 1
        assert not torch.equal(first[0].crop, second[0].crop)

    def test_displaced_boxes_stay_within_their_limits(self, persons: list[TrainPerson]) -> None:
        person = persons[0]
        boxes = np.stack([DISPLACED.sample(person, np.random.default_rng(n)) for n in range(300)])
        wh = person.xyxy[2:] - person.xyxy[:2]
        shift = ((boxes[:, :2] + boxes[:, 2:]) - (person.xyxy[:2] + person.xyxy[2:])) / 2 / wh
        size = (boxes[:, 2:] - boxes[:, :2]) / wh
        assert np.abs(shift).max() <= 0.3 + 1e-6
        assert np.abs(shift).max(axis=0).min() > 0.25
        assert size.min() >= 0.8 - 1e-6
        assert size.max() <= 1.25 + 1e-6


class TestLoss:
    """A dot is the person: the SPPE answers with the crop itself, in a quarter of the size."""

    MAPS, CENTRED = (12.0, 20.0), (12.0, 16.0)  # x and y in cells of 24 x 32: the person is 4 cells too low

    @staticmethod
    def sppe(crops: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(crops[:, :1], STRIDE)

    @staticmethod
    def dot(xy: tuple[float, float], *, height: int, width: int, sigma: float) -> Tensor:
        rows_, columns = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
        return torch.exp(-((columns - xy[0]).square() + (rows_ - xy[1]).square()) / (2 * sigma**2))[None]

    def sample_of_dot(self) -> Sample:
        at = tuple(STRIDE * value + 1.5 for value in self.MAPS)
        crop = self.dot((at[0], at[1]), height=128, width=96, sigma=8).expand(3, 128, 96)
        maps, centred = (self.dot(xy, height=32, width=24, sigma=2) for xy in (self.MAPS, self.CENTRED))
        one, cells = torch.ones(1, 1), torch.tensor([[self.MAPS]])
        return Sample(crop[None], maps[None], cells, one, torch.zeros(1), centred[None], one)

    def loss_at(self, raw: Tensor, *, has_parallel: bool) -> Tensor:
        crops, theta = self.sample_of_dot(), guard(raw)
        seen = self.sppe(nn.functional.grid_sample(crops.crop, _grid(theta, 128, 96), align_corners=False))

        class Parallel(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return TestLoss.sppe(x)

        return sstn_loss(seen, theta, crops, parallel=Parallel() if has_parallel else None)

    def test_the_parallel_branch_pulls_the_person_to_the_centre(self) -> None:
        raw = torch.eye(2, 3).reshape(1, 6).requires_grad_()
        torch.autograd.backward(self.loss_at(raw, has_parallel=True))
        assert raw.grad is not None
        assert float(raw.grad[0, 5]) < -1e-3  # a step along the gradient moves the frame down, to the person
        assert float(raw.grad[0, 2].abs()) < 0.2 * float(raw.grad[0, 5].abs())  # it is centred along x
        optimizer = torch.optim.Adam([raw], lr=0.02)
        for _ in range(60):
            optimizer.zero_grad()
            torch.autograd.backward(self.loss_at(raw, has_parallel=True))
            optimizer.step()
        theta = guard(raw).detach()[0]
        assert float(theta[1, 2]) == pytest.approx(4 / 16, abs=0.05)  # 4 of 32 cells, normalised

    def test_without_it_a_person_beside_the_centre_costs_nothing(self) -> None:
        raw = torch.eye(2, 3).reshape(1, 6)
        alone, both = (float(self.loss_at(raw, has_parallel=has_parallel)) for has_parallel in (False, True))
        assert alone < 0.01 * both

    def test_the_parallel_network_stays_as_it_is(self) -> None:
        sppe = make_network("small", 17, seed=0)
        parallel, crops = frozen_copy(sppe), torch.randn(2, 3, 96, 64, requires_grad=True)
        parallel_before = {key: value.clone() for key, value in parallel.state_dict().items()}
        torch.autograd.backward(parallel(crops).square().mean())
        assert crops.grad is not None  # but it sends gradients to what it sees
        assert all(each.grad is None for each in parallel.parameters())
        assert all(torch.equal(value, parallel_before[key]) for key, value in parallel.state_dict().items())

    def test_keypoints_that_are_not_labelled_do_not_count(self) -> None:
        crops = self.sample_of_dot()._replace(weight=torch.zeros(1, 1), centred_weight=torch.zeros(1, 1))
        theta = identity(crops.crop)[None]
        assert float(sstn_loss(self.sppe(crops.crop), theta, crops, parallel=None)) == 0
        assert float(heatmap_loss(crops.maps, crops.centred_maps, crops.cells, crops.weight)) == 0


def _grid(theta: Tensor, height: int, width: int) -> Tensor:
    return nn.functional.affine_grid(theta, [len(theta), 1, height, width], align_corners=False)


class TestUse:
    def test_points_go_through_theta(self, moving: Path) -> None:
        """The same as points of the maps that the SDTN samples back, but exact."""
        spec = load_manifest().find(str(moving), task="pose")
        network = load_module(moving, spec).eval()
        crops = torch.randn(4, 3, 96, 64)
        with torch.inference_mode():
            maps, theta = network(crops)
        assert float((theta - identity(theta)).abs().max()) > 0.1
        outputs = load_backend(moving, spec).run(crops.numpy())
        assert np.allclose(outputs["theta"], theta.numpy(), atol=1e-5)
        seen, _ = decode({"heatmap": maps.numpy()}, (64, 96), to_spec(make_entry(TrainConfig(), COCO17), moving))
        found, _ = decode(outputs, (64, 96), spec)
        side = np.array((64, 96), F32)
        normalised = torch.from_numpy((2 * found + 1) / side - 1)
        gamma = invert(theta)
        back = normalised @ gamma[..., :2].transpose(1, 2) + gamma[:, None, :, 2]
        assert np.allclose(((back.numpy() + 1) * side - 1) / 2, seen, atol=1e-3)

    def test_an_exported_file_is_one_graph_that_both_engines_run(self, moving: Path, exported: Path) -> None:
        spec = load_manifest().find(str(exported), task="pose")
        assert (spec.sstn, spec.outputs, spec.network) == ("tiny", ("heatmap", "theta"), "")
        own = load_backend(moving, load_manifest().find(str(moving), task="pose"))
        for engine in ("onnxruntime", "openvino"):
            backend = load_backend(exported, spec, DeviceConfig(engine=engine, device="cpu"))
            for count in (1, 2, 5):
                batch = np.random.default_rng(count).normal(size=(count, 3, 96, 64)).astype(F32)
                expected, outputs = own.run(batch), backend.run(batch)
                for name, value in expected.items():
                    assert np.abs(outputs[name] - value).max() < 1e-3, (engine, name)

    @pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
    def test_live_use_finds_the_points_of_torch(self, moving: Path, exported: Path, engine: str) -> None:
        """In whatever precision the engine chooses by itself; a mirrored and shifted pass too."""
        image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (200, 300, 3)).astype(np.uint8), (0, 0), 5)
        shown = Frame(np.asarray(image, np.uint8), 0, 0.0, 0.0, "x")
        boxes = Boxes(np.array([[20, 30, 120, 180], [150, 20, 280, 190]], F32), np.ones(2, F32))
        found = []
        for path, config in (
            (moving, DeviceConfig(device="cpu")),
            (exported, DeviceConfig(device="cpu", engine=engine)),
        ):
            network = load_network(load_manifest().find(str(path), task="pose"), config)
            estimator = NetworkPoseEstimator(network, PoseConfig(passes=2))
            found.append(estimator.estimate(shown, boxes))
        distance = np.linalg.norm(found[0].keypoints - found[1].keypoints, axis=-1)
        assert np.median(distance) < 0.1  # the highest cell of a flat map may be another one

    def test_half_precision(self, moving: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["export", str(moving), "--onnx", str(tmp_path / "half.onnx"), "--half"]) == 0
        assert re.search(r"16 bits; maps as in torch within 0\.00\d", capsys.readouterr().out)

    def test_the_checkpoint_is_scored_by_eval(
        self, figures: tuple[Path, Path], trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        truth = ["--annotations", str(trained / "validation.json"), "--images", str(figures[1])]
        out = ["--out", str(tmp_path / "results.json")]
        assert main(["eval", "coco", *truth, "--boxes", "truth", "--pose", str(trained / "best.pth"), *out]) == 0
        assert "keypoints" in capsys.readouterr().out

    def test_entries_that_do_not_fit(self, moving: Path, tmp_path: Path) -> None:
        path = tmp_path / "x.pth"
        path.write_bytes(moving.read_bytes())
        entry = moving.with_suffix(".toml").read_text(encoding="utf-8")
        for text, error, message in (
            (entry.replace('sstn = "tiny"\n', ""), ModelError, "it has an SSTN"),
            (entry.replace('"tiny"', '"stn18"'), ModelError, "no checkpoint of small"),
            (entry.replace('"tiny"', '"large"'), ConfigError, "expected one of stn18, tiny"),
        ):
            path.with_suffix(".toml").write_text(text, encoding="utf-8")
            with pytest.raises(error, match=message):
                load_backend(path, load_manifest().find(str(path), task="pose"))
        path.with_suffix(".toml").write_text(entry.replace('task = "pose"', 'task = "detector"'), encoding="utf-8")
        with pytest.raises(ConfigError):
            load_manifest().find_any(str(path))

    def test_theta_maps_pixels_of_what_the_sppe_saw(self) -> None:
        """An artificial theta: half the size, a quarter of the crop to the right."""
        spec = to_spec(make_entry(TrainConfig(crop="96x128"), COCO17, sstn="tiny"), Path("x.pth"))
        maps = np.zeros((1, 17, 32, 24), F32)
        maps[:, :, 16, 12] = 1
        theta = np.array([[[0.5, 0, 0.25], [0, 0.5, 0]]], F32)
        found, _ = decode({"heatmap": maps, "theta": theta}, (96, 128), spec)
        x, y = 12 * STRIDE, 16 * STRIDE
        expected = (0.5 * (x + 0.5) + 48 * 0.5 + 12 - 0.5, 0.5 * (y + 0.5) + 64 * 0.5 - 0.5)
        assert np.allclose(found, expected, atol=1e-3)
