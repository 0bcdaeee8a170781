"""With which frames a recording begins that does not wait for the next one."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorded_frame import LatestFrames, RecordedFrame
from realtime_pose.scene import Scene, Tracks
from realtime_pose.skeletons import COCO17
from tests.support.fakes.parts import frame

NOW_S = 100.0


def seen(index: int, *, age_s: float = 0.1, now_s: float = NOW_S) -> RecordedFrame:
    still = replace(frame(index), captured_s=now_s - age_s)
    return RecordedFrame(Scene.from_tracks(still, Tracks.empty(COCO17)))


def indices(frames: Sequence[RecordedFrame]) -> list[int]:
    return [each.scene.frame.index for each in frames]


@pytest.mark.parametrize(("age_s", "expected"), [(0.0, [1]), (0.9, [1]), (1.1, []), (3600.0, [])])
def test_the_newest_image_comes_first_unless_it_is_from_before_an_outage(age_s: float, expected: list[int]) -> None:
    latest = LatestFrames(lambda: NOW_S)
    latest.add(seen(0, age_s=age_s))
    latest.add(seen(1, age_s=age_s))
    assert indices(latest.take()) == expected
    assert latest.take() == []


def test_a_frame_without_an_image_or_without_its_own_poses_is_none_to_begin_with() -> None:
    latest = LatestFrames(lambda: NOW_S)
    latest.add(seen(0))
    latest.add(seen(1).without_image())
    latest.add(replace(seen(2), is_analysed=False))
    assert indices(latest.take()) == [0]


@pytest.mark.parametrize(("is_live", "num_frames"), [(True, 3), (False, 2)])
def test_a_recording_begins_with_the_picture_that_was_seen_at_its_start(
    tmp_path: Path, *, is_live: bool, num_frames: int
) -> None:
    context = RecordingContext(30.0, is_live=is_live)
    writer = Writer(RecordConfig(), context=context, make_image=lambda scene, _: scene.frame.image)
    writer.record(seen(0, now_s=time.monotonic()))
    writer.start(tmp_path / "a.mp4")
    writer.record(seen(1, now_s=time.monotonic()))
    writer.record(seen(2, now_s=time.monotonic()))
    assert writer.recorder.length_s == pytest.approx(num_frames / 30, abs=1e-3)
    assert writer.recorder.length_bytes > 0
    writer.close()
    assert len(video_times(tmp_path / "a.mp4")) == num_frames
