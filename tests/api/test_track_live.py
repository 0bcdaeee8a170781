"""What `track` does when a real camera is lost, or is not there at all."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import realtime_pose as rp
from benchmarks.support.following import write_standing_people
from benchmarks.support.servers.rtsp_server import RtspServer, free_port
from realtime_pose.errors import ConfigError, SinkError, SourceError
from realtime_pose.sources import SourceState
from tests.support.fakes.loopback_device import FakeLoopback

pytestmark = [pytest.mark.server]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtspServer]:
    with RtspServer(write_standing_people(tmp_path)) as running:
        yield running


def test_the_end_of_the_camera_ends_the_loop(server: RtspServer) -> None:
    stream = rp.track(server.address, on_lost="end", pose="movenet-lightning")
    assert len(next(stream).boxes) <= 3
    server.kill()
    for _ in stream:
        pass
    assert stream.status.state is SourceState.ENDED


def test_the_loss_of_the_camera_is_raised(server: RtspServer) -> None:
    stream = rp.track(server.address, on_lost="raise", pose="movenet-lightning")
    next(stream)
    server.kill()
    with pytest.raises(SourceError, match="reconnecting: "):
        for _ in stream:
            pass


def test_a_camera_that_comes_back_is_waited_for(server: RtspServer) -> None:
    with rp.track(server.address, pose="movenet-lightning") as stream:
        before = next(stream)
        server.kill()
        server.start()
        after = next(people for people in stream if people.frame.outage.number > before.frame.outage.number)
    assert after.time_s > before.time_s


@pytest.mark.parametrize("on_lost", ["end", "raise"])
def test_a_camera_that_is_not_there_at_the_start_is_raised(on_lost: str) -> None:
    address = f"rtsp://127.0.0.1:{free_port()}/live"
    with pytest.raises(SourceError, match="Connection refused"):
        list(rp.track(address, on_lost=on_lost, pose="movenet-lightning"))


def test_an_asynchronous_loop_that_is_cancelled_closes_the_camera(server: RtspServer) -> None:
    stream = rp.track(server.address, pose="movenet-lightning")

    async def main() -> None:
        seen = asyncio.Event()

        async def loop() -> None:
            async for _ in stream:
                seen.set()

        task = asyncio.create_task(loop())
        await asyncio.wait_for(seen.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert stream.status.state is SourceState.ENDED


def test_the_picture_can_be_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeLoopback(tmp_path / "video10", monkeypatch)
    images = [np.full((48, 64, 3), 50 * number, np.uint8) for number in range(4)]
    with rp.track(images, virtual_camera=device.path) as people:
        assert len(list(people)) == 4
    assert device.wh == (64, 48)
    assert device.images()


def test_a_camera_that_is_not_there_is_told_before_networks_are_loaded(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="video9"):
        rp.track("demo", virtual_camera=tmp_path / "video9")
    with pytest.raises(ConfigError, match="publish"):
        rp.track("demo", publish="http://host/live")
