"""Streams to real servers: they arrive, come back after the server was away, and a server that hangs stops nothing."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose.config import Config, PublishConfig, RecordConfig, SourceConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.publishing import Publication, PublicationState, check_publications
from realtime_pose.publishing.outputs import make_publications
from realtime_pose.publishing.stream_output import StreamOutput
from realtime_pose.sources.endpoint import resolve_endpoint
from tests.support.people.stills import scene
from tests.support.servers.rtmp_server import RtmpServer
from tests.support.servers.rtsp_recorder import RtspRecorder

DEADLINE_S = 30.0
WH = (160, 120)
PAUSE_S = 0.03
# In a process of its own: PyAV holds Python's lock while it connects.
READER = """
import sys, av
with av.open(sys.argv[1], options={"analyzeduration": "1000000"}) as video:
    stream = video.streams.video[0]
    frames = [frame for _, frame in zip(range(40), video.decode(stream))]
    bright = frames[-1].to_ndarray(format="bgr24").mean()
    print(stream.codec_context.name, stream.width, stream.height, bright)
"""


def open_stream(address: str, *, timeout_s: float = 10.0) -> StreamOutput:
    endpoint = resolve_endpoint(address, transport="tcp", credentials_file=None, environment={})
    return StreamOutput(endpoint, WH, RecordConfig(), rate_hz=30, timeout_s=timeout_s)


def send_until(send: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Send at the pace of a camera until something is true."""
    deadline_s = time.monotonic() + DEADLINE_S
    pace, other = socket.socketpair()
    pace.settimeout(PAUSE_S)
    with closing(pace), closing(other):
        while not is_done():
            assert time.monotonic() < deadline_s, "it took too long"
            send()
            with suppress(TimeoutError):
                pace.recv(1)


def picture(value: int) -> np.ndarray:
    return np.full((WH[1], WH[0], 3), value, np.uint8)


def publication_to(address: str) -> Publication:
    config = Config(headless=True, publish=PublishConfig(url=address))
    (publication,) = make_publications(config, lambda each: each.frame.image, rate_hz=30)
    return publication


@pytest.mark.server
class TestRtmp:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[RtmpServer]:
        running = RtmpServer(tmp_path / "unused.mp4", tmp_path)
        running.start(publishes=False)
        yield running
        running.kill()

    def test_the_stream_arrives(self, server: RtmpServer) -> None:
        output = open_stream(server.address)
        send_until(lambda: output.write(picture(60), at_s=time.monotonic()), lambda: output.is_connected)
        reader = subprocess.Popen([sys.executable, "-c", READER, server.address], stdout=subprocess.PIPE, text=True)
        send_until(lambda: output.write(picture(200), at_s=time.monotonic()), lambda: reader.poll() is not None)
        output.close()
        codec, width, height, brightness = reader.communicate()[0].split()
        assert (codec, width, height) == ("h264", "160", "120")
        assert float(brightness) == pytest.approx(200, abs=15)

    def test_it_comes_back_after_the_server_was_away(self, server: RtmpServer) -> None:
        publication = publication_to(server.address)
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.LIVE)
        server.kill()
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.WAITING)
        assert "the server closed the connection" in publication.status.reason
        server.start(publishes=False)
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.LIVE)
        publication.close()
        assert publication.status.num_connections == 2


@pytest.mark.server
class TestRtsp:
    @pytest.fixture(params=["", "anna:secret"], ids=["everybody", "a user"])
    def server(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RtspRecorder]:
        running = RtspRecorder(tmp_path / "taken.h264", user=request.param)
        running.start()
        yield running
        running.kill()

    def test_the_stream_arrives(self, server: RtspRecorder) -> None:
        publication = publication_to(server.with_login("anna:secret"))
        bright = scene(image=picture(200))
        send_until(lambda: publication.write(bright), lambda: publication.status.state is PublicationState.LIVE)
        num_wanted = publication.status.num_frames + 40
        send_until(lambda: publication.write(bright), lambda: publication.status.num_frames > num_wanted)
        publication.close()
        server.kill()
        with av.open(str(server.path)) as video:
            frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
        assert len(frames) > 10
        assert frames[-1].shape == (WH[1], WH[0], 3)
        assert frames[-1].mean() == pytest.approx(200, abs=15)

    @pytest.mark.parametrize("server", ["anna:secret"], indirect=True)
    def test_it_comes_back_after_the_server_was_away(self, server: RtspRecorder) -> None:
        publication = publication_to(server.with_login("anna:secret"))
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.LIVE)
        server.kill()
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.WAITING)
        assert "secret" not in publication.status.reason
        server.start()
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.LIVE)
        publication.close()

    @pytest.mark.parametrize("server", ["anna:secret"], indirect=True)
    def test_a_wrong_password_is_told_without_it(self, server: RtspRecorder) -> None:
        publication = publication_to(server.with_login("anna:guessed"))
        send_until(lambda: publication.write(scene()), lambda: publication.status.state is PublicationState.WAITING)
        publication.close()
        assert "does not accept user and password" in publication.status.reason
        assert "guessed" not in publication.status.reason


@pytest.mark.process
def test_a_server_that_is_not_there_is_an_error_without_the_password() -> None:
    output = open_stream("rtmp://anna:secret@127.0.0.1:1/live/cam")
    with pytest.raises(SinkError, match="refused") as raised:
        send_until(lambda: output.write(picture(60), at_s=time.monotonic()), lambda: False)
    output.close()
    assert "secret" not in str(raised.value)


@pytest.mark.process
def test_the_password_is_not_in_the_arguments_of_the_process() -> None:
    output = open_stream("rtmp://anna:secret@127.0.0.1:1/live/cam")
    arguments = str(output._process.args)
    output.close()
    assert "sender" in arguments
    assert "secret" not in arguments


@pytest.mark.process
def test_a_server_that_accepts_and_never_answers_stops_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = open_stream(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/cam", timeout_s=0.5)
        longest_s = 0.0

        def send() -> None:
            nonlocal longest_s
            started_s = time.monotonic()
            output.write(picture(60), at_s=started_s)
            longest_s = max(longest_s, time.monotonic() - started_s)

        with pytest.raises(SinkError, match="no data came in time"):
            send_until(send, lambda: False)
        output.close()
        assert longest_s < 0.5, "the process waits, and not this one"


@pytest.mark.process
def test_the_end_of_a_run_does_not_wait_for_a_server_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = open_stream(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/cam")
        output.write(picture(60), at_s=0.0)
        started_s = time.monotonic()
        output.interrupt()
        output.close()
        assert time.monotonic() - started_s < 2
        assert output._process.poll() is not None


@pytest.mark.process
def test_the_end_does_not_wait_for_a_pipe_that_is_full() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = open_stream(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/cam")
        random = np.random.default_rng(0)
        os.set_blocking(output._input.fileno(), False)
        times = iter(number / 30 for number in range(1000))

        def send_noise() -> None:
            output.write(random.integers(0, 256, (WH[1], WH[0], 3), np.uint8), at_s=next(times))

        with pytest.raises(SinkError):
            send_until(send_noise, lambda: False)
        os.set_blocking(output._input.fileno(), True)
        output.interrupt()
        started_s = time.monotonic()
        output.close()
        assert time.monotonic() - started_s < 2


@pytest.mark.process
def test_an_end_that_waits_for_a_server_can_be_cut_short() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = open_stream(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/cam")
        output.write(picture(60), at_s=0.0)
        closing = threading.Thread(target=output.close)
        started_s = time.monotonic()
        closing.start()
        closing.join(0.3)
        assert closing.is_alive(), "it gives the server time for the rest"
        output.interrupt()
        closing.join(2)
        assert not closing.is_alive()
        assert time.monotonic() - started_s < 2


@pytest.mark.process
def test_an_interrupted_output_writes_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = open_stream(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/cam")
        output.write(picture(60), at_s=0.0)
        output.interrupt()
        random, started_s = np.random.default_rng(0), time.monotonic()
        for number in range(1, 60):  # more than a pipe holds
            output.write(random.integers(0, 256, (WH[1], WH[0], 3), np.uint8), at_s=number / 30)
        output.close()
        assert time.monotonic() - started_s < 5


@pytest.mark.parametrize("url", ["http://host/live", "host/live", "rtmp://", "/tmp/file.mp4"])
def test_an_address_that_is_no_server_is_refused(url: str) -> None:
    with pytest.raises((ConfigError, SinkError)):
        check_publications(Config(publish=PublishConfig(url=url)))


@pytest.mark.parametrize("url", ["rtmp://host:99999/live/k3y", "rtmp:///live/k3y"])
def test_an_address_without_a_proper_host_is_refused_without_its_stream_key(url: str) -> None:
    with pytest.raises(SinkError, match="proper host") as raised:
        check_publications(Config(publish=PublishConfig(url=url)))
    assert "k3y" not in str(raised.value)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("rtsp://anna:secret@host/live", "rtsp://host:554/live"),
        ("rtmp://127.0.0.1/live/cam", "rtmp://localhost:1935/live/cam"),
    ],
)
def test_the_source_is_not_published_to_itself(source: str, url: str) -> None:
    config = Config(source=SourceConfig(uri=source), publish=PublishConfig(url=url))
    with pytest.raises(SinkError, match="another address than that of the source"):
        check_publications(config)
    with pytest.raises(SinkError, match="another address"):
        make_publications(config, lambda each: each.frame.image, rate_hz=30)
    check_publications(replace(config, source=SourceConfig(uri="rtsp://other/live")))
    check_publications(replace(config, source=SourceConfig(uri="rtsp://")))  # the source has its own message


def test_the_key_of_a_stream_is_in_no_name() -> None:
    publication = publication_to("rtmp://a.platform.example/live2/abcd-1234")
    assert publication.status.destination.name == "rtmp://a.platform.example/live2/***"
    assert "abcd" not in repr(PublishConfig(url="rtmp://a.platform.example/live2/abcd-1234"))


def test_a_wrong_address_is_told_without_its_password() -> None:
    with pytest.raises(ConfigError, match="expected an address that begins with rtmp") as raised:
        PublishConfig(url="http://anna:secret@host/live")
    assert "secret" not in str(raised.value)


def test_pyav_can_send_both_kinds() -> None:
    assert {"flv", "rtsp"} <= av.formats_available
