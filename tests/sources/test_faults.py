"""A real RTSP server behind a proxy that fails in many ways: the source reports state and reason, and recovers."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, clip, free_port, freezing_clip
from realtime_pose.config import SourceConfig
from realtime_pose.reasons import NO_OUTAGE, Reason
from realtime_pose.sources import Source, SourceReason, SourceState, open_source
from tests.support.servers import web

pytestmark = [pytest.mark.server]

OPEN_S, READ_S = 1.5, 0.8
SECRET = "s3c:r@t/w#r d%"  # every character with a meaning in URLs


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
def watcher(proxy: Proxy) -> Iterator[SourceWatcher]:
    with SourceWatcher(camera(f"rtsp://127.0.0.1:{proxy.port}/live")) as watcher:
        watcher.until_frames(5)
        yield watcher


def assert_recovers(watcher: SourceWatcher) -> None:
    """Frames come again; index and time have only increased."""
    watcher.until_frames(3)
    watcher.until_state(SourceState.LIVE)
    indices, times_s, captured_s = (np.array([frame[field] for frame in watcher.frames]) for field in range(3))
    assert (np.diff(indices) > 0).all()
    assert (np.diff(times_s) > 0).all()
    assert (np.diff(captured_s) >= 0).all()
    assert times_s[-1] - times_s[0] == pytest.approx(captured_s[-1] - captured_s[0], abs=0.7)


def test_opening_returns_at_once_and_frames_come_without_delay(proxy: Proxy) -> None:
    started_s = time.monotonic()
    source = camera(f"rtsp://127.0.0.1:{proxy.port}/live")
    assert time.monotonic() - started_s < 0.2
    assert (source.status.state, source.info.wh, source.info.rate_hz) == (SourceState.CONNECTING, (0, 0), None)
    with SourceWatcher(source) as watcher:
        watcher.until_frames(30)
        assert (source.status.state, source.info.wh, source.info.rate_hz) == (SourceState.LIVE, (320, 240), 30.0)
        assert np.percentile(watcher.ages_s, 95) < 0.25  # on a busy machine too
        assert_recovers(watcher)


def test_a_server_that_is_killed_and_started_again(units: Path) -> None:
    with RtspServer(units) as own_server, SourceWatcher(camera(own_server.address)) as watcher:
        watcher.until_frames(5)
        own_server.kill()
        watcher.until_state(SourceState.RECONNECTING)
        watcher.until_reason(SourceReason.CONNECTION_REFUSED)
        own_server.start()
        assert watcher.until_frames(1) < 5.0
        assert_recovers(watcher)
        assert watcher.source.status.reconnects == 1
        assert watcher.frames[0][4] == NO_OUTAGE
        outage = watcher.frames[-1][4]
        assert (outage.number, outage.reason) == (1, Reason(SourceReason.CONNECTION_REFUSED))
        assert 0 < outage.duration_s < 10


@pytest.mark.parametrize(("wh", "codec"), [((640, 480), "h264"), ((320, 240), "h265")])
def test_size_or_codec_may_change_after_a_loss(units: Path, tmp_path: Path, wh: tuple[int, int], codec: str) -> None:
    with RtspServer(units) as own_server, SourceWatcher(camera(own_server.address)) as watcher:
        watcher.until_frames(5)
        own_server.kill()
        own_server.units, own_server.codec = clip(tmp_path, codec=codec, wh=wh), codec
        own_server.start()
        watcher.until(lambda: watcher.source.status.reconnects == 1)
        assert_recovers(watcher)
        assert watcher.frames[-1][3] == watcher.source.info.wh == wh


def test_a_server_that_stops_sending_is_stalled_then_reconnecting(watcher: SourceWatcher, proxy: Proxy) -> None:
    proxy.is_hanging = True
    watcher.until_state(SourceState.STALLED, 1.0)
    assert watcher.source.status.reason == Reason(SourceReason.NO_FRAMES, {"waited_s": 0.3})
    watcher.until_state(SourceState.RECONNECTING, READ_S + 0.2)
    status = watcher.source.status
    assert status.reason == Reason(SourceReason.NO_FRAMES, {"waited_s": 0.8})
    assert status.retry_in_s == 0.5
    proxy.is_hanging = False
    assert_recovers(watcher)


def test_a_server_that_accepts_and_sends_nothing(watcher: SourceWatcher, proxy: Proxy) -> None:
    proxy.is_hanging = True
    proxy.cut()
    watcher.until_reason(SourceReason.NO_FIRST_FRAME, OPEN_S + 2.0)
    assert watcher.source.status.reason.values == {"waited_s": OPEN_S}
    assert watcher.source.status.state is SourceState.RECONNECTING
    proxy.is_hanging = False
    proxy.cut()
    assert_recovers(watcher)


@pytest.mark.parametrize("last_bytes", [b"$\0\x05\xdchalf", b""], ids=["within a packet", "between packets"])
def test_a_connection_that_is_cut(watcher: SourceWatcher, proxy: Proxy, last_bytes: bytes) -> None:
    proxy.cut(after=last_bytes)
    watcher.until_state(SourceState.RECONNECTING)
    assert watcher.source.status.reason.code == SourceReason.BROKE_OFF
    watcher.until(lambda: watcher.source.status.reconnects == 1)
    assert_recovers(watcher)


def test_a_server_that_closes_each_connection_at_once(watcher: SourceWatcher, proxy: Proxy) -> None:
    proxy.is_refusing = True
    proxy.cut()
    watcher.until_reason(SourceReason.CUT_OFF)
    assert watcher.source.status.state is SourceState.RECONNECTING
    proxy.is_refusing = False
    assert_recovers(watcher)


def test_garbage_within_the_stream(watcher: SourceWatcher, proxy: Proxy) -> None:
    """FFmpeg searches for the next packet, so no frame comes, until it gives up and reports the end."""
    proxy.corruption = 0.5
    watcher.until_state(SourceState.STALLED)
    assert watcher.source.status.reason == Reason(SourceReason.NO_FRAMES, {"waited_s": 0.3})
    watcher.until_state(SourceState.RECONNECTING)
    assert watcher.source.status.reason.code in {
        SourceReason.NO_FRAMES, SourceReason.NO_FIRST_FRAME, SourceReason.UNDECODABLE, SourceReason.FIRST_UNDECODABLE,
        SourceReason.NONE_DECODABLE, SourceReason.NO_PICTURE, SourceReason.BROKE_OFF, SourceReason.CUT_OFF,
    }  # fmt: skip
    proxy.corruption = 0.0
    assert_recovers(watcher)


def test_a_network_that_becomes_slower_stays_live_and_its_lag_is_reported(watcher: SourceWatcher, proxy: Proxy) -> None:
    watcher.until_frames(30)
    proxy.delay_s = 0.15
    watcher.until(lambda: watcher.source.status.lag_s > 0.1)
    watcher.until_frames(30, 2.0)
    status = watcher.source.status
    assert (status.state, status.reconnects) == (SourceState.LIVE, 0)
    assert status.lag_s == pytest.approx(0.15, abs=0.04)
    assert_recovers(watcher)


def test_a_frozen_picture_has_another_reason_than_a_server_that_sends_nothing(tmp_path: Path) -> None:
    with (
        RtspServer(freezing_clip(clip(tmp_path, count=30), still=60)) as own_server,
        SourceWatcher(camera(own_server.address, frozen_s=0.5)) as watcher,
    ):
        watcher.until_state(SourceState.LIVE)
        watcher.until_state(SourceState.STALLED)
        reason = watcher.source.status.reason
        assert reason.code == SourceReason.FROZEN
        assert float(reason.values["unchanged_s"]) == pytest.approx(0.5, abs=0.4)
        watcher.until_frames(20, 1.5)
        assert watcher.source.status.state is SourceState.STALLED
        watcher.until_state(SourceState.LIVE)
        assert_recovers(watcher)
        assert watcher.source.status.reconnects == 0
        assert watcher.frames[-1][4].reason.code == SourceReason.FROZEN


def test_a_network_with_half_the_bitrate_is_stalled_and_the_lag_is_bounded(tmp_path: Path) -> None:
    units = clip(tmp_path, wh=(640, 480))
    with RtspServer(units) as own_server, Proxy(own_server.port) as proxy:
        rate = units.stat().st_size / 60 * 30
        with SourceWatcher(camera(f"rtsp://127.0.0.1:{proxy.port}/live", max_lag_s=0.6)) as watcher:
            watcher.until_frames(10)
            proxy.bytes_per_s = rate / 2
            watcher.until_state(SourceState.STALLED, 8)
            late = {SourceReason.LATE, SourceReason.TOO_LATE}
            watcher.until(lambda: watcher.source.status.reason.code in late, 8)
            watcher.until(lambda: proxy.connections > 1, 8)
            proxy.bytes_per_s = 0.0
            assert_recovers(watcher)
            assert 0.6 < max(watcher.lags_s) < 2 * 0.6 + 1.0


def assert_refused(uri: str, state: SourceState, code: SourceReason, within_s: float = 1.0) -> Reason:
    """The source has this state and reason in time, and stops quickly; the reason."""
    with SourceWatcher(camera(uri)) as watcher:
        watcher.until_reason(code, within_s)
        reason = watcher.source.status.reason
        assert watcher.source.status.state is state
        assert watcher.stop_s() < 1.0
        assert watcher.frames == []
    return reason


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_passwords_right_and_wrong(units: Path, method: str) -> None:
    with RtspServer(units, user=f"{method}:us:{SECRET}") as own_server:
        place = f"127.0.0.1:{own_server.port}/live"
        assert_refused(f"rtsp://us:wrong@{place}", SourceState.AUTH_FAILED, SourceReason.UNAUTHORIZED)
        assert_refused(f"rtsp://{place}", SourceState.AUTH_FAILED, SourceReason.UNAUTHORIZED)
        with SourceWatcher(camera(f"rtsp://us:{SECRET}@{place}")) as watcher:
            watcher.until_frames(3)


def test_an_unknown_path(server: RtspServer) -> None:
    assert_refused(f"rtsp://127.0.0.1:{server.port}/nothing", SourceState.NOT_FOUND, SourceReason.NOT_FOUND_404)


def test_a_closed_port() -> None:
    assert_refused(f"rtsp://127.0.0.1:{free_port()}/live", SourceState.CONNECTING, SourceReason.CONNECTION_REFUSED)


def test_a_name_that_does_not_resolve() -> None:
    uri, code = "rtsp://no-such-host.invalid/live", SourceReason.NAME_UNRESOLVED
    assert assert_refused(uri, SourceState.NOT_FOUND, code, 5.0).values["host"] == "no-such-host.invalid"


@pytest.mark.parametrize("scheme", ["rtsps", "https"])
def test_a_server_without_tls(server: RtspServer, scheme: str) -> None:
    uri = f"{scheme}://127.0.0.1:{server.port}/live"
    assert assert_refused(uri, SourceState.CONNECTING, SourceReason.TLS_FAILED, 3.0).values["error"]


def test_a_server_that_never_answers() -> None:
    with web.accepting_only() as address:
        assert_refused(f"{address}/mjpeg", SourceState.CONNECTING, SourceReason.NO_FIRST_FRAME, OPEN_S + 1.0)


def test_udp_as_an_option_of_the_url(server: RtspServer) -> None:
    with SourceWatcher(camera(f"{server.address}?transport=udp")) as watcher:
        watcher.until_frames(10)
        assert watcher.source.info.wh == (320, 240)


def test_mjpeg_over_http_reconnects() -> None:
    with web.serving_camera(8) as address, SourceWatcher(camera(f"{address}/video")) as watcher:
        watcher.until(lambda: watcher.source.status.reconnects >= 1)
        watcher.until_frames(1)
        assert (np.diff([frame[1] for frame in watcher.frames]) > 0).all()


def test_four_cameras_of_which_one_hangs_and_one_flaps(server: RtspServer) -> None:
    with Proxy(server.port) as hanging, Proxy(server.port) as flapping:
        hanging.is_hanging = True
        ports = (server.port, server.port, hanging.port, flapping.port)
        cameras = [SourceWatcher(camera(f"rtsp://127.0.0.1:{port}/live")) for port in ports]
        cameras[0].until_frames(5)
        cameras[1].until_frames(1)
        before, started_s = [len(watcher.frames) for watcher in cameras], time.monotonic()
        for _ in range(3):
            threading.Event().wait(0.4)
            flapping.cut()
        rates = [
            (len(watcher.frames) - count) / (time.monotonic() - started_s)
            for watcher, count in zip(cameras, before, strict=True)
        ]
        assert min(rates[:2]) > 24
        assert rates[2] == 0
        assert all(watcher.stop_s() < 2.0 for watcher in cameras)


def test_a_slow_consumer_gets_the_newest_frames(server: RtspServer) -> None:
    with SourceWatcher(camera(server.address), work_s=0.15) as watcher:
        watcher.until_frames(12)
        assert np.percentile(watcher.ages_s[2:], 95) < 0.1
        assert np.diff([frame[0] for frame in watcher.frames]).max() >= 3


def test_threads_and_connections_do_not_accumulate(units: Path) -> None:
    with (
        RtspServer(units) as own_server,
        Proxy(own_server.port) as proxy,
        SourceWatcher(camera(own_server.through(proxy.port))) as watcher,
    ):
        watcher.until_frames(2)
        before = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
        for count in range(1, 3):
            proxy.cut()
            watcher.until(lambda count=count: watcher.source.status.reconnects == count)  # type: ignore[misc]
            watcher.until_frames(2)
        assert watcher.until(lambda: threading.active_count() <= before[0], 2) < 2
        assert len(list(Path("/proc/self/fd").iterdir())) <= before[1] + 2
