"""A real window that plays a file with fake models, and its user."""

import threading
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QEvent, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.scene import Frame
from tests.support.clips.numbered_clip import build_numbered
from tests.support.fakes.window_driver import press

TIMEOUT_MS = 20_000


class FileDriver:
    """A visible window that plays a file with fake models, and its user.

    Attributes:
        limit: Frames from this number on wait before they are analysed.
    """

    def __init__(self, qtbot: QtBot, folder: Path, config: Config) -> None:
        self.qtbot, self.limit = qtbot, 10_000
        self._changed = threading.Condition()
        self._config = config
        self.window = Window(config, build=self._build, cameras=list)
        self.window.bridge.outputs.folder = folder
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.widgets.view.setFocus()

    def open(self, *, limit: int = 10_000) -> None:
        self.raise_limit(limit)
        self.window.open(self._config.source.uri)
        self.wait(lambda: self.window.bridge.scene is not None)

    def raise_limit(self, limit: int) -> None:
        with self._changed:
            self.limit = limit
            self._changed.notify_all()

    @property
    def index(self) -> int:
        """Number of the frame that is shown."""
        scene = self.window.bridge.scene
        return -1 if scene is None else scene.frame.index

    @property
    def badges(self) -> list[str]:
        return self.window.widgets.badges.texts

    def wait(self, is_done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(is_done, timeout=TIMEOUT_MS)

    def wait_index(self, index: float, *, within: float = 0) -> None:
        """Wait until this frame is shown, or one that is not farther away."""
        self.wait(lambda: abs(self.index - index) <= within)

    def wait_analysed(self) -> None:
        self.wait(lambda: (line := self.window.bridge.player.timeline) is not None and line.is_complete)

    def press(self, key: Qt.Key) -> None:
        press(self.window.widgets.view, key)

    def pause(self) -> None:
        self.press(Qt.Key.Key_Space)
        self.wait(lambda: self.window.bridge.is_paused)

    def settle(self) -> int:
        """Number of the frame that stays, when those that were on their way have come."""
        index = -1
        while self.index != index:
            index = self.index
            self.qtbot.wait(300)
        return index

    def click_bar(self, share: float, *, drag_to: float | None = None) -> None:
        """Click on the seek bar at a share of the length of the file, and drag from there."""
        bar = self.window.widgets.playback.seek_bar
        line = self.window.bridge.player.timeline
        assert line is not None
        places = [line.first_s + (line.end_s - line.first_s) * each for each in (share, drag_to) if each is not None]
        x = [bar.x_of(place) for place in places]
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        send_mouse(bar, QEvent.Type.MouseButtonPress, x[0], left, left)
        for moved in x[1:]:
            send_mouse(bar, QEvent.Type.MouseMove, moved, none, left)
        send_mouse(bar, QEvent.Type.MouseButtonRelease, x[-1], left, none)

    def close(self) -> None:
        self.raise_limit(10_000)
        self.window.close()
        self.wait(lambda: self.window.bridge.phase is Phase.CLOSED and not len(self.window.bridge.tasks))

    def _build(self, config: Config) -> Pipeline:
        return build_numbered(config, self._hold)

    def _hold(self, frame: Frame) -> None:
        with self._changed:
            self._changed.wait_for(lambda: frame.index < self.limit, TIMEOUT_MS / 1000)


def send_mouse(widget: QWidget, kind: QEvent.Type, x: float, button: Qt.MouseButton, pressed: Qt.MouseButton) -> None:
    """Send a mouse event to the middle of a widget's height; QTest moves the mouse without its buttons."""
    point = QPointF(x, widget.height() / 2)
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, point, button, Qt.MouseButtons(pressed), keys))
