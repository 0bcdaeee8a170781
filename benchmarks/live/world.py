"""Faults of the computer during a recording, for faults.py: its disk fills up, its clock is set back."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import Row, write_people
from benchmarks.support.full_disk import SmallDisk, mount_small_disk
from benchmarks.support.readers.sink_readers import video_times
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.messages.recorder_messages import note_text
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.recording.status import RecorderState

DEADLINE_S = 30.0
HOUR = timedelta(hours=1)
PAUSE = threading.Event()


def disk_full(folder: Path) -> Iterator[Row]:
    """Another program fills a small disk, first nearly, then to the last byte, and frees it again."""
    for fault, but_bytes in (("disk nearly full", 3_000_000), ("disk full at once", 0)):
        with mount_small_disk(folder / fault, num_mb=16) as disk:
            yield _fill_disk(fault, folder, disk, but_bytes)


def _fill_disk(fault: str, folder: Path, disk: SmallDisk, but_bytes: int) -> Row:
    """A recording on a disk that has only this many bytes left for a while."""
    with recording(folder, disk.folder, keep_free="4MB") as pipeline:
        pipeline.start()
        wait_until(lambda: len(segments(disk.folder)) > 2)
        *earlier, _ = segments(disk.folder)
        contents = [path.read_bytes() for path in earlier]  # to compare after the fault
        with disk.fill(but_bytes=but_bytes):  # frees the disk at the end
            paused_s = wait_until(lambda: pipeline.report().recorder.state is RecorderState.PAUSED)
            note = note_text(pipeline.report().recorder.note).replace(str(disk.folder), "DISK")
            PAUSE.wait(3.0)
        back_s = wait_until(lambda: pipeline.report().recorder.state is RecorderState.RECORDING)
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
    """The wall clock is set back an hour while a camera is tracked and recorded."""
    clock, videos = Clock(), folder / "videos"
    with ExitStack() as stack:
        stack.enter_context(mock.patch("realtime_pose.recording.context.datetime", clock))
        stack.enter_context(mock.patch("time.time", clock.seconds))
        pipeline = stack.enter_context(recording(folder, videos, keep="500MB"))
        times_s: list[float] = []
        started_s = time.monotonic()
        for scene in pipeline.scenes():
            times_s.append(scene.frame.time_s)
            if len(segments(videos)) > 2 and not clock.back:
                clock.back, started_s = HOUR, time.monotonic()  # set the clock back once
            if clock.back and time.monotonic() - started_s > 7:
                state = pipeline.report().recorder.state
                break
    steps_s, lengths_s = np.diff(times_s), [video_times(path)[-1] for path in segments(videos)]
    measured = (
        f"media time goes on in steps of {steps_s.min() * 1000:.0f} to {steps_s.max() * 1000:.0f} ms; "
        f"{len(lengths_s)} segments kept, each plays, {max(lengths_s):.1f} s at most; still {state}"
    )
    holds = steps_s.min() > 0 and steps_s.max() < 2 and len(lengths_s) > 4 and state is RecorderState.RECORDING
    yield Row("clock set back an hour", "nothing breaks", measured, holds and max(lengths_s) < 3)


class Clock:
    """Replaces ``datetime`` and ``time.time``.

    Attributes:
        back: By how much the clock is set back.
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
    """A pipeline, not started yet, that records the camera of a real server in segments of two seconds."""
    record = RecordConfig(path=videos, segment="2s", keep_free=keep_free, keep=keep, keep_days=1)
    with RtspServer(write_people(folder, (640, 480))) as server:
        source = SourceConfig(uri=server.address)
        pipeline = build(Config(source=source, pose=PoseConfig(model="movenet-lightning"), record=record))
        yield pipeline
        pipeline.stop()


def segments(folder: Path) -> list[Path]:
    """The videos of the recording, sorted by name and so by wall time; the last may not be finished."""
    return sorted(folder.glob("*.mp4"))


def wait_until(condition: Callable[[], bool]) -> float:
    """Wait until the condition holds; the waiting time in seconds."""
    started_s = time.monotonic()
    while not condition():
        if time.monotonic() - started_s > DEADLINE_S:
            raise TimeoutError(f"expected the condition within {DEADLINE_S:g} s, but it did not hold")
        PAUSE.wait(0.05)
    return time.monotonic() - started_s
