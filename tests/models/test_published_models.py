"""Models that are named and not here: fetched from a real server by real processes, checked, run, and fetched once."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import realtime_pose
from realtime_pose.models.weights import FOLDER_VARIABLE
from tests.support import clips, zoo
from tests.support.weights_files import Server, serving

PACKAGE = Path(realtime_pose.__file__).parent
FILES = {"far-detector": "rtmdet-nano", "far-pose": "tinypose-128"}


@dataclass(frozen=True)
class Installed:
    """A realtime_pose of its own in a folder, whose manifest also names a far detector and a far pose estimator.

    Attributes:
        folder: Where it runs.
        detector: Has the detector's zip archive, of which no SHA-256 is known.
        pose: Has the pose estimator's file, whose SHA-256 is.
    """

    folder: Path
    detector: Server
    pose: Server

    @property
    def requests(self) -> int:
        """How many came to both servers."""
        return len(self.detector.ranges) + len(self.pose.ranges)

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """The command line, with both models named."""
        path = {"PYTHONPATH": str(self.folder / "site"), FOLDER_VARIABLE: str(self.folder / "cache")}
        command = [sys.executable, "-m", "realtime_pose", *args, "--detector", "far-detector", "--pose", "far-pose"]
        environment = {**os.environ, **path, "NO_PROXY": "127.0.0.1"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=100, check=False
        )


@pytest.fixture
def installed(tmp_path: Path, shared_data: Path) -> Iterator[Installed]:
    package = tmp_path / "site" / "realtime_pose"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("media", "__pycache__"))
    shutil.copytree(PACKAGE.parent / "weights", package / "weights")
    contents = {far: zoo.placed(own, tmp_path, shared=shared_data).read_bytes() for far, own in FILES.items()}
    with serving() as detector, serving() as pose:
        detector.content, pose.content = archived(contents["far-detector"]), contents["far-pose"]
        entries = {
            "far-detector": {"url": detector.url.replace("m.onnx", "m.zip")},
            "far-pose": {"url": pose.url, "sha256": hashlib.sha256(pose.content).hexdigest()},
        }
        with (package / "weights" / "manifest.toml").open("a", encoding="utf-8") as manifest:
            manifest.writelines(entry(name, FILES[name], keys) for name, keys in entries.items())
        yield Installed(tmp_path, detector, pose)


def archived(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("20230504/end2end.onnx", content)
    return packed.getvalue()


def entry(name: str, own: str, keys: dict[str, str]) -> str:
    """The entry of weights/examples as one of the manifest, under another name."""
    head, inputs = (zoo.EXAMPLES / f"{own}.toml").read_text(encoding="utf-8").split("[input]\n")
    given = "".join(f'{key} = "{value}"\n' for key, value in {"file": f"{name}.onnx", **keys}.items())
    return f"\n[models.{name}]\n{given}{head}\n[models.{name}.input]\n{inputs}"


def two_pictures(folder: Path, shared_data: Path) -> list[str]:
    """The flags that name two annotated pictures."""
    whole = json.loads((shared_data / "data" / "coco_val" / "full_gt.json").read_text(encoding="utf-8"))
    numbers = [785, 40083]

    def of(table: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        return [row for row in table if row[key] in numbers]

    table = {**whole, "images": of(whole["images"], "id"), "annotations": of(whole["annotations"], "image_id")}
    (folder / "truth.json").write_text(json.dumps(table), encoding="utf-8")
    return ["--annotations", "truth.json", "--images", str(shared_data / "data" / "coco_val" / "images")]


def test_named_models_are_fetched_checked_run_and_fetched_once(installed: Installed, shared_data: Path) -> None:
    pictures = two_pictures(installed.folder, shared_data)
    first = installed.run("eval", "coco", *pictures)
    assert (first.returncode, installed.requests) == (0, 2), first.stderr
    for name, size in (("far-detector", "4.0/4.0 MB"), ("far-pose", "5.3/5.3 MB")):
        (bar,) = (line for line in first.stderr.splitlines() if line.startswith(name) and "━" in line)
        assert size in bar
    assert "far-detector: no SHA-256 is published; the one recorded when its file first came holds" in first.stderr
    assert "far-pose: no SHA-256" not in first.stderr
    assert "2 pictures" in first.stdout
    assert len(json.loads((installed.folder / "results.json").read_text(encoding="utf-8"))) >= 3

    clip = clips.video(installed.folder / "clip.mp4", count=3)
    second = installed.run("live", str(clip), "--headless", "--save-poses", "poses.jsonl")
    assert (second.returncode, installed.requests) == (0, 2), second.stderr
    assert "━" not in second.stderr
    header, *frames = (installed.folder / "poses.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(frames) == 3
    files = {name: (installed.folder / "cache" / f"{name}.onnx").read_bytes() for name in FILES}
    assert json.loads(header)["models"] == {name: hashlib.sha256(file).hexdigest() for name, file in files.items()}


def test_a_file_that_was_exchanged_is_fetched_again(installed: Installed) -> None:
    clip = clips.video(installed.folder / "clip.mp4", count=3)
    assert installed.run("live", str(clip), "--headless").returncode == 0
    (installed.folder / "cache" / "far-pose.onnx").write_bytes(b"another")
    again = installed.run("live", str(clip), "--headless")
    assert (again.returncode, installed.requests) == (0, 3), again.stderr


def test_a_wrong_file_ends_the_command_before_it_opens_anything(installed: Installed) -> None:
    installed.pose.content = b"<html>log in first</html>"
    ended = installed.run("live", "nowhere.mp4", "--headless")
    assert ended.returncode == 1
    assert "expected SHA-256" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "nowhere.mp4" not in ended.stderr


def test_without_a_network_it_says_what_to_do(installed: Installed) -> None:
    installed.detector.status = 502
    ended = installed.run("live", "nowhere.mp4", "--headless", "--preset", "accurate")
    assert ended.returncode == 1
    assert "could not be fetched: the server answered 502" in ended.stderr
    assert "run the same command again to try again, or put the .onnx file out of that archive there" in ended.stderr
    assert f"{installed.folder / 'cache' / 'far-detector.onnx'}; `realtime-pose weights list` shows" in ended.stderr
