"""The picture of a file that is played: zoomed, mirrored, in full screen, and keys for what has the focus."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication

from realtime_pose.config import Config
from tests.support.clips.numbered_clip import COUNT, config_of, number_of
from tests.support.fakes.file_driver import FileDriver, send_mouse
from tests.support.fakes.window_driver import press

pytestmark = [pytest.mark.gui]


@pytest.fixture
def driver(make_file_driver: Callable[[Config], FileDriver], numbered_clip: Path) -> FileDriver:
    return make_file_driver(config_of(numbered_clip))


def test_in_full_screen_the_place_is_shown_for_a_moment(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.press(Qt.Key.Key_F)
    assert not driver.window.widgets.playback.isVisible()
    driver.press(Qt.Key.Key_Home)
    assert any(badge.endswith("/ 00:03") for badge in driver.badges)


def test_the_arrow_keys_move_a_slider_that_has_the_focus(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    index, slider = driver.index, driver.window.widgets.controls.detector.slider
    slider.setFocus()
    value = slider.value()
    press(slider, Qt.Key.Key_Right)
    assert slider.value() == value + 1
    driver.qtbot.wait(100)
    assert abs(driver.index - index) <= 1  # and not five seconds


def test_the_wheel_zooms_a_drag_pans_and_keys_fit(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    view, bridge = driver.window.widgets.view, driver.window.bridge
    middle = QPointF(view.width() / 2, view.height() / 2)
    is_inverted = False
    wheel = QWheelEvent(
        middle,
        QPointF(view.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButtons(Qt.MouseButton.NoButton),
        Qt.KeyboardModifiers(Qt.KeyboardModifier.NoModifier),
        Qt.ScrollPhase.NoScrollPhase,
        is_inverted,
    )
    before = view.image
    QApplication.sendEvent(view, wheel)
    assert bridge.settings.viewport.zoom == pytest.approx(1.25**2)
    driver.wait(lambda: view.image is not before)
    assert "Zoom 1.6×" in driver.badges
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    send_mouse(view, QEvent.Type.MouseButtonPress, middle.x(), left, left)
    send_mouse(view, QEvent.Type.MouseMove, middle.x() + 60, none, left)
    send_mouse(view, QEvent.Type.MouseButtonRelease, middle.x() + 60, left, none)
    assert bridge.settings.viewport.centre[0] < 0.5
    driver.press(Qt.Key.Key_1)
    assert bridge.settings.viewport.zoom < 1  # the clip is smaller than the window
    driver.wait(lambda: view.image is not None and view.image.shape[:2] == (120, 160))
    driver.press(Qt.Key.Key_0)
    assert bridge.settings.viewport.zoom == 1
    driver.press(Qt.Key.Key_Plus)
    assert bridge.settings.viewport.zoom == 1.25


def test_m_mirrors_the_picture_and_its_snapshot(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.click_bar(1.5 / COUNT)
    driver.wait_index(1)  # its only white block is at the left
    view = driver.window.widgets.view
    assert view.image is not None
    assert number_of(view.image) == 1
    driver.press(Qt.Key.Key_M)
    driver.wait(lambda: view.image is not None and number_of(view.image) == 2**9)
    drawn = driver.window.bridge.drawn
    assert drawn is not None
    assert number_of(drawn.draw_snapshot()) == 2**9
    assert driver.window.actions_by_name["mirror"].isChecked()
