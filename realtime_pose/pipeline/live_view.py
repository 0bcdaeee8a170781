"""The picture of a live source in a window at the rate of the camera, also where the analysis is slower.

If the analysis keeps up, each frame is shown with its own people. If not, each frame is shown when it comes, with the
people who were found last: the picture moves smoothly, and the people are a little older than it.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from realtime_pose.scene import Frame, Scene
from realtime_pose.video.packets import FrameListener, VideoPacket

_NUM_STEPS = 8  # latest scenes from which the rate of the analysis is known
_BEHIND = 1.5  # frames from one scene to the next: from here on the analysis is slower than the camera
_KEEPS_UP = 1.2  # below, it keeps up again


class LiveView:
    """Joins frames and scenes for the window; for any thread, and it never waits.

    The source's thread calls ``receive`` with every frame, the tracker's thread ``update`` with every scene.

    Args:
        show: Gets each frame with the people to draw on it.
    """

    def __init__(self, show: Callable[[Scene], None]) -> None:
        self._show: Callable[[Scene], None] | None = show  # None: at the end
        self._lock = threading.Lock()  # protects all that follows
        self._scene: Scene | None = None  # analysed last
        self._frame: Frame | None = None  # came last
        self._steps: deque[int] = deque(maxlen=_NUM_STEPS)
        self._is_behind = False

    @property
    def people_age_s(self) -> float | None:
        """How much older than the picture its people are; None if each frame is shown with its own people."""
        with self._lock:
            if not self._is_behind or self._scene is None or self._frame is None:
                return None
            return max(0.0, self._frame.time_s - self._scene.frame.time_s)

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:  # noqa: ARG002 - of FrameListener
        """Show the next frame of the source, unless it waits for its own people."""
        with self._lock:
            self._frame = frame
            scene = self._scene if self._is_behind else None
            show = self._show
        if scene is not None and show is not None:
            show(replace(scene, frame=frame))

    def update(self, scene: Scene) -> None:
        """Show the people of the next scene: on its own frame, or on the newest one."""
        with self._lock:
            if self._scene is not None:
                self._steps.append(scene.frame.index - self._scene.frame.index)
            self._scene = scene
            self._is_behind = self._find_behind()
            is_newer = self._frame is not None and self._frame.index > scene.frame.index
            frame = self._frame if self._is_behind and is_newer else None
            show = self._show
        if show is not None:
            show(scene if frame is None else replace(scene, frame=frame))

    def close(self) -> None:
        """Show nothing any more, and free the images and the function that shows them."""
        with self._lock:
            self._scene = self._frame = self._show = None

    def _find_behind(self) -> bool:
        """Whether the analysis leaves out frames; with a margin, so that the picture does not change to and fro."""
        if len(self._steps) < _NUM_STEPS:
            return self._is_behind
        mean = sum(self._steps) / len(self._steps)
        return mean >= (_KEEPS_UP if self._is_behind else _BEHIND)


class FrameFork:
    """Hands the frames of a source to several listeners.

    Args:
        listeners: Get each frame, in this order.
    """

    def __init__(self, *listeners: FrameListener) -> None:
        self._listeners = listeners

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:
        """Hand on the next frame."""
        for listener in self._listeners:
            listener.receive(frame, packets)
