"""How a live process ends, for faults.py: by a signal in each state, and by kill -9 during a recording."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import Row
from benchmarks.support.live_run import STATES, run_in_state
from benchmarks.support.servers.x_server import x_server

MAX_STOP_S = 2.0
NUM_FRAMES = 30


def ends(folder: Path) -> Iterator[Row]:
    """A signal to a run that records, in each state: the time until the process ends."""
    with x_server() as display:
        signals = (
            ("Ctrl-C", "", signal.SIGINT),
            ("Ctrl-C with a window", display, signal.SIGINT),
            ("SIGTERM with a window", display, signal.SIGTERM),
        )
        for state in STATES:
            results = [_stop(folder / f"{state} {name}", state, shown, number) for name, shown, number in signals]
            texts = (f"{name} {text}" for (name, _, _), (text, _) in zip(signals, results, strict=True))
            must = f"<= {MAX_STOP_S:g} s, exit code 0, files playable"
            yield Row(f"stop while {state.upper()}", must, "; ".join(texts), all(holds for _, holds in results))


def _stop(folder: Path, state: str, display: str, number: signal.Signals) -> tuple[str, bool]:
    """Stop one run with a signal; the measured values as text, and whether the bounds hold."""
    folder.mkdir()
    with run_in_state(state, folder, num_frames=NUM_FRAMES, display=display) as run:
        stop_s = run.stop_s(number)
    code, num_playable, num_posed = run.process.returncode, run.num_playable(), len(run.pose_times_s())
    # while connecting there are no frames yet, so nothing can be written
    is_written = num_playable == 0 if state == "connecting" else min(num_playable, num_posed) >= NUM_FRAMES
    text = f"{stop_s:.2f} s, code {code}, playable frames: {num_playable}"
    return text, stop_s <= MAX_STOP_S and code == 0 and is_written


def killed(folder: Path) -> Iterator[Row]:
    """A run that is killed while it records: how much of the video can be played, compared with the written poses."""
    with run_in_state("live", folder, num_frames=200) as run:
        run.process.kill()
        run.process.wait(30)
    poses_s, video_s = run.pose_times_s(), max(_times_s(run.video), default=0.0)
    # one line of poses is written per frame at once, so the poses show how long the recording ran
    lost_s = max(poses_s, default=0.0) - min(poses_s, default=0.0) - video_s
    measured = f"{video_s:.1f} s play, the last {lost_s:.1f} s are lost"
    yield Row("kill -9 while recording", "all but the last 2 s play", measured, lost_s <= 2 < video_s)


def _times_s(video: Path) -> list[float]:
    """Times of all frames that can be decoded; empty if there is no video."""
    times_s = []
    with contextlib.suppress(av.error.InvalidDataError, av.error.FileNotFoundError), av.open(str(video)) as container:
        times_s += [float(frame.time or 0) for frame in container.decode(video=0)]
    return times_s
