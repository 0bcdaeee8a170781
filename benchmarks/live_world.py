"""What the computer does to a run that records, for faults.py: its disk fills up, its clock is set back."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from unittest import mock

import numpy as np
from live_load import Row, people

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline
from tests.support.full_disk import SmallDisk, mounted
from tests.support.rtsp_server import RtspServer
from tests.support.sink_readers import video_times

DEADLINE_S = 30.0
HOUR = timedelta(hours=1)
PAUSE = threading.Event()


def disk_full(folder: Path) -> Iterator[Row]:
    """Another program takes the room of a small disk, nearly all and then to the last byte, and gives it back."""
    for fault, but_bytes in (("disk nearly full", 3_000_000), ("disk full at once", 0)):
        with mounted(folder / fault, num_mb=16) as disk:
            yield _full(fault, folder, disk, but_bytes)


def _full(fault: str, folder: Path, disk: SmallDisk, but_bytes: int) -> Row:
    """A recording on a disk that has only so many bytes left for a while."""
    with recording(folder, disk.folder, keep_free="4MB") as pipeline:
        pipeline.start()
        until(lambda: len(segments(disk.folder)) > 2)
        *earlier, _ = segments(disk.folder)
        contents = [path.read_bytes() for path in earlier]
        with disk.filled(but_bytes=but_bytes):
            paused_s = until(lambda: pipeline.report().recorder == "paused")
            note = pipeline.report().recorder_note.replace(str(disk.folder), "DISK")
            PAUSE.wait(3.0)
        back_s = until(lambda: pipeline.report().recorder == "recording")
        PAUSE.wait(3.0)
        pipeline.stop()
    are_intact = contents == [path.read_bytes() for path in earlier]
    counts = [len(video_times(path)) for path in segments(disk.folder)]
    measured = (
        f"paused after {paused_s:.1f} s ({note}), recording {back_s:.1f} s after there is room; {len(earlier)} earlier "
        f"segments {'intact' if are_intact else 'changed'}, {sum(count > 0 for count in counts)} of {len(counts)} play"
    )
    holds = bool(note) and are_intact and min(counts) > 0
    return Row(fault, "clear state, earlier segments intact", measured, holds)


def clock_set(folder: Path) -> Iterator[Row]:
    """The wall clock goes back an hour while a camera is watched and recorded."""
    clock, videos = Clock(), folder / "videos"
    with ExitStack() as stack:
        stack.enter_context(mock.patch("realtime_pose.recording.context.datetime", clock))
        stack.enter_context(mock.patch("time.time", clock.seconds))
        pipeline = stack.enter_context(recording(folder, videos, keep="500MB"))
        times_s: list[float] = []
        began_s = time.monotonic()
        for scene in pipeline.scenes():
            times_s.append(scene.frame.time_s)
            if len(segments(videos)) > 2 and not clock.back:
                clock.back, began_s = HOUR, time.monotonic()
            if clock.back and time.monotonic() - began_s > 7:
                state = pipeline.report().recorder
                break
    steps_s, lengths_s = np.diff(times_s), [video_times(path)[-1] for path in segments(videos)]
    measured = (
        f"media time goes on in steps of {steps_s.min() * 1000:.0f} to {steps_s.max() * 1000:.0f} ms; "
        f"{len(lengths_s)} segments kept, each plays, {max(lengths_s):.1f} s at most; still {state}"
    )
    holds = steps_s.min() > 0 and steps_s.max() < 2 and len(lengths_s) > 4 and state == "recording"
    yield Row("clock set back an hour", "nothing breaks", measured, holds and max(lengths_s) < 3)


class Clock:
    """Stands in for ``datetime`` and ``time.time``.

    Attributes:
        back: How much the clock was set back.
    """

    def __init__(self) -> None:
        self.back = timedelta()
        self._seconds = time.time

    def now(self, zone: tzinfo | None) -> datetime:
        """As ``datetime.now``."""
        return datetime.fromtimestamp(self.seconds(), zone)

    def seconds(self) -> float:
        """As ``time.time``."""
        return self._seconds() - self.back.total_seconds()


@contextmanager
def recording(folder: Path, videos: Path, *, keep_free: str = "100MB", keep: str = "") -> Iterator[Pipeline]:
    """A run, not begun yet, of a real server's camera, to be recorded there in segments of two seconds."""
    record = RecordConfig(path=videos, segment="2s", keep_free=keep_free, keep=keep, keep_days=1)
    with RtspServer(people(folder, (640, 480))) as server:
        source = SourceConfig(uri=server.address)
        pipeline = build(Config(source=source, pose=PoseConfig(model="movenet-lightning"), record=record))
        yield pipeline
        pipeline.stop()


def segments(folder: Path) -> list[Path]:
    """The videos of the recording by name, and so by the time of the clock; the last may be under way."""
    return sorted(folder.glob("*.mp4"))


def until(is_so: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    began_s = time.monotonic()
    while not is_so():
        if time.monotonic() - began_s > DEADLINE_S:
            raise TimeoutError(f"it did not come about within {DEADLINE_S:g} s")
        PAUSE.wait(0.05)
    return time.monotonic() - began_s
