"""Memory of pictures that were shown: none outlives its turn, whether Python collects or not; no gross leak."""

import gc
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from realtime_pose.config import SourceConfig
from realtime_pose.scene import Frame, Scene
from realtime_pose.sources import VideoSource, open_source
from tests.pipeline.test_pipeline import endless, pipeline
from tests.support import clips
from tests.support.fakes import FakeSink, FakeSource
from tests.support.rtsp_server import RtspServer, clip
from tests.support.watching import Watching


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nobody looks for objects that hold each other, as in the hundreds of frames between two collections."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def num_decoded() -> int:
    """How many of the decoder's pictures are alive."""
    return num_of(VideoFrame)


def num_of(kind: type) -> int:
    """How many objects of this very type are alive; isinstance would ask strangers for their class, and some warn."""
    return sum(type(value) is kind for value in gc.get_objects())


def resident_mb() -> float:
    """Memory of this process that is no file's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("degrees", [0, 90])
def test_a_decoded_picture_goes_with_its_frame(tmp_path: Path, degrees: int) -> None:
    before = num_decoded()
    source = VideoSource(str(clips.mp4_turned(tmp_path / "a.mp4", degrees, count=60)), "a")
    most = max(num_decoded() - before for frame in source if frame.index % 20 == 15)
    assert 1 <= most < 30, "this picture, and what the decoder's threads hold, of 60"


@pytest.mark.usefixtures("uncollected")
def test_a_live_source_holds_no_more_after_many_pictures(tmp_path: Path) -> None:
    """A leak of one picture in four would show: 120 pictures of 0.46 MB decoded and 0.92 MB converted."""
    with (
        RtspServer(clip(tmp_path, wh=(640, 480)), rate_hz=60) as server,
        Watching(open_source(SourceConfig(uri=server.address))) as one,
    ):
        one.until_frames(30)
        before_mb = resident_mb()
        one.until_frames(120)
        assert resident_mb() - before_mb < 12


class Forgetful(FakeSink):
    """Writes to nowhere, and counts the frames that are alive after so many."""

    def __init__(self, num_frames: int) -> None:
        super().__init__()
        self.num_alive: list[int] = []
        self.is_done = threading.Event()
        self._num_frames = num_frames

    def write(self, scene: Scene) -> None:
        self._num_frames -= 1
        if self._num_frames % 100 == 0:
            self.num_alive.append(num_of(Frame))
        if self._num_frames == 0:
            self.is_done.set()


@pytest.mark.usefixtures("uncollected")
def test_a_pipeline_keeps_no_frame_that_went_through_it() -> None:
    """Those under way are in channels with an end: 16 before the sinks, few elsewhere."""
    sink = Forgetful(400)
    running = pipeline(FakeSource(endless(), is_live=True), sink, freshness_s=10.0)
    running.settings = replace(running.settings, display_wh=(32, 24))
    running.start()
    assert sink.is_done.wait(20.0)
    running.stop()
    assert max(sink.num_alive) < 60, "of 400 frames"
