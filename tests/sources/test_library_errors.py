"""Exceptions of libraries: none ends more than the frame or the file that it came from, and each gets words."""

import itertools
from pathlib import Path
from typing import Any

import av
import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.messages.source_messages import describe_source
from realtime_pose.scene import Image
from realtime_pose.sources import SourceReason, SourceState, StreamSource, VideoSource, decoded_frame, decoding
from realtime_pose.sources.connection import connect
from realtime_pose.sources.endpoint import resolve_endpoint
from realtime_pose.sources.faults import StreamError
from realtime_pose.sources.status import StatusTracker
from tests.support.fakes.fake_connection import FakeConnection, connect_in_turn

TEXT = "31 is not a valid Type"


def open_video(path: Path) -> VideoSource:
    return VideoSource(str(path), path.name)


def fail(*_: object, **__: object) -> Any:
    raise ValueError(TEXT)


@pytest.fixture
def third_conversion_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, convert = itertools.count(), decoded_frame._to_image

    def convert_or_fail(*args: Any) -> Image:
        return fail() if next(calls) == 2 else convert(*args)

    monkeypatch.setattr(decoded_frame, "_to_image", convert_or_fail)


@pytest.mark.usefixtures("third_conversion_fails")
def test_a_frame_that_cannot_be_converted_is_skipped(tmp_path: Path) -> None:
    source = open_video(clips.video(tmp_path / "a.mp4", count=6))
    assert [frame.index for frame in source] == [0, 1, 3, 4, 5]
    assert source.status.state is SourceState.ENDED
    words = f"a picture near 0.07 s: the library that decodes it failed: ValueError: {TEXT}"
    assert describe_source(source.status) == words
    assert not source.status.is_complete


def test_a_first_frame_that_cannot_be_converted_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, convert = itertools.count(), decoded_frame._to_image
    monkeypatch.setattr(decoded_frame, "_to_image", lambda *args: fail() if next(calls) == 0 else convert(*args))
    source = open_video(clips.video(tmp_path / "a.mp4", count=4))
    assert [frame.index for frame in source] == [1, 2, 3]


def test_a_file_of_which_nothing_can_be_converted_is_refused_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoded_frame, "_to_image", fail)
    with pytest.raises(SourceOpenError, match=rf"no picture of it can be decoded .*ValueError: {TEXT}"):
        open_video(clips.video(tmp_path / "a.mp4", count=4))


def test_a_failure_in_the_middle_ends_the_file_with_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_video(clips.video(tmp_path / "a.mp4", count=6))
    frames = iter(source)
    next(frames)
    monkeypatch.setattr(decoding, "frame_timestamp", fail)
    assert len(list(frames)) < 5
    assert source.status.state is SourceState.ENDED
    assert source.status.reason.values["cause"] == SourceReason.LIBRARY_ERROR
    assert f"the library that decodes it failed: ValueError: {TEXT}" in describe_source(source.status)


@pytest.mark.parametrize(
    "error", [ValueError(TEXT), RuntimeError(TEXT), UnicodeDecodeError("utf-8", b"\xff", 0, 1, TEXT)]
)
def test_a_failure_while_opening_is_an_error_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail_to_open(*_: object, **__: object) -> None:
        raise error

    path = clips.video(tmp_path / "a.mp4", count=2)
    monkeypatch.setattr(av, "open", fail_to_open)
    with pytest.raises(SourceOpenError, match=rf"a\.mp4: expected a video, but .*{TEXT}"):
        open_video(path)


def test_a_failure_while_connecting_is_a_fault_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_with_address(address: str, **_: object) -> None:
        raise ValueError(f"cannot read {address}")

    monkeypatch.setattr(av, "open", fail_with_address)
    endpoint = resolve_endpoint(
        "rtsp://user:secret@127.0.0.1/x", transport="tcp", credentials_file=None, environment={}
    )
    with pytest.raises(StreamError) as raised:
        connect(endpoint, StatusTracker(), limits_s=(1.0, 1.0))
    assert raised.value.reason.code == SourceReason.LIBRARY_ERROR
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


class BrokenFrames(FakeConnection):
    """A connection whose every third frame cannot be converted."""

    def read(self) -> decoded_frame.DecodedFrame | None:
        decoded = super().read()
        if decoded is None or round(decoded.time_s / self._step_s) % 3:
            return decoded
        return decoded._replace(content=av.VideoFrame(8, 8, "yuv420p"))


def test_frames_of_a_camera_that_cannot_be_converted_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded_frame, "_to_image", fail)
    source = StreamSource("cam", connect_in_turn(BrokenFrames()), SourceConfig())
    frames = list(itertools.islice(source, 5))
    assert len(frames) == 5
    assert all(frame.index % 3 for frame in frames)
    assert source.status.skipped >= 1
    assert source.status.reconnects == 0
