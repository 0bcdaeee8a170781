"""Real servers of MJPEG, HLS and RTMP that fail: the source reports state and reason, and recovers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.web_live import HLS_RATE_HZ, WH, HlsChannel, MjpegCamera, Web, segments
from realtime_pose.config import SourceConfig
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.sources import Source, SourceReason, SourceState, open_source
from tests.support.servers.rtmp_server import RtmpServer

pytestmark = [pytest.mark.server]


def camera(uri: str, *, open_timeout_s: float = 3.0) -> Source:
    return open_source(
        SourceConfig(
            uri=uri, keep_trying=True, open_timeout_s=open_timeout_s, read_timeout_s=1.2, stalled_s=0.4, max_lag_s=1.0
        )
    )


def assert_recovers(watcher: SourceWatcher) -> None:
    """Frames come again; index and time have only increased, and the time as fast as the clock."""
    watcher.until_state(SourceState.LIVE)
    watcher.until_frames(3)
    indices, times_s, captured_s = (np.array([frame[field] for frame in watcher.frames]) for field in range(3))
    assert (np.diff(indices) > 0).all()
    assert (np.diff(times_s) > 0).all()
    assert times_s[-1] - times_s[0] == pytest.approx(captured_s[-1] - captured_s[0], abs=1.0)


def assert_stops(watcher: SourceWatcher) -> None:
    """The source stops quickly and is ENDED."""
    assert watcher.stop_s() < 1.0
    assert (watcher.source.status.state, watcher.source.status.reason) == (SourceState.ENDED, NO_REASON)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HLS segments."""
    return segments(tmp_path_factory.mktemp("segments"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The video that is published over RTMP."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "15"}
    return clips.video(tmp_path_factory.mktemp("clip") / "clip.mp4", count=60, wh=WH, options=options)


class TestMjpeg:
    @pytest.fixture
    def site(self) -> MjpegCamera:
        return MjpegCamera()

    @pytest.fixture
    def web(self, site: MjpegCamera) -> Iterator[Web]:
        with Web(site) as running:
            yield running

    @pytest.mark.parametrize("says_length", [True, False])
    def test_is_live_without_delay(self, web: Web, site: MjpegCamera, *, says_length: bool) -> None:
        site.sends_length = says_length
        with SourceWatcher(camera(web.address("video"))) as watcher:
            watcher.until_frames(25)
            assert watcher.source.status.state is SourceState.LIVE
            assert watcher.source.info.wh == WH
            steps_s = np.diff([frame[1] for frame in watcher.frames[3:]])
            assert np.median(steps_s) == pytest.approx(0.04, abs=0.01)
            assert np.percentile(watcher.ages_s, 95) < 0.1
            assert_stops(watcher)

    def test_the_server_is_killed_and_started_again(self, web: Web) -> None:
        with SourceWatcher(camera(web.address("video"))) as watcher:
            watcher.until_frames(5)
            web.kill()
            watcher.until_reason(SourceReason.CONNECTION_CLOSED)
            watcher.until_reason(SourceReason.CONNECTION_REFUSED)
            assert watcher.source.status.state is SourceState.RECONNECTING
            web.start()
            assert_recovers(watcher)
            assert watcher.source.status.reconnects == 1
            assert_stops(watcher)

    def test_it_stops_sending(self, web: Web, site: MjpegCamera) -> None:
        with SourceWatcher(camera(web.address("video"))) as watcher:
            watcher.until_frames(5)
            site.is_silent = True
            watcher.until_state(SourceState.STALLED, 1.0)
            assert watcher.source.status.reason == Reason(SourceReason.NO_FRAMES, {"waited_s": 0.4})
            watcher.until_state(SourceState.RECONNECTING, 1.5)
            site.is_silent = False
            assert_recovers(watcher)

    def test_it_sends_pictures_that_cannot_be_decoded(self, web: Web, site: MjpegCamera) -> None:
        with SourceWatcher(camera(web.address("video"))) as watcher:
            watcher.until_frames(5)
            site.is_broken = True
            watcher.until_state(SourceState.STALLED, 1.0)
            assert watcher.source.status.reason == Reason(SourceReason.UNDECODABLE, {"waited_s": 0.4})
            site.is_broken = False
            assert_recovers(watcher)

    @pytest.mark.parametrize(
        ("path", "state", "code"),
        [
            ("refused", SourceState.AUTH_FAILED, SourceReason.UNAUTHORIZED),
            ("nothing", SourceState.NOT_FOUND, SourceReason.NOT_FOUND_404),
        ],
    )
    def test_it_refuses_the_request(self, web: Web, path: str, state: SourceState, code: SourceReason) -> None:
        with SourceWatcher(camera(web.address(path))) as watcher:
            watcher.until_state(state, 1.0)
            assert watcher.source.status.reason.code == code
            assert_stops(watcher)


class TestHls:
    @pytest.fixture
    def channel(self, folder: Path) -> HlsChannel:
        return HlsChannel(folder)

    @pytest.fixture
    def web(self, channel: HlsChannel) -> Iterator[Web]:
        with Web(channel) as running:
            yield running

    def test_segments_are_shown_at_their_own_rate(self, web: Web) -> None:
        with SourceWatcher(camera(web.address("live.m3u8"))) as watcher:
            watcher.until_frames(1)
            waited_s = watcher.until_frames(4 * HLS_RATE_HZ)
            assert waited_s == pytest.approx(4.0, abs=0.4)  # the playlist holds 4 s: later segments were requested
            steps_s = np.diff([frame[1] for frame in watcher.frames])
            assert steps_s.max() < 2.5 / HLS_RATE_HZ
            assert (watcher.source.status.state, watcher.source.info.wh) == (SourceState.LIVE, WH)
            assert_stops(watcher)

    def test_the_server_is_killed_and_started_again(self, web: Web) -> None:
        with SourceWatcher(camera(web.address("live.m3u8"))) as watcher:
            watcher.until_frames(5)
            web.kill()
            watcher.until_reason(SourceReason.CONNECTION_REFUSED)
            assert watcher.source.status.state is SourceState.RECONNECTING
            web.start()
            assert_recovers(watcher)
            assert_stops(watcher)

    def test_the_playlist_stops_and_goes_on(self, web: Web, channel: HlsChannel) -> None:
        with SourceWatcher(camera(web.address("live.m3u8"))) as watcher:
            watcher.until_frames(5)
            channel.is_stuck = True
            watcher.until_state(SourceState.STALLED, 6.0)
            watcher.until_state(SourceState.RECONNECTING, 3.0)
            channel.is_stuck = False
            assert_recovers(watcher)

    def test_a_complete_playlist_is_the_end(self, web: Web, channel: HlsChannel) -> None:
        with SourceWatcher(camera(web.address("live.m3u8"))) as watcher:
            watcher.until_frames(5)
            channel.is_complete = True
            watcher.until_state(SourceState.ENDED, 10.0)
            assert watcher.source.status.reason == Reason(SourceReason.PLAYLIST_COMPLETE)
            assert watcher.source.status.is_complete
            assert watcher.frames[-1][1] < 5.0  # it was not shown again from its beginning
            watcher.thread.join(2.0)
            assert not watcher.thread.is_alive()


class TestRtmp:
    @pytest.fixture
    def server(self, clip: Path, tmp_path: Path) -> Iterator[RtmpServer]:
        with RtmpServer(clip, tmp_path) as running:
            yield running

    def test_is_live_soon_without_delay(self, server: RtmpServer) -> None:
        """It is not taken for a recording, and opening does not wait for audio."""
        with SourceWatcher(camera(server.address)) as watcher:
            assert watcher.until_frames(1) < 3.0
            watcher.until_frames(30)
            assert (watcher.source.status.state, watcher.source.info.wh) == (SourceState.LIVE, WH)
            server.kill()
            assert watcher.until_state(SourceState.RECONNECTING) < 0.5  # no old frames were left to show
            assert_stops(watcher)

    def test_the_server_is_killed_and_started_again(self, server: RtmpServer) -> None:
        with SourceWatcher(camera(server.address)) as watcher:
            watcher.until_frames(5)
            server.kill()
            watcher.until_reason(SourceReason.CONNECTION_CLOSED)
            watcher.until_reason(SourceReason.CONNECTION_REFUSED)
            server.start()
            assert_recovers(watcher)
            assert watcher.source.status.reconnects >= 1
            assert_stops(watcher)

    def test_a_stream_that_is_not_published_yet(self, server: RtmpServer) -> None:
        server.kill()
        server.start(publishes=False)
        with SourceWatcher(camera(server.address, open_timeout_s=1.5)) as watcher:
            watcher.until_reason(SourceReason.NO_FIRST_FRAME, 5.0)
            assert watcher.source.status.state is SourceState.CONNECTING
            server.kill()
            server.start()
            watcher.until_state(SourceState.LIVE)
            assert_stops(watcher)

    def test_an_unknown_application(self, server: RtmpServer) -> None:
        with SourceWatcher(camera(server.address.replace("/live/", "/nothing/"))) as watcher:
            watcher.until_reason(SourceReason.CONNECTION_CLOSED)
            assert watcher.source.status.state is SourceState.CONNECTING
            assert_stops(watcher)
