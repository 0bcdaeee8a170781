"""The command ``fit sstn``: it corrects boxes of figures that it has not seen, and refuses bad input."""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train import localisation_file
from realtime_pose.train.localisation_crops import moved_box
from realtime_pose.train.persons import LeftOut, read_file, select_persons
from tests.support.made_once import made_once
from tests.support.people.drawn_figures import write_figures

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_figures(tmp_path_factory.mktemp("figures"), 40)


def words(figures: tuple[Path, Path], out: Path, *more: str) -> list[str]:
    data = ["--annotations", str(figures[0]), "--images", str(figures[1])]
    return ["fit", "sstn", *data, "--out", str(out), "--threads", "1", "--steps", "2", *more]


@pytest.fixture(scope="module")
def fitted(figures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a fit in place of an older one, and what was printed: before it was to be replaced, and then."""

    def fit(folder: Path) -> None:
        out = folder / "mine.onnx"
        out.with_suffix(".toml").write_text("precious", encoding="utf-8")
        assert printed_by(main, words(figures, out), folder / "refused.txt") != 0
        assert out.with_suffix(".toml").read_text(encoding="utf-8") == "precious"
        command = words(figures, out, "--steps", "40", "--overwrite")
        assert printed_by(main, command, folder / "printed.txt") == 0

    return made_once(tmp_path_factory, "fitted", fit) / "mine.onnx"


def printed_by(run: Callable[[list[str]], int], command: list[str], path: Path) -> int:
    """The exit code; all that is printed goes into a file."""
    with path.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        return run(command)


def test_it_corrects_boxes_of_figures_that_it_has_not_seen(fitted: Path, tmp_path: Path) -> None:
    """Errors of 20 % of the sides become smaller for most figures, in the file as every command runs it."""
    network = load_network(load_manifest().find(str(fitted), task="localisation"), DeviceConfig(device="cpu"))
    transformer, rng = SpatialTransformer(network), np.random.default_rng(0)
    annotations, images = write_figures(tmp_path, 60)
    persons = select_persons([read_file(annotations, images)], COCO17, LeftOut())[40:]
    errors = []
    for person in persons:
        moved = moved_box(person.xyxy, rng, edge_error=0.2)
        corrected = transformer.transform(read_image(person.path), moved[None])[0]
        errors.append([np.abs(box - person.xyxy).mean() for box in (moved, corrected)])
    before, after = np.mean(errors, axis=0)
    assert after < 0.7 * before


def test_the_report_and_the_entry(fitted: Path) -> None:
    """Nothing is overwritten unasked."""
    assert "mine.toml" in fitted.with_name("refused.txt").read_text(encoding="utf-8")
    printed = fitted.with_name("printed.txt").read_text(encoding="utf-8")
    assert "36 persons to train on, 4 held out" in printed
    for line in ("true boxes", "edges off by 10%", "edges off by 20%", f"live --sstn {fitted}"):
        assert line in printed
    entry = fitted.with_suffix(".toml").read_text(encoding="utf-8")
    assert "localisation" in entry
    assert "fit sstn --annotations annotations.json --steps 40 --seed 0" in entry
    assert str(fitted.parent) not in entry
    assert main(["weights", "verify", str(fitted)]) == 0


def test_the_same_network_for_the_same_seed(
    figures: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with it the same file: tests/train/test_onnx_graph.py."""
    fits: list[dict[str, Tensor]] = []

    def keep(network: nn.Module, *_: object, **__: object) -> None:
        fits.append(network.state_dict())

    monkeypatch.setattr(localisation_file, "export", keep)
    for seed in ("0", "0", "1"):
        assert main(words(figures, tmp_path / "mine.onnx", "--seed", seed)) == 0
    first, second, other = fits
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    learned = [name for name, value in first.items() if not torch.equal(value, other[name])]
    assert "answer.weight" in learned


class TestBadInput:
    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (["--out", "here.pth"], "expected a file that ends with .onnx"),
            (["--out", "nowhere/mine.onnx"], "the folder nowhere does not exist"),
            (["--steps", "0"], "steps"),
            (["--pgpg", "nowhere.json"], "nowhere.json"),
        ],
    )
    def test_settings(
        self, more: list[str], message: str, figures: tuple[Path, Path], empty: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(words(figures, empty / "mine.onnx", *more)) != 0
        assert message in capsys.readouterr().err
        assert not list(empty.iterdir())

    @pytest.fixture
    def empty(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The working folder."""
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_no_files(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fit", "sstn"]) == 2
        assert "fit sstn: expected --annotations FILE" in capsys.readouterr().err

    def test_too_few_persons(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(words(write_figures(tmp_path, 5), tmp_path / "mine.onnx")) == 1
        assert "expected at least 16 persons to train on, got 4" in capsys.readouterr().err

    def test_a_picture_that_is_none(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        annotations, images = write_figures(tmp_path, 40)
        (images / "3.png").write_bytes(b"no picture")
        assert main(words((annotations, images), tmp_path / "mine.onnx", "--steps", "4")) == 1
        assert "3.png: expected a picture" in capsys.readouterr().err
        assert not (tmp_path / "mine.onnx").exists()

    def test_the_disk_is_full_or_the_folder_read_only(
        self, figures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "mine.onnx"
        out.mkdir()
        assert main(words(figures, out)) != 0
        assert "mine.onnx" in capsys.readouterr().err


def test_crops_have_the_person_where_the_edges_say(figures: tuple[Path, Path]) -> None:
    """Also in a mirrored crop: the figure's pixels are all within the edges."""
    from realtime_pose.train.localisation_crops import make_crop
    from realtime_pose.train.localisation_file import input_spec

    persons, spec = select_persons([read_file(*figures)], COCO17, LeftOut()), input_spec()
    rng = np.random.default_rng(1)
    for person in persons[:8]:
        box = moved_box(person.xyxy, rng, edge_error=0.1)
        for is_mirrored in (False, True):
            patch, edges = make_crop(person, box, spec, is_mirrored=is_mirrored)
            grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(int)
            rows, columns = np.nonzero(grey - np.median(grey[grey > 0]) > 30)  # black is outside of the picture
            left, top, right, bottom = (edges + 1) * 32 - 0.5
            assert left - 2 <= columns.min() <= columns.max() <= right + 2
            assert top - 2 <= rows.min() <= rows.max() <= bottom + 2
