"""One connection to a URL: served files, cameras, and servers that fail in many ways."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.config import PartConfig, SourceConfig
from realtime_pose.errors import SourceError, SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.redaction import redact_url
from realtime_pose.sources import Source, SourceReason, SourceState, VideoSource, open_source
from tests.support.servers import web

pytestmark = [pytest.mark.server]

OPEN_S, READ_S = 1.0, 0.5


def open_url(uri: str) -> Source:
    return VideoSource(uri, redact_url(uri), timeouts_s=(OPEN_S, READ_S))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    options = {"movflags": "+faststart"}
    return clips.video(tmp_path / "clip.mp4", count=20, wh=(320, 240), container_options=options)


@pytest.fixture
def served(clip: Path) -> Iterator[str]:
    with web.serving_folder(clip.parent) as address:
        yield address


def test_a_served_file_is_read_like_a_file(served: str) -> None:
    source = open_url(f"{served}/clip.mp4")
    assert (source.info.is_live, source.info.wh, source.info.rate_hz, source.info.num_frames) == (
        False,
        (320, 240),
        30.0,
        20,
    )
    frames = list(source)
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(20)], abs=1e-4)
    assert source.status.state is SourceState.ENDED
    assert source.status.is_complete


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_served_file_from_a_time_on(clip: Path, served: str, suffix: str) -> None:
    """By the index, or decoded from the beginning within the time limits."""
    container_options = {"movflags": "+faststart"} if suffix == "mp4" else {}
    clips.video(clip.with_name(f"a.{suffix}"), count=60, options={"g": "10"}, container_options=container_options)
    source = open_source(SourceConfig(uri=f"{served}/a.{suffix}"), PartConfig(start="1.5"))
    assert [frame.index for frame in source] == list(range(45, 60))
    late = open_source(SourceConfig(uri=f"{served}/a.mkv"), PartConfig(start="9")) if suffix == "mkv" else None
    if late is not None:
        with pytest.raises(SourceError, match=r"expected frames from 9 s on, but there are none"):
            list(late)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_camera_that_sends_exif_data_is_read(orientation: int) -> None:
    def encode(image: clips.Image) -> bytes:
        return clips.jpeg_with_exif(image, orientation)

    with web.serving_camera(20, encode=encode) as address:
        frames = list(open_url(address))
    assert len(frames) == 20
    assert frames[0].wh == ((48, 64) if orientation == 6 else (64, 48))


def test_no_name_status_or_frame_contains_the_password(served: str) -> None:
    source = open_url(served.replace("http://", "http://user:s3cr3t@") + "/clip.mp4?token=s3cr3t")
    frames = list(source)
    assert len(frames) == 20
    assert source.info.name.startswith("http://user:***@")
    assert source.info.name.endswith("?token=***")
    assert "s3cr3t" not in repr((source, source.info.name, source.status, frames[0].source))
    assert not [thread.name for thread in threading.enumerate() if "s3cr3t" in thread.name]


def test_an_endless_stream_is_live_and_ends_on_close() -> None:
    with web.serving_camera() as address:
        source = open_url(address)
        assert (source.info.is_live, source.info.num_frames) == (True, None)
        for frame in source:
            if frame.index == 50:
                source.close()
        assert source.status.state is SourceState.ENDED


def test_a_stream_that_the_server_ends_is_lost() -> None:
    with web.serving_camera(8) as address:
        source = open_url(address)
        assert len(list(source)) == 8
        assert source.status.state is SourceState.LOST
        assert source.status.reason.code == SourceReason.READ_STOPPED
        assert source.status.reason.values["cause"] in set(SourceReason)


def test_a_stream_that_stops_sending_is_lost_within_the_timeout() -> None:
    with web.serving_camera(8, is_silent_after=True) as address:
        source = open_url(address)
        started_s = time.monotonic()
        assert 6 <= len(list(source)) <= 8
        assert READ_S * 0.5 < time.monotonic() - started_s < READ_S + 1.5
        assert source.status.state is SourceState.LOST
        assert source.status.reason
        assert not source.status.is_complete


def test_close_ends_the_wait_for_a_stream_that_stopped_sending() -> None:
    with web.serving_camera(8, is_silent_after=True) as address:
        source = VideoSource(address, "camera", timeouts_s=(5, 60))
        has_begun = threading.Event()

        def iterate() -> None:
            for _ in source:
                has_begun.set()

        thread = threading.Thread(target=iterate)
        thread.start()
        assert has_begun.wait(5)
        source.close()
        thread.join(1.0)
        assert not thread.is_alive()
        assert source.status.state is SourceState.ENDED


def test_a_response_that_is_cut_off_gives_its_frames_and_is_lost(clip: Path) -> None:
    with web.serving_cut(clip) as address:
        source = open_url(f"{address}/clip.mp4")
        frames = list(source)
    assert 3 <= len(frames) < 20
    assert source.status.state is SourceState.LOST
    reason = source.status.reason
    assert reason.code == SourceReason.INCOMPLETE
    assert (reason.values["num_frames"], reason.values["num_stated"]) == (len(frames), 20)


def test_an_rtsp_camera_is_live_and_lost_when_it_disconnects(tmp_path: Path) -> None:
    with web.serving_rtsp(clips.video(tmp_path / "a.h264", count=20)) as address:
        source = open_url(address)
        assert (source.info.is_live, source.info.wh, source.info.num_frames) == (True, (64, 48), None)
        frames = list(source)
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(20)], abs=1e-3)
    assert source.status.state is SourceState.LOST
    assert "s3cr3t" not in repr((source, source.info.name, source.status, frames[0].source))


def test_an_rtsp_camera_that_stops_sending_is_lost_within_the_timeout(tmp_path: Path) -> None:
    with web.serving_rtsp(clips.video(tmp_path / "a.h264", count=20), is_silent_after=True) as address:
        source = open_url(address)
        started_s = time.monotonic()
        assert 18 <= len(list(source)) <= 20
        assert time.monotonic() - started_s < READ_S + 1.5
        assert source.status.state is SourceState.LOST


def test_a_read_that_hangs_is_left_behind(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    source = open_url(f"{served}/clip.mp4")
    monkeypatch.setattr("realtime_pose.sources.decoding.VideoDecoder.read", lambda _: go_on.wait(10))
    started_s = time.monotonic()
    assert list(source) == []
    assert READ_S <= time.monotonic() - started_s < READ_S + 1.0
    assert source.status.state is SourceState.LOST
    assert source.status.reason == Reason(SourceReason.READ_TIMEOUT)
    go_on.set()


def open_refused(uri: str) -> str:
    """The message of the error for this address, which must come in time."""
    started_s = time.monotonic()
    with pytest.raises(SourceOpenError) as raised:
        open_url(uri)
    assert time.monotonic() - started_s < OPEN_S + 0.5
    return str(raised.value)


def test_a_closed_port_is_refused_at_once() -> None:
    with web.closed_port() as port:
        for scheme in ("http", "rtsp"):
            assert "Connection refused" in open_refused(f"{scheme}://127.0.0.1:{port}/live")


def test_a_server_that_sends_nothing_is_given_up_in_time() -> None:
    with web.accepting_only() as address:
        for uri in (address, address.replace("http", "rtsp")):
            message = open_refused(uri)
            assert "within" in message or "in time" in message  # our own limit, or FFmpeg's
            assert "Check the address" in message


def test_a_missing_file_is_refused_with_the_status_code_of_the_server(served: str) -> None:
    assert "404" in open_refused(f"{served}/missing.mp4")


def test_a_web_page_is_not_a_video(served: str, clip: Path) -> None:
    (clip.parent / "page.html").write_text("<html><body>No video here.</body></html>" * 50)
    assert "expected a video" in open_refused(f"{served}/page.html")


def test_an_unknown_host_is_refused() -> None:
    assert "expected a video stream" in open_refused("http://no-such-host.invalid/live")


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, closed = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def hang(*_: object, **__: object) -> Late:
        go_on.wait(10)
        return Late()

    monkeypatch.setattr("realtime_pose.sources.video.VideoDecoder", hang)
    hang.close = Late.close  # type: ignore[attr-defined] # discards the late result
    assert f"expected a picture within {OPEN_S:g} s" in open_refused("http://user:s3cr3t@slow.example/live")
    go_on.set()
    assert closed.wait(5)


def test_the_connection_is_closed_when_the_iteration_has_ended() -> None:
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            part = clips.jpeg(clips.pattern_image())
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(part)
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
                )
                connection.sendall((head + part + b"\r\n") * 20)
                with suppress(ConnectionResetError):
                    while connection.recv(4096):
                        pass
                gone.set()

        thread = threading.Thread(target=serve)
        thread.start()
        source = open_url(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert not gone.is_set()
        for frame in source:
            if frame.index == 3:
                break
        assert gone.wait(2)
        thread.join(2)
