"""The dialog that lists the keys."""

from collections.abc import Callable

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QScrollArea, QShortcut, QVBoxLayout, QWidget

from realtime_pose.app.actions import native_key
from realtime_pose.app.keys import KEYS
from realtime_pose.app.translation import tr
from realtime_pose.app.window_placement import FRAME_WH

_TIP_COLUMN = 2  # the columns before it hold one key each


class HelpDialog(QDialog):
    """All keys with what they do. Esc or a help key closes it.

    Args:
        parent: The window.
        show_first_page: Shows what was found on this computer.

    Attributes:
        first_page: The button for that.
    """

    def __init__(self, parent: QWidget, show_first_page: Callable[[], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(28, 24, 28, 24)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(9)
        grid.setColumnMinimumWidth(_TIP_COLUMN, 300)
        for row, key in enumerate(KEYS):
            for column, text in enumerate(key.keys):
                key_cap = QLabel(native_key(text))
                key_cap.setObjectName("key")
                key_cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
                grid.addWidget(key_cap, row, column)
            grid.addWidget(QLabel(tr(key.tip)), row, _TIP_COLUMN)
        drop_hint = QLabel(tr("You can also drop a file or an address on the picture."))
        drop_hint.setObjectName("quiet")
        grid.addWidget(drop_hint, len(KEYS), 0, 1, _TIP_COLUMN + 1)
        self.first_page = QPushButton(tr("First steps: what was found on this computer"))
        self.first_page.setAutoDefault(False)
        self.first_page.clicked.connect(self.accept)
        self.first_page.clicked.connect(lambda _checked: show_first_page())
        grid.addWidget(self.first_page, len(KEYS) + 1, 0, 1, _TIP_COLUMN + 1)
        self._make_scrollable(content)
        for text in next(key.keys for key in KEYS if key.name == "help"):
            QShortcut(QKeySequence(text), self, self.accept)

    def _make_scrollable(self, content: QWidget) -> None:
        """Show the content at its size; on a screen that is too small it can be scrolled."""
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        wanted, screen, scroll_bar = content.sizeHint(), self.screen(), area.verticalScrollBar()
        if screen is not None and scroll_bar is not None:
            available = screen.availableSize() - QSize(*FRAME_WH)
            if wanted.height() > available.height():
                wanted += QSize(scroll_bar.sizeHint().width(), 0)
            wanted = wanted.boundedTo(available)
        self.resize(wanted)
