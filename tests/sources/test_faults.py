"""A real RTSP server behind a proxy that fails in every way: the right state, its reason, and a way back."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import SourceConfig
from realtime_pose.sources import Source, SourceState, open_source
from tests.support import web
from tests.support.proxy import Proxy
from tests.support.rtsp_server import RtspServer, clip, free_port, freezing
from tests.support.watching import Watching

OPEN_S, READ_S = 1.5, 0.8
SECRET = "s3c:r@t/w#r d%"  # every character that means something in a URL


def camera(uri: str, **changes: object) -> Source:
    settings: dict[str, object] = {"open_timeout_s": OPEN_S, "read_timeout_s": READ_S, "stalled_s": 0.3}
    return open_source(SourceConfig(uri=uri, keep_trying=True, **(settings | changes)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def server(units: Path) -> Iterator[RtspServer]:
    with RtspServer(units) as running:
        yield running


@pytest.fixture
def proxy(server: RtspServer) -> Iterator[Proxy]:
    with Proxy(server.port) as running:
        yield running


@pytest.fixture
def watching(proxy: Proxy) -> Iterator[Watching]:
    with Watching(camera(f"rtsp://127.0.0.1:{proxy.port}/live")) as one:
        one.until_frames(5)
        yield one


def goes_on(one: Watching) -> None:
    """Frames come again, and index and time have only grown."""
    one.until_frames(3)
    one.until_state(SourceState.LIVE)
    indices, times_s, captured_s = (np.array([frame[place] for frame in one.frames]) for place in range(3))
    assert (np.diff(indices) > 0).all()
    assert (np.diff(times_s) > 0).all()
    assert (np.diff(captured_s) >= 0).all()
    assert times_s[-1] - times_s[0] == pytest.approx(captured_s[-1] - captured_s[0], abs=0.7)


def test_opening_returns_at_once_and_frames_are_fresh(proxy: Proxy) -> None:
    started_s = time.monotonic()
    source = camera(f"rtsp://127.0.0.1:{proxy.port}/live")
    assert time.monotonic() - started_s < 0.2
    assert (source.status.state, source.info.wh, source.info.rate_hz) == (SourceState.CONNECTING, (0, 0), None)
    with Watching(source) as one:
        one.until_frames(30)
        assert (source.status.state, source.info.wh, source.info.rate_hz) == (SourceState.LIVE, (320, 240), 30.0)
        assert np.percentile(one.ages_s, 95) < 0.25  # on a busy machine too
        goes_on(one)


def test_a_server_that_is_killed_and_started_again(units: Path) -> None:
    with RtspServer(units) as mine, Watching(camera(mine.address)) as one:
        one.until_frames(5)
        mine.kill()
        one.until_state(SourceState.RECONNECTING)
        one.until(lambda: "refused" in one.source.status.reason)
        mine.start()
        assert one.until_frames(1) < 5.0
        goes_on(one)
        assert one.source.status.reconnects == 1
        assert one.frames[0][4] == ""
        assert one.frames[-1][4].startswith("not live for ")
        assert one.frames[-1][4].endswith(" s: Connection refused")


@pytest.mark.parametrize(("wh", "codec"), [((640, 480), "h264"), ((320, 240), "h265")])
def test_another_size_or_codec_after_the_loss(units: Path, tmp_path: Path, wh: tuple[int, int], codec: str) -> None:
    with RtspServer(units) as mine, Watching(camera(mine.address)) as one:
        one.until_frames(5)
        mine.kill()
        mine.units, mine.codec = clip(tmp_path, codec=codec, wh=wh), codec
        mine.start()
        one.until(lambda: one.source.status.reconnects == 1)
        goes_on(one)
        assert one.frames[-1][3] == one.source.info.wh == wh


def test_a_server_that_stops_sending_is_stalled_then_connected_anew(watching: Watching, proxy: Proxy) -> None:
    proxy.is_hanging = True
    watching.until_state(SourceState.STALLED, 1.0)
    assert watching.source.status.reason == "no picture came for 0.3 s"
    watching.until_state(SourceState.RECONNECTING, READ_S + 0.2)
    assert watching.source.status.reason.startswith("no picture came for 0.8 s; asked again in ")
    proxy.is_hanging = False
    goes_on(watching)


def test_a_server_that_accepts_and_says_nothing(watching: Watching, proxy: Proxy) -> None:
    proxy.is_hanging = True
    proxy.cut()
    watching.until(lambda: "within 1.5 s" in watching.source.status.reason, OPEN_S + 2.0)
    assert watching.source.status.state is SourceState.RECONNECTING
    proxy.is_hanging = False
    proxy.cut()
    goes_on(watching)


@pytest.mark.parametrize("last_words", [b"$\0\x05\xdchalf", b""], ids=["in the midst of a packet", "between two"])
def test_a_connection_that_is_cut(watching: Watching, proxy: Proxy, last_words: bytes) -> None:
    proxy.cut(after=last_words)
    watching.until_state(SourceState.RECONNECTING)
    assert watching.source.status.reason.startswith("the stream broke off; asked again in ")
    watching.until(lambda: watching.source.status.reconnects == 1)
    goes_on(watching)


def test_a_server_that_closes_each_connection_at_once(watching: Watching, proxy: Proxy) -> None:
    proxy.is_refusing = True
    proxy.cut()
    watching.until(lambda: "cut off" in watching.source.status.reason)
    status = watching.source.status
    assert status.state is SourceState.RECONNECTING
    assert status.reason.startswith("what comes is cut off or cannot be read as video; asked again in ")
    proxy.is_refusing = False
    goes_on(watching)


def test_garbage_amid_the_stream(watching: Watching, proxy: Proxy) -> None:
    """FFmpeg looks in it for the next packet: so there is no picture, until it gives up and takes it for the end."""
    proxy.corruption = 0.5
    watching.until_state(SourceState.STALLED)
    assert watching.source.status.reason == "no picture came for 0.3 s"
    watching.until_state(SourceState.RECONNECTING)
    assert re.search(r"no picture|broke off|read as video", watching.source.status.reason)
    proxy.corruption = 0.0
    goes_on(watching)


def test_a_network_that_becomes_slower_is_live_and_says_how_late(watching: Watching, proxy: Proxy) -> None:
    watching.until_frames(30)
    proxy.delay_s = 0.15
    watching.until(lambda: watching.source.status.lag_s > 0.1)
    watching.until_frames(30, 2.0)
    status = watching.source.status
    assert (status.state, status.reconnects) == (SourceState.LIVE, 0)
    assert status.lag_s == pytest.approx(0.15, abs=0.04)
    goes_on(watching)


def test_a_picture_that_stands_still_is_told_from_a_server_that_is_silent(tmp_path: Path) -> None:
    with (
        RtspServer(freezing(clip(tmp_path, count=30), still=120)) as mine,
        Watching(camera(mine.address, frozen_s=1.0)) as one,
    ):
        one.until_state(SourceState.LIVE)
        one.until_state(SourceState.STALLED)
        assert one.source.status.reason == "the picture stands still: all were alike for 1 s"
        one.until_frames(20, 1.5)
        assert one.source.status.state is SourceState.STALLED
        one.until_state(SourceState.LIVE)
        goes_on(one)
        assert one.source.status.reconnects == 0
        assert "the picture stands still" in one.frames[-1][4]


def test_a_network_of_half_the_bitrate_is_stalled_and_its_age_bounded(tmp_path: Path) -> None:
    units = clip(tmp_path, wh=(640, 480))
    with RtspServer(units) as mine, Proxy(mine.port) as proxy:
        rate = units.stat().st_size / 60 * 30
        with Watching(camera(f"rtsp://127.0.0.1:{proxy.port}/live", max_lag_s=0.6)) as one:
            one.until_frames(10)
            proxy.bytes_per_s = rate / 2
            one.until_state(SourceState.STALLED, 8)
            one.until(lambda: "slow" in one.source.status.reason, 8)
            one.until(lambda: proxy.connections > 1, 8)
            proxy.bytes_per_s = 0.0
            goes_on(one)
            assert 0.6 < max(one.lags_s) < 2 * 0.6 + 1.0


def refused(uri: str, state: SourceState, words: str, within_s: float = 1.0) -> None:
    """The source is in this state within the time and says why; it stops at once."""
    with Watching(camera(uri)) as one:
        one.until(lambda: words in one.source.status.reason, within_s)
        assert one.source.status.state is state
        assert one.stop_s() < 1.0
        assert one.frames == []


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_passwords_right_and_wrong(units: Path, method: str) -> None:
    with RtspServer(units, user=f"{method}:us:{SECRET}") as mine:
        place = f"127.0.0.1:{mine.port}/live"
        refused(f"rtsp://us:wrong@{place}", SourceState.AUTH_FAILED, "does not accept user and password")
        refused(f"rtsp://{place}", SourceState.AUTH_FAILED, "does not accept user and password")
        with Watching(camera(f"rtsp://us:{SECRET}@{place}")) as one:
            one.until_frames(3)


def test_an_unknown_path(server: RtspServer) -> None:
    refused(f"rtsp://127.0.0.1:{server.port}/nothing", SourceState.NOT_FOUND, "no such stream (404)")


def test_a_closed_port() -> None:
    refused(f"rtsp://127.0.0.1:{free_port()}/live", SourceState.CONNECTING, "Connection refused")


def test_a_name_that_does_not_resolve() -> None:
    refused("rtsp://no-such-host.invalid/live", SourceState.NOT_FOUND, "no-such-host.invalid does not resolve", 5.0)


@pytest.mark.parametrize("scheme", ["rtsps", "https"])
def test_no_tls_where_tls_was_asked_for(server: RtspServer, scheme: str) -> None:
    refused(f"{scheme}://127.0.0.1:{server.port}/live", SourceState.CONNECTING, "no TLS connection", 3.0)


def test_a_page_is_no_camera() -> None:
    with web.accepting_only() as address:
        refused(f"{address}/mjpeg", SourceState.CONNECTING, "within", OPEN_S + 1.0)


def test_udp_by_the_address(server: RtspServer) -> None:
    with Watching(camera(f"{server.address}?transport=udp")) as one:
        one.until_frames(10)
        assert one.source.info.wh == (320, 240)


def test_mjpeg_over_http_and_its_return() -> None:
    with web.serving_camera(8) as address, Watching(camera(f"{address}/video")) as one:
        one.until(lambda: one.source.status.reconnects >= 1)
        one.until_frames(1)
        assert (np.diff([frame[1] for frame in one.frames]) > 0).all()


def test_four_cameras_of_which_one_hangs_and_one_flaps(server: RtspServer) -> None:
    with Proxy(server.port) as hanging, Proxy(server.port) as flapping:
        hanging.is_hanging = True
        ports = (server.port, server.port, hanging.port, flapping.port)
        cameras = [Watching(camera(f"rtsp://127.0.0.1:{port}/live")) for port in ports]
        cameras[0].until_frames(5)
        cameras[1].until_frames(1)
        before, started_s = [len(one.frames) for one in cameras], time.monotonic()
        for _ in range(4):
            threading.Event().wait(0.5)
            flapping.cut()
        rates = [
            (len(one.frames) - count) / (time.monotonic() - started_s)
            for one, count in zip(cameras, before, strict=True)
        ]
        assert min(rates[:2]) > 24
        assert rates[2] == 0
        assert all(one.stop_s() < 2.0 for one in cameras)


def test_a_slow_taker_gets_the_newest(server: RtspServer) -> None:
    with Watching(camera(server.address), work_s=0.15) as one:
        one.until_frames(12)
        assert np.percentile(one.ages_s[2:], 95) < 0.1
        assert np.diff([frame[0] for frame in one.frames]).max() >= 3


def test_threads_and_connections_do_not_add_up(units: Path) -> None:
    with RtspServer(units) as mine, Proxy(mine.port) as proxy, Watching(camera(mine.through(proxy.port))) as one:
        one.until_frames(2)
        before = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
        for count in range(1, 4):
            proxy.cut()
            one.until(lambda count=count: one.source.status.reconnects == count)  # type: ignore[misc]
            one.until_frames(2)
        assert one.until(lambda: threading.active_count() <= before[0], 2) < 2
        assert len(list(Path("/proc/self/fd").iterdir())) <= before[1] + 2
