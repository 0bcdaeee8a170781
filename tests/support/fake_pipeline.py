"""A pipeline without threads of its own for the window's tests, and pictures that tell where each pixel came from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import numpy as np

from realtime_pose.channels import Mailbox
from realtime_pose.config import Config, LiveSettings
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.stats import Report, StageReport
from realtime_pose.scene import Frame, Image, Scene
from realtime_pose.sources import SourceInfo, SourceState, SourceStatus


def report(**changes: object) -> Report:
    """A report of a pipeline that does well."""
    well = Report(
        source=SourceStatus(SourceState.LIVE),
        devices={"detect": "CPU", "pose": "CPU"},
        warning="",
        rate_hz=29.7,
        age_s=0.084,
        num_frames=3,
        stages={"capture": StageReport(0.033, 0.04, 3), "pose": StageReport(0.041, 0.055, 3)},
        dropped={"captured": 2},
        recording="",
        sink_errors=(),
        is_ended=False,
    )
    return replace(well, **changes)  # type: ignore[arg-type]


def picture(wh: tuple[int, int]) -> Image:
    """A picture whose blue is the column and whose green is the row, red 200: no two neighbours are alike."""
    rows, columns = np.mgrid[: wh[1], : wh[0]]
    return np.stack((columns % 256, rows % 256, np.full_like(rows, 200)), axis=-1).astype(np.uint8)


def scene(drawn: Image, index: int = 0) -> Scene:
    return Scene(Frame(drawn, index, index / 30, 0.0, "fake"), drawn=drawn)


@dataclass
class FakeSource:
    info: SourceInfo = field(default=SourceInfo("fake", is_live=True, wh=(64, 48), rate_hz=30.0, num_frames=None))
    status: SourceStatus = field(default_factory=lambda: SourceStatus(SourceState.LIVE))

    def __iter__(self) -> Iterator[Frame]:
        return iter(())

    def close(self) -> None:
        pass


class FakePipeline:
    """Does nothing by itself: a test puts scenes into ``shown`` and sets what it reports.

    Attributes:
        history: Every LiveSettings that was set, in order.
        calls: What was called, in order.
        failure: Raised once by ``wait``.
        has_ended: What ``wait`` says.
        may_stop: ``stop`` waits for it, 10 s at most.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self.shown: Mailbox[Scene] = Mailbox()
        self.source = FakeSource()
        self.history: list[LiveSettings] = []
        self.calls: list[str] = []
        self.failure: Exception | None = None
        self.has_ended = False
        self.may_stop = Event()
        self.may_stop.set()
        self.reported = report()
        self.recording_error = ""

    @property
    def settings(self) -> LiveSettings:
        return self.history[-1]

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self.history.append(settings)

    def start(self) -> None:
        self.calls.append("start")

    def wait(self, timeout_s: float | None = None) -> bool:
        if self.failure is not None:
            failure, self.failure, self.has_ended = self.failure, None, True
            raise failure
        return self.has_ended

    def stop(self) -> None:
        self.may_stop.wait(10)
        self.calls.append("stop")
        self.shown.close()

    def set_paused(self, *, is_paused: bool) -> None:
        self.calls.append("pause" if is_paused else "go on")

    def start_recording(self, path: Path) -> None:
        if self.recording_error:
            raise SinkError(self.recording_error)
        self.calls.append("record")
        self.reported = replace(self.reported, recording=str(path))

    def stop_recording(self) -> None:
        self.calls.append("finish recording")
        self.reported = replace(self.reported, recording="")

    def report(self) -> Report:
        return self.reported


class FakeBuild:
    """Makes FakePipelines, and keeps them.

    Attributes:
        made: The pipelines, in the order in which they were asked for.
        before: Called in the building thread with the configuration, before a pipeline is made; may raise or wait.
    """

    def __init__(self, before: Callable[[Config], None] = lambda _: None) -> None:
        self.made: list[FakePipeline] = []
        self.before = before

    def __call__(self, config: Config) -> FakePipeline:
        self.before(config)
        self.made.append(FakePipeline(config))
        return self.made[-1]
