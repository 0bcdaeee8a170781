"""A server that is killed and restarted twenty times, for faults.py: time until live, and identities afterwards."""

import random
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import Row
from benchmarks.support.following import Gap, PipelineFollower, write_standing_people
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import TrackConfig

NUM_RESTARTS = 20
BACK_S = 5.0  # bound on the time until a source is live again
LOST_S = TrackConfig().lost_s
PAUSE = threading.Event()


def restarts(folder: Path) -> Iterator[Row]:
    """Twenty kills and restarts at random times, through the whole pipeline with people in the image.

    Every second time the server is away for less than a second, so some gaps are shorter than LOST_S.
    """
    rng = random.Random(5)
    back_s: list[float] = []
    gaps: list[Gap] = []
    with RtspServer(write_standing_people(folder)) as server, PipelineFollower(server.address) as one:

        def restart(away_s: float) -> None:
            """Restart the server and wait until the source is live again."""
            before = one.pipeline.source.status.reconnects
            server.kill()
            PAUSE.wait(away_s)
            server.start()
            back_s.append(one.until(lambda: one.pipeline.source.status.reconnects > before))

        one.until_seen(5)
        for number in range(NUM_RESTARTS):
            PAUSE.wait(rng.uniform(0.3, 8.0))
            away_s = rng.uniform(0.0, 1.0) if number % 2 else rng.uniform(0.2, 8.0)  # short, then any length
            gaps.append(one.gap(partial(restart, away_s)))
        steps_s = np.diff([time_s for time_s, _ in one.seen])
    measured = f"LIVE after {np.median(back_s):.1f} s in the median, {max(back_s):.1f} s at worst; no crash"
    must = f"LIVE <= {BACK_S:g} s after it is back, no crash"
    yield Row(f"server killed and restarted {NUM_RESTARTS} times", must, measured, max(back_s) <= BACK_S)
    yield Row("its media time meanwhile", "only grows", f"least step {steps_s.min() * 1000:.1f} ms", steps_s.min() > 0)
    yield _identities(gaps)


def _identities(gaps: list[Gap]) -> Row:
    """Identities after gaps of LOST_S or less, and after longer ones."""
    short, long = ([gap for gap in gaps if (gap.lasts_s <= LOST_S) == is_short] for is_short in (True, False))
    # after a short gap all ids stay; after a long one all ids are new
    kept, renewed = (sum(gap.after == gap.before for gap in short), sum(not gap.after & gap.before for gap in long))
    lasts_s = [gap.lasts_s for gap in short] or [0.0]
    measured = (
        f"of {min(len(gap.before) for gap in gaps)} people ids went on in {kept} of {len(short)} gaps of "
        f"{min(lasts_s):.1f} to {max(lasts_s):.1f} s; {len(long)} gaps were longer, {renewed} of them with new ids only"
    )
    must = f"ids go on after gaps <= {LOST_S:g} s, new ones after longer"
    return Row("identities after these restarts", must, measured, kept == len(short) > 0 and renewed == len(long))
