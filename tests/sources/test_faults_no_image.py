"""Real servers that send on and on, or briefly, what gives no picture: told in words, and nothing is left behind."""

import threading
import wave
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose.config import SourceConfig
from realtime_pose.sources import SourceState, StreamSource
from realtime_pose.sources.backoff import Timing
from realtime_pose.sources.connection import connect
from realtime_pose.sources.endpoint import resolve_endpoint
from tests.support import clips
from tests.support.watching import Watching
from tests.support.web_live import WH, MjpegCamera, Web

TS_PACKET = 188  # bytes


class Tries:
    """A source that is asked again at once, its tries counted."""

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


def held() -> tuple[int, int]:
    """How many threads connections have now, and how many files this process has open."""
    threads = sum(thread.name.endswith("(connection)") for thread in threading.enumerate())
    return threads, len(list(Path("/dev/fd").iterdir()))


def holds_no_more(one: Watching, tries: Tries, before: tuple[int, int]) -> None:
    """After four tries more, as many threads and files as before are in use."""
    count = tries.count
    one.until(lambda: tries.count >= count + 4)
    one.until(lambda: all(now <= was for now, was in zip(held(), before, strict=True)), 2.0)


class TestNoise:
    """A camera whose pictures are none."""

    @pytest.fixture
    def served(self) -> Iterator[tuple[Web, MjpegCamera]]:
        """The server, and what it serves."""
        site = MjpegCamera()
        with Web(site) as web:
            yield web, site

    def test_of_connections_that_were_given_up_nothing_is_left(self, served: tuple[Web, MjpegCamera]) -> None:
        web, site = served
        tries = Tries(web.address("video"))
        with Watching(tries.source) as one:
            one.until_frames(5)
            before = held()
            site.spoils = True
            holds_no_more(one, tries, before)
            site.spoils = False
            one.until_frames(3)

    def test_from_the_start(self, served: tuple[Web, MjpegCamera], caplog: pytest.LogCaptureFixture) -> None:
        web, site = served
        site.spoils = True
        tries = Tries(web.address("video"))
        with Watching(tries.source) as one:
            one.until(lambda: tries.count >= 2)
            check_range = "of what comes no picture could be decoded within 0.5 s"
            assert one.source.status.reason.partition("; asked again in ")[0] == check_range
            site.is_silent = True  # and the noise of the connection before is not held against this one
            one.until(lambda: one.source.status.reason.startswith("no picture came within 0.5 s"))
        assert caplog.messages[0] == f"{web.address('video')}: connecting: {check_range}"


class Sounding:
    """A transport stream at every path, whose pictures end after a second, while its last sound goes on for ever."""

    def __init__(self, path: Path, sounds_s: Sequence[float]) -> None:
        with av.open(str(path), "w") as film:
            video = film.add_stream("libx264", rate=30, options={"preset": "ultrafast", "tune": "zerolatency"})
            video.width, video.height = WH
            sounds = [film.add_stream("aac", rate=16_000) for _ in sounds_s]
            for number in range(30):
                film.mux(video.encode(av.VideoFrame.from_ndarray(clips.picture(number, WH), format="bgr24")))
            film.mux(video.encode(None))
            for sound, lasts_s in zip(sounds, sounds_s, strict=True):
                samples = av.AudioFrame.from_ndarray(np.zeros((1, int(16_000 * lasts_s)), np.int16), "s16", "mono")
                samples.sample_rate = 16_000
                film.mux([*sound.encode(samples), *sound.encode(None)])
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


@pytest.mark.parametrize("sounds_s", [(40.0,), (1.0, 40.0)], ids=["that is wanted", "that is not"])
def test_of_connections_that_were_given_up_while_sound_comes_nothing_is_left(
    sounds_s: Sequence[float], tmp_path: Path
) -> None:
    with Web(Sounding(tmp_path / "clip.ts", sounds_s)) as web:
        tries = Tries(web.address("video"))
        with Watching(tries.source) as one:
            one.until_frames(5)
            holds_no_more(one, tries, held())


class Brief:
    """Says this at every path, and closes the connection."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._content, self._kind = content, kind

    def answer(self, request: BaseHTTPRequestHandler, _: threading.Event) -> None:
        request.send_response(200)
        request.send_header("Content-Type", self._kind)
        request.end_headers()
        request.wfile.write(self._content)
        request.close_connection = True


def noise(_: Path) -> Brief:
    part = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8%b\r\n" % bytes(500)
    return Brief(part * 20, "multipart/x-mixed-replace; boundary=frame")


def sound(folder: Path) -> Brief:
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return Brief((folder / "sound.wav").read_bytes(), "audio/wav")


def codec_of_nobody(folder: Path) -> Brief:
    film = clips.video(folder / "film.mkv").read_bytes()
    return Brief(film.replace(b"V_MPEG4/ISO/AVC", b"V_NOBODYS_CODEC"), "video/x-matroska")


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (noise, "of what comes no picture could be decoded"),
        (sound, "it holds audio only"),
        (codec_of_nobody, "it holds video of an unknown codec only"),
    ],
)
def test_it_is_told_in_a_few_words_with_the_address_once(
    site: Callable[[Path], Brief], words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Web(site(tmp_path)) as web, Watching(Tries(web.address("video")).source) as one:
        one.until(lambda: "asked again" in one.source.status.reason)
        assert one.source.status.reason.partition("; asked again in ")[0] == words
        assert one.source.status.state is SourceState.CONNECTING
        assert caplog.messages[0] == f"{web.address('video')}: connecting: {words}"
