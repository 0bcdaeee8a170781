"""The theme: a new one reaches all widgets, and Python deletes none of them meanwhile."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QEvent
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app import theme

pytestmark = [pytest.mark.gui]


class Lost(QWidget):
    """A window that nobody uses any more: only the garbage collection of Python deletes it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


class Watching(QWidget):
    """Makes so much garbage when it gets another style that Python collects it, and looks for a window then."""

    def __init__(self, lost: weakref.ref[Lost]) -> None:
        super().__init__()
        self.was_there: list[bool] = []
        self._lost = lost

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None and event.type() == QEvent.Type.StyleChange:
            for _ in range(20_000):
                cycle: list[object] = []
                cycle.append(cycle)
            self.was_there.append(self._lost() is not None)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    theme.apply_theme(qapp)
    yield qapp
    theme.apply_theme(qapp)


def test_no_window_is_deleted_while_all_get_another_theme(app: QApplication, qtbot: QtBot) -> None:
    """Qt goes through all widgets then, and crashes if one of them is gone."""
    gc.collect()
    lost = weakref.ref(Lost())
    watching = Watching(lost)
    qtbot.addWidget(watching)
    watching.show()
    watching.was_there.clear()
    theme.apply_theme(app, "light")
    assert watching.was_there
    assert all(watching.was_there)
    assert gc.isenabled()
    gc.collect()
    assert lost() is None, "it was garbage all the time"
