"""A part of a source: which frames, which pixels, and what a recording of a camera gets."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.api.iterable_source import IterableSource
from realtime_pose.config import PartConfig, SourceConfig, make_part
from realtime_pose.errors import ConfigError, SourceError
from realtime_pose.geometry import apply_affine
from realtime_pose.scene import Frame
from realtime_pose.sources import PartSource, open_source
from realtime_pose.sources.picture_part import cut, part_affine, part_wh
from realtime_pose.video.packets import VideoPacket
from tests.support.clips.camera_packets import camera_frames
from tests.support.fakes.parts import FakeSource, frame

WH = (64, 48)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("region", ["", "3,5,20,30"])
def test_a_point_of_the_picture_is_found_in_its_part(rotate: int, region: str) -> None:
    part = PartConfig(rotate=rotate, region=region)
    image = np.zeros((WH[1], WH[0], 3), np.uint8)
    for x, y in [(10, 10), (20, 30), (50, 40), (63, 0)]:
        image[:] = 0
        image[y, x] = 255
        shown = cut(image, part)
        assert (shown.shape[1], shown.shape[0]) == part_wh(part, WH)
        expected = apply_affine(part_affine(part, WH), np.array([[x, y]], np.float32))[0]
        found = np.argwhere(shown[..., 0] == 255)[:, ::-1]  # x, y
        inside = (expected >= 0).all() and (expected < part_wh(part, WH)).all()
        assert found.tolist() == ([expected.tolist()] if inside else [])


def test_the_picture_is_turned_clockwise() -> None:
    image = clips.pattern_image(0, WH)
    assert cut(image, PartConfig(rotate=90))[0, -1].tolist() == list(clips.RED), "top left goes to top right"
    assert np.array_equal(cut(image, PartConfig(rotate=270)), cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rotate": 45}, "rotate: expected 90, 180 or 270 degrees clockwise, got 45"),
        ({"region": "1,2,3"}, "region: expected X,Y,W,H in whole pixels"),
        ({"region": "-1,2,3,4"}, "region: expected X,Y,W,H in whole pixels"),
        ({"region": "1,2,0,4"}, "region: expected X,Y,W,H in whole pixels"),
        ({"start": "5", "end": "4"}, "end: expected a time after the start, 5 s, got '4'"),
        ({"start": "5", "end": "5"}, "end: expected a time after the start"),
        ({"start": "1:75"}, "start: expected seconds, mm:ss or hh:mm:ss"),
        ({"start": "1:61:00"}, "start: expected seconds"),
        ({"end": "-1"}, "end: expected seconds"),
        ({"end": "soon"}, "end: expected seconds"),
    ],
)
def test_wrong_values(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PartConfig(**settings)  # type: ignore[arg-type] # the wrong types are the test


@pytest.mark.parametrize("value", [math.nan, -1.0, math.inf])
def test_wrong_times_of_programs(value: float) -> None:
    with pytest.raises(ConfigError, match="start: expected seconds"):
        make_part(start_s=value)


@pytest.mark.parametrize("text", ["90", "1:30", "0:01:30", "90.0s", "01:30.0"])
def test_spellings_of_a_time(text: str) -> None:
    assert PartConfig(start=text).start_s == 90


@pytest.mark.parametrize("part", [PartConfig(), PartConfig(start="0:12.5", end="1:00", rotate=90, region="1,2,3,4")])
def test_a_part_survives_a_file(part: PartConfig) -> None:
    again = make_part(**part.describe())
    assert again.describe() == part.describe()


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_a_stretch_of_a_video(tmp_path: Path, suffix: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", count=30, rate_hz=10)
    part = PartConfig(start="1.0", end="2.0", rotate=90, region="8,16,32,40")
    source = open_source(SourceConfig(uri=str(path)), part)
    assert (source.info.wh, source.info.num_frames) == ((32, 40), 10)
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(10, 20))
    assert [frame.time_s for frame in frames] == pytest.approx([1 + index / 10 for index in range(10)])
    assert {frame.wh for frame in frames} == {(32, 40)}
    assert source.status.is_complete


def test_a_stretch_of_a_folder_reads_only_its_images(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 8)
    damaged = sorted(tmp_path.iterdir())[1]
    damaged.write_bytes(b"no image")
    source = open_source(
        SourceConfig(uri=str(tmp_path), folder_rate_hz=10, as_video=True), PartConfig(start="0.3", end="0.6")
    )
    assert [frame.index for frame in source] == [3, 4, 5]
    assert source.status.skipped == 0


def test_ones_own_images() -> None:
    images = [clips.pattern_image(index, WH) for index in range(60)]
    source = PartSource(IterableSource(images), PartConfig(start="1", end="1.1", region="0,0,10,20"))
    assert [(frame.index, frame.wh) for frame in source] == [(30, (10, 20)), (31, (10, 20)), (32, (10, 20))]


@pytest.mark.parametrize("region", ["60,0,10,10", "0,40,10,10", "0,0,65,48"])
def test_a_region_outside_the_picture(tmp_path: Path, region: str) -> None:
    path = clips.video(tmp_path / "a.mp4", count=3)
    with pytest.raises(ConfigError, match=f"region: .* which has 64x48 pixels, got {region}"):
        open_source(SourceConfig(uri=str(path)), PartConfig(region=region))
    turned = PartSource(IterableSource([clips.pattern_image(0, WH)]), PartConfig(region="0,0,64,48", rotate=90))
    with pytest.raises(ConfigError, match="which has 48x64 pixels after --rotate 90"):
        list(turned)


def test_no_frame_in_the_stretch() -> None:
    source = PartSource(FakeSource([frame(0), frame(1)]), PartConfig(start="5"))
    with pytest.raises(SourceError, match=r"expected frames from 5 s on, but there are none; the last one is at 0"):
        list(source)


def test_a_stop_before_the_start_is_no_error() -> None:
    def stopping() -> object:
        yield frame(0)
        source.close()
        yield frame(1)

    inner = FakeSource(stopping(), is_live=False)  # type: ignore[arg-type]
    source = PartSource(inner, PartConfig(start="5"))
    assert list(source) == []


class Received:
    """Keeps what a listener gets."""

    def __init__(self) -> None:
        self.frames: list[tuple[Frame, Sequence[VideoPacket] | None]] = []

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:
        self.frames.append((frame, packets))


class Camera(FakeSource):
    """Sends each frame of a video with its packets to the listener, and gives every second one."""

    def __init__(self, path: Path) -> None:
        super().__init__([], is_live=True, keeps_newest=True)
        self._sent = camera_frames(path, first=100, start_s=7.0)  # it was on for a while

    def __iter__(self):  # type: ignore[no-untyped-def]
        for sent, packets in self._sent:
            if self.closed.is_set():
                return
            if self._listener is not None:
                self._listener.receive(sent, packets)
            if sent.index % 2 == 0:
                yield sent


@pytest.mark.parametrize(
    ("part", "are_copied"),
    [
        (PartConfig(end="0.5"), True),
        (PartConfig(end="0.5", rotate=180), False),
        (PartConfig(end="0.5", region="0,0,32,16"), False),
        (PartConfig(start="0.2", end="0.5"), False),
    ],
)
def test_a_recording_gets_every_frame_of_the_part(tmp_path: Path, part: PartConfig, *, are_copied: bool) -> None:
    """Packets show the whole picture from a key frame on, so those of another part are not copied."""
    path = clips.video(tmp_path / "a.mp4", count=20, rate_hz=20)
    source, received = PartSource(Camera(path), part), Received()
    source.listen_to_frames(received)
    given = list(source)
    first = 100 + round(part.start_s * 20)
    assert [sent.index for sent, _ in received.frames] == list(range(first, 110))
    assert [each.index for each in given] == list(range(first, 110, 2))
    assert all((packets is not None) == are_copied for _, packets in received.frames)
    by_index = {sent.index: sent for sent, _ in received.frames}
    assert all(by_index[each.index] is each for each in given), "each frame is converted once"
    assert all(each.wh == part_wh(part, WH) for each in given)
