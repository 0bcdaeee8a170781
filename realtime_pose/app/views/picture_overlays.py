"""Widgets over the picture: a card with a message and buttons, badges in a corner, and a toast that disappears."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_CARD_PX = 460  # largest width
_MARGIN_PX = 28  # left and right, inside the card
_TOAST_PX = 620  # largest width
_TOAST_MS = 6000


@dataclass(frozen=True, slots=True)
class CardMessage:
    """What a card shows.

    Attributes:
        title: A few words.
        detail: Why, and what to do; "" for nothing.
        choices: Names of the buttons to show; the first is the default.
        is_brief: Whether all fits into one line, so that the card covers little of the picture.
    """

    title: str
    detail: str = ""
    choices: tuple[str, ...] = ()
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class Badge:
    """A short text in the corner of the picture.

    Attributes:
        text: One or two words.
        is_error: Whether it is red.
    """

    text: str
    is_error: bool = False


class Card(QFrame):
    """A message with buttons; hidden while there is no message.

    Args:
        choices: Text and callback of each button, by name.
        parent: The widget under the card.

    Attributes:
        message: The message that is shown; None for none.
        buttons: All buttons, by the names of the choices.
    """

    def __init__(self, choices: Mapping[str, tuple[str, Callable[[], None]]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setMaximumWidth(_CARD_PX)
        self.message: CardMessage | None = None
        self._title, self._detail = _make_label("title"), _make_label("quiet")
        self._detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = {name: self._make_button(text, callback) for name, (text, callback) in choices.items()}
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch()
        self._column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._column.addWidget(self._title)
        self._column.addWidget(self._detail)
        self._column.addLayout(row)
        self.hide()

    def show_message(self, message: CardMessage | None) -> None:
        """Show this message, or hide the card."""
        if message == self.message:
            return
        self.message = message
        if message is not None:
            self._fill(message)
        self.setVisible(message is not None)

    def _fill(self, message: CardMessage) -> None:
        """Put the message into the labels and show its buttons."""
        self._arrange(is_brief=message.is_brief)
        # A no-break space keeps … on the line of the word before it.
        self._title.setText(message.title.replace(" …", "\N{NO-BREAK SPACE}…"))
        self._detail.setText(message.detail)
        self._detail.setVisible(bool(message.detail))
        for label in (self._title, self._detail):
            # Qt breaks lines early to get a squarer shape. A minimum width prevents that.
            width_px = min(_longest_line_px(label) + 1, _CARD_PX - 2 * _MARGIN_PX)
            label.setMinimumWidth(0 if message.is_brief else width_px)
        for name, button in self.buttons.items():
            button.setVisible(name in message.choices)
            button.setDefault(name == message.choices[0] if message.choices else False)
        self.setAccessibleName(f"{message.title}. {message.detail}")

    def _arrange(self, *, is_brief: bool) -> None:
        """All in one line if brief, else one below the other."""
        self._column.setDirection(QBoxLayout.Direction.LeftToRight if is_brief else QBoxLayout.Direction.TopToBottom)
        self._column.setContentsMargins(*(18, 8, 8, 8) if is_brief else (_MARGIN_PX, 22, _MARGIN_PX, 24))
        self._column.setSpacing(14 if is_brief else 10)
        self._title.setObjectName("brief" if is_brief else "title")
        _apply_style(self._title)
        for label in (self._title, self._detail):
            label.setWordWrap(not is_brief)

    def _make_button(self, text: str, callback: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        # A click must not take the focus from the picture, which gets the keys.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(text)
        button.clicked.connect(lambda _checked: callback())
        return button


class Badges(QWidget):
    """Badges in a row, in a corner of the picture. Mouse clicks go through to the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 12, 12, 12)
        self._row.setSpacing(6)
        self._labels: list[QLabel] = []

    @property
    def texts(self) -> list[str]:
        """Texts of the visible badges."""
        return [label.text() for label in self._labels if not label.isHidden()]

    def show_badges(self, badges: Sequence[Badge]) -> None:
        """Show these badges and no others."""
        while len(self._labels) < len(badges):
            label = QLabel(self)
            label.setObjectName("badge")
            self._row.addWidget(label)
            self._labels.append(label)
        for label, badge in zip(self._labels, badges, strict=False):  # there may be more labels than badges
            _set_error_style(label, is_error=badge.is_error)
            label.setText(badge.text)
            label.show()
        for label in self._labels[len(badges) :]:
            label.hide()


class Toast(QLabel):
    """A message that disappears after some seconds; an error stays until it is clicked or the next error comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._is_error = False
        self.hide()

    @property
    def is_error(self) -> bool:
        """Whether an error is shown now."""
        return self._is_error and not self.isHidden()

    def show_message(self, text: str, *, is_error: bool = False) -> None:
        """Show a message; a normal message does not replace an error."""
        if self.is_error and not is_error:
            return
        self._is_error = is_error
        _set_error_style(self, is_error=is_error)
        self.setText(text)
        self.setAccessibleName(text)
        width_px = self.fontMetrics().horizontalAdvance(text) + 40
        self.setFixedWidth(min(width_px, _TOAST_PX))
        self.setToolTip("Click to close" if is_error else "")
        self._timer.stop()
        if not is_error:
            self._timer.start(_TOAST_MS)
        self.show()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Hide the message."""
        self.hide()


def _longest_line_px(label: QLabel) -> int:
    metrics = label.fontMetrics()
    return max(metrics.horizontalAdvance(line) for line in label.text().split("\n"))


def _make_label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setTextFormat(Qt.TextFormat.PlainText)  # a reason can quote a server, so no HTML
    return label


def _set_error_style(label: QLabel, *, is_error: bool) -> None:
    """Make a label red or normal; the style sheet reads the property ``level``."""
    level = "error" if is_error else ""
    if label.property("level") != level:
        label.setProperty("level", level)
        _apply_style(label)


def _apply_style(label: QLabel) -> None:
    """Apply the style sheet again: Qt does not do it when a name or a property changes."""
    style = label.style()
    if style is not None:
        style.unpolish(label)
        style.polish(label)
