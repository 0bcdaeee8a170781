"""Where the window goes: within the screen, as it was last time there, and never in full screen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QRect, QSettings
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.app.window_placement import WindowPlacement, fit_rect, screen_key
from realtime_pose.config import Config
from tests.support.fakes.fake_pipeline import FakeBuild

pytestmark = [pytest.mark.gui]

OpenWindow = Callable[[], Window]


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenWindow]:
    """Opens windows that share their settings."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    windows: list[Window] = []

    def open_window() -> Window:
        window = Window(Config(), build=FakeBuild(), cameras=lambda: ())
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_window
    for window in windows:
        close(window, qtbot)


def close(window: Window, qtbot: QtBot) -> None:
    window.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED)


def available() -> QRect:
    """What the only screen of the test has for windows."""
    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    return screen.availableGeometry()


@pytest.mark.parametrize(
    ("rect", "expected"),
    [
        ((0, 0, 100, 100), (0, 20, 100, 100)),  # under a bar at the top
        ((900, 500, 300, 200), (500, 280, 300, 200)),  # beyond the right and the lower edge
        ((-30, 40, 300, 200), (0, 40, 300, 200)),
        ((-30, -40, 3000, 2000), (0, 20, 800, 460)),  # larger than the screen
        ((50, 60, 700, 400), (50, 60, 700, 400)),
    ],
)
def test_a_rectangle_is_made_to_fit(rect: tuple[int, int, int, int], expected: tuple[int, int, int, int]) -> None:
    assert fit_rect(QRect(*rect), QRect(0, 20, 800, 460)).getRect() == expected


def test_the_first_window_is_within_the_screen(open_window: OpenWindow) -> None:
    assert available().width() < 1180  # what it would like to have
    window = open_window()
    assert available().contains(window.frameGeometry())
    for bar in (window.widgets.sources, window.widgets.controls, window.widgets.status):
        corner = bar.mapToGlobal(bar.rect().bottomRight())
        assert available().contains(corner)


def test_a_window_that_was_saved_on_a_larger_screen_is_within_this_one(qtbot: QtBot, settings: QSettings) -> None:
    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    settings.setValue(f"screens/{screen_key(screen)}/rect", QRect(3000, 2000, 1900, 1000))
    window = QWidget()
    qtbot.addWidget(window)
    WindowPlacement(settings).restore(window)
    assert available().contains(window.frameGeometry())


def test_each_screen_has_its_own_place(qtbot: QtBot, settings: QSettings) -> None:
    first, second = QWidget(), QWidget()
    for window in (first, second):
        qtbot.addWidget(window)
    first.setGeometry(40, 50, 500, 300)
    placement = WindowPlacement(settings)
    placement.save(first)
    settings.setValue("screen", "HDMI-1_3840x2160")  # the window was there last; now it is unplugged
    settings.setValue("screens/HDMI-1_3840x2160/rect", QRect(100, 100, 3000, 2000))
    placement.restore(second)
    assert second.geometry().getRect() == (40, 50, 500, 300)
    assert settings.value("screens/HDMI-1_3840x2160/rect") == QRect(100, 100, 3000, 2000)


def test_a_maximised_window_is_maximised_again_and_keeps_its_size_for_later(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    window.resize(500, 350)
    window.showMaximized()
    close(window, qtbot)
    again = open_window()
    assert again.isMaximized()
    again.showNormal()
    qtbot.waitUntil(lambda: (again.width(), again.height()) == (500, 350))


def test_full_screen_is_not_kept_and_the_bars_are_there_again(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.resize(500, 350)
    window.actions_by_name["full_screen"].trigger()
    assert window.isFullScreen()
    close(window, qtbot)
    again = open_window()
    assert not again.isFullScreen()
    assert again.widgets.controls.isVisible()
    assert not again.actions_by_name["full_screen"].isChecked()
    assert (again.width(), again.height()) == (500, 350)


def test_the_list_of_keys_is_within_the_screen(open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    screen = window.screen()
    assert screen is not None
    monkeypatch.setattr(type(screen), "availableSize", lambda _: QRect(0, 0, 640, 360).size())
    window.actions_by_name["help"].trigger()
    dialog = next(child for child in window.children() if child.inherits("QDialog"))
    assert isinstance(dialog, QWidget)
    assert dialog.height() <= 360 - 48
    assert dialog.width() <= 640 - 16
    dialog.close()
