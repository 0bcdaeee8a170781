"""Real servers that send data without any picture: the reason is clear, and no thread or file is left open."""

import threading
import wave
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.web_live import WH, MjpegCamera, Web
from realtime_pose.config import SourceConfig
from realtime_pose.messages.source_messages import describe_reason
from realtime_pose.reasons import Reason
from realtime_pose.sources import SourceReason, SourceState, StreamSource
from realtime_pose.sources.backoff import Timing
from realtime_pose.sources.connection import connect
from realtime_pose.sources.endpoint import resolve_endpoint

pytestmark = [pytest.mark.server]

TS_PACKET = 188  # bytes


class CountedRetries:
    """A source that reconnects at once; its retries are counted."""

    def __init__(self, uri: str) -> None:
        self.count = 0
        endpoint = resolve_endpoint(uri, transport="tcp", credentials_file=None, environment={})
        self.source = StreamSource(
            endpoint.name,
            lambda progress: connect(endpoint, progress, limits_s=(0.6, 1.4)),
            SourceConfig(uri=uri, keep_trying=True, open_timeout_s=0.5, read_timeout_s=0.4, stalled_s=0.2),
            timing=Timing(wait=self._wait),
        )

    def _wait(self, stop: threading.Event, _: float) -> bool:
        self.count += 1
        return stop.wait(0.05)


def count_threads_and_files() -> tuple[int, int]:
    """Number of threads of connections, and of open files of this process."""
    threads = sum(thread.name.endswith("(connection)") for thread in threading.enumerate())
    return threads, len(list(Path("/dev/fd").iterdir()))


def assert_no_leak(watcher: SourceWatcher, tries: CountedRetries, before: tuple[int, int]) -> None:
    """After four more retries, no more threads and files than before are in use."""
    count = tries.count
    watcher.until(lambda: tries.count >= count + 4)
    watcher.until(lambda: all(now <= was for now, was in zip(count_threads_and_files(), before, strict=True)), 2.0)


class TestNoise:
    """A camera that sends noise instead of pictures."""

    @pytest.fixture
    def served(self) -> Iterator[tuple[Web, MjpegCamera]]:
        """The server and its camera."""
        site = MjpegCamera()
        with Web(site) as web:
            yield web, site

    def test_connections_that_were_given_up_leave_nothing_open(self, served: tuple[Web, MjpegCamera]) -> None:
        web, site = served
        tries = CountedRetries(web.address("video"))
        with SourceWatcher(tries.source) as watcher:
            watcher.until_frames(5)
            before = count_threads_and_files()
            site.is_broken = True
            assert_no_leak(watcher, tries, before)
            site.is_broken = False
            watcher.until_frames(3)

    def test_noise_from_the_start(self, served: tuple[Web, MjpegCamera], caplog: pytest.LogCaptureFixture) -> None:
        web, site = served
        site.is_broken = True
        tries = CountedRetries(web.address("video"))
        with SourceWatcher(tries.source) as watcher:
            watcher.until(lambda: tries.count >= 2)
            reason = Reason(SourceReason.FIRST_UNDECODABLE, {"waited_s": 0.5})
            assert watcher.source.status.reason == reason
            site.is_silent = True  # noise of the last connection does not count for this one
            watcher.until_reason(SourceReason.NO_FIRST_FRAME)
        assert caplog.messages[0] == f"{web.address('video')}: connecting: {describe_reason(reason)}"


class EndlessAudio:
    """A transport stream at every path: video ends after a second, the last audio stream goes on for ever."""

    def __init__(self, path: Path, audio_s: Sequence[float]) -> None:
        with av.open(str(path), "w") as container:
            video = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "tune": "zerolatency"})
            video.width, video.height = WH
            streams = [container.add_stream("aac", rate=16_000) for _ in audio_s]
            for number in range(30):
                container.mux(video.encode(av.VideoFrame.from_ndarray(clips.pattern_image(number, WH), format="bgr24")))
            container.mux(video.encode(None))
            for stream, lasts_s in zip(streams, audio_s, strict=True):
                samples = av.AudioFrame.from_ndarray(np.zeros((1, int(16_000 * lasts_s)), np.int16), "s16", "mono")
                samples.sample_rate = 16_000
                container.mux([*stream.encode(samples), *stream.encode(None)])
        whole = path.read_bytes()
        self._first, self._rest = whole[: TS_PACKET * 300], whole[TS_PACKET * 300 :]

    def answer(self, request: BaseHTTPRequestHandler, is_over: threading.Event) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(self._first)
        start, step = 0, TS_PACKET * 7
        while not is_over.wait(0.04):
            request.wfile.write(self._rest[start : start + step])
            start = (start + step) % len(self._rest)


@pytest.mark.parametrize("audio_s", [(40.0,), (1.0, 40.0)], ids=["best audio stream", "other audio stream"])
def test_connections_that_were_given_up_while_audio_comes_leave_nothing_open(
    audio_s: Sequence[float], tmp_path: Path
) -> None:
    with Web(EndlessAudio(tmp_path / "clip.ts", audio_s)) as web:
        tries = CountedRetries(web.address("video"))
        with SourceWatcher(tries.source) as watcher:
            watcher.until_frames(5)
            assert_no_leak(watcher, tries, count_threads_and_files())


class ShortAnswer:
    """Sends this content at every path, and closes the connection."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._content, self._kind = content, kind

    def answer(self, request: BaseHTTPRequestHandler, _: threading.Event) -> None:
        request.send_response(200)
        request.send_header("Content-Type", self._kind)
        request.end_headers()
        request.wfile.write(self._content)
        request.close_connection = True


def noise(_: Path) -> ShortAnswer:
    part = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8%b\r\n" % bytes(500)
    return ShortAnswer(part * 20, "multipart/x-mixed-replace; boundary=frame")


def audio_only(folder: Path) -> ShortAnswer:
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return ShortAnswer((folder / "sound.wav").read_bytes(), "audio/wav")


def unknown_codec(folder: Path) -> ShortAnswer:
    content = clips.video(folder / "clip.mkv").read_bytes()
    return ShortAnswer(content.replace(b"V_MPEG4/ISO/AVC", b"V_UNKNOWN_CODEC"), "video/x-matroska")


@pytest.mark.parametrize(
    ("site", "reason"),
    [
        (noise, Reason(SourceReason.NONE_DECODABLE)),
        (audio_only, Reason(SourceReason.NO_VIDEO, {"found": "audio"})),
        (unknown_codec, Reason(SourceReason.NO_VIDEO, {"found": "video of an unknown codec"})),
    ],
)
def test_the_reason_is_short_and_contains_the_address_once(
    site: Callable[[Path], ShortAnswer], reason: Reason, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Web(site(tmp_path)) as web, SourceWatcher(CountedRetries(web.address("video")).source) as watcher:
        watcher.until(lambda: watcher.source.status.reason == reason)
        assert watcher.source.status.state is SourceState.CONNECTING
        assert caplog.messages[0] == f"{web.address('video')}: connecting: {describe_reason(reason)}"
