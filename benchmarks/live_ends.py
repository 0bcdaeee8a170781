"""How a whole live process ends, for faults.py: by Ctrl-C in each state, and by kill -9 while it records."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
from live_load import Row

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.proxy import Proxy
from tests.rtsp_server import RtspServer, clip

ROOT = Path(__file__).resolve().parent.parent
STATES = ("live", "stalled", "reconnecting")
FLAGS = ("--headless", "--pose", "movenet-lightning", "--stalled-s", "0.2")
PAUSE = threading.Event()


def ctrl_c(folder: Path) -> Iterator[Row]:
    """Ctrl-C to a run that records, in each state: from the signal to the end of the process."""
    for state in STATES:
        video, poses = folder / f"{state}.mp4", folder / f"{state}.jsonl"
        with RtspServer(clip(folder)) as server, Proxy(server.port) as proxy:
            running = _recording(server.through(proxy.port), video, poses, num_frames=30)
            assert running.stderr is not None
            if state == "stalled":
                proxy.is_hanging = True
            elif state == "reconnecting":
                server.kill()
            while state != "live" and f": {state}: " not in (line := running.stderr.readline()):
                assert line, "it ended by itself"
            began_s = time.monotonic()
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=30)
            took_s, code = time.monotonic() - began_s, running.returncode
        num_frames = len(_times_s(video))
        measured = f"{took_s:.2f} s, exit code {code}; {num_frames} frames play"
        holds = took_s <= 2 and code == 0 and num_frames > 0
        yield Row(f"Ctrl-C while {state}", "<= 2 s, files playable", measured, holds)


def killed(folder: Path) -> Iterator[Row]:
    """A run that is killed while it records: what plays, beside the poses, of which a line is written a frame."""
    video, poses = folder / "killed.mp4", folder / "killed.jsonl"
    with RtspServer(clip(folder)) as server:
        running = _recording(server.address, video, poses, num_frames=200)
        running.kill()
        running.communicate(timeout=30)
    written_s = [json.loads(line)["time_s"] for line in poses.read_text(encoding="utf-8").splitlines()[1:]]
    lasts_s = _times_s(video)[-1]
    lost_s = written_s[-1] - written_s[0] - lasts_s
    measured = f"{lasts_s:.1f} s play, the last {lost_s:.1f} s are lost"
    yield Row("kill -9 while recording", "all but the last 2 s play", measured, lost_s <= 2 < lasts_s)


def _recording(address: str, video: Path, poses: Path, *, num_frames: int) -> subprocess.Popen[str]:
    """A run that has written so many frames."""
    command = [sys.executable, str(ROOT / "run_live.py"), address, "--record", str(video), "--save-poses", str(poses)]
    running = subprocess.Popen([*command, *FLAGS], stderr=subprocess.PIPE, text=True)
    while not poses.is_file() or poses.read_text(encoding="utf-8").count("\n") <= num_frames:
        assert running.poll() is None, "it ended by itself"
        PAUSE.wait(0.05)
    return running


def _times_s(video: Path) -> list[float]:
    """When each frame that can be decoded is shown."""
    times_s = []
    with av.open(str(video)) as container, contextlib.suppress(av.error.InvalidDataError):
        times_s += [float(frame.time or 0) for frame in container.decode(video=0)]
    return times_s
