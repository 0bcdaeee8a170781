"""Any frame of a video by its time: forwards, backwards, between two frames, and at the ends."""

from pathlib import Path

import pytest

from realtime_pose.config import SourceConfig, make_part
from realtime_pose.errors import SourceError
from realtime_pose.pipeline.frame_reader import FrameReader
from realtime_pose.sources import Source, open_source
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, WH, number_of, write_numbered_clip

IMAGE_BYTES = WH[0] * WH[1] * 3


class Opener:
    """Opens the clip, and counts how often."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.starts_s: list[float] = []

    def __call__(self, start_s: float) -> Source:
        self.starts_s.append(start_s)
        return open_source(SourceConfig(uri=str(self.path)), make_part(start_s=start_s))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4")


@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, 28, 29])
def test_each_frame_is_found_at_its_time(clip: Path, number: int) -> None:
    reader = FrameReader(Opener(clip))
    frame = reader.until(number / RATE_HZ)
    assert (frame.index, number_of(frame.image)) == (number, number)
    reader.close()


def test_between_two_frames_the_earlier_one_is_shown_until_the_next(clip: Path) -> None:
    opener = Opener(clip)
    reader = FrameReader(opener)
    assert [reader.until(10 / RATE_HZ + part).index for part in (0.0, 0.01, 0.03)] == [10, 10, 10]
    assert len(opener.starts_s) == 1
    reader.close()


def test_reading_on_and_a_few_frames_back_opens_nothing_again(clip: Path) -> None:
    opener = Opener(clip)
    reader = FrameReader(opener)
    frame = reader.until(1.0)
    forward = [frame := reader.after(frame) for _ in range(5)]
    backward = [frame := reader.before(frame) for _ in range(5)]
    assert [each.index for each in forward] == [11, 12, 13, 14, 15]
    assert [each.index for each in backward] == [14, 13, 12, 11, 10]
    assert opener.starts_s == [1.0]
    reader.close()


def test_stepping_back_from_any_place_to_the_start(clip: Path) -> None:
    opener = Opener(clip)
    reader = FrameReader(opener)
    frame = reader.until(2.0)
    found = [frame := reader.before(frame) for _ in range(25)]
    assert [each.index for each in found] == [*range(19, -1, -1), 0, 0, 0, 0, 0]
    assert len(opener.starts_s) <= 12
    reader.close()


def test_stepping_stops_at_the_last_frame(clip: Path) -> None:
    reader = FrameReader(Opener(clip))
    frame = reader.until(COUNT / RATE_HZ + 5)  # behind the end
    assert frame.index == COUNT - 1
    assert reader.after(frame).index == COUNT - 1
    reader.close()


def test_a_time_behind_the_end_opens_the_file_only_once(clip: Path) -> None:
    opener = Opener(clip)
    reader = FrameReader(opener)
    for _ in range(4):
        assert reader.until(20.0).index == COUNT - 1
    count = len(opener.starts_s)
    reader.until(21.0)
    assert len(opener.starts_s) == count
    reader.close()


def test_a_jump_opens_the_file_there(clip: Path) -> None:
    opener = Opener(clip)
    reader = FrameReader(opener)
    assert reader.until(0.0).index == 0
    assert reader.until(2.5).index == 25
    assert reader.until(0.5).index == 5
    assert opener.starts_s == [0.0, 2.5, 0.5]
    reader.close()


def test_with_little_memory_all_frames_are_still_found(clip: Path) -> None:
    reader = FrameReader(Opener(clip), max_bytes=3 * IMAGE_BYTES)
    frame = reader.until(1.0)
    assert [(frame := reader.before(frame)).index for _ in range(6)] == [9, 8, 7, 6, 5, 4]
    assert [(frame := reader.after(frame)).index for _ in range(4)] == [5, 6, 7, 8]
    assert reader.until(0.2).index == 2
    reader.close()


def test_a_file_that_is_gone_is_an_error_and_the_reader_goes_on_when_it_is_back(tmp_path: Path) -> None:
    path = write_numbered_clip(tmp_path / "a.mp4")
    reader = FrameReader(Opener(path))
    assert reader.until(0.0).index == 0
    moved = path.rename(tmp_path / "b.mp4")
    reader.close()
    with pytest.raises(SourceError, match="no such file"):
        reader.until(0.5)
    moved.rename(path)
    assert reader.until(0.5).index == 5
    reader.close()
