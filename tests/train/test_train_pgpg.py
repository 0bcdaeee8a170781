"""Training in the boxes of a proposals generator: other crops, the same numbers after a stop, its file."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from realtime_pose.cli import main
from realtime_pose.config import TrainConfig
from realtime_pose.geometry import apply_affine, crop_affine, invert_affine
from realtime_pose.scene import Float
from realtime_pose.skeletons import COCO17
from realtime_pose.train import pgpg
from realtime_pose.train.atomic_poses import AtomicPoses, torso_of
from realtime_pose.train.dataset import STRIDE, CropDataset
from realtime_pose.train.entry import make_entry, to_spec
from realtime_pose.train.persons import LeftOut, TrainPerson, read_file, select_persons
from realtime_pose.train.pgpg import PoseGuidedGenerator
from realtime_pose.train.proposals import Mixture
from tests.support.models.short_network import short_network
from tests.support.people.drawn_figures import write_figures
from tests.support.trainings import StopAfter, rows, same_numbers, words

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*lr_scheduler.step.*:UserWarning")]

SPEC = to_spec(make_entry(TrainConfig(crop="96x128"), COCO17), Path("x.pth"))


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """These tests are about boxes, not about the network."""
    with short_network():
        yield


@dataclass(frozen=True, slots=True)
class Shifted:
    """Boxes that are moved to the right by a fifth of their width."""

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        offset = 0.2 * (person.xyxy[2] - person.xyxy[0])
        return np.asarray(person.xyxy + np.array((offset, 0, offset, 0), np.float32), np.float32)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_figures(tmp_path_factory.mktemp("figures"), 8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A generator without atoms, whose boxes are a tenth too wide on the left."""
    atoms = AtomicPoses(torso_of(COCO17), np.zeros((17, 2)), np.zeros((0, 17, 2)), np.zeros((0, 17)), np.ones(17, bool))
    offsets = Mixture.independent(np.array((-0.1, 0, 0, 0)), np.full(4, 0.05))
    path = tmp_path / "mine.json"
    pgpg.write(path, PoseGuidedGenerator(COCO17.keypoints, atoms, (), offsets), origin="a test")
    return path


def test_a_crop_is_that_of_the_generated_box(figures: tuple[Path, Path]) -> None:
    persons = select_persons([read_file(*figures)], COCO17, LeftOut())
    sample = CropDataset(persons, COCO17, SPEC.input, seed=None, proposals=Shifted())[2]
    box = Shifted().sample(persons[2], np.random.default_rng(0))
    affine = crop_affine(box[None], input_wh=SPEC.input.wh, padding=SPEC.input.padding)[0]
    assert np.allclose(apply_affine(affine, persons[2].xy), sample.cells * STRIDE, atol=1e-3)


def test_a_generated_box_is_not_moved_again(figures: tuple[Path, Path]) -> None:
    """Whatever else changes at random, the middle of the crop is that of the box, but for the half bodies."""
    persons = select_persons([read_file(*figures)], COCO17, LeftOut())
    dataset = CropDataset(persons, COCO17, SPEC.input, seed=0, proposals=Shifted())
    plain = CropDataset(persons, COCO17, SPEC.input, seed=0)
    box = Shifted().sample(persons[0], np.random.default_rng(0))
    middle = (box[:2] + box[2:]) / 2
    distances = []
    for epoch in range(40):
        dataset.epoch = plain.epoch = epoch
        moved = dataset[0].cells.numpy() * STRIDE  # (17, 2), left and right exchanged or not
        assert not np.allclose(moved, plain[0].cells.numpy() * STRIDE)
        order = [np.arange(17), COCO17.mirrored]
        maps = [np.linalg.lstsq(np.c_[persons[0].xy, np.ones(17)], moved[each], rcond=None) for each in order]
        affine = min(maps, key=lambda each: each[1].sum())[0].T.astype(np.float32)  # (2, 3) from the image to the crop
        centre = apply_affine(invert_affine(affine), (np.array([SPEC.input.wh], np.float32) - 1) / np.float32(2))[0]
        distances.append(float(np.abs(centre - middle).max()))
    assert np.mean(np.array(distances) < 0.05) > 0.6


def test_without_a_generator_nothing_changes(figures: tuple[Path, Path]) -> None:
    """Trainings that were begun before go on to the same numbers."""
    persons = select_persons([read_file(*figures)], COCO17, LeftOut())
    sample = CropDataset(persons, COCO17, SPEC.input, seed=0)[0]
    assert sample.cells[0].tolist() == pytest.approx(SAMPLE_BEFORE, abs=1e-4)


SAMPLE_BEFORE = [12.7237, 2.55423]  # the nose, before there were generators


def test_a_stopped_training_goes_on_to_the_same_numbers(
    figures: tuple[Path, Path],
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also if the file of the generator is gone, and the folder has another place."""
    more = ("--epochs", "2", "--batch", "2", "--pgpg", str(file))
    assert main(words(figures, tmp_path / "whole", *more)) == 0
    assert "8 persons to train on in generated boxes" in capsys.readouterr().err
    assert main(words(figures, tmp_path / "true", *more[:4])) == 0
    assert not same_numbers(tmp_path / "whole", tmp_path / "true")

    @contextmanager
    def stop() -> Iterator[StopAfter]:
        yield StopAfter(6)

    with monkeypatch.context() as patch:
        patch.setattr("realtime_pose.commands.signals.stop_request", stop)
        assert main(words(figures, tmp_path / "parts", *more)) == 130
    file.unlink()
    parts = (tmp_path / "parts").rename(tmp_path / "moved")
    assert tomllib.loads((parts / "training.toml").read_text(encoding="utf-8"))["pgpg"] == "pgpg.json"
    assert main(["train", "--resume", str(parts), "--workers", "0", "--threads", "1"]) == 0
    assert same_numbers(tmp_path / "whole", parts)
    assert len(rows(parts)) == 2


def test_processes_that_load_images_make_the_same_boxes(figures: tuple[Path, Path], file: Path, tmp_path: Path) -> None:
    more = ("--epochs", "1", "--batch", "4", "--pgpg", str(file))
    assert main(words(figures, tmp_path / "alone", *more)) == 0
    assert main(words(figures, tmp_path / "loaded", *more, "--workers", "1")) == 0
    assert same_numbers(tmp_path / "alone", tmp_path / "loaded")


def test_keypoints_of_another_skeleton(figures: tuple[Path, Path], file: Path, tmp_path: Path) -> None:
    more = ("--epochs", "1", "--skeleton", "halpe26", "--pgpg", str(file))
    assert main(words(figures, tmp_path / "t", *more)) == 0
    assert torch.is_tensor(torch.load(tmp_path / "t" / "best.pth", weights_only=True)["conv_out.bias"])


@pytest.mark.parametrize("content", [None, b"{}", b"\x89PNG"])
def test_a_wrong_file_ends_before_anything_is_written(
    figures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    assert main(words(figures, tmp_path / "t", "--pgpg", str(path))) == 2
    assert "fit pgpg" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


def test_the_generator_of_an_earlier_training_is_not_deleted(
    figures: tuple[Path, Path], file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t"
    assert main(words(figures, out, "--epochs", "1", "--pgpg", str(file))) == 0
    own = out / "pgpg.json"
    assert main(words(figures, out, "--epochs", "1", "--overwrite", "--pgpg", str(own))) == 1
    assert "which is read" in capsys.readouterr().err
    assert own.read_bytes() == file.read_bytes()
    assert main(words(figures, out, "--epochs", "1", "--overwrite")) == 0
    assert not own.exists()
    assert main(["train", "--resume", str(out), "--pgpg", str(file)]) == 2
    assert "expected no other files and settings" in capsys.readouterr().err
