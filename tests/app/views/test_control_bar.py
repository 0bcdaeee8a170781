"""The bar under the picture: what it shows at each width, and what its menu has."""

import pytest
from PyQt5.QtCore import QPoint
from PyQt5.QtWidgets import QLabel, QMenu, QToolButton, QWidget, QWidgetAction

from realtime_pose.app.views.control_bar import ControlBar
from realtime_pose.app.views.number_slider import NumberSlider
from tests.support.fakes.window_driver import WindowDriver

pytestmark = [pytest.mark.gui]

WIDTHS = (320, 400, 500, 640, 784, 900, 1100, 1250, 1400, 1700)


def menu_of(bar: ControlBar) -> QMenu:
    menu = bar.overflow.menu()
    assert menu is not None
    return menu


def menu_sliders(bar: ControlBar) -> list[NumberSlider]:
    """The sliders in the menu."""
    actions = [action for action in menu_of(bar).actions() if isinstance(action, QWidgetAction)]
    widgets = [action.defaultWidget() for action in actions]
    return [widget for widget in widgets if isinstance(widget, NumberSlider)]


@pytest.mark.parametrize("width", WIDTHS)
def test_at_each_width_nothing_is_cut_and_every_command_is_in_the_bar_or_in_its_menu(
    driver: WindowDriver, width: int
) -> None:
    driver.window.resize(width, 400)
    assert driver.window.width() == width
    bar = driver.window.widgets.controls
    for part in (part for kind in (QToolButton, QLabel) for part in bar.findChildren(kind) if part.isVisible()):
        assert part.width() >= part.minimumSizeHint().width(), part.text()
        assert bar.rect().contains(part.mapTo(bar, QPoint(part.width() - 1, 0))), part.text()
    in_menu = menu_of(bar).actions()
    for name, button in bar.buttons.items():
        assert button.isVisible() != (driver.window.actions_by_name[name] in in_menu), name
    hidden = [slider for slider in (bar.detector, bar.keypoints, bar.cutoff) if not slider.isVisible()]
    assert [twin.slider.accessibleName() for twin in menu_sliders(bar)] == [
        slider.slider.accessibleName() for slider in hidden
    ]
    assert bar.overflow.isVisible() == bool(in_menu)


def test_the_widest_bar_has_all_and_no_menu(driver: WindowDriver) -> None:
    driver.window.resize(2200, 400)
    bar = driver.window.widgets.controls
    assert not bar.overflow.isVisible()
    assert all(button.isVisible() for button in bar.buttons.values())


def test_a_slider_in_the_menu_and_the_one_in_the_bar_are_one(driver: WindowDriver) -> None:
    driver.open()
    driver.window.resize(500, 400)
    bar = driver.window.widgets.controls
    twin = menu_sliders(bar)[0]
    twin.slider.setValue(42)
    assert driver.pipeline.settings.detector_threshold == 0.42
    bar.detector.slider.setValue(77)
    assert twin.slider.value() == 77
    assert driver.pipeline.settings.detector_threshold == 0.77


def test_each_slider_is_named_in_words(driver: WindowDriver) -> None:
    bar = driver.window.widgets.controls
    texts = [
        [label.text() for label in slider.findChildren(QLabel)] for slider in (bar.detector, bar.keypoints, bar.cutoff)
    ]
    assert texts == [["Person score", "0.30"], ["Keypoint score", "0.50"], ["Smoothing", "0.60 Hz"]]


def test_more_smoothing_is_to_the_right(driver: WindowDriver) -> None:
    slider = driver.window.widgets.controls.cutoff.slider
    assert slider.invertedAppearance()  # a lower cutoff frequency is steadier


def test_the_window_shrinks_to_its_least_size_with_the_widest_texts(driver: WindowDriver) -> None:
    driver.open("/videos/" + "a very long name without an end " * 8 + ".mp4")
    driver.wait_for_tick()
    driver.window.resize(1, 1)
    assert (driver.window.width(), driver.window.height()) == (320, 240)
    assert isinstance(driver.window.centralWidget(), QWidget)
