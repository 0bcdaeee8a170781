"""People who stand still before a camera, and somebody who follows them through a whole run while its source fails."""

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

from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.pipeline.build import build
from tests.support.rtsp_server import OPTIONS, units_of

DEMO = Path(__file__).resolve().parents[2] / "realtime_pose" / "media" / "demo.mp4"
WH = (360, 640)
LOOK_S = 0.02
AFTER = 5  # scenes after a gap that count


@dataclass(frozen=True)
class Gap:
    """A while without scenes of people.

    Attributes:
        lasts_s: Of media time.
        before: Ids in the last scene before it.
        after: Ids in the first few scenes after it, all of them.
    """

    lasts_s: float
    before: frozenset[int]
    after: frozenset[int]


def standing_people(folder: Path, *, wh: tuple[int, int] = WH) -> Path:
    """The first picture of the demo clip over and over, three people at its left, as coded units to serve.

    A corner of it changes from picture to picture, or a camera would be taken to hang.
    """
    with av.open(str(DEMO)) as demo:
        picture = next(demo.decode(video=0)).to_ndarray(format="bgr24")
    part_wh = wh[1] * WH[0] // WH[1], wh[1]
    image = np.full((wh[1], wh[0], 3), 60, np.uint8)
    image[:, : part_wh[0]] = cv2.resize(picture, part_wh, interpolation=cv2.INTER_AREA)
    video = folder / "standing.h264"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=OPTIONS["h264"])
        stream.width, stream.height, stream.pix_fmt = *wh, "yuv420p"
        stream.time_base = Fraction(1, 30)
        for number in range(60):
            image[:16, :16] = 4 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return units_of(video)


class Following:
    """Runs the whole pipeline with its defaults, but for a quick pose network, and keeps who was seen when.

    Attributes:
        pipeline: What runs.
        seen: Media time and ids of each scene in which somebody was seen.
    """

    def __init__(self, uri: str) -> None:
        source = SourceConfig(uri=uri, keep_trying=True)
        self.pipeline = build(Config(headless=True, source=source, pose=PoseConfig(model="movenet-lightning")))
        self.seen: list[tuple[float, frozenset[int]]] = []
        self._number = 0  # of the source's last gap that was told
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
        """Seconds until the condition held; fails where it did not."""
        began_s = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - began_s
            assert self._thread.is_alive(), "the run has ended by itself"
            assert waited_s < within_s, f"not within {within_s} s; {self.pipeline.source.status}, {self.seen[-3:]}"
            self._pause.wait(LOOK_S)
        return time.monotonic() - began_s

    def until_seen(self, count: int) -> float:
        """Seconds until so many more scenes with people had come."""
        before = len(self.seen)
        return self.until(lambda: len(self.seen) >= before + count)

    def gap(self, fault: Callable[[], None]) -> Gap:
        """The longest gap around a fault, once people are seen again and the source has told of it."""
        first, number = len(self.seen) - 1, self._number
        fault()
        self.until(lambda: self._number > number)
        self.until_seen(AFTER)
        steps_s = np.diff([time_s for time_s, _ in self.seen[first:]])
        last = first + int(steps_s.argmax())
        self.until(lambda: len(self.seen) > last + AFTER)
        after = (ids for _, ids in self.seen[last + 1 : last + 1 + AFTER])
        return Gap(float(steps_s.max()), self.seen[last][1], frozenset().union(*after))

    def _follow(self) -> None:
        for scene in self.pipeline.scenes():
            assert scene.tracks is not None
            ids = scene.tracks.seen.ids.tolist()
            if ids:
                self.seen.append((scene.frame.time_s, frozenset(ids)))
                self._number = scene.frame.outage.number
