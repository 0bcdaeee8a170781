"""Ctrl-C and SIGTERM in each state of a camera: the run ends within two seconds, and its files are complete."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support.live_run import LONG_TIMEOUT, STATES, LiveRun, Start, run_in_state, start_interpreter
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, clip
from benchmarks.support.servers.x_server import x_server
from tests.support.forked_program import start_forked

pytestmark = [pytest.mark.server, pytest.mark.gui, pytest.mark.process]

END_S = 2.0
NUM_FRAMES = 5


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with x_server() as name:
        yield name


def start_of(state: str) -> Start:
    """One of the states has an interpreter of its own, whose end is also under test."""
    return start_interpreter if state == "live" else start_forked


def check_files(run: LiveRun, state: str) -> None:
    """Check that all frames play and have poses, and that there is no video of a camera that never connected."""
    if state == "connecting":
        assert not run.video.is_file()
        assert run.pose_times_s() == []
    else:
        assert run.num_playable() >= NUM_FRAMES
        assert len(run.pose_times_s()) >= NUM_FRAMES


@pytest.mark.parametrize("state", STATES)
def test_ctrl_c_without_a_window(tmp_path: Path, state: str) -> None:
    """All files are closed when the summary is printed; after that Python only exits."""
    with run_in_state(state, tmp_path, num_frames=NUM_FRAMES, start=start_of(state)) as run:
        began_s = time.monotonic()
        ended_s = run.stop_s()
    assert run.process.returncode == 0, run.output
    assert "stopped\n" in run.output
    closed_s = next(came_s for came_s, line in run.lines if "per second at the end" in line) - began_s
    assert closed_s < END_S / 2, f"closed after {closed_s:.2f} s"
    assert ended_s < END_S, f"closed after {closed_s:.2f} s, ended after {ended_s:.2f} s"
    check_files(run, state)


@pytest.mark.parametrize(
    ("state", "number"),
    [
        ("live", signal.SIGINT),
        ("connecting", signal.SIGTERM),
        ("auth_failed", signal.SIGTERM),
        ("not_found", signal.SIGINT),
    ],
)
def test_a_signal_to_a_window(tmp_path: Path, display: str, state: str, number: signal.Signals) -> None:
    with run_in_state(state, tmp_path, num_frames=NUM_FRAMES, display=display, start=start_of(state)) as run:
        ended_s = run.stop_s(number)
    assert run.process.returncode == 0, run.output
    assert ended_s < END_S
    assert "Traceback" not in run.output
    assert "running headless" not in run.output
    check_files(run, state)


def test_ctrl_c_while_loading(tmp_path: Path) -> None:
    """Nothing was written yet, and libraries crash if their import is interrupted: the signal ends the process."""
    with RtspServer(clip(tmp_path)) as server, Proxy(server.port) as proxy:
        proxy.is_hanging = True
        run = LiveRun(server.through(proxy.port), tmp_path, *LONG_TIMEOUT)
        run.until(lambda: proxy.connections > 0)
        assert run.stop_s() < END_S
    assert run.process.returncode == -signal.SIGINT
    assert "Traceback" not in run.output
