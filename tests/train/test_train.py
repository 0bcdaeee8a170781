"""The command train: it learns, goes on to the same numbers, and refuses bad input with nothing lost."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.support.full_disk import limit_file_size
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig
from realtime_pose.errors import ConfigError, ModelError, SinkError
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import load_manifest
from realtime_pose.train import checkpoint, losses
from realtime_pose.train.distributed import process_group
from realtime_pose.train.entry import OUTPUT
from tests.support.forked_program import ForkedProgram
from tests.support.made_once import made_once
from tests.support.models.short_network import short_network
from tests.support.people.drawn_figures import write_figures
from tests.support.trainings import StopAfter, rows, same_numbers, words

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*lr_scheduler.step.*:UserWarning")]

F32 = np.float32


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_figures(tmp_path_factory.mktemp("figures"), 8)


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """The network of these tests: they are about the training of any."""
    with short_network():
        yield


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that has learned the first four figures by heart."""

    def train(folder: Path) -> None:
        out = folder / "training"
        figures = write_figures(folder / "figures", 4)
        command = words(figures, out, "--epochs", "6", "--batch", "4", "--no-augment", "--rate", "0.008")
        command[1:5] = ["--annotations", *[str(figures[0])] * 12, "--images", *[str(figures[1])] * 12]  # steps an epoch
        assert main(command) == 0

    return made_once(tmp_path_factory, "learned", train) / "training"


@pytest.fixture(scope="module")
def one_epoch(figures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of one epoch."""
    out = tmp_path_factory.mktemp("one_epoch") / "training"
    assert main(words(figures, out, "--epochs", "1")) == 0
    return out


def test_it_learns_drawn_figures_by_heart(learned: Path) -> None:
    last = rows(learned)[-1]
    assert last["epoch"] == "6"
    assert float(last["pck"]) >= 0.98
    assert float(last["ap"]) > 0.6
    assert float(last["loss"]) < float(rows(learned)[0]["loss"]) / 10
    assert cv2.imread(str(learned / "panels" / "epoch_0006.jpg")) is not None
    assert list((learned / "tensorboard").glob("events*"))


def test_its_network_is_used_by_other_commands(
    figures: tuple[Path, Path], learned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = load_manifest().find(str(learned / "best.pth"), task="pose")
    assert load_backend(learned / "best.pth", spec).device == "CPU"
    assert "PCK" in spec.published_score
    truth = ("--annotations", str(learned / "validation.json"), "--images", str(figures[1]))
    results = ("--out", str(tmp_path / "results.json"))
    assert main(["eval", "coco", *truth, "--boxes", "truth", "--pose", str(learned / "best.pth"), *results]) == 0
    found = re.search(r"keypoints +([\d.]+)", capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) > 60


def test_an_exported_file_is_as_accurate(
    figures: tuple[Path, Path], learned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In 16 bits, where more can be lost. Compared on a figure, whose keypoints the network sees."""
    truth = ["--annotations", str(learned / "validation.json"), "--images", str(figures[1])]
    own, target = learned / "best.pth", tmp_path / "x.onnx"
    command = ["export", str(own), "--onnx", str(target), *truth, "--half"]
    assert main([*command, "--picture", str(figures[1] / "1.png")]) == 0
    printed = capsys.readouterr().out
    found = re.search(r"AP ([\d.]+) in torch, ([\d.]+) in the file", printed)
    assert found is not None
    assert float(found[2]) == pytest.approx(float(found[1]), abs=1)
    assert re.search(r", 16 bits; .*; \d+ keypoints within 0\.0\d\d px", printed)
    assert target.stat().st_size < 0.6 * own.stat().st_size
    config, batch = (
        DeviceConfig(engine="onnxruntime", device="cpu"),
        np.random.default_rng(0).random((2, 3, 96, 64), F32),
    )
    maps = load_backend(target, load_manifest().find(str(target), task="pose"), config).run(batch)[OUTPUT]
    assert maps.dtype == F32
    expected = load_backend(own, load_manifest().find(str(own), task="pose")).run(batch)[OUTPUT]
    assert np.abs(maps - expected).max() < 0.01 * np.abs(expected).max()


def test_a_stopped_training_goes_on_to_the_same_numbers(
    figures: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopped in the middle of an epoch; bit by bit on the CPU."""
    more = ("--epochs", "3", "--batch", "2")
    assert main(words(figures, tmp_path / "whole", *more)) == 0

    @contextmanager
    def stop() -> Iterator[StopAfter]:
        yield StopAfter(6)

    with monkeypatch.context() as patch:
        patch.setattr("realtime_pose.commands.signals.stop_request", stop)
        assert main(words(figures, tmp_path / "parts", *more)) == 130
    assert f"go on with: realtime-pose train --resume {tmp_path / 'parts'}" in capsys.readouterr().err
    assert len(rows(tmp_path / "parts")) == 1
    assert not same_numbers(tmp_path / "whole", tmp_path / "parts")
    assert main(["train", "--resume", str(tmp_path / "parts"), "--workers", "0", "--threads", "1"]) == 0
    assert same_numbers(tmp_path / "whole", tmp_path / "parts")
    without_speed = [{k: v for k, v in row.items() if k != "pictures_per_s"} for row in rows(tmp_path / "whole")]
    assert [
        {k: v for k, v in row.items() if k != "pictures_per_s"} for row in rows(tmp_path / "parts")
    ] == without_speed


def test_processes_that_load_images_do_not_change_the_numbers(figures: tuple[Path, Path], tmp_path: Path) -> None:
    more = ("--epochs", "2", "--batch", "4")
    assert main(words(figures, tmp_path / "alone", *more)) == 0
    assert main(words(figures, tmp_path / "loaded", *more, "--workers", "2")) == 0
    assert same_numbers(tmp_path / "alone", tmp_path / "loaded")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SHORT_PROGRAM = """
from realtime_pose.__main__ import run
from tests.support.models.short_network import short_network
with short_network():
    run()
"""
# Both go on from one import of PyTorch, which takes five seconds of computing. What each prints is in a file.
TWO_SHORT_PROGRAMS = f"""
import os, sys
import torch._dynamo  # the first optimizer of a process imports it
import realtime_pose.train.trainer
pids = []
for rank in "01":
    pids.append(os.fork())
    if not pids[-1]:
        os.environ.update(RANK=rank, LOCAL_RANK=rank)
        os.dup2(os.open(rank + ".txt", os.O_WRONLY | os.O_CREAT), 1)
        {SHORT_PROGRAM.strip().replace(chr(10), chr(10) + 8 * " ")}
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids))
"""


@pytest.mark.process
def test_two_processes_have_the_loss_of_one(figures: tuple[Path, Path], tmp_path: Path) -> None:
    """With fixed statistics of batch norm; each process has half of the batch."""
    more = ("--epochs", "2", "--batch", "4", "--freeze-statistics", "--no-augment")
    assert main(words(figures, tmp_path / "one", *more)) == 0
    # What torchrun tells its processes. Not in this process: torch counts the groups that it has had, also failed ones.
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    with ForkedProgram(
        *words(figures, tmp_path / "two", *more),
        code=TWO_SHORT_PROGRAMS,
        cwd=tmp_path,
        env={**os.environ, **shared},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as both:
        try:
            _, error = both.communicate(timeout=110)
        finally:  # one alone would wait for the other for half an hour
            with suppress(ProcessLookupError):
                os.killpg(both.pid, signal.SIGKILL)
    assert both.returncode == 0, error
    printed = [(tmp_path / f"{rank}.txt").read_text(encoding="utf-8") for rank in (0, 1)]
    assert [out.count("epoch 2 of 2") for out in printed] == [1, 0]
    one, two = (checkpoint.load(tmp_path / name / "last.pth") for name in ("one", "two"))
    losses_of = [[row["loss"] for row in each["progress"]["rows"]] for each in (one, two)]
    assert losses_of[0] == pytest.approx(losses_of[1], abs=1e-6)


@pytest.mark.process
def test_ctrl_c_ends_with_a_checkpoint(figures: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "training"
    command = words(figures, out, "--epochs", "100000", "--workers", "1")
    with subprocess.Popen(  # a forked program may have no processes of its own that load images
        [sys.executable, "-c", SHORT_PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "epoch 1 of" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the processes that load images get it too
        process.stdout.read()
        error = process.stderr.read()
        assert process.wait(60) == 130, error
    assert "stopped; go on with" in error
    assert "Traceback" not in error
    assert checkpoint.load(out / "last.pth")["progress"]["epoch"] >= 1


def failing_loss(at_step: int, error: Any) -> Any:
    """A loss that goes wrong at a step: it returns NaN, or does something."""
    steps = iter(range(1, 1000))

    def loss(maps: Tensor, target: Tensor, cells: Tensor, weight: Tensor) -> Tensor:
        value = losses.heatmap_loss(maps, target, cells, weight)
        return error(value) if next(steps) == at_step else value

    return loss


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(
    figures: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(losses.LOSSES, "heatmap", failing_loss(4, lambda value: value * torch.nan))
    assert main(words(figures, tmp_path / "t", "--epochs", "3", "--batch", "4")) == 1
    error = capsys.readouterr().err
    assert "the loss of step 4 is nan" in error
    assert f"the last good checkpoint is {tmp_path / 't' / 'last.pth'}" in error
    assert checkpoint.load(tmp_path / "t" / "last.pth")["progress"]["epoch"] == 1


def test_too_little_memory_names_a_batch_to_try(
    figures: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    huge = failing_loss(1, lambda value: value + torch.empty(10**15).sum())  # torch's own error
    monkeypatch.setitem(losses.LOSSES, "heatmap", huge)
    assert main(words(figures, tmp_path / "t", "--batch", "6")) == 1
    assert "not enough memory for --batch 6; try --batch 3" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system has no limit on the size of files")
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.pth"
    checkpoint.save(path, {"a": torch.arange(10)})
    with limit_file_size(100_000), pytest.raises(SinkError, match="the one before is kept"):
        checkpoint.save(path, {"a": torch.arange(1_000_000)})
    assert checkpoint.load(path)["a"].tolist() == list(range(10))
    assert [each.name for each in tmp_path.iterdir()] == ["last.pth"]


def test_pictures_that_cannot_be_read_are_counted_and_the_training_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = write_figures(tmp_path / "data", 6)
    (figures[1] / "2.png").write_bytes(b"no picture")
    (figures[1] / "3.png").unlink()
    assert main(words(figures, tmp_path / "t", "--epochs", "2", "--batch", "4")) == 0
    error = capsys.readouterr().err
    assert "left out, images that are missing: 1 (" in error
    assert "left out, images that cannot be read: 1 (" in error
    assert "2.png" in error
    assert len(rows(tmp_path / "t")) == 2


def without_keypoints(table: dict[str, Any]) -> None:
    for each in table["annotations"]:
        each.update(keypoints=[0] * 51, num_keypoints=0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--net", "fastpose-r18"], "net: expected one of small, "),
        (["--init", "none.pth"], "found no file none.pth"),
        (["--init", "movenet-thunder"], "movenet-thunder is an ONNX graph, which cannot learn"),
        (["--freeze", "head"], "the beginning of a parameter's name"),
        (["--crop", "100x100"], "multiples of 32"),
        (["--skeleton", "coco71"], "unknown skeleton 'coco71'"),
        (["--rate", "nan"], "rate: expected a value from"),
        (["--device", "tpu"], "device: expected auto, cpu, cuda or cuda:N"),
        (["--val-annotations"], "a folder for each file"),
    ],
)
def test_wrong_settings_end_before_anything_is_written(
    figures: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    given = [*more, str(figures[0])] if more == ["--val-annotations"] else more
    assert main(words(figures, tmp_path / "t", *given, same=False)) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "t" / "last.pth").exists()


def test_a_used_folder_is_not_overwritten_unasked(
    figures: tuple[Path, Path], one_epoch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t"
    command = words(figures, out, "--epochs", "1")
    for used in (False, True):
        if used:
            shutil.copytree(one_epoch, out, dirs_exist_ok=True)
            (out / "last.pth").write_bytes(b"of before")
        else:
            out.mkdir()
            (out / "notes.txt").write_text("mine", encoding="utf-8")
        assert main(command) == 1
        assert "expected a new or empty folder; go on with --resume" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    assert checkpoint.load(out / "last.pth")["progress"]["epoch"] == 1
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_annotations_without_keypoints_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = write_figures(tmp_path / "data", 3)
    table = json.loads(figures[0].read_text(encoding="utf-8"))
    without_keypoints(table)
    figures[0].write_text(json.dumps(table), encoding="utf-8")
    assert main(words(figures, tmp_path / "t")) == 1
    assert "persons without keypoints: 3" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


def test_it_goes_on_only_with_its_own_network(
    one_epoch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(one_epoch, tmp_path / "t")
    settings = out / "training.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('net = "small"', 'net = "simplepose-r50"'), encoding="utf-8")
    assert main(["train", "--resume", str(out), "--workers", "0"]) == 1
    assert "expected a checkpoint of simplepose-r50" in capsys.readouterr().err
    settings.write_text(text.replace('skeleton = ""', 'skeleton = "mpii16"'), encoding="utf-8")
    assert main(["train", "--resume", str(out), "--workers", "0"]) == 1
    assert "with 16 keypoints of mpii16, got small with 17" in capsys.readouterr().err
    for more in (["--epochs", "9"], ["--val-images", str(tmp_path)], ["--overwrite"]):
        assert main(["train", "--resume", str(out), *more]) == 2
        assert "expected no other files and settings" in capsys.readouterr().err
    assert main(["train", "--resume", str(tmp_path)]) == 2


def test_a_checkpoint_with_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    for content in (b"", b"no checkpoint"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="cannot be read"):
            checkpoint.load(path)


def test_fine_tuning_with_another_skeleton(
    figures: tuple[Path, Path], one_epoch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = str(one_epoch / "best.pth")
    more = ("--init", best, "--skeleton", "halpe26", "--freeze", "backbone", "--epochs", "1")
    assert main(words(figures, tmp_path / "halpe", *more)) == 0
    assert "for 26 keypoints; new: conv_out.bias, conv_out.weight" in capsys.readouterr().err
    assert load_manifest().find(str(tmp_path / "halpe" / "best.pth"), task="pose").skeleton == "halpe26"


def test_processes_that_cannot_connect_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="start them with torchrun"), process_group(torch.device("cpu")):
        pass
