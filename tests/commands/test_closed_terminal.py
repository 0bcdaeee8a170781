"""A closed terminal and missing standard streams: a run finishes its files, and no message lands in a file."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from benchmarks.support import clips
from benchmarks.support.needs import open_terminal
from benchmarks.support.servers.x_server import x_server
from tests.support.forked_program import RUN, ForkedProgram
from tests.support.waiting import becomes_true

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--pose", "movenet-lightning", "--detector-size", "64")
COMMAND = (sys.executable, "-m", "realtime_pose")


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So long that no run reaches its end."""
    return clips.video(tmp_path_factory.mktemp("clip") / "a.mp4", count=3000)


def has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def is_finished(path: Path) -> bool:
    """Whether this is an ordinary MP4, and no fragmented one."""
    with av.open(str(path)) as container:
        return container.streams.video[0].frames == len(list(container.decode(video=0))) > 0


@contextlib.contextmanager
def in_terminal(*args: object, **more: str) -> Iterator[tuple[ForkedProgram, Callable[[], None]]]:
    """A process in a terminal of its own, and what closes this terminal."""
    ours, theirs = open_terminal()
    running = ForkedProgram(
        *args, env={**os.environ, **more}, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    # A terminal that nobody reads holds up those who write to it. A read that waits would keep it from closing.
    is_closing = threading.Event()
    reader = threading.Thread(target=read_until, args=(ours, is_closing))
    reader.start()

    def close() -> None:
        is_closing.set()
        reader.join()

    try:
        yield running, close
    finally:
        close()
        running.kill()
        running.wait()


def read_until(descriptor: int, is_closing: threading.Event) -> None:
    """Read a terminal until the event, or until nobody writes to it; then close it."""
    with contextlib.suppress(OSError):  # nobody writes to it any more
        while not is_closing.is_set():
            if select.select([descriptor], [], [], 0.05)[0]:
                os.read(descriptor, 4096)
    os.close(descriptor)


class TestClosedTerminal:
    def test_live(self, tmp_path: Path, long_clip: Path) -> None:
        video = tmp_path / "out.mp4"
        with in_terminal("live", long_clip, "--headless", "--record", video, *QUICK) as (running, close):
            assert becomes_true(lambda: has_content(video))
            close()
            assert running.wait(timeout=20) == 0
        assert is_finished(video)

    def test_process(self, tmp_path: Path, long_clip: Path) -> None:
        out = tmp_path / "out"
        with in_terminal("process", long_clip, "--out", out, *QUICK) as (running, close):
            assert becomes_true(lambda: any(map(has_content, out.glob(".realtime-pose/*/*.mp4"))))
            close()
            assert running.wait(timeout=20) == 1, "the file is not finished"
        assert not list(out.glob("*.mp4"))
        assert not list(out.glob(".realtime-pose/*/*.mp4"))

    @pytest.mark.gui
    def test_window(self, tmp_path: Path, long_clip: Path) -> None:
        video = tmp_path / "out.mp4"
        with (
            x_server() as display,
            in_terminal("live", long_clip, "--record", video, *QUICK, DISPLAY=display) as started,
        ):
            running, close = started
            assert becomes_true(lambda: has_content(video))
            close()
            assert running.wait(timeout=20) == 0
        assert is_finished(video)

    def test_a_run_that_ignores_it_goes_on(self, tmp_path: Path) -> None:
        """As under nohup."""
        clip, poses = clips.video(tmp_path / "a.mp4", count=50), tmp_path / "out.jsonl"
        running = ForkedProgram(
            *("live", clip, "--headless", "--save-poses", poses, *QUICK),
            code=f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{RUN}",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert becomes_true(lambda: has_content(poses))
        running.send_signal(signal.SIGHUP)
        assert running.wait(timeout=60) == 0
        assert len(poses.read_text(encoding="utf-8").splitlines()) == 51


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_that_comes_three_times_finishes_the_recording(
    tmp_path: Path, long_clip: Path, number: signal.Signals
) -> None:
    """Once: test_live above, and tests/commands/test_recording_runs.py."""
    video = tmp_path / "out.mp4"
    running = ForkedProgram("live", long_clip, "--headless", "--record", video, *QUICK, stderr=subprocess.PIPE)
    assert becomes_true(lambda: has_content(video))
    for _ in range(3):
        running.send_signal(number)
    _, messages = running.communicate(timeout=20)
    assert running.returncode == 0, messages
    assert "stopped\n" in messages
    assert is_finished(video)


class TestMissingStreams:
    @pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-", "<&-"])
    def test_a_run_works_and_no_message_lands_in_a_file(self, tmp_path: Path, closed: str) -> None:
        clip, poses, video = clips.video(tmp_path / "a.mp4", count=5), tmp_path / "p.jsonl", tmp_path / "out.mp4"
        outputs = ("--record", str(video), "--save-poses", str(poses))
        command = [*COMMAND, "live", str(clip), "--headless", *outputs, *QUICK, "--debug"]
        done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *command], cwd=ROOT, check=False, timeout=60)
        assert done.returncode == 0
        _, *lines = poses.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["frame"] for line in lines] == [*range(5)]
        assert is_finished(video)

    def test_errors_without_standard_error(self, tmp_path: Path) -> None:
        command = [*COMMAND, "live", str(tmp_path / "nowhere.mp4"), "--headless"]
        run = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
        done = subprocess.run(run, cwd=ROOT, check=False, timeout=60, stdout=subprocess.PIPE)
        assert (done.returncode, done.stdout) == (1, b""), "messages do not come between results"

    def test_a_terminal_that_went_without_a_signal(self, tmp_path: Path) -> None:
        """The progress bar and the summary have nowhere to go."""
        clip, poses = clips.video(tmp_path / "a.mp4", count=50), tmp_path / "p.jsonl"
        ours, theirs = open_terminal()
        command = ("live", clip, "--headless", "--save-poses", poses, *QUICK)
        running = ForkedProgram(*command, stderr=theirs, start_new_session=True)
        os.close(theirs)
        assert becomes_true(lambda: has_content(poses))
        os.close(ours)
        assert running.wait(timeout=60) == 0
        assert len(poses.read_text(encoding="utf-8").splitlines()) == 51

    def test_a_full_disk_behind_standard_output(self) -> None:
        with Path("/dev/full").open("w") as full:
            command = [*COMMAND, "weights", "list"]
            done = subprocess.run(
                command, cwd=ROOT, check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
            )
        assert done.returncode == 1
        problem = "standard output: the results cannot be written (No space left on device)"
        assert done.stderr == f"realtime-pose: {problem}\n"
