"""The command ``weights add``: the entry of a user's network is proposed, written, and tried on an image."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support import zoo
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands import model_trial
from realtime_pose.commands.model_trial import ModelTrial, TryEntry, add_model
from realtime_pose.models.entry_proposal import propose_entry
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.manifest import ModelSpec, load_manifest, weights_folder
from tests.support.models.graphs import constant_graph, dimmed_graph

pytestmark = [pytest.mark.slow]

PREPARE_POSE_TRIAL = model_trial._TRIALS["pose"]


def link_model(name: str, folder: Path, shared: Path) -> Path:
    """A link to the file of this model, without an entry beside it."""
    if name in zoo.FILES:
        own = zoo.link_model(name, folder, shared=shared)
        own.with_suffix(".toml").unlink()
        return own
    own = folder / f"{name}.onnx"
    own.symlink_to(Path(str(weights_folder())) / load_manifest().models[name].file)
    return own


def flags_for(file: Path, expected: str) -> list[str]:
    """The flags that use a file that was added."""
    return ["--pose" if expected.startswith("pose,") else "--detector", str(file)]


@pytest.mark.parametrize(
    ("name", "expected", "fewest", "agreement"),
    [
        ("nanodet-g", "detector, family nanodet", 2, 0.5),  # at 640, where the default detector has 416
        ("rtmdet-nano", "detector, family dets", 3, 0.75),  # its normalisation is not the usual one of its family
        ("yolox-nano", "detector, family yolox", 3, 0.7),
        ("deimv2-femto", "detector, family detr", 3, 0.75),
        ("picodet-s", "detector, family picodet", 3, 0.8),
        ("movenet-thunder", "pose, family movenet", 3, 0.99),
        ("movenet-lightning", "pose, family movenet", 3, 0.9),
        ("tinypose-256", "pose, family heatmap", 3, 0.9),
        ("tinypose-128", "pose, family heatmap", 3, 0.9),
        ("blazepose-lite", "pose, family blazepose", 3, 0.9),
    ],
)
def test_every_real_network_is_added_and_finds_people(
    name: str,
    expected: str,
    fewest: int,
    agreement: float,
    *,
    tmp_path: Path,
    shared_data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = link_model(name, tmp_path, shared_data)
    assert main(["weights", "add", str(own)]) == 0
    printed = capsys.readouterr().out
    assert expected in printed
    found = re.search(
        r"(\d+) person.*; the default detector finds 3; .* default models (\S+) of 1$", printed, re.MULTILINE
    )
    assert found is not None
    assert fewest <= int(found[1]) <= 3
    assert float(found[2]) >= agreement
    task = expected.split(",", 1)[0]
    added, known = load_manifest().find(str(own), task=task), load_manifest().models.get(name)
    if known is None:
        own.with_suffix(".toml").write_bytes((zoo.EXAMPLES / f"{name}.toml").read_bytes())
        known = load_manifest().find(str(own), task=task)
    assert (added.task, added.input.colour) == (task, known.input.colour)
    assert added.input.mean == pytest.approx(known.input.mean, abs=0.2)
    assert added.input.std == pytest.approx(known.input.std, abs=0.2)


def test_a_wrong_normalisation_is_detected(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proposed entry has no normalisation; with it the poses fit nobody."""

    def guess_wrongly(graph: OnnxGraph) -> dict[str, Any]:
        table = propose_entry(graph)
        return {**table, "input": {**table["input"], "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}}

    agreements = []

    def prepare(*parts: Any) -> TryEntry:
        try_entry = PREPARE_POSE_TRIAL(*parts)

        def keep_agreement(spec: ModelSpec) -> ModelTrial:
            trial = try_entry(spec)
            agreements.append(trial.agreement)
            return trial

        return keep_agreement

    monkeypatch.setattr("realtime_pose.commands.model_trial.propose_entry", guess_wrongly)
    monkeypatch.setitem(model_trial._TRIALS, "pose", prepare)
    spec, trial = add_model(link_model("tinypose-128", tmp_path, shared_data))
    assert min(spec.input.std) > 50
    assert isinstance(trial, ModelTrial)
    assert trial.agreement > 0.9
    assert agreements[0] < 0.2


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        pytest.param({"x": ("N", 3, 64, 48)}, {"a": (17, 96), "b": (17, 128)}, "pose, family simcc", id="simcc"),
        pytest.param({"x": (1, 3, 64, 64)}, {"output0": (84, 100)}, "detector, family yolo", id="yolo"),
        pytest.param({"x": (1, 3, 64, 64)}, {"output0": (56, 84)}, "pose-detector, family yolo-pose", id="yolo-pose"),
        pytest.param({"x": (1, 64, 64, 3)}, {"y": (6, 56)}, "pose-detector, family movenet-multipose", id="multipose"),
        pytest.param(
            {"x": (1, 64, 64, 3)},
            {"labels": (5,), "boxes": (5, 4), "scores": (5,)},
            "detector, family ssd",
            id="ssd",
        ),
    ],
)
def test_a_synthetic_graph_of_each_other_family_is_added_and_runs(
    inputs: dict[str, Sequence[int | str]],
    outputs: dict[str, tuple[int, ...]],
    expected: str,
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = {name: np.full((1, *shape), 0.9, np.float32) for name, shape in outputs.items()}
    own = constant_graph(tmp_path / "made.onnx", inputs, made)
    assert main(["weights", "add", str(own)]) == 0
    assert expected in capsys.readouterr().out
    more = ["--headless", "--max-frames", "2", "--max-persons", "3"]
    assert main(["live", "demo", *more, *flags_for(own, expected)]) == 0


def test_a_graph_that_takes_bytes_is_not_normalised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Heatmap networks usually are normalised; on an image without people the trial cannot decide it."""
    own, picture = tmp_path / "bytes.onnx", tmp_path / "black.png"
    dimmed_graph(own, (1, 3, 64, 48), np.ones((1, 17, 16, 12), np.float32), dtype="uint8")
    cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    assert main(["weights", "add", str(own), "--picture", str(picture)]) == 0
    assert "finds nobody to compare with: try another --picture" in capsys.readouterr().out
    spec = load_manifest().find(str(own), task="pose")
    assert (spec.input.mean, spec.input.std) == ((0, 0, 0), (1, 1, 1))


def test_a_graph_in_half_precision_is_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
    own = constant_graph(tmp_path / "half.onnx", {"x": ["N", 3, 64, 64]}, {"dets": rows}, dtype="float16")
    assert main(["weights", "add", str(own)]) == 0
    assert "1 person, mean score 0.75" in capsys.readouterr().out


def test_an_entry_is_not_overwritten(tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = link_model("yolox-nano", tmp_path, shared_data)
    assert main(["weights", "add", str(own)]) == 0
    assert "colour, mean, std" in capsys.readouterr().err
    assert main(["weights", "add", str(own)]) == 2
    assert "expected no entry there yet" in capsys.readouterr().err


def test_a_file_that_failed_its_trial_can_be_added_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
    own, picture = tmp_path / "mine.onnx", tmp_path / "black.png"
    cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    command = ["weights", "add", str(own), "--picture", str(picture)]
    constant_graph(own, {"x": ["N", 3, 64, 64]}, {"dets": rows}, fails_on_black=True)
    assert main(command) == 1
    assert "expected numbers" in capsys.readouterr().err
    assert "mine.toml: removed again" in caplog.text
    assert not own.with_suffix(".toml").exists()
    constant_graph(own, {"x": ["N", 3, 64, 64]}, {"dets": rows})
    assert main(command) == 0
    assert own.with_suffix(".toml").is_file()
    assert "1 person," in capsys.readouterr().out


def test_an_image_that_does_not_open_leaves_no_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
    own = constant_graph(tmp_path / "mine.onnx", {"x": ["N", 3, 64, 64]}, {"dets": rows})
    assert main(["weights", "add", str(own), "--picture", str(tmp_path / "nowhere.png")]) == 1
    assert "nowhere.png" in capsys.readouterr().err
    assert not own.with_suffix(".toml").exists()


def test_an_unknown_graph_leaves_no_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    classes: NDArray[np.float32] = np.zeros((1, 1000), np.float32)
    own = constant_graph(tmp_path / "net.onnx", {"x": ["N", 3, 224, 224]}, {"logits": classes})
    assert main(["weights", "add", str(own)]) == 1
    assert "logits ['N', 1000]" in capsys.readouterr().err
    assert not own.with_suffix(".toml").exists()


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "add", str(tmp_path / "no.onnx")]) == 2
    assert "no.onnx: expected an .onnx file" in capsys.readouterr().err
