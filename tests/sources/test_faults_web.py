"""Real servers of MJPEG, HLS and RTMP that fail: the right state, its reason, and a way back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import SourceConfig
from realtime_pose.sources import Source, SourceState, open_source
from tests.support import clips
from tests.support.rtmp_server import RtmpServer
from tests.support.watching import Watching
from tests.support.web_live import HLS_RATE_HZ, WH, HlsChannel, MjpegCamera, Web, segments


def camera(uri: str) -> Source:
    return open_source(
        SourceConfig(uri=uri, keep_trying=True, open_timeout_s=3.0, read_timeout_s=1.2, stalled_s=0.4, max_lag_s=1.0)
    )


def comes_back(one: Watching) -> None:
    """Frames come again, and index and time have only grown, the latter as the clock did."""
    one.until_state(SourceState.LIVE)
    one.until_frames(3)
    indices, times_s, captured_s = (np.array([frame[place] for frame in one.frames]) for place in range(3))
    assert (np.diff(indices) > 0).all()
    assert (np.diff(times_s) > 0).all()
    assert times_s[-1] - times_s[0] == pytest.approx(captured_s[-1] - captured_s[0], abs=1.0)


def ends(one: Watching) -> None:
    """Stopping takes no time, and is the end."""
    assert one.stop_s() < 1.0
    assert (one.source.status.state, one.source.status.reason) == (SourceState.ENDED, "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Segments of HLS."""
    return segments(tmp_path_factory.mktemp("segments"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published over RTMP."""
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
    def test_is_live_and_fresh(self, web: Web, site: MjpegCamera, *, says_length: bool) -> None:
        site.says_length = says_length
        with Watching(camera(web.address("video"))) as one:
            one.until_frames(25)
            assert one.source.status.state is SourceState.LIVE
            assert one.source.info.wh == WH
            steps_s = np.diff([frame[1] for frame in one.frames[3:]])
            assert np.median(steps_s) == pytest.approx(0.04, abs=0.01)
            assert np.percentile(one.ages_s, 95) < 0.1
            ends(one)

    def test_the_server_is_killed_and_started_again(self, web: Web) -> None:
        with Watching(camera(web.address("video"))) as one:
            one.until_frames(5)
            web.kill()
            one.until(lambda: "broke the connection off" in one.source.status.reason)
            one.until(lambda: "Connection refused" in one.source.status.reason)
            assert one.source.status.state is SourceState.RECONNECTING
            web.start()
            comes_back(one)
            assert one.source.status.reconnects == 1
            ends(one)

    def test_it_falls_silent(self, web: Web, site: MjpegCamera) -> None:
        with Watching(camera(web.address("video"))) as one:
            one.until_frames(5)
            site.is_silent = True
            one.until_state(SourceState.STALLED, 1.0)
            assert one.source.status.reason == "no picture came for 0.4 s"
            one.until_state(SourceState.RECONNECTING, 1.5)
            site.is_silent = False
            comes_back(one)

    def test_it_sends_pictures_that_are_none(self, web: Web, site: MjpegCamera) -> None:
        with Watching(camera(web.address("video"))) as one:
            one.until_frames(5)
            site.spoils = True
            one.until_state(SourceState.STALLED, 1.0)
            assert one.source.status.reason == "of what comes no picture could be decoded for 0.4 s"
            site.spoils = False
            comes_back(one)

    @pytest.mark.parametrize(
        ("path", "state", "words"),
        [
            ("refused", SourceState.AUTH_FAILED, "does not accept user and password"),
            ("nothing", SourceState.NOT_FOUND, "no such stream (404)"),
        ],
    )
    def test_it_refuses(self, web: Web, path: str, state: SourceState, words: str) -> None:
        with Watching(camera(web.address(path))) as one:
            one.until_state(state, 1.0)
            assert words in one.source.status.reason
            ends(one)


class TestHls:
    @pytest.fixture
    def channel(self, folder: Path) -> HlsChannel:
        return HlsChannel(folder)

    @pytest.fixture
    def web(self, channel: HlsChannel) -> Iterator[Web]:
        with Web(channel) as running:
            yield running

    def test_is_shown_at_its_own_pace_over_its_segments(self, web: Web) -> None:
        with Watching(camera(web.address("live.m3u8"))) as one:
            one.until_frames(1)
            waited_s = one.until_frames(4 * HLS_RATE_HZ)
            assert waited_s == pytest.approx(4.0, abs=0.4)  # the list holds 4 s: those that follow were asked for
            steps_s = np.diff([frame[1] for frame in one.frames])
            assert steps_s.max() < 2.5 / HLS_RATE_HZ
            assert (one.source.status.state, one.source.info.wh) == (SourceState.LIVE, WH)
            ends(one)

    def test_the_server_is_killed_and_started_again(self, web: Web) -> None:
        with Watching(camera(web.address("live.m3u8"))) as one:
            one.until_frames(5)
            web.kill()
            one.until(lambda: "Connection refused" in one.source.status.reason)
            assert one.source.status.state is SourceState.RECONNECTING
            web.start()
            comes_back(one)
            ends(one)

    def test_the_list_stands_still_then_rolls_on(self, web: Web, channel: HlsChannel) -> None:
        with Watching(camera(web.address("live.m3u8"))) as one:
            one.until_frames(5)
            channel.is_stuck = True
            one.until_state(SourceState.STALLED, 6.0)
            one.until_state(SourceState.RECONNECTING, 3.0)
            channel.is_stuck = False
            comes_back(one)

    def test_a_list_that_is_completed_is_the_end(self, web: Web, channel: HlsChannel) -> None:
        with Watching(camera(web.address("live.m3u8"))) as one:
            one.until_frames(5)
            channel.is_complete = True
            one.until_state(SourceState.ENDED, 10.0)
            assert one.source.status.reason == "its list of segments is complete"
            assert one.frames[-1][1] < 5.0  # and it was not shown again from its beginning
            one.thread.join(2.0)
            assert not one.thread.is_alive()


class TestRtmp:
    @pytest.fixture
    def server(self, clip: Path, tmp_path: Path) -> Iterator[RtmpServer]:
        with RtmpServer(clip, tmp_path) as running:
            yield running

    def test_is_live_soon_and_fresh(self, server: RtmpServer) -> None:
        """It is not taken for a recording, and nobody waits for sound that does not come."""
        with Watching(camera(server.address)) as one:
            assert one.until_frames(1) < 3.0
            one.until_frames(30)
            assert (one.source.status.state, one.source.info.wh) == (SourceState.LIVE, WH)
            server.kill()
            assert one.until_state(SourceState.RECONNECTING) < 0.5  # nothing old was left to show
            ends(one)

    def test_the_server_is_killed_and_started_again(self, server: RtmpServer) -> None:
        with Watching(camera(server.address)) as one:
            one.until_frames(5)
            server.kill()
            one.until(lambda: "broke the connection off" in one.source.status.reason)
            one.until(lambda: "Connection refused" in one.source.status.reason)
            server.start()
            comes_back(one)
            assert one.source.status.reconnects >= 1
            ends(one)

    def test_nobody_publishes_yet(self, server: RtmpServer) -> None:
        server.kill()
        server.start(publishes=False)
        with Watching(camera(server.address)) as one:
            one.until(lambda: "within" in one.source.status.reason, 5.0)
            assert one.source.status.state is SourceState.CONNECTING
            server.kill()
            server.start()
            one.until_state(SourceState.LIVE)
            ends(one)

    def test_an_application_that_is_not_there(self, server: RtmpServer) -> None:
        with Watching(camera(server.address.replace("/live/", "/nothing/"))) as one:
            one.until(lambda: "broke the connection off" in one.source.status.reason)
            assert one.source.status.state is SourceState.CONNECTING
            ends(one)
