"""Where the window goes: its place and size on each screen, remembered, and never larger than the screen."""

import re

from PyQt5.QtCore import QPoint, QRect, QSettings, QSize, Qt
from PyQt5.QtGui import QGuiApplication, QScreen
from PyQt5.QtWidgets import QWidget

_DEFAULT_WH = (1180, 780)
FRAME_WH = (16, 48)  # room for the frame and the title bar, whose size is unknown until the window is shown


def screen_key(screen: QScreen) -> str:
    """Key of a screen in the settings: its connector and its size, so that another screen there has its own entry."""
    size = screen.size()
    return re.sub(r"[^\w-]+", "_", f"{screen.name()} {size.width()}x{size.height()}")


def fit_rect(rect: QRect, available: QRect) -> QRect:
    """The rectangle, made smaller and moved so that all of it is available.

    >>> fit_rect(QRect(-50, 100, 1180, 780), QRect(0, 20, 800, 460)).getRect()
    (0, 20, 800, 460)
    """
    size = rect.size().boundedTo(available.size())
    x = min(max(rect.x(), available.x()), available.x() + available.width() - size.width())
    y = min(max(rect.y(), available.y()), available.y() + available.height() - size.height())
    return QRect(QPoint(x, y), size)


class WindowPlacement:
    """Place and size of a window on each screen. Full screen is not remembered.

    Args:
        settings: Where they are kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def restore(self, window: QWidget) -> None:
        """Put a window that was not shown yet on the screen of the last time, as it was there."""
        screens = {screen_key(screen): screen for screen in QGuiApplication.screens()}
        key = str(self._settings.value("screen", ""))
        screen = screens.get(key) or QGuiApplication.primaryScreen()
        if screen is None:
            return
        key = screen_key(screen)
        frame = QSize(*FRAME_WH)
        available, saved = screen.availableGeometry(), self._settings.value(f"screens/{key}/rect")
        if isinstance(saved, QRect):
            fitted = fit_rect(QRect(saved.topLeft(), saved.size() + frame), available)
            window.move(fitted.topLeft())
        else:  # the desktop chooses the place
            fitted = fit_rect(QRect(available.topLeft(), QSize(*_DEFAULT_WH) + frame), available)
        window.resize(fitted.size() - frame)
        if self._settings.value(f"screens/{key}/is_maximized", defaultValue=False, type=bool):
            window.setWindowState(Qt.WindowState.WindowMaximized)

    def save(self, window: QWidget) -> None:
        """Remember the place of a window on the screen where it is."""
        screen = window.screen()
        if screen is None:
            return
        key, rect = screen_key(screen), window.normalGeometry()
        if not (window.isMaximized() or window.isFullScreen()):
            rect.moveTopLeft(window.pos())  # of the frame, as `restore` needs it
        self._settings.setValue("screen", key)
        self._settings.setValue(f"screens/{key}/rect", rect)
        self._settings.setValue(f"screens/{key}/is_maximized", window.isMaximized())
