"""The dialogue that lists the keys."""

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QDialog, QGridLayout, QLabel, QShortcut, QWidget

from realtime_pose.app.keys import KEYS


class Help(QDialog):
    """All keys, each with what it does; Esc or the key that opened it closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        grid = QGridLayout(self)
        grid.setContentsMargins(28, 24, 28, 24)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(9)
        grid.setColumnMinimumWidth(2, 300)
        for row, key in enumerate(KEYS):
            for column, text in enumerate(key.keys):
                cap = QLabel(text)
                cap.setObjectName("key")
                cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
                grid.addWidget(cap, row, column)
            grid.addWidget(QLabel(key.tip), row, 2)
        drop = QLabel("A file or an address can also be dropped on the picture.")
        drop.setObjectName("quiet")
        grid.addWidget(drop, len(KEYS), 0, 1, 3)
        for text in next(key.keys for key in KEYS if key.name == "help"):
            QShortcut(QKeySequence(text), self, self.accept)
