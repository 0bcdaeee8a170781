"""Memory of frames: none is kept after its use, even without garbage collection, and no source leaks images."""

import gc
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from benchmarks.support import clips
from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.rtsp_server import RtspServer, clip
from realtime_pose.config import SourceConfig
from realtime_pose.scene import Frame, Scene
from realtime_pose.sources import VideoSource, open_source
from tests.support.fakes.parts import FakeSink, FakeSource
from tests.support.fakes.pipelines import endless_frames, make_pipeline
from tests.support.memory import count_instances, resident_mb

pytestmark = [pytest.mark.server, pytest.mark.loads_networks]


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage collection of reference cycles, as in the hundreds of frames between two collections."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("degrees", [0, 90])
def test_a_decoded_image_is_freed_with_its_frame(tmp_path: Path, degrees: int) -> None:
    before = count_instances(VideoFrame)
    source = VideoSource(str(clips.rotated_mp4(tmp_path / "a.mp4", degrees, count=60)), "a")
    most = max(count_instances(VideoFrame) - before for frame in source if frame.index % 20 == 15)
    assert 1 <= most < 30, "of 60: this image and those in the threads of the decoder"


@pytest.mark.usefixtures("no_collection")
def test_memory_of_a_live_source_does_not_grow(tmp_path: Path) -> None:
    """It would fail on a leak of one image in four: 120 images of 0.46 MB decoded and 0.92 MB converted."""
    with (
        RtspServer(clip(tmp_path, wh=(640, 480)), rate_hz=60) as server,
        SourceWatcher(open_source(SourceConfig(uri=server.address))) as one,
    ):
        one.until_frames(30)
        before_mb = resident_mb()
        one.until_frames(120)
        assert resident_mb() - before_mb < 12


class CountingSink(FakeSink):
    """Drops scenes, and counts the living frames after every 50 of them."""

    def __init__(self, num_frames: int) -> None:
        super().__init__()
        self.num_alive: list[int] = []
        self.is_done = threading.Event()
        self._num_frames = num_frames

    def write(self, scene: Scene) -> None:
        self._num_frames -= 1
        if self._num_frames % 50 == 0:
            self.num_alive.append(count_instances(Frame))
        if self._num_frames == 0:
            self.is_done.set()


@pytest.mark.usefixtures("no_collection")
def test_a_pipeline_keeps_no_processed_frame() -> None:
    """Frames in work are in bounded channels: 16 before the sinks, few elsewhere."""
    sink = CountingSink(200)
    running = make_pipeline(FakeSource(endless_frames(), is_live=True), sink, freshness_s=10.0)
    running.settings = replace(running.settings, display_wh=(32, 24))
    running.start()
    assert sink.is_done.wait(20.0)
    running.stop()
    assert max(sink.num_alive) < 60, "of 200 frames"
