"""How a whole live process ends, for faults.py: by a signal in each state, and by kill -9 while it records."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import av
from live_load import Row

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.live_run import STATES, run_in_state
from tests.support.x_server import x_server

END_S = 2.0
NUM_FRAMES = 30


def ends(folder: Path) -> Iterator[Row]:
    """A signal to a run that records, in each state: from the signal to the end of the process."""
    with x_server() as display:
        ways = (
            ("Ctrl-C", "", signal.SIGINT),
            ("Ctrl-C with a window", display, signal.SIGINT),
            ("SIGTERM with a window", display, signal.SIGTERM),
        )
        for state in STATES:
            ended = [_ended(folder / f"{state} {way}", state, shown, number) for way, shown, number in ways]
            words = (f"{way} {said}" for (way, _, _), (said, _) in zip(ways, ended, strict=True))
            must = f"<= {END_S:g} s, exit code 0, files playable"
            yield Row(f"stop while {state.upper()}", must, "; ".join(words), all(holds for _, holds in ended))


def _ended(folder: Path, state: str, display: str, number: signal.Signals) -> tuple[str, bool]:
    """How one run ended, in words, and whether that holds."""
    folder.mkdir()
    with run_in_state(state, folder, num_frames=NUM_FRAMES, display=display) as run:
        took_s = run.ended_s(number)
    code, num_played, num_posed = run.process.returncode, run.num_played(), len(run.posed_s())
    is_written = num_played == 0 if state == "connecting" else min(num_played, num_posed) >= NUM_FRAMES
    said = f"{took_s:.2f} s, code {code}, {num_played} frames play"
    return said, took_s <= END_S and code == 0 and is_written


def killed(folder: Path) -> Iterator[Row]:
    """A run that is killed while it records: what plays, beside the poses, of which a line is written a frame."""
    with run_in_state("live", folder, num_frames=200) as run:
        run.process.kill()
        run.process.wait(30)
    written_s, lasts_s = run.posed_s(), max(_times_s(run.video), default=0.0)
    lost_s = max(written_s, default=0.0) - min(written_s, default=0.0) - lasts_s
    measured = f"{lasts_s:.1f} s play, the last {lost_s:.1f} s are lost"
    yield Row("kill -9 while recording", "all but the last 2 s play", measured, lost_s <= 2 < lasts_s)


def _times_s(video: Path) -> list[float]:
    """When each frame that can be decoded is shown; none where there is no such video."""
    times_s = []
    with contextlib.suppress(av.error.InvalidDataError, av.error.FileNotFoundError), av.open(str(video)) as container:
        times_s += [float(frame.time or 0) for frame in container.decode(video=0)]
    return times_s
