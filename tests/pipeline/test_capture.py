"""How pictures are captured for a window: one after another, like slides."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.pipeline.capture import SLIDE_S, CaptureControl, capture
from realtime_pose.scene import Frame
from realtime_pose.sources import Source, open_source


class CountedWaits(threading.Event):
    """An event that notes for how long it is waited, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_s: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits_s.append(timeout)
        return False


def captured(source: Source, control: CaptureControl, *, has_window: bool) -> Iterator[Frame]:
    return capture(source, control, max_frames=0, has_window=lambda: has_window, add_time=lambda *_: None)


@pytest.mark.parametrize(
    ("as_video", "has_window", "num_waits"), [(False, True, 3), (False, False, 0), (True, True, 0)]
)
def test_only_pictures_in_a_window_stay_for_a_while(
    tmp_path: Path, *, as_video: bool, has_window: bool, num_waits: int
) -> None:
    clips.folder_of_images(tmp_path, 4)
    control, waits = CaptureControl(), CountedWaits()
    control.stopping = waits
    source = open_source(SourceConfig(uri=str(tmp_path), as_video=as_video))
    assert len(list(captured(source, control, has_window=has_window))) == 4
    assert waits.waits_s == [SLIDE_S] * num_waits


def test_the_end_of_the_run_ends_the_wait(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 3)
    control = CaptureControl()
    frames = captured(open_source(SourceConfig(uri=str(tmp_path))), control, has_window=True)
    next(frames)
    threading.Timer(0.05, control.stop).start()
    started_s = time.monotonic()
    next(frames)
    assert time.monotonic() - started_s < SLIDE_S
