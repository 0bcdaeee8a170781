"""Ids across gaps of a real stream: kept if the gap is shorter than the time after which a track is removed."""

import threading
from collections.abc import Callable, Iterator

import pytest

from benchmarks.support.following import Gap, PipelineFollower, write_standing_people
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import TrackConfig

pytestmark = [pytest.mark.server]

LIMIT_S = TrackConfig().lost_s
TRIES = 3  # a slow machine may take longer than the limit to connect again


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    with RtspServer(write_standing_people(tmp_path_factory.mktemp("clips"))) as running:
        yield running


def cut(proxy: Proxy, _: RtspServer) -> None:
    """The network cuts the connection."""
    proxy.cut()


def silence(proxy: Proxy, _: RtspServer) -> None:
    """The network delivers nothing for 1.5 s."""
    proxy.is_hanging = True
    threading.Timer(1.5, setattr, (proxy, "is_hanging", False)).start()


def restart(_: Proxy, server: RtspServer) -> None:
    """The camera restarts."""
    server.kill()
    server.start()


def outage(_: Proxy, server: RtspServer) -> None:
    """The camera is off for longer than the limit."""
    server.kill()
    threading.Event().wait(LIMIT_S)
    server.start()


def gap_after(one: PipelineFollower, fault: Callable[[], None]) -> Gap:
    """The gap that a fault causes."""
    one.until_seen(5)
    return one.gap(fault)


@pytest.mark.parametrize("fault", [cut, silence, restart])
def test_ids_are_kept_after_a_short_gap(server: RtspServer, fault: Callable[[Proxy, RtspServer], None]) -> None:
    """With the default settings, through both networks and the tracker."""
    with Proxy(server.port) as proxy, PipelineFollower(server.through(proxy.port)) as one:
        for _ in range(TRIES):
            gap = gap_after(one, lambda: fault(proxy, server))
            assert len(gap.before) >= 2
            if gap.lasts_s < LIMIT_S:
                break
        assert 0.3 < gap.lasts_s < LIMIT_S
        assert gap.after == gap.before


def test_ids_are_new_after_a_long_gap(server: RtspServer) -> None:
    """Where nobody is remembered by the clothes."""
    track = TrackConfig(remember_s=0)
    with Proxy(server.port) as proxy, PipelineFollower(server.through(proxy.port), track) as one:
        gap = gap_after(one, lambda: outage(proxy, server))
        assert gap.lasts_s > LIMIT_S
        assert len(gap.after) == len(gap.before) >= 2
        assert not gap.after & gap.before
