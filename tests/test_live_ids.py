"""People keep their ids over a gap of a real stream that is shorter than the limit after which a track is removed."""

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.track_config import TrackConfig
from tests.proxy import Proxy
from tests.rtsp_server import RtspServer, units_of

GAP_S = 1.0
SCENES = 6  # with people, before the gap and after it


@pytest.fixture
def server(tmp_path: Path, demo_frame: NDArray[np.uint8]) -> RtspServer:
    """Serves the first picture of the demo clip, over and over: three people who stand still."""
    picture = cv2.resize(demo_frame, (360, 640), interpolation=cv2.INTER_AREA).astype(np.uint8)
    video = tmp_path / "still.h264"
    with av.open(str(video), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "15"}
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 360, 640, "yuv420p"
        stream.time_base = Fraction(1, 30)
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return RtspServer(units_of(video))


def silence(proxy: Proxy, _: RtspServer) -> None:
    """The network carries nothing for a while."""
    proxy.is_hanging = True
    threading.Timer(GAP_S, setattr, (proxy, "is_hanging", False)).start()


def restart(proxy: Proxy, server: RtspServer) -> None:
    """The camera loses its power for a while."""
    server.kill()
    proxy.cut()
    threading.Timer(GAP_S, server.start).start()


@pytest.mark.parametrize("fault", [silence, restart])
def test_ids_go_on_after_a_gap(server: RtspServer, fault: Callable[[Proxy, RtspServer], None]) -> None:
    """The limit is 30 s, so that a slow machine which takes long to connect again does not reach it."""
    with server, Proxy(server.port) as proxy:
        config = Config(
            headless=True,
            source=SourceConfig(uri=server.through(proxy.port), keep_trying=True),
            pose=PoseConfig(model="movenet-lightning"),
            track=TrackConfig(lost_s=30.0),
        )
        seen: list[tuple[float, list[int]]] = []
        is_broken = False
        for scene in build(config).scenes():
            assert scene.tracks is not None
            people = scene.tracks.seen
            if len(people):
                seen.append((scene.frame.time_s, sorted(people.ids.tolist())))
            if len(seen) == SCENES and not is_broken:
                is_broken = True
                fault(proxy, server)
            if len(seen) == 2 * SCENES:
                break
    times_s = np.array([time_s for time_s, _ in seen])
    assert np.diff(times_s).max() > 0.8 * GAP_S
    before, after = seen[SCENES - 1][1], seen[-1][1]
    assert len(before) >= 2
    assert after == before
