"""Keys of the button that has the focus: Space and Enter press it, and are no commands of the window then."""

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QAbstractButton, QCheckBox, QWidget

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FocusKeys(QObject):
    """Watches the buttons of a window; one that the Tab key has reached works as in every other program."""

    def watch(self, window: QWidget) -> None:
        """Watch all buttons that the window has now."""
        for button in window.findChildren(QAbstractButton):
            button.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Keep Space from being a command of the window, and let Enter press the button."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QAbstractButton):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_Space, *_ENTER):
            event.accept()
            return True
        # Of a form, Enter sends the whole; Space is what ticks a box.
        if event.type() == QEvent.Type.KeyPress and event.key() in _ENTER and not isinstance(watched, QCheckBox):
            watched.click()
            return True
        return False
