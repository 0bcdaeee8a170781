"""The dialog with the last lines of the log."""

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QFontDatabase, QGuiApplication
from PyQt5.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from realtime_pose.app.log_lines import LogLines
from realtime_pose.app.translation import tr

_REFRESH_MS = 500
_WH = (760, 460)


class LogDialog(QDialog):
    """Shows the log, and goes on with it. Esc closes it.

    Attributes:
        view: The lines.
        copy_all: The button that copies all of them.
    """

    def __init__(self, log: LogLines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log"))
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._log, self._num_shown = log, -1
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setAccessibleName(tr("Log"))
        self.copy_all, close = QPushButton(tr("Copy all")), QPushButton(tr("Close"))
        self.copy_all.clicked.connect(self._copy)
        close.clicked.connect(self.accept)
        column, row = QVBoxLayout(self), QHBoxLayout()
        row.addStretch()
        row.addWidget(self.copy_all)
        row.addWidget(close)
        column.addWidget(self.view)
        column.addLayout(row)
        self.resize(*_WH)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._refresh)
        self._timer.start(_REFRESH_MS)
        self._refresh()

    def _refresh(self) -> None:
        """Show new lines, at their end if the end was shown."""
        if self._log.num_added == self._num_shown:
            return
        bar = self.view.verticalScrollBar()
        is_at_end = bar is None or bar.value() >= bar.maximum() - 1
        self._num_shown = self._log.num_added
        self.view.setPlainText(self._log.text or tr("Nothing was logged yet."))
        if bar is not None and is_at_end:
            bar.setValue(bar.maximum())

    def _copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._log.text)
