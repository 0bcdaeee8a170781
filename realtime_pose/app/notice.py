"""What lies over the picture: a card with words where there is no picture to look at, pills, and a passing message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_CARD_PX = 460
_MARGIN_PX = 28
_TOAST_PX = 620
_TOAST_MS = 6000


@dataclass(frozen=True, slots=True)
class CardMessage:
    """What a card says.

    Attributes:
        title: A few words.
        detail: Why, and what to do; "" for nothing.
        choices: Names of what its buttons do; the first is the one to take.
        is_brief: Whether all fits into one line, so that it hides little of the picture.
    """

    title: str
    detail: str = ""
    choices: tuple[str, ...] = ()
    is_brief: bool = False


class Card(QFrame):
    """Words with buttons; hidden while it has none.

    Args:
        choices: What each choice is called, and what it does.
        parent: What it lies on.

    Attributes:
        words: What it says, None for nothing.
        buttons: By the names of the choices.
    """

    def __init__(self, choices: dict[str, tuple[str, Callable[[], None]]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setMaximumWidth(_CARD_PX)
        self.words: CardMessage | None = None
        self._title, self._detail = _label("title"), _label("quiet")
        self._detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = {name: self._button(label, act) for name, (label, act) in choices.items()}
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

    def show_message(self, words: CardMessage | None) -> None:
        """Say this, or nothing."""
        if words == self.words:
            return
        self.words = words
        if words is not None:
            self._lay_out(is_brief=words.is_brief)
            self._title.setText(words.title.replace(" …", "\N{NO-BREAK SPACE}…"))
            self._detail.setText(words.detail)
            self._detail.setVisible(bool(words.detail))
            for label in (self._title, self._detail):
                label.setMinimumWidth(0 if words.is_brief else min(_line_px(label) + 1, _CARD_PX - 2 * _MARGIN_PX))
            for name, button in self.buttons.items():
                button.setVisible(name in words.choices)
                button.setDefault(name == words.choices[0] if words.choices else False)
            self.setAccessibleName(f"{words.title}. {words.detail}")
        self.setVisible(words is not None)

    def _lay_out(self, *, is_brief: bool) -> None:
        """A block of words, or one line of them."""
        self._column.setDirection(QBoxLayout.Direction.LeftToRight if is_brief else QBoxLayout.Direction.TopToBottom)
        self._column.setContentsMargins(*(18, 8, 8, 8) if is_brief else (_MARGIN_PX, 22, _MARGIN_PX, 24))
        self._column.setSpacing(14 if is_brief else 10)
        self._title.setObjectName("brief" if is_brief else "title")
        _restyle(self._title)
        for label in (self._title, self._detail):
            label.setWordWrap(not is_brief)

    def _button(self, label: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(label, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(label)
        button.clicked.connect(lambda _checked: act())
        return button


class Badges(QWidget):
    """Short words in a row, in a corner of the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 12, 12, 12)
        self._row.setSpacing(6)
        self._labels: list[QLabel] = []

    @property
    def texts(self) -> list[str]:
        """What they say."""
        return [label.text() for label in self._labels if not label.isHidden()]

    def show_badges(self, badges: Sequence[tuple[str, str]]) -> None:
        """Say these (text, tone); the tone "bad" is red."""
        while len(self._labels) < len(badges):
            label = QLabel(self)
            label.setObjectName("pill")
            self._row.addWidget(label)
            self._labels.append(label)
        for label, (text, tone) in zip(self._labels, badges, strict=False):
            if label.property("tone") != tone:
                _set_tone(label, tone)
            label.setText(text)
            label.show()
        for label in self._labels[len(badges) :]:
            label.hide()


class Toast(QLabel):
    """A message that passes; one that tells of a failure stays until it is clicked or the next one comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def is_failure(self) -> bool:
        """Whether it tells of a failure now."""
        return not self.isHidden() and self.property("tone") == "bad"

    def show_message(self, text: str, *, is_failure: bool = False) -> None:
        """Show a message; one of success does not cover one of failure."""
        if self.is_failure and not is_failure:
            return
        _set_tone(self, "bad" if is_failure else "")
        self.setText(text)
        self.setAccessibleName(text)
        width = self.fontMetrics().horizontalAdvance(text) + 40
        self.setFixedWidth(min(width, _TOAST_PX))
        self.setToolTip("Click to close" if is_failure else "")
        self._timer.stop()
        if not is_failure:
            self._timer.start(_TOAST_MS)
        self.show()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Go away."""
        self.hide()


def _line_px(label: QLabel) -> int:
    """Width of its longest line: Qt breaks lines early by itself, for a shape that it likes better."""
    metrics = label.fontMetrics()
    return max(metrics.horizontalAdvance(line) for line in label.text().split("\n"))


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _set_tone(label: QLabel, tone: str) -> None:
    """Give it the look of this tone."""
    label.setProperty("tone", tone)
    _restyle(label)


def _restyle(label: QLabel) -> None:
    """Apply the style sheet again, which Qt does not do by itself when a name or a property changes."""
    style = label.style()
    if style is not None:
        style.unpolish(label)
        style.polish(label)
