"""A GUI that never waits: a real window with real networks on the demo clip, a part of it, a camera, and pictures."""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt5.QtCore import QEvent, QPointF, QSettings, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from benchmarks.support.servers.rtsp_server import RtspServer, clip
from realtime_pose._cv2 import cv2
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.preferences import Value
from realtime_pose.app.real_pipeline import build_pipeline
from realtime_pose.app.window import Window
from realtime_pose.config import presets
from realtime_pose.pipeline.networks import load_networks
from tests.support.fakes.window_driver import click, press, write
from tests.support.gui_watchdog import assert_never_blocked

pytestmark = [pytest.mark.gui, pytest.mark.slow, pytest.mark.timeout(600)]

TIMEOUT_MS = 180_000
CHANGES: dict[str, tuple[Value, ...]] = {
    "pose.model": ("movenet-thunder", "movenet-lightning"),
    "device.engine": ("onnxruntime", "auto"),
    "detect.size": ("small",),
    "preset": ("balanced",),
}


class User:
    """A window that plays the demo clip with the real networks, and who uses it.

    Args:
        qtbot: Runs the event loop while the user waits.
        folder: Where the window writes.
    """

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot = qtbot
        config = presets.load(preset="fast")  # small networks, so that the tests end soon
        self.window = Window(config, build=build_pipeline, cameras=lambda: ())
        self.window.bridge.outputs.folder = folder
        self.window.resize(1100, 760)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.widgets.view.setFocus()

    def wait(self, is_done: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(is_done, timeout=TIMEOUT_MS)

    def look(self, seconds: float = 0.3) -> None:
        """Let the window go on."""
        self._qtbot.wait(round(seconds * 1000))

    def open(self, uri: str) -> None:
        """Open a source, and wait until its first picture is shown."""
        self.window.open(uri)
        self.wait(lambda: self.window.bridge.scene is not None)
        assert self.window.bridge.uri == uri

    def press(self, *keys: Qt.Key) -> None:
        """Press keys, and look at what each does."""
        for key in keys:
            press(self.window.widgets.view, key)
            self.look()

    def command(self, name: str) -> None:
        """Use a command of the window, by its name in keys.KEYS."""
        self.window.actions_by_name[name].trigger()
        self.look()

    def drag(self, *shares: float) -> None:
        """Press the mouse on the seek bar, move it over these shares of the length, and release it."""
        bar, left = self.window.widgets.playback.seek_bar, Qt.MouseButton.LeftButton
        points = [QPointF(share * bar.width(), bar.height() / 2) for share in shares]
        for number, point in enumerate(points):
            kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
            button = Qt.MouseButton.NoButton if number else left
            self._send(QMouseEvent(kind, point, button, left, Qt.KeyboardModifier.NoModifier))
        kind = QEvent.Type.MouseButtonRelease
        self._send(QMouseEvent(kind, points[-1], left, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier))

    def wait_analysed(self) -> None:
        self.wait(lambda: (line := self.window.bridge.player.timeline) is not None and line.is_complete)

    def close(self) -> None:
        self.window.close()
        bridge = self.window.bridge
        self.wait(lambda: bridge.phase is Phase.CLOSED and not len(bridge.tasks))

    def _send(self, event: QMouseEvent) -> None:
        QApplication.sendEvent(self.window.widgets.playback.seek_bar, event)
        self.look(0.02)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """The networks as on every start but the first: OpenVINO stops all threads while it writes out a compiled one."""
    for preset, is_live in (("fast", False), ("fast", True), ("balanced", False)):
        load_networks(presets.load(preset=preset), is_live=is_live)


@pytest.fixture
def user(qtbot: QtBot, tmp_path: Path) -> Iterator[User]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    gc.collect()
    gc.freeze()  # what other tests have imported is not in the process of a user, whose window does the same
    user = User(qtbot, tmp_path / "out")
    yield user
    user.close()
    user.window.deleteLater()


@pytest.fixture
def pictures(tmp_path: Path, demo_frame: NDArray[np.uint8]) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.jpg"), demo_frame)
    return folder


def test_while_it_seeks(user: User, short_demo: str) -> None:
    keys = Qt.Key

    def click_and_drag() -> None:
        for share in (0.9, 0.1, 0.5, 0.3, 0.95, 0.05):
            user.drag(share)
            user.look(0.15)
        user.drag(*np.linspace(0.1, 0.9, 60).tolist())

    user.open(short_demo)
    assert_never_blocked("seek where nothing was analysed yet", lambda: user.drag(*np.linspace(0.95, 0.1, 40).tolist()))
    user.wait_analysed()
    assert_never_blocked("seek", click_and_drag)
    steps = (keys.Key_Comma, keys.Key_Comma, keys.Key_Period, keys.Key_Left, keys.Key_Right, keys.Key_Home)
    assert_never_blocked("steps and skips", lambda: user.press(*steps))
    others = (keys.Key_BracketLeft, keys.Key_BracketRight, keys.Key_L, keys.Key_Space)
    assert_never_blocked("speed, loop and pause", lambda: user.press(*others))


def test_while_it_records(user: User, short_demo: str, tmp_path: Path) -> None:
    bridge = user.window.bridge

    def record() -> None:
        user.press(Qt.Key.Key_Home, Qt.Key.Key_R)
        user.wait(lambda: bridge.recorder.is_started)
        user.press(Qt.Key.Key_S, Qt.Key.Key_R)
        user.wait(lambda: not bridge.recorder.is_started and not bridge.is_recording_busy and not len(bridge.tasks))

    user.open(short_demo)
    assert_never_blocked("record a stretch of a file", record)
    first = min((tmp_path / "out").glob("*.mp4"))
    with av.open(str(first)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
    assert list((tmp_path / "out").glob("*.png"))


def test_while_panels_and_dialogs_are_shown(user: User, short_demo: str) -> None:
    window = user.window
    user.open(short_demo)

    def show_people() -> None:
        user.command("people")
        click(window.widgets.view)
        user.look()
        user.command("inset")

    def show_settings() -> None:
        user.command("settings")
        dialog = window.settings.dialog
        assert dialog is not None
        user.wait(lambda: dialog.is_filled)
        write(dialog.search, "score")
        user.look()
        close_dialogs()

    def show_dialog(name: str) -> None:
        user.command(name)
        close_dialogs()

    def close_dialogs() -> None:
        for shown in window.findChildren(QDialog):
            shown.reject()
        user.look()

    assert_never_blocked("people", show_people)
    assert_never_blocked("statistics", lambda: user.command("statistics"))
    assert_never_blocked("settings", show_settings)
    for name in ("log", "help"):
        assert_never_blocked(name, partial(show_dialog, name))
    assert_never_blocked("full screen", lambda: user.command("full_screen"))


@pytest.mark.server
@pytest.mark.loads_networks
def test_while_the_source_is_another_one(user: User, tmp_path: Path, pictures: Path) -> None:
    def show_pictures() -> None:
        user.open("demo")
        user.open(str(pictures))
        user.press(Qt.Key.Key_Right, Qt.Key.Key_Left)

    def change_at_once() -> None:
        for uri in ("demo", str(pictures), "demo"):
            user.window.open(uri)
            user.look(0.1)
        user.wait(lambda: user.window.bridge.scene is not None)

    def show_camera() -> None:
        user.open("demo")
        user.open(camera.address)
        user.look()

    def show_lost_camera() -> None:
        user.open("demo")
        user.window.open(camera.address)
        user.look(1)

    def record_camera() -> None:
        user.press(Qt.Key.Key_R)
        user.wait(lambda: user.window.bridge.recorder.is_started)
        user.press(Qt.Key.Key_R)
        user.wait(lambda: not user.window.bridge.is_recording_busy)

    assert_never_blocked("pictures", show_pictures)
    assert_never_blocked("one source after another, without waiting", change_at_once)
    with RtspServer(clip(tmp_path, wh=(640, 480))) as camera:
        assert_never_blocked("a camera", show_camera)
        assert_never_blocked("a recording of a camera", record_camera)
    assert_never_blocked("a camera that is gone", show_lost_camera)


@pytest.mark.loads_networks
def test_while_models_are_exchanged(user: User, half_demo: str, short_demo: str) -> None:
    control, bridge = user.window.settings, user.window.bridge

    def change(name: str, values: tuple[Value, ...]) -> None:
        for value in values:
            control.change(name, value)
            user.wait(lambda: not control.swap.is_busy)
            user.wait(lambda: bridge.scene is not None)
            user.look()

    user.open(half_demo)  # it is still analysed while the first models are exchanged
    user.press(Qt.Key.Key_L)
    (name, values), *others = CHANGES.items()
    assert_never_blocked(name, partial(change, name, values))
    user.open(short_demo)  # the others are exchanged after its analysis: it is opened again
    for name, values in others:
        user.wait_analysed()
        assert_never_blocked(name, partial(change, name, values))
