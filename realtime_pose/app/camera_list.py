"""The cameras of this machine by name, listed off the GUI thread."""

from collections.abc import Callable, Sequence

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.sources.address import webcam_address
from realtime_pose.sources.webcam import Webcam


class CameraList:
    """Names of the connected cameras. Use it on the GUI thread only.

    Args:
        tasks: Runs the listing.
        list_cameras: Lists the cameras; called off the GUI thread.
        on_changed: Called when the names have changed.

    Attributes:
        names: Name of each camera, by its address.
    """

    def __init__(
        self, tasks: BackgroundTasks, list_cameras: Callable[[], Sequence[Webcam]], on_changed: Callable[[], None]
    ) -> None:
        self.names: dict[str, str] = {}
        self._tasks = tasks
        self._list_cameras = list_cameras
        self._on_changed = on_changed
        self._is_listing = False

    def refresh(self) -> None:
        """List the cameras again; returns at once. Does nothing while a listing runs."""
        if self._is_listing:
            return
        self._is_listing = True
        # If the listing fails, the list is empty: the user can still type an address.
        self._tasks.start(self._list_cameras, on_done=self._update, on_failed=lambda _: self._update(()))

    def _update(self, cameras: Sequence[Webcam]) -> None:
        self._is_listing = False
        names = {webcam_address(camera.index): camera.name for camera in cameras}
        if names != self.names:
            self.names = names
            self._on_changed()
