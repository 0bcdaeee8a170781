"""Memory of pictures that were shown: none outlives its turn, whether Python collects or not."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from realtime_pose.config import SourceConfig
from realtime_pose.sources import VideoSource, open_source
from tests import clips
from tests.rtsp_server import RtspServer, clip
from tests.watching import Watching


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nobody looks for objects that hold each other, as in the hundreds of frames between two collections."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def num_decoded() -> int:
    """How many of the decoder's pictures are alive."""
    return sum(isinstance(value, VideoFrame) for value in gc.get_objects())


def resident_mb() -> float:
    """Memory of this process that is no file's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("degrees", [0, 90])
def test_a_decoded_picture_goes_with_its_frame(tmp_path: Path, degrees: int) -> None:
    before = num_decoded()
    source = VideoSource(str(clips.mp4_turned(tmp_path / "a.mp4", degrees, count=60)), "a")
    most = max(num_decoded() - before for _ in source)
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
