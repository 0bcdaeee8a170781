"""The newest scene of a stream, for the stages before the tracker, which follow its tracks; for any thread."""

import threading

from realtime_pose.scene import Scene

_MAX_WAIT_S = 0.05  # the tracker takes milliseconds; a frame that it dropped must not stop the run


class LatestScene:
    """One scene, which the tracker replaces with each frame.

    Attributes:
        scene: The newest scene; None before the first.
    """

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self._changed = threading.Condition()

    def put(self, scene: Scene) -> None:
        """Replace the scene."""
        with self._changed:
            self.scene = scene
            self._changed.notify_all()

    def clear(self) -> None:
        """Free the scene and its image."""
        with self._changed:
            self.scene = None

    def after(self, index: int) -> Scene | None:
        """The scene of the frame with this number or a later one; after a short wait the newest one that there is."""
        with self._changed:
            self._changed.wait_for(lambda: self.scene is not None and self.scene.frame.index >= index, _MAX_WAIT_S)
            return self.scene
