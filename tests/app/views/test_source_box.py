"""The source box: its list, a typed address, and a dropped file."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.errors import SourceOpenError
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


RIGHT, WRONG = "rtsp://me:right@10.0.0.9/live", "rtsp://me:wr/ong@10.0.0.9/live"
WITHOUT, HTTP = "rtsp://me@10.0.0.9/live", "http://10.0.0.9/video?pwd={}&width=640"


def type_address(driver: WindowDriver, address: str) -> None:
    """Type an address over the present one and press Enter."""
    driver.window.actions_by_name["address"].trigger()
    write(driver.edit, address)
    press(driver.edit, Qt.Key.Key_Return)


def opened(driver: WindowDriver) -> list[str]:
    """Addresses of all pipelines that were built."""
    driver.wait_for_tick()
    driver.wait_for_tasks()
    return [pipeline.config.source.uri for pipeline in driver.build.pipelines]


def recent_rows(driver: WindowDriver) -> list[str]:
    """Addresses in the rows after that of the file."""
    box = driver.window.widgets.sources
    return [box.itemData(row) for row in range(box.findText("Open a file …") + 1, box.count()) if box.itemData(row)]


@pytest.mark.parametrize(
    ("first", "second"),
    [(WRONG, RIGHT), (RIGHT, WRONG), (WITHOUT, RIGHT), (HTTP.format("wrong"), HTTP.format("right"))],
)
def test_the_password_typed_last_is_used_and_the_address_has_one_row(
    driver: WindowDriver, first: str, second: str
) -> None:
    driver.open("demo")
    type_address(driver, first)
    driver.qtbot.waitUntil(lambda: recent_rows(driver) == [first])
    type_address(driver, second)
    driver.qtbot.waitUntil(lambda: recent_rows(driver) == [second])
    assert opened(driver) == ["demo", first, second]
    driver.open("demo")
    box = driver.window.widgets.sources
    box.activated.emit(box.findData(second))
    assert opened(driver) == ["demo", first, second, "demo", second]


def test_a_new_password_is_in_the_row_even_if_the_source_does_not_open(driver: WindowDriver) -> None:
    def refuse(config: Config) -> None:
        if config.source.uri == RIGHT:
            raise SourceOpenError("not today")

    driver.open(WRONG)
    driver.build.before_build = refuse
    type_address(driver, RIGHT)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.FAILED)
    assert recent_rows(driver) == [RIGHT]


def test_a_corrected_path_keeps_the_hidden_password(driver: WindowDriver) -> None:
    driver.open(RIGHT)
    assert driver.edit.text() == "rtsp://me:***@10.0.0.9/live"
    driver.window.actions_by_name["address"].trigger()
    press(driver.edit, Qt.Key.Key_End)
    write(driver.edit, "2")
    press(driver.edit, Qt.Key.Key_Return)
    assert opened(driver) == [RIGHT, f"{RIGHT}2"]


def test_a_hidden_password_never_goes_to_another_host(driver: WindowDriver) -> None:
    driver.open(RIGHT)
    typed = "rtsp://me:***@evil.example/live"
    type_address(driver, typed)
    assert opened(driver) == [RIGHT]
    toast = driver.window.widgets.toast
    assert toast.is_error
    assert toast.message == f"{typed}: *** stands for a hidden password; type the password in its place"
    assert driver.edit.text() == typed  # to be corrected
    assert driver.edit.hasFocus()


def test_leaving_the_box_opens_nothing_and_shows_no_password(driver: WindowDriver) -> None:
    driver.open(RIGHT)
    driver.open("demo")
    box, view = driver.window.widgets.sources, driver.window.widgets.view
    for text in (RIGHT, "rtsp://me:***@10.0.0.9/live"):  # an address; the text of a row
        driver.window.actions_by_name["address"].trigger()
        write(driver.edit, text)
        view.setFocus()
        assert driver.edit.text() == "Demo clip"
    box.hide()
    assert opened(driver) == [RIGHT, "demo"]


def test_a_new_list_of_cameras_keeps_what_is_selected_to_be_typed_over(driver: WindowDriver) -> None:
    driver.open()
    driver.window.actions_by_name["address"].trigger()
    driver.window._choice.update()
    assert driver.edit.selectedText() == "Demo clip"
    write(driver.edit, "new.mp4")
    assert driver.edit.text() == "new.mp4"


def test_the_wheel_and_the_arrow_keys_choose_nothing(driver: WindowDriver) -> None:
    driver.open()
    box = driver.window.widgets.sources
    driver.qtbot.waitUntil(lambda: box.findData("2") >= 0)
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,  # noqa: FBT003 - Qt's signature
    )  # fmt: skip
    QApplication.sendEvent(box, wheel)
    press(driver.edit, Qt.Key.Key_Down)
    view = box.view()
    assert view is not None
    assert view.isVisible()
    box.hidePopup()
    assert opened(driver) == ["demo"]


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
