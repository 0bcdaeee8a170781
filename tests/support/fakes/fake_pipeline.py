"""A pipeline without threads for the tests of the window, and images in which each pixel shows its own position."""

import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import numpy as np

from realtime_pose.audio.packets import AudioListener
from realtime_pose.channels import Mailbox
from realtime_pose.config import Config, LiveSettings
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.model_exchange import ModelExchange
from realtime_pose.pipeline.stats import Report, StageReport
from realtime_pose.publishing import Publication
from realtime_pose.recording.status import RecorderState, RecorderStatus
from realtime_pose.scene import Frame, Image, Scene, Tracks
from realtime_pose.skeletons import COCO17
from realtime_pose.sources import SourceInfo, SourceState, SourceStatus
from realtime_pose.video.packets import FrameListener


def make_report(**changes: object) -> Report:
    """A report of a pipeline without problems, with these fields changed."""
    healthy = Report(
        source=SourceStatus(SourceState.LIVE),
        devices={"detect": "CPU", "pose": "CPU"},
        warning="",
        rate_hz=29.7,
        age_s=0.084,
        num_frames=3,
        stages={"capture": StageReport(0.033, 0.04, 3), "pose": StageReport(0.041, 0.055, 3)},
        dropped={"captured": 2},
        sink_errors=(),
        is_ended=False,
        recorder=RecorderStatus(),
    )
    return replace(healthy, **changes)  # type: ignore[arg-type]


def gradient_image(wh: tuple[int, int]) -> Image:
    """An image whose blue is the column, green the row, and red 200: neighbours always differ."""
    rows, columns = np.mgrid[: wh[1], : wh[0]]
    return np.stack((columns % 256, rows % 256, np.full_like(rows, 200)), axis=-1).astype(np.uint8)  # (H, W, 3) BGR


def make_scene(image: Image, index: int = 0, *, snapshot: Image | None = None) -> DrawnScene:
    frame = Frame(image, index, index / 30, 0.0, "fake")
    return DrawnScene(
        Scene.from_tracks(frame, Tracks.empty(COCO17)), image, lambda: image if snapshot is None else snapshot
    )


@dataclass
class FakeSource:
    info: SourceInfo = field(default=SourceInfo("fake", is_live=True, wh=(64, 48), rate_hz=30.0, num_frames=None))
    status: SourceStatus = field(default_factory=lambda: SourceStatus(SourceState.LIVE))

    def __iter__(self) -> Iterator[Frame]:
        return iter(())

    def listen(self, listener: AudioListener) -> None:
        pass

    def listen_to_frames(self, listener: FrameListener) -> None:
        pass

    def close(self) -> None:
        pass


class FakeRecording:
    """Changes what its pipeline reports.

    Attributes:
        error: If not "", ``start`` raises an error with this message.
        content: What the file holds when it is finished; None: there is no file.
    """

    def __init__(self, pipeline: "FakePipeline") -> None:
        self._pipeline = pipeline
        self.error = ""
        self.content: bytes | None = b"a video"

    def start(self, path: Path) -> None:
        if self.error:
            raise SinkError(self.error)
        if self.content is not None:
            path.write_bytes(self.content)
        self._report("start recording", RecorderStatus(RecorderState.RECORDING, path))

    def stop(self) -> None:
        self._report("stop recording", RecorderStatus())

    def _report(self, call: str, status: RecorderStatus) -> None:
        self._pipeline.calls.append(call)
        self._pipeline.reported = replace(self._pipeline.reported, recorder=status)


class FakePipeline:
    """Does nothing by itself: the test puts scenes into ``shown`` and sets what is reported.

    Attributes:
        history: Every LiveSettings that was set, in order.
        calls: What was called, in order.
        failure: ``wait`` raises it once.
        has_ended: ``wait`` returns it.
        may_stop: ``stop`` waits for it, 10 s at most.
        reported: ``report`` returns it.
        recording: Starts and stops recordings.
        models: Exchanges the models; None: nothing does.
        publications: What sends the pictures out of the program.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self.shown: Mailbox[DrawnScene] = Mailbox()
        self.source = FakeSource()
        self.history: list[LiveSettings] = []
        self.calls: list[str] = []
        self.failure: Exception | None = None
        self.has_ended = False
        self.may_stop = Event()
        self.may_stop.set()
        self.reported = make_report()
        self.recording = FakeRecording(weakref.proxy(self))  # a circle of references would keep it after its use
        self.models: ModelExchange | None = None
        self.publications: tuple[Publication, ...] = ()

    @property
    def settings(self) -> LiveSettings:
        return self.history[-1]

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self.history.append(settings)

    def open_replay(self) -> None:
        """A source that cannot be read once more."""

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
        self.calls.append("pause" if is_paused else "resume")

    def report(self) -> Report:
        return self.reported


class FakeBuild:
    """Makes FakePipelines and keeps them.

    Args:
        before_build: Called in the building thread before a pipeline is made; may raise or wait.

    Attributes:
        pipelines: All pipelines, oldest first.
    """

    def __init__(self, before_build: Callable[[Config], None] = lambda _: None) -> None:
        self.pipelines: list[FakePipeline] = []
        self.before_build = before_build

    def __call__(self, config: Config) -> FakePipeline:
        self.before_build(config)
        self.pipelines.append(FakePipeline(config))
        return self.pipelines[-1]
