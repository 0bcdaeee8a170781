"""A camera that shows standing people, and a pipeline run that keeps who is seen while the source fails."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np

from benchmarks.support.servers.rtsp_server import OPTIONS, write_units
from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, PoseConfig, SourceConfig, TrackConfig
from realtime_pose.pipeline.build import build

DEMO = Path(__file__).resolve().parents[2] / "realtime_pose" / "media" / "demo.mp4"
WH = (360, 640)
POLL_S = 0.02
SCENES_AFTER = 5  # scenes after a gap whose ids count


@dataclass(frozen=True)
class Gap:
    """A span of time without scenes of people.

    Attributes:
        lasts_s: Duration in media time.
        before: Ids in the last scene before the gap.
        after: All ids in the first few scenes after the gap.
    """

    lasts_s: float
    before: frozenset[int]
    after: frozenset[int]


def write_standing_people(folder: Path, *, wh: tuple[int, int] = WH) -> Path:
    """Write the first image of the demo clip, repeated, as encoded frames for the server; three people on the left.

    One corner changes from frame to frame; otherwise the camera would count as frozen.
    """
    with av.open(str(DEMO)) as demo:
        people = next(demo.decode(video=0)).to_ndarray(format="bgr24")
    people_wh = wh[1] * WH[0] // WH[1], wh[1]
    image = np.full((wh[1], wh[0], 3), 60, np.uint8)
    image[:, : people_wh[0]] = cv2.resize(people, people_wh, interpolation=cv2.INTER_AREA)
    video = folder / "standing.h264"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=OPTIONS["h264"])
        stream.width, stream.height, stream.pix_fmt = *wh, "yuv420p"
        stream.time_base = Fraction(1, 30)
        for number in range(60):
            image[:16, :16] = 4 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return write_units(video)


class PipelineFollower:
    """Runs the whole pipeline with its defaults and a fast pose network, and keeps who was seen when.

    Args:
        uri: Address of the camera.
        track: How people are tracked.

    Attributes:
        pipeline: The pipeline that runs.
        seen: Media time and ids of each scene with people.
    """

    def __init__(self, uri: str, track: TrackConfig | None = None) -> None:
        source = SourceConfig(uri=uri, keep_trying=True)
        # the fast pose network, so that a busy machine tracks enough frames
        pose = PoseConfig(model="movenet-lightning")
        self.pipeline = build(Config(headless=True, source=source, pose=pose, track=track or TrackConfig()))
        self.seen: list[tuple[float, frozenset[int]]] = []
        self._outage_number = 0  # number of the last outage in a scene
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pipeline.stop()
        self._thread.join(5.0)
        assert not self._thread.is_alive()

    def until(self, condition: Callable[[], bool], within_s: float = 20.0) -> float:
        """Wait until the condition holds; the waiting time in seconds. Fails after the deadline."""
        started_s = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - started_s
            assert self._thread.is_alive(), "the run has ended by itself"
            assert waited_s < within_s, f"not within {within_s} s; {self.pipeline.source.status}, {self.seen[-3:]}"
            self._pause.wait(POLL_S)
        return time.monotonic() - started_s

    def until_seen(self, count: int) -> float:
        """Wait until this many more scenes with people came; the waiting time in seconds."""
        before = len(self.seen)
        return self.until(lambda: len(self.seen) >= before + count)

    def gap(self, fault: Callable[[], None]) -> Gap:
        """The longest gap around a fault, after people are seen again and the source has reported the outage."""
        first, number = len(self.seen) - 1, self._outage_number
        fault()
        self.until(lambda: self._outage_number > number)
        self.until_seen(SCENES_AFTER)
        steps_s = np.diff([time_s for time_s, _ in self.seen[first:]])
        last = first + int(steps_s.argmax())  # index of the last scene before the gap
        # the longest gap may be later than the fault, so the scenes after it may still be missing
        self.until(lambda: len(self.seen) > last + SCENES_AFTER)
        after = (ids for _, ids in self.seen[last + 1 : last + 1 + SCENES_AFTER])
        return Gap(float(steps_s.max()), self.seen[last][1], frozenset().union(*after))

    def _follow(self) -> None:
        for scene in self.pipeline.scenes():
            assert scene.tracks is not None
            ids = scene.tracks.seen.ids.tolist()
            if ids:
                self.seen.append((scene.frame.time_s, frozenset(ids)))
                self._outage_number = scene.frame.outage.number
