"""The window for everybody: the keyboard reaches all of it, screen readers have names, and no text is cut."""

from collections.abc import Iterator

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from realtime_pose.app.settings_rows import LANGUAGE
from realtime_pose.app.views.help_dialog import HelpDialog
from realtime_pose.app.views.login_fields import LoginFields
from realtime_pose.app.views.status_bar import ElidedLabel
from tests.support.fakes.window_driver import WindowDriver, press, press_in

pytestmark = [pytest.mark.gui]

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)


def controls(parent: QWidget) -> Iterator[QWidget]:
    """What a user can use now."""
    for kind in CONTROLS:
        for widget in parent.findChildren(kind):
            is_part = isinstance(widget.parentWidget(), QComboBox | QAbstractSpinBox)  # of another control
            is_internal = widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), QLineEdit)
            is_scroll_bar = isinstance(widget, QScrollBar)  # keys and the wheel scroll without it
            if widget.isVisible() and widget.isEnabled() and not (is_part or is_internal or is_scroll_bar):
                yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text


def test_tab_reaches_every_control_and_one_sees_where_it_is(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.window.resize(1400, 700)
    driver.wait_for_tick()
    wanted = set(controls(driver.window))
    assert len(wanted) > 15
    reached: set[QWidget] = set()
    unchanged = []
    for _ in range(3 * len(wanted)):
        before = {widget: widget.grab().toImage() for widget in wanted}
        press_in(driver.window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused in wanted and focused not in reached:
            reached.add(focused)
            if focused.grab().toImage() == before[focused]:
                unchanged.append(name_of(focused))
        if reached == wanted:
            break
    assert {name_of(widget) for widget in wanted - reached} == set()
    assert not unchanged, "the focus is not seen"


def test_space_and_enter_press_the_button_that_tab_has_reached(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    button = driver.window.widgets.controls.buttons["boxes"]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    press(button, Qt.Key.Key_Space)
    drawn = [driver.shown.boxes]
    press(button, Qt.Key.Key_Return)
    drawn.append(driver.shown.boxes)
    assert drawn == [True, False]
    assert "pause" not in driver.pipeline.calls
    driver.press(Qt.Key.Key_Space)
    assert driver.pipeline.calls[-1] == "pause", "over the picture it is a command"


def test_every_control_has_a_name_for_screen_readers(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.window.settings.show(driver.window)
    dialog = driver.window.settings.dialog
    assert dialog is not None
    driver.qtbot.waitUntil(lambda: dialog.is_filled)
    help_dialog = HelpDialog(driver.window, lambda: None)
    login = LoginFields(driver.window)
    for shown in (help_dialog, login):
        shown.show()
    for parent in (driver.window, dialog, help_dialog, login):
        nameless = [repr(widget) for widget in controls(parent) if not name_of(widget)]
        assert not nameless
    for shown in (help_dialog, login, dialog):
        shown.close()


def test_every_command_says_its_key(driver: WindowDriver) -> None:
    for action in driver.window.actions_by_name.values():
        key = action.shortcuts()[0].toString()
        assert f"[{key}]" in action.toolTip(), action.text()
    assert "[Ctrl+L]" in driver.window.widgets.sources.toolTip()


@pytest.mark.parametrize("code", ["en", "de"])
@pytest.mark.parametrize("wh", [(800, 600), (640, 480), (1366, 768), (320, 240)])
def test_no_text_is_cut_and_every_shown_button_has_one(driver: WindowDriver, code: str, wh: tuple[int, int]) -> None:
    driver.open()
    driver.show_scene()
    driver.window.settings.change(LANGUAGE, code)
    driver.window.resize(*wh)
    driver.wait_for_tick()
    bar = driver.window.widgets.controls
    shown = [button for button in bar.buttons.values() if button.isVisible()]
    assert len(shown) >= 3
    for button in shown:
        assert button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextUnderIcon
        assert button.width() >= button.minimumSizeHint().width(), button.text()
        assert bar.rect().contains(button.geometry()), button.text()
    for label in (each for each in bar.findChildren(QLabel) if each.isVisible()):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
    assert isinstance(bar.overflow, QToolButton)


@pytest.mark.parametrize("code", ["en", "de"])
def test_no_button_of_the_card_is_cut(driver: WindowDriver, code: str) -> None:
    driver.window.settings.change(LANGUAGE, code)
    driver.window.resize(800, 600)
    driver.open("0")
    driver.pipeline.failure = OSError("camera 0: it is not there")
    card = driver.window.widgets.card
    driver.qtbot.waitUntil(card.buttons["copy"].isVisible)
    shown = [each for each in card.buttons.values() if each.isVisible()]
    driver.qtbot.waitUntil(lambda: all(button.width() >= button.sizeHint().width() for button in shown))
    assert all(card.rect().contains(button.geometry()) for button in shown)


def test_a_long_path_is_shortened_in_its_middle(driver: WindowDriver) -> None:
    label = ElidedLabel()
    driver.qtbot.addWidget(label)
    label.setText("Failed: /home/me/videos/" + "very/" * 40 + "long/name_of_the_clip.mp4 is empty")
    label.resize(300, 20)
    label.show()
    shown = label.fontMetrics().elidedText(label.text(), Qt.TextElideMode.ElideMiddle, label.width())
    assert shown.startswith("Failed")
    assert shown.endswith("is empty")
    rows = driver.window.widgets.sources.view()
    assert rows is not None
    assert rows.textElideMode() == Qt.TextElideMode.ElideMiddle
