"""The source box: its list, a typed address, and a dropped file."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, QPoint, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from tests.support.fakes.window_driver import WindowDriver, press, write

pytestmark = [pytest.mark.gui]


def test_cameras_are_listed_by_name_beside_the_demo(driver: WindowDriver) -> None:
    driver.open()
    box = driver.window.widgets.sources
    driver.qtbot.waitUntil(lambda: box.findData("2") >= 0)
    rows = [box.itemText(row) for row in range(box.count())]
    assert rows[:2] == ["Brio (camera 0)", "Desk camera (camera 2)"]
    assert "Demo clip" in rows
    assert "Open a file …" in rows


def test_choosing_a_row_opens_it_and_returns_the_focus(driver: WindowDriver) -> None:
    driver.open()
    box = driver.window.widgets.sources
    driver.qtbot.waitUntil(lambda: box.findData("2") >= 0)
    box.setFocus()
    box.activated.emit(box.findData("2"))
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    assert driver.pipeline.config.source.uri == "2"
    assert driver.window.widgets.view.hasFocus()
    assert box.currentText() == "Desk camera (camera 2)"
    assert driver.window.windowTitle() == "Desk camera (camera 2) – realtime_pose"


def test_without_a_camera_the_list_has_a_disabled_row(qtbot: QtBot, driver: WindowDriver) -> None:
    window = Window(Config(), build=driver.build, cameras=lambda: ())
    window.open("demo")
    assert window.widgets.sources.itemText(0) == "No camera found"
    model = window.widgets.sources.model()
    assert model is not None
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsEnabled
    window.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED)


def test_a_typed_address_opens_and_its_password_is_never_shown(driver: WindowDriver, tmp_path: Path) -> None:
    driver.open()
    uri = "rtsp://me:secret@10.0.0.9/live"
    driver.window.actions_by_name["address"].trigger()
    assert driver.edit.hasFocus()
    write(driver.edit, uri)
    assert driver.edit.text() == uri  # R, B, S and so on were text, not commands
    assert driver.pipeline.calls == ["start"]
    press(driver.edit, Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    assert driver.pipeline.config.source.uri == uri
    driver.wait_for_tick()
    assert len(driver.build.pipelines) == 2
    box = driver.window.widgets.sources
    texts = [box.itemText(row) for row in range(box.count())]
    texts += [driver.edit.text(), driver.window.windowTitle(), driver.state_text]
    assert "rtsp://me:***@10.0.0.9/live" in texts
    assert not any("secret" in text for text in texts)
    assert all("secret" not in file.read_text() for file in (tmp_path / "settings").rglob("*") if file.is_file())
    row = box.findText("rtsp://me:***@10.0.0.9/live")
    assert box.itemData(row) == uri  # the row still opens with the password


def test_esc_in_the_box_restores_the_source_and_the_focus(driver: WindowDriver) -> None:
    driver.open()
    driver.window.actions_by_name["address"].trigger()
    write(driver.edit, "half an addr")
    driver.wait_for_tick()
    assert driver.edit.text() == "half an addr"
    press(driver.edit, Qt.Key.Key_Escape)
    assert driver.edit.text() == "Demo clip"
    assert driver.window.widgets.view.hasFocus()


def test_an_empty_address_opens_nothing(driver: WindowDriver) -> None:
    driver.open()
    driver.window.actions_by_name["address"].trigger()
    write(driver.edit, "  ")
    press(driver.edit, Qt.Key.Key_Return)
    assert driver.window.bridge.phase is Phase.RUNNING
    assert driver.edit.text() == "Demo clip"


def test_a_dropped_file_is_opened(driver: WindowDriver, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "walk.mp4"))])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, button, none)
    driver.window.dragEnterEvent(enter)
    assert enter.isAccepted()
    driver.window.dropEvent(QDropEvent(QPoint(5, 5), copy, mime, button, none))
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 1)
    assert driver.pipeline.config.source.uri == str(tmp_path / "walk.mp4")
