"""A window on fake pipelines, with keys and clicks as its user makes them."""

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.views.picture_overlays import CardMessage
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig, RenderConfig
from realtime_pose.scene import Image
from realtime_pose.sources.webcam import Webcam
from tests.support.fakes.fake_pipeline import FakeBuild, FakePipeline, gradient_image, make_scene


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)  # type: ignore[call-overload]  # in PyQt5's stubs it is not static


def write(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)  # type: ignore[call-arg, arg-type]  # likewise


def click(widget: QWidget, point: QPoint | None = None, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    """Click at a point, or in the middle."""
    place = widget.rect().center() if point is None else point
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(widget, button, none, place)  # type: ignore[call-overload]  # likewise


def press_in(
    window: QWidget, key: Qt.Key | str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press a key in a window: what has the focus gets it, as from the keyboard."""
    QTest.keyClick(window.windowHandle(), key, modifier)  # type: ignore[call-overload]  # likewise


class WindowDriver:
    """A visible window on fakes.

    Args:
        qtbot: Runs the event loop while the driver waits.
        folder: Where the window writes.
        cameras: The cameras that the window finds.
    """

    def __init__(self, qtbot: QtBot, folder: Path, cameras: Sequence[Webcam] = ()) -> None:
        self.build = FakeBuild()
        config = Config(record=RecordConfig(path=folder / "asked.mp4"))
        self.window = Window(config, build=self.build, cameras=lambda: cameras)
        self.qtbot = qtbot
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.widgets.view.setFocus()

    @property
    def pipeline(self) -> FakePipeline:
        """The newest pipeline."""
        return self.build.pipelines[-1]

    @property
    def shown(self) -> RenderConfig:
        """What the newest pipeline draws."""
        return self.pipeline.settings.shown

    @property
    def edit(self) -> QLineEdit:
        """The text field of the source box."""
        edit = self.window.widgets.sources.lineEdit()
        assert edit is not None
        return edit

    @property
    def message(self) -> CardMessage:
        """The message of the card, which must have one."""
        message = self.window.widgets.card.message
        assert message is not None
        return message

    @property
    def state_text(self) -> str:
        """The state in the status bar."""
        return self.window.widgets.status.state.text()

    def open(self, uri: str = "demo") -> None:
        self.window.open(uri)
        self.qtbot.waitUntil(lambda: self.window.bridge.phase is Phase.RUNNING)

    def press(self, key: Qt.Key) -> None:
        press(self.window.widgets.view, key)

    def wait_for_tick(self) -> None:
        """Wait until the window has shown the next report."""
        with self.qtbot.waitSignal(self.window.bridge.ticked, timeout=2000):
            pass

    def show_scene(self, index: int = 0, *, snapshot: Image | None = None) -> None:
        """Let the pipeline put out a scene, and wait until the window has shown it."""
        image = gradient_image(self.window.widgets.view.display_wh)
        with self.qtbot.waitSignal(self.window.bridge.scene_changed, timeout=2000):
            self.pipeline.shown.put(make_scene(image, index, snapshot=snapshot))

    def wait_for_tasks(self) -> None:
        """Wait until no task runs off the GUI thread."""
        self.qtbot.waitUntil(lambda: not len(self.window.bridge.tasks))

    def close(self) -> None:
        """Close the window and wait until all has ended."""
        self.window.close()
        self.qtbot.waitUntil(lambda: self.window.bridge.phase is Phase.CLOSED and not len(self.window.bridge.tasks))
