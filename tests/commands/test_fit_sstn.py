"""The command ``fit sstn``: it corrects boxes of figures that it has not seen, and refuses bad input."""

from pathlib import Path

import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.image_decoding import read_image
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

    def fit(folder: Path) -> None:
        assert main(words(figures, folder / "mine.onnx", "--steps", "40")) == 0

    return made_once(tmp_path_factory, "fitted", fit) / "mine.onnx"


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


def test_the_report_the_entry_and_the_same_file_for_the_same_seed(
    figures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is overwritten unasked."""
    out = tmp_path / "mine.onnx"
    entry = out.with_suffix(".toml")
    entry.write_text("precious")
    assert main(words(figures, out)) != 0
    assert "mine.toml" in capsys.readouterr().err
    assert entry.read_text() == "precious"
    assert main(words(figures, out, "--overwrite")) == 0
    printed = capsys.readouterr()
    assert "36 persons to train on, 4 held out" in printed.err
    for line in ("true boxes", "edges off by 10%", "edges off by 20%", f"live --sstn {out}"):
        assert line in printed.out
    assert "localisation" in entry.read_text()
    assert "fit sstn --annotations annotations.json --steps 2 --seed 0" in entry.read_text(encoding="utf-8")
    assert str(tmp_path) not in entry.read_text(encoding="utf-8")
    assert main(["weights", "verify", str(out)]) == 0
    first = out.read_bytes()
    assert main(words(figures, out, "--overwrite")) == 0
    assert out.read_bytes() == first
    assert main(words(figures, out, "--overwrite", "--seed", "1")) == 0
    assert out.read_bytes() != first


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
