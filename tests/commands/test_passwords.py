"""A password appears in no output of a run, whether it works or fails: messages, files, process list."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.rtsp_server import RtspServer, clip, free_port
from realtime_pose.cli import main
from realtime_pose.config import Config, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.sources import SourceState, open_source
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.server, pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
SECRET = "s3cr3t/w#r:d%"
WRONG = "wr0ngs3cr3t"
TRACES = (SECRET, quote(SECRET, safe=""), "s3cr3t")
QUICK_NETWORKS = ("--pose", "movenet-lightning", "--detector-size", "64")
QUICK = ("--headless", *QUICK_NETWORKS, "--debug", "--open-timeout-s", "3")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    with RtspServer(clip(tmp_path_factory.mktemp("clip")), user=f"digest:us:{SECRET}") as running:
        yield running


Live = Callable[..., tuple[int, str]]


@pytest.fixture
def live(capfd: pytest.CaptureFixture[str]) -> Live:
    """A run with these arguments: its exit code, and all that it and its libraries print."""

    def run(*args: str) -> tuple[int, str]:
        code = main(["live", *args, *QUICK])
        return code, "".join(capfd.readouterr())

    return run


def without_secret(text: str) -> str:
    """The text, which must not hold the password."""
    assert not any(trace in text for trace in TRACES), text
    return text


def test_a_run_that_works(server: RtspServer, tmp_path: Path, live: Live) -> None:
    poses, video = tmp_path / "p.jsonl", tmp_path / "o.mp4"
    address = f"rtsp://us:{SECRET}@127.0.0.1:{server.port}/live?jwt=s3cr3t&sid=s3cr3t"
    code, output = live(address, "--max-frames", "8", "--save-poses", str(poses), "--record", str(video))
    assert code == 0, without_secret(output)
    without_secret(output)
    assert "us:***@127.0.0.1" in output
    assert "us:***@127.0.0.1" in without_secret(poses.read_text(encoding="utf-8"))
    assert "jwt=***&sid=***" in poses.read_text(encoding="utf-8")
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or not re.search(rb"s3cr3t", file.read_bytes()), file


@pytest.mark.parametrize("fault", ["wrong password", "unknown path", "closed port", "no such host", "no TLS"])
def test_a_run_that_fails(server: RtspServer, tmp_path: Path, live: Live, fault: str) -> None:
    video = tmp_path / "o.mp4"
    address = {
        "wrong password": f"rtsp://us:{WRONG}@127.0.0.1:{server.port}/live",
        "unknown path": f"rtsp://us:{SECRET}@127.0.0.1:{server.port}/nothing?password={SECRET}",
        "closed port": f"rtsp://us:{SECRET}@127.0.0.1:{free_port()}/live",
        "no such host": f"rtsp://us:{SECRET}@no-such-host.invalid/live",
        "no TLS": f"rtsps://us:{SECRET}@127.0.0.1:{server.port}/live",
    }[fault]
    code, output = live(address, "--record", str(video))
    assert code == 1
    assert "us:***@" in without_secret(output)
    assert "Traceback" in output  # --debug shows it
    assert not video.exists() or video.stat().st_size == 0


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_password_that_is_not_in_the_command_line(
    server: RtspServer, tmp_path: Path, live: Live, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """There, other users of the machine can read it."""
    file, args = tmp_path / "camera", [f"rtsp://us@127.0.0.1:{server.port}/live", "--max-frames", "3"]
    if place == "file":
        file.write_text(f"us:{SECRET}\n", encoding="utf-8")
        args += ["--credentials-file", str(file)]
    else:
        monkeypatch.setenv("REALTIME_POSE_PASSWORD", SECRET)
    code, output = live(*args)
    assert code == 0, without_secret(output)
    without_secret(output)


class ProcessTree:
    """Command lines of a process and its descendants, as `ps` shows them, polled until the end."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._is_over = threading.Event()
        self.own: set[str] = set()
        self.of_children: set[str] = set()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join(5.0)

    def _watch(self) -> None:
        while not self._is_over.wait(0.02):
            parents, lines = {}, {}
            for folder in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    lines[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            tree = {self._number}
            while more := {number for number, parent in parents.items() if parent in tree} - tree:
                tree |= more
            self.own.add(lines.get(self._number, ""))
            self.of_children |= {lines[number] for number in tree - {self._number} if number in lines}


def test_the_process_list_during_a_recording(server: RtspServer, tmp_path: Path) -> None:
    """The window tests Qt in another process; neither that one nor any other may get the address."""
    file, folder = tmp_path / "camera", tmp_path / "rec"
    file.write_text(f"us:{SECRET}\n", encoding="utf-8")
    command = [sys.executable, "-m", "realtime_pose", "live", f"rtsp://us@127.0.0.1:{server.port}/live"]
    more = ["--credentials-file", str(file), "--record", str(folder), "--segment", "1s", *QUICK_NETWORKS]
    running = subprocess.Popen(
        [*command, *more],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)},
    )
    tree, deadline_s = ProcessTree(running.pid), time.monotonic() + 40
    while len(list(folder.glob("*.mp4"))) < 2 and time.monotonic() < deadline_s and running.poll() is None:
        tree._is_over.wait(0.05)
    running.send_signal(signal.SIGTERM)
    _, output = running.communicate(timeout=20)
    tree.end()
    assert len(list(folder.glob("*.mp4"))) >= 2, output
    without_secret(output)
    without_secret(" ".join(tree.own | tree.of_children))
    assert any("realtime_pose" in line for line in tree.own)
    assert tree.of_children, "the test of Qt was not seen"


def test_probes_do_not_get_a_password_in_the_address(server: RtspServer, tmp_path: Path) -> None:
    address = f"rtsp://us:{SECRET}@127.0.0.1:{server.port}/live"
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    command = ("live", address, "--max-frames", "3", *QUICK_NETWORKS)
    running = ForkedProgram(*command, env=environ, stderr=subprocess.DEVNULL)
    tree, deadline_s = ProcessTree(running.pid), time.monotonic() + 40
    while not tree.of_children and time.monotonic() < deadline_s and running.poll() is None:
        tree._is_over.wait(0.02)
    running.send_signal(signal.SIGTERM)
    running.wait(20)
    tree.end()
    children = tree.of_children - tree.own  # until exec a child shows the line of its parent
    assert children
    without_secret(" ".join(children))


def test_names_reprs_states_and_threads(server: RtspServer) -> None:
    settings = SourceConfig(uri=f"rtsp://us:{SECRET}@127.0.0.1:{server.port}/live", keep_trying=True)
    source = open_source(settings)
    with SourceWatcher(source) as one:
        one.until_frames(2)
        threads = [thread.name for thread in threading.enumerate()]
        without_secret(repr((source, source.info.name, source.status, settings, threads, vars(source))))
        server.kill()
        one.until_state(SourceState.RECONNECTING)
        without_secret(repr((source, source.status)))
        server.start()
    pipeline = build(Config(source=settings))
    without_secret(repr((pipeline.report(), vars(pipeline), pipeline.source.info.name)))
    pipeline.stop()
