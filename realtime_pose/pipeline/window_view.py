"""What a window shows of a running pipeline: its newest scenes, drawn, or a file at the place that is asked for."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from realtime_pose.channels import Inlet, Mailbox
from realtime_pose.config import LiveSettings
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.clip_recorder import ClipRecorder
from realtime_pose.pipeline.images import DrawnScene, repeat_latest
from realtime_pose.pipeline.kept_scenes import KeptScenes
from realtime_pose.pipeline.live_view import LiveView
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.reopener import Reopener
from realtime_pose.pipeline.replay import Replay
from realtime_pose.pipeline.stage import Stage
from realtime_pose.scene import Scene
from realtime_pose.sources import SourceState

_log = logging.getLogger(__name__)


class WindowView:
    """Draws for a window in a thread of its own, so that a slow window never slows tracking.

    Args:
        parts: Source, images and writer of the pipeline.
        settings: What is drawn, and at what size.
        unpaused: Cleared while the display of a live source is frozen.

    Attributes:
        stage: The thread that draws.
        shown: The latest scenes, drawn. One consumer.
        settings: What is drawn, and at what size.
        listener: Takes every frame of a live source. The source keeps it, so it lets go of the rest when it is closed.
    """

    def __init__(self, parts: PipelineParts, settings: LiveSettings, *, unpaused: threading.Event) -> None:
        self.shown: Mailbox[DrawnScene] = Mailbox()
        self.settings = settings
        self._parts, self._unpaused = parts, unpaused
        self._latest: Scene | None = None
        self._replay: Replay | None = None
        self._to_draw: Mailbox[Scene] = Mailbox()
        self.listener = LiveView(self._show_live)
        scenes = repeat_latest(self._to_draw, is_wanted=self._needs_repeat)
        self.stage = Stage("display", self._draw, inlet=scenes, outlets=[self.shown])

    def apply(self, settings: LiveSettings) -> None:
        """Draw with these settings from now on, the latest scene too."""
        self.settings = settings  # one reference, so the other threads need no lock
        if self._replay is not None:
            self._replay.kept.names = settings.people.names
        if self._latest is not None:
            self._show(self._latest)

    def update(self, scene: Scene) -> None:
        """Show the next analysed scene."""
        if self._parts.source.info.is_live:
            self.listener.update(scene)
        else:
            self._show(scene)

    @property
    def people_age_s(self) -> float | None:
        """How much older than the picture its people are; None if they belong to it."""
        return self.listener.people_age_s

    def open_replay(self, file: Reopener, kept: KeptScenes, published: Sequence[Inlet[Scene]] = ()) -> Replay:
        """Start to show this file at any place, with the people that are kept of it; the channels get what is shown."""
        draw = partial(self._draw_and_publish, published)
        replay = Replay(file, kept, draw=draw, writer=self._parts.writer.for_clips())
        self._replay = replay
        replay.start()
        return replay

    @property
    def clips(self) -> ClipRecorder | None:
        """Records stretches of the file; None if nothing does."""
        return None if self._replay is None else self._replay.clips

    def interrupt(self) -> None:
        """Let the thread that draws end."""
        self._to_draw.cancel()

    def close(self, timeout_s: float) -> None:
        """End the replay within this time, and free the images; after the thread that draws has ended."""
        if self._replay is not None:
            self._replay.close(timeout_s)
        self.shown.close()
        self._latest = None
        self.listener.close()

    def _show_live(self, scene: Scene) -> None:
        """Show a scene of a live source, unless the display is frozen by a pause."""
        if self._unpaused.is_set():
            self._show(scene)

    def _needs_repeat(self) -> bool:
        """Whether the latest scene is drawn again while no scene arrives."""
        source = self._parts.source
        return source.info.is_live and self._unpaused.is_set() and source.status.state is not SourceState.ENDED

    def _show(self, scene: Scene) -> None:
        """Send the scene to the thread that draws, if there is a window."""
        self._latest = scene
        if self.settings.display_wh is not None:
            try:
                self._to_draw.put(scene)
            except ChannelClosedError:  # the end of the run cancels the mailbox while the track thread still runs
                _log.debug("the display has stopped")

    def _draw_and_publish(self, published: Sequence[Inlet[Scene]], scene: Scene, settings: LiveSettings) -> DrawnScene:
        for channel in published:
            with suppress(ChannelClosedError):  # the end of the run cancels them while the replay still draws
                channel.put(scene)
        return self._parts.images.for_window(scene, settings)

    def _draw(self, scene: Scene) -> DrawnScene:
        return self._parts.images.for_window(scene, self.settings)  # one read: another thread may replace them
