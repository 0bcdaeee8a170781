"""Where the window goes: its place and size on each screen, remembered, and never larger than the screen."""

import re
from pathlib import Path

from PyQt5.QtCore import QLockFile, QPoint, QRect, QSettings, QSize, Qt
from PyQt5.QtGui import QGuiApplication, QScreen
from PyQt5.QtWidgets import QWidget

_STEP_PX = 48  # to the next window where they do not fit beside one another
_MAX_WINDOWS = 16
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


def beside(rect: QRect, available: QRect, number: int) -> QRect:
    """The place of the window with this number (from 0), where the first one has the given rectangle.

    Beside the first one if there is room for a second; else a little to the right and below.

    >>> beside(QRect(0, 0, 800, 600), QRect(0, 0, 1920, 1080), 1).getRect()
    (800, 0, 800, 600)
    >>> beside(QRect(0, 0, 800, 600), QRect(0, 0, 1280, 720), 2).getRect()
    (96, 96, 800, 600)
    """
    if number == 1:
        for x in (rect.x() + rect.width(), rect.x() - rect.width()):
            if available.contains(moved := QRect(QPoint(x, rect.y()), rect.size())):
                return moved
    return fit_rect(rect.translated(number * _STEP_PX, number * _STEP_PX), available)


class WindowPlacement:
    """Place and size of a window on each screen. Full screen is not remembered.

    Of several windows that are open at the same time, the first one is remembered; the others open beside it.

    Args:
        settings: Where they are kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._number = 0  # of the window, among those that are open
        self._lock: QLockFile | None = None  # of this number

    def restore(self, window: QWidget) -> None:
        """Put a window that was not shown yet on the screen of the last time, as it was there."""
        self._number, self._lock = _take_number(Path(self._settings.fileName()).parent)
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
            if self._number:
                fitted = beside(fitted, available, self._number)
            window.move(fitted.topLeft())
        else:  # the desktop chooses the place
            fitted = fit_rect(QRect(available.topLeft(), QSize(*_DEFAULT_WH) + frame), available)
        window.resize(fitted.size() - frame)
        is_maximized = self._settings.value(f"screens/{key}/is_maximized", defaultValue=False, type=bool)
        if is_maximized and not self._number:  # a second window would lie exactly on the first one
            window.setWindowState(Qt.WindowState.WindowMaximized)

    def save(self, window: QWidget) -> None:
        """Remember the place of a window that closes, if it was the first one that was open."""
        if self._lock is not None:
            self._lock.unlock()
        screen = window.screen()
        if screen is None or self._number:
            return
        key, rect = screen_key(screen), window.normalGeometry()
        if not (window.isMaximized() or window.isFullScreen()):
            rect.moveTopLeft(window.pos())  # of the frame, as `restore` needs it
        self._settings.setValue("screen", key)
        self._settings.setValue(f"screens/{key}/rect", rect)
        self._settings.setValue(f"screens/{key}/is_maximized", window.isMaximized())


def _take_number(folder: Path) -> tuple[int, QLockFile | None]:
    """The lowest number that no other open window has, with its lock, which ends with this process."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(_MAX_WINDOWS):
        lock = QLockFile(str(folder / f"window-{number}.lock"))
        lock.setStaleLockTime(0)  # locks of processes that have ended are taken over all the same
        if lock.tryLock(0):
            return number, lock
    return 0, None
