"""The contract of all sources: one suite for files, folders, webcams and URLs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.sources import Source, SourceState, VideoSource, WebcamSource, open_source
from realtime_pose.sources.backoff import Timing
from tests.support.fakes.fake_webcam import FakeCapture, FakeUsbPort, wait_nothing
from tests.support.servers import web

pytestmark = [pytest.mark.server]

COUNT = 12
TIMEOUTS_S = (5.0, 3.0)


@dataclass(frozen=True)
class Kind:
    """A kind of source, and the state in which it ends by itself."""

    open: Callable[[Path, ExitStack], Source]
    is_live: bool = False
    end: SourceState = SourceState.ENDED


def open_file(folder: Path, _: ExitStack) -> Source:
    return open_source(SourceConfig(uri=str(clips.video(folder / "clip.mp4", count=COUNT))))


def open_folder(folder: Path, _: ExitStack) -> Source:
    return open_source(SourceConfig(uri=str(clips.folder_of_images(folder / "images", COUNT)), as_video=True))


def open_webcam(_: Path, __: ExitStack) -> Source:
    port = FakeUsbPort(FakeCapture(count=COUNT + 1))  # one more: opening reads the first frame as a check
    port.source = WebcamSource(0, SourceConfig(), opener=port, cameras=tuple, timing=Timing(wait=wait_nothing))
    return port.source


def open_http_file(folder: Path, stack: ExitStack) -> Source:
    options = {"movflags": "+faststart"}
    clips.video(folder / "clip.mp4", count=COUNT, container_options=options)
    address = stack.enter_context(web.serving_folder(folder))
    return open_source(SourceConfig(uri=f"{address}/clip.mp4"))


def open_http_camera(_: Path, stack: ExitStack) -> Source:
    address = stack.enter_context(web.serving_camera(COUNT))
    return VideoSource(f"{address}/live", "camera", timeouts_s=TIMEOUTS_S)


def open_rtsp_camera(folder: Path, stack: ExitStack) -> Source:
    address = stack.enter_context(web.serving_rtsp(clips.video(folder / "live.h264", count=COUNT)))
    return VideoSource(address, "camera", timeouts_s=TIMEOUTS_S)


KINDS = {
    "file": Kind(open_file),
    "folder": Kind(open_folder),
    "webcam": Kind(open_webcam, is_live=True),
    "HTTP file": Kind(open_http_file),
    "HTTP camera": Kind(open_http_camera, is_live=True, end=SourceState.LOST),
    "RTSP camera": Kind(open_rtsp_camera, is_live=True, end=SourceState.LOST),
}


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


@pytest.fixture
def source(kind: Kind, tmp_path: Path) -> Iterator[Source]:
    with ExitStack() as stack:
        opened = kind.open(tmp_path, stack)
        yield opened
        opened.close()


def test_info_and_status_after_opening(source: Source, kind: Kind) -> None:
    assert source.info.name
    assert source.info.is_live is kind.is_live
    assert source.info.wh == (64, 48)
    assert source.info.rate_hz is None or source.info.rate_hz > 0
    assert source.info.num_frames in (None, COUNT)
    assert source.status.state is SourceState.LIVE
    assert source.status.skipped == 0


def test_frames_are_complete_and_in_order(source: Source) -> None:
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(COUNT))
    times_s = [frame.time_s for frame in frames]
    assert times_s[0] == 0
    assert all(later > earlier for earlier, later in pairwise(times_s))
    captured_s = [frame.captured_s for frame in frames]
    assert captured_s == sorted(captured_s)
    assert captured_s[-1] <= time.monotonic()
    assert {frame.source for frame in frames} == {source.info.name}


def test_images_are_read_only_8_bit_bgr(source: Source) -> None:
    for frame in list(source):
        assert frame.image.shape == (48, 64, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert not frame.image.flags.writeable


def test_no_two_frames_share_memory(source: Source) -> None:
    frames = list(source)
    assert not any(np.shares_memory(frames[0].image, other.image) for other in frames[1:])


def test_the_state_at_its_own_end(source: Source, kind: Kind) -> None:
    list(source)
    assert source.status.state is kind.end
    assert bool(source.status.reason) is (kind.end is SourceState.LOST)


def test_a_second_iteration_is_empty(source: Source) -> None:
    assert len(list(source)) == COUNT
    assert list(source) == []


def test_after_closing_there_is_nothing_to_iterate(source: Source) -> None:
    source.close()
    source.close()
    assert list(source) == []
    assert source.status.state is SourceState.ENDED


def test_leaving_the_loop_early_ends_the_source(source: Source) -> None:
    frames = iter(source)
    assert next(frames).index == 0
    frames.close()  # type: ignore[attr-defined] # every one is a generator
    assert source.status.state is SourceState.ENDED
    assert list(source) == []


def test_closing_from_another_thread_ends_the_iteration_in_time(source: Source) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def iterate() -> None:
        for frame in source:
            seen.append(frame.index)
            has_begun.set()
            may_go_on.wait(5)

    thread = threading.Thread(target=iterate)
    thread.start()
    assert has_begun.wait(5)
    source.close()
    source.close()
    may_go_on.set()
    thread.join(1.0)
    assert not thread.is_alive()
    assert seen == [0]
    assert source.status.state is SourceState.ENDED


def test_closing_many_times_from_many_threads_is_safe(source: Source) -> None:
    closers = [threading.Thread(target=source.close) for _ in range(8)]
    frames = iter(source)
    next(frames)
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(2)
    assert list(frames) == []
    assert source.status.state is SourceState.ENDED
