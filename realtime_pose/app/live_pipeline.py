"""What the window needs from a pipeline, and the phases that the window goes through with it."""

from enum import Enum
from pathlib import Path
from typing import Protocol

from realtime_pose.channels import Mailbox
from realtime_pose.config import LiveSettings
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.model_exchange import ModelExchange
from realtime_pose.pipeline.replay import Replay
from realtime_pose.pipeline.stats import Report
from realtime_pose.publishing import Publication
from realtime_pose.sources.source import Source


class RecordingControl(Protocol):
    """Starts and stops recordings; for any thread, and the calls may take as long as the disk does."""

    def start(self, path: Path) -> None:
        """Record to this path from now on; of a live source, from the picture that is shown; raises SinkError."""

    def stop(self) -> None:
        """Finish the recording."""


class LivePipeline(Protocol):
    """The part of `realtime_pose.pipeline.pipeline.Pipeline` that the window uses."""

    settings: LiveSettings

    @property
    def source(self) -> Source:
        """Where the frames come from."""

    @property
    def recording(self) -> RecordingControl:
        """Starts and stops recordings."""

    @property
    def shown(self) -> Mailbox[DrawnScene]:
        """Newest drawn scene."""

    @property
    def publications(self) -> tuple[Publication, ...]:
        """What sends the pictures out of the program; it may be switched on and off."""

    @property
    def models(self) -> ModelExchange | None:
        """Exchanges the models during the run; None if that is not possible."""

    def open_replay(self) -> Replay | None:
        """Shows a file at any place, also while it is analysed; call it before ``start``. None for other sources."""

    def start(self) -> None:
        """Start the threads."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all threads have ended; raises the first failure, once."""

    def stop(self) -> None:
        """Stop all threads, within 2 s."""

    def set_paused(self, *, is_paused: bool) -> None:
        """Pause or resume."""

    def report(self) -> Report:
        """State and statistics at this moment."""


class Phase(Enum):
    """State of the window with its source."""

    OPENING = "opening"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    CLOSING = "closing"
    CLOSED = "closed"
