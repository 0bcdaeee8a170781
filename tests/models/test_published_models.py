"""Models that must be downloaded: real processes get them from a real server, check them, run them, and keep them."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import realtime_pose
from benchmarks.support import clips, zoo
from benchmarks.support.needs import open_terminal
from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from tests.support.models.weights_files import Server, serving

pytestmark = [pytest.mark.server, pytest.mark.process]

PACKAGE = Path(realtime_pose.__file__).parent
FILES = {"web-detector": "rtmdet-nano", "web-pose": "tinypose-128"}


@dataclass(frozen=True)
class Installed:
    """A realtime_pose installed in a folder; its manifest also has a remote detector and a remote pose estimator.

    Attributes:
        folder: The working folder.
        detector: Serves the detector's zip archive, without a known SHA-256.
        pose: Serves the pose estimator's file, with a known SHA-256.
    """

    folder: Path
    detector: Server
    pose: Server

    @property
    def requests(self) -> int:
        """Number of requests to both servers."""
        return len(self.detector.ranges) + len(self.pose.ranges)

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line with both models."""
        command, environment = self._command(*args)
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=100, check=False
        )

    def run_in_terminal(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """The same with a terminal as stderr."""
        command, environment = self._command(*args)
        controller, terminal = open_terminal()
        shown = b""
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=terminal, text=True
        ) as process:
            os.close(terminal)
            with suppress(OSError):  # raised when the process has closed the terminal
                while chunk := os.read(controller, 4096):
                    shown += chunk
            printed, _ = process.communicate(timeout=100)
        os.close(controller)
        return subprocess.CompletedProcess(command, process.returncode, printed, shown.decode())

    def _command(self, *args: str) -> tuple[list[str], dict[str, str]]:
        models = ("--detector", "web-detector", "--pose", "web-pose")
        path = {"PYTHONPATH": str(self.folder / "site"), FOLDER_VARIABLE: str(self.folder / "cache")}
        environment = {**os.environ, **path, "NO_PROXY": "127.0.0.1", "TERM": "xterm"}
        return [sys.executable, "-m", "realtime_pose", *args, *models], environment


@pytest.fixture
def installed(tmp_path: Path, shared_data: Path) -> Iterator[Installed]:
    package = tmp_path / "site" / "realtime_pose"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("media"))
    shutil.copytree(PACKAGE.parent / "weights", package / "weights")
    contents = {name: zoo.link_model(own, tmp_path, shared=shared_data).read_bytes() for name, own in FILES.items()}
    with serving() as detector, serving() as pose:
        detector.content, pose.content = zip_archive(contents["web-detector"]), contents["web-pose"]
        entries = {
            "web-detector": {"url": detector.url.replace("m.onnx", "m.zip")},
            "web-pose": {"url": pose.url, "sha256": hashlib.sha256(pose.content).hexdigest()},
        }
        with (package / "weights" / "manifest.toml").open("a", encoding="utf-8") as manifest:
            manifest.writelines(entry(name, FILES[name], keys) for name, keys in entries.items())
        yield Installed(tmp_path, detector, pose)


def zip_archive(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("20230504/end2end.onnx", content)
    return packed.getvalue()


def entry(name: str, own: str, keys: dict[str, str]) -> str:
    """An entry of weights/examples as an entry of the manifest, under another name."""
    head, inputs = (zoo.EXAMPLES / f"{own}.toml").read_text(encoding="utf-8").split("[input]\n")
    given = "".join(f'{key} = "{value}"\n' for key, value in {"file": f"{name}.onnx", **keys}.items())
    return f"\n[models.{name}]\n{given}{head}\n[models.{name}.input]\n{inputs}"


def two_images(folder: Path, shared_data: Path) -> list[str]:
    """The flags for two annotated images."""
    truth = json.loads((shared_data / "data" / "coco_val" / "full_gt.json").read_text(encoding="utf-8"))
    image_ids = [785, 40083]

    def rows(table: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        return [row for row in table if row[key] in image_ids]

    table = {**truth, "images": rows(truth["images"], "id"), "annotations": rows(truth["annotations"], "image_id")}
    (folder / "truth.json").write_text(json.dumps(table), encoding="utf-8")
    return ["--annotations", "truth.json", "--images", str(shared_data / "data" / "coco_val" / "images")]


def test_models_are_downloaded_once_checked_and_run_and_again_if_a_file_has_changed(
    installed: Installed, shared_data: Path
) -> None:
    images = two_images(installed.folder, shared_data)
    first = installed.run_in_terminal("eval", "coco", "--max-persons", "10", *images)
    assert (first.returncode, installed.requests) == (0, 2), first.stderr
    assert "━" in first.stderr
    for name, size in (("web-detector", "4.0 of 4.0 MB"), ("web-pose", "5.3 of 5.3 MB")):
        assert re.search(rf"{name} .*{size}", first.stderr), first.stderr
    assert "web-detector: no SHA-256 is published; the file is checked against that of the first" in first.stderr
    assert "web-pose: no SHA-256" not in first.stderr
    assert "2 images" in first.stdout
    assert len(json.loads((installed.folder / "results.json").read_text(encoding="utf-8"))) >= 3

    clip = clips.video(installed.folder / "clip.mp4", count=3)
    second = installed.run("live", str(clip), "--headless", "--save-poses", "poses.jsonl")
    assert (second.returncode, installed.requests) == (0, 2), second.stderr
    assert "━" not in second.stderr
    header, *frames = (installed.folder / "poses.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(frames) == 3
    files = {name: (installed.folder / "cache" / f"{name}.onnx").read_bytes() for name in FILES}
    assert json.loads(header)["models"] == {name: hashlib.sha256(file).hexdigest() for name, file in files.items()}

    (installed.folder / "cache" / "web-pose.onnx").write_bytes(b"another")
    again = installed.run("live", "nowhere.mp4", "--headless")
    assert (again.returncode, installed.requests) == (1, 3), again.stderr
    assert "nowhere.mp4" in again.stderr  # after the download
    assert (installed.folder / "cache" / "web-pose.onnx").read_bytes() == files["web-pose"]


def test_a_wrong_file_ends_the_command_before_it_opens_a_source(installed: Installed) -> None:
    installed.pose.content = b"<html>log in first</html>"
    ended = installed.run("live", "nowhere.mp4", "--headless")
    assert ended.returncode == 1
    assert "expected SHA-256" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "nowhere.mp4" not in ended.stderr


def test_without_a_connection_the_message_says_what_to_do(installed: Installed) -> None:
    installed.detector.status = 502
    ended = installed.run("live", "nowhere.mp4", "--headless", "--preset", "accurate")
    assert ended.returncode == 1
    assert "could not be fetched: the server answered 502" in ended.stderr
    assert "run the same command again to try again, or put the .onnx file out of that archive there" in ended.stderr
    assert f"{installed.folder / 'cache' / 'web-detector.onnx'}; `realtime-pose weights list` shows" in ended.stderr
