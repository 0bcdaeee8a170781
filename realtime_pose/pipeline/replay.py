"""A file shown at any place, with the people who were found there: for a window, beside the analysis of the file.

The analysis goes through the file once, from its start to its end. This thread reads the file on its own, so neither
waits for the other. Where the analysis has not been yet, the image is shown without people.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from realtime_pose.channels import Mailbox
from realtime_pose.config import LiveSettings
from realtime_pose.errors import RealtimePoseError, SourceError
from realtime_pose.pipeline.clip_recorder import ClipRecorder
from realtime_pose.pipeline.frame_reader import FrameReader
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.kept_scenes import SAME_S, KeptScenes, place_s
from realtime_pose.pipeline.reopener import Reopener
from realtime_pose.pipeline.stage import Stage
from realtime_pose.pipeline.writer import Writer
from realtime_pose.scene import Frame, Scene, Tracks

NEWEST = math.inf  # in place of a time: the frame that was analysed last


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A scene to draw.

    Attributes:
        scene: The frame with its people, if it was analysed.
        is_analysed: Whether it was.
        settings: How it is drawn.
    """

    scene: Scene
    is_analysed: bool
    settings: LiveSettings


class Replay:
    """Shows a file at the places that are asked for; one thread asks, one takes what is shown.

    Args:
        file: The file.
        kept: What was analysed of it.
        draw: Draws a scene for the window.
        writer: Records stretches of the file; it has no other output. None: nothing records stretches.

    Attributes:
        file: The file.
        kept: What was analysed of it.
        clips: Records stretches of the file; None if nothing does.
        shown: The scene that was asked for last.
    """

    def __init__(
        self,
        file: Reopener,
        kept: KeptScenes,
        *,
        draw: Callable[[Scene, LiveSettings], DrawnScene],
        writer: Writer | None,
    ) -> None:
        self.file, self.kept = file, kept
        self.clips = None if writer is None else ClipRecorder(writer, file, kept)
        self.shown: Mailbox[DrawnScene] = Mailbox()
        self._draw = draw
        self._reader = FrameReader(file.open)
        self._changed = threading.Condition()
        self._time_s: float | None = None
        self._num_steps = 0
        self._settings: LiveSettings | None = None  # None: nothing is asked for
        self._is_closed = False
        self._failure: RealtimePoseError | None = None
        self._frame: Frame | None = None  # shown now
        self._stage: Stage[_Found, DrawnScene] = Stage(
            "replay", self._draw_found, inlet=self._scenes(), outlets=[self.shown], finish=self._release
        )

    def start(self) -> None:
        """Start the thread; call once."""
        self._stage.start(on_failure=self._keep_failure)

    def show(self, time_s: float | None, settings: LiveSettings) -> None:
        """Show the last frame up to this place from now on; NEWEST: the one analysed last; None: the present one."""
        with self._changed:
            if time_s is not None:
                self._time_s, self._num_steps = time_s, 0
            self._settings = settings
            self._changed.notify()

    def step(self, count: int, settings: LiveSettings) -> None:
        """Show the frame so many frames after the present one, or before it if negative."""
        with self._changed:
            self._num_steps += count
            self._settings = settings
            self._changed.notify()

    def take_failure(self) -> RealtimePoseError | None:
        """The latest failure, once: the file cannot be read any more."""
        with self._changed:
            failure, self._failure = self._failure, None
            return failure

    def close(self, timeout_s: float) -> bool:
        """End the thread and a recording; whether the thread ended within this time."""
        deadline_s = time.monotonic() + timeout_s
        if self.clips is not None:
            self.clips.close(timeout_s)
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        has_ended = self._stage.join(max(0.0, deadline_s - time.monotonic()))
        if has_ended:
            self._stage.release()
        self.shown.close()
        return has_ended

    def _scenes(self) -> Iterator[_Found]:
        """Each scene that is to be drawn: another frame, another style, or people who were found only now."""
        latest: _Found | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._settings is not None or self._is_closed)
                if self._is_closed or self._settings is None:
                    return
                time_s, num_steps, settings = self._time_s, self._num_steps, self._settings
                self._time_s, self._num_steps, self._settings = None, 0, None
            try:
                scene = self._find(time_s, num_steps)
            except SourceError as error:  # the file is gone; the window says so, and the user may try again
                self._keep_failure(error)
                continue
            if scene is None:
                continue
            found = self._with_people(scene, settings)
            if latest is None or _differ(found, latest):
                latest, self._frame = found, found.scene.frame
                yield found

    def _find(self, time_s: float | None, num_steps: int) -> Scene | Frame | None:
        """What is asked for: a scene that is at hand, or its frame; None if there is none yet."""
        frame = self._frame
        if num_steps and frame is not None:
            for _ in range(abs(num_steps)):
                frame = self._reader.after(frame) if num_steps > 0 else self._reader.before(frame)
            return frame
        if time_s is None:
            return frame
        scene = self.kept.newest() if time_s == NEWEST else self.kept.recent(time_s)
        if scene is not None or time_s == NEWEST:
            return scene
        place = self.kept.place_until(time_s)
        return self._reader.until(time_s if place is None else place)

    def _with_people(self, found: Scene | Frame, settings: LiveSettings) -> _Found:
        if isinstance(found, Scene):
            return _Found(found, is_analysed=True, settings=settings)
        scene = self.kept.add_people(found)
        nobody = Scene.from_tracks(found, Tracks.empty(self.kept.skeleton))
        return _Found(scene or nobody, is_analysed=scene is not None, settings=settings)

    def _draw_found(self, found: _Found) -> DrawnScene:
        return replace(self._draw(found.scene, found.settings), is_analysed=found.is_analysed)

    def _release(self) -> None:
        self._reader.close()
        self._frame = None

    def _keep_failure(self, error: RealtimePoseError) -> None:
        with self._changed:
            self._failure = error


def _differ(first: _Found, second: _Found) -> bool:
    """Whether they look different."""
    is_same_frame = abs(place_s(first.scene.frame) - place_s(second.scene.frame)) < SAME_S
    return not is_same_frame or first.is_analysed != second.is_analysed or first.settings != second.settings
