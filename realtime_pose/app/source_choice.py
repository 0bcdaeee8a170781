"""Which source the user may choose: files by a dialog, cameras that were found, and the last sources."""

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QMainWindow

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.camera_list import CameraList
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.translation import tr
from realtime_pose.app.views.source_box import SourceBox, source_label
from realtime_pose.app.window_settings import WindowSettings
from realtime_pose.sources.image_decoding import IMAGE_FILE_SUFFIXES
from realtime_pose.sources.webcam import Webcam

_VIDEO_FILES = "*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.ts *.wmv *.flv *.mpg *.gif"


class SourceChoice:
    """The sources that are offered.

    Args:
        bridge: Has the present source.
        settings: Remembers the last sources.
        cameras: Lists the cameras of this machine; called off the GUI thread.
    """

    def __init__(self, bridge: Bridge, settings: WindowSettings, cameras: Callable[[], Sequence[Webcam]]) -> None:
        self._bridge, self._settings = bridge, settings
        self._box: SourceBox | None = None
        self._cameras = CameraList(bridge.tasks, cameras, self.update)

    @property
    def label(self) -> str:
        """Name of the present source for the user, without a password."""
        return source_label(self._bridge.uri, self._cameras.names)

    def show_in(self, box: SourceBox) -> None:
        """Show the sources in this box from now on."""
        self._box = box
        box.popup_opening.connect(self.find_cameras)
        self.update()

    def find_cameras(self) -> None:
        """Look for cameras, unless the window is being closed."""
        if self._bridge.phase not in {Phase.CLOSING, Phase.CLOSED}:
            self._cameras.refresh()

    def update(self) -> None:
        """Show what can be chosen now."""
        if self._box is not None:
            self._box.set_sources(uri=self._bridge.uri, cameras=self._cameras.names, recent=self._settings.recent)


def _file_filter() -> str:
    """The kinds of files in the dialog, as Qt writes them."""
    images = " ".join(f"*{suffix}" for suffix in IMAGE_FILE_SUFFIXES)
    return tr("Videos and images") + f" ({_VIDEO_FILES} {images});;" + tr("All files") + " (*)"


def ask_for_file(window: QMainWindow, open_file: Callable[[str], None]) -> None:
    """Let the user choose a file, and open it."""
    dialog = QFileDialog(window, tr("Open a video or an image"), "", _file_filter())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(open_file)
    dialog.open()  # and not exec(), which would run an event loop of its own
