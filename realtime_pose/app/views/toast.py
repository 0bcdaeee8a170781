"""A message over the picture that disappears, or stays if it is an error; with a button for what one does next."""

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from realtime_pose.app.translation import tr
from realtime_pose.app.views.picture_overlays import room_px, set_error_style
from realtime_pose.app.views.text_fit import elide_words, wrapped_height

_TOAST_PX = 620  # largest width
_MARGINS_PX = 40  # left and right together
_TOAST_MS = 6000
_WITH_BUTTON_MS = 10_000  # time to read, and to reach the button


class Toast(QFrame):
    """A message that disappears after some seconds; an error stays until it is clicked or the next error comes.

    Attributes:
        label: The text; it may be shorter than the message.
        open_folder: Button after something was saved.
        copy_details: Button of an error.
        folder_wanted: Emitted with a folder that the user wants to see.
        details_wanted: Emitted with the message of an error whose details the user wants to copy.
    """

    folder_wanted = pyqtSignal(Path)
    details_wanted = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._is_error, self._message = False, ""
        self._folder: Path | None = None
        self.open_folder = self._make_button(tr("Open folder"), self._ask_for_folder)
        self.copy_details = self._make_button(tr("Copy details"), lambda: self.details_wanted.emit(self._message))
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(14, 8, 14, 8)
        column.addWidget(self.label)
        row.addStretch()
        row.addWidget(self.open_folder)
        row.addWidget(self.copy_details)
        row.addStretch()
        column.addLayout(row)
        self.hide()

    @property
    def message(self) -> str:
        """The whole message; the label may show less of it."""
        return self._message

    @property
    def is_error(self) -> bool:
        """Whether an error is shown now."""
        return self._is_error and not self.isHidden()

    def show_message(self, text: str, *, is_error: bool = False, saved: Path | None = None) -> None:
        """Show a message; a normal message does not replace an error.

        Args:
            text: The message.
            is_error: Whether it stays, and offers its details.
            saved: A file that was saved, whose folder is offered.
        """
        if self.is_error and not is_error:
            return
        self._is_error, self._message = is_error, text
        self._folder = None if saved is None else saved.parent
        set_error_style(self, is_error=is_error)
        self.open_folder.setVisible(saved is not None)
        self.copy_details.setVisible(is_error)
        self.setAccessibleName(text)
        self.setToolTip(text + "\n" + tr("Click to close") if is_error else text)
        self.fit()
        self._timer.stop()
        if not is_error:
            self._timer.start(_TOAST_MS if saved is None else _WITH_BUTTON_MS)
        self.show()

    def fit(self) -> None:
        """Put the message into the label, as wide as the widget under it allows."""
        max_px, metrics = min(_TOAST_PX, room_px(self)), self.label.fontMetrics()
        self.label.setText(elide_words(self._message, metrics, max_px - _MARGINS_PX))
        buttons = [button for button in (self.open_folder, self.copy_details) if not button.isHidden()]
        wanted_px = max([metrics.horizontalAdvance(self._message), *(button.sizeHint().width() for button in buttons)])
        width_px = min(wanted_px + _MARGINS_PX, max_px)
        self.setFixedWidth(width_px)
        # The layout around asks for the height of one line only, and would cut off the others.
        self.label.setMinimumHeight(wrapped_height(self.label.text(), metrics, width_px - _MARGINS_PX))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Hide the message."""
        self.hide()

    def _make_button(self, text: str, callback: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keys from the picture
        button.clicked.connect(lambda _checked: callback())
        button.hide()
        return button

    def _ask_for_folder(self) -> None:
        if self._folder is not None:
            self.folder_wanted.emit(self._folder)
