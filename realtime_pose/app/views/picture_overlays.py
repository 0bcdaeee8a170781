"""Widgets over the picture: a card with a message and buttons, and badges in a corner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PyQt5 import sip
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from realtime_pose.app.views.login_fields import LoginFields
from realtime_pose.app.views.text_fit import elide_end, elide_line, elide_words, wrapped_height

_CARD_PX = 460  # largest width
_MARGIN_PX = 28  # left and right, inside the card
_BADGE_MARGINS_PX = 48  # left and right together, of the badge and of the row
_BADGE_SPACING_PX = 6
_ABOVE_AND_BELOW_PX = 40  # free above and below the card together
_EDGE_PX = 12  # free at each side of the picture
_LEAST_PX = 160  # room for a text, also if the widget under it was not shown yet and has no width


@dataclass(frozen=True, slots=True)
class CardMessage:
    """What a card shows.

    Attributes:
        title: A few words.
        detail: Why, and what to do; "" for nothing.
        choices: Names of the buttons to show; the first is the default.
        is_brief: Whether all fits into one line, so that the card covers little of the picture.
        login_user: The user for whom a password is asked, "" for an unknown one; None: it is not asked.
    """

    title: str
    detail: str = ""
    choices: tuple[str, ...] = ()
    is_brief: bool = False
    login_user: str | None = None


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
        login: The fields for user and password.
    """

    def __init__(self, choices: Mapping[str, tuple[str, Callable[[], None]]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.message: CardMessage | None = None
        self._title, self._detail = _make_label("title"), _make_label("quiet")
        self._detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = {name: self._make_button(text, callback) for name, (text, callback) in choices.items()}
        self.login = LoginFields(self)
        row = self._button_row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(8)
        row.addStretch()
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch()
        self._column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._column.addWidget(self._title)
        self._column.addWidget(self._detail)
        self._column.addWidget(self.login)
        self._column.addLayout(row)
        self.hide()

    def show_message(self, message: CardMessage | None) -> None:
        """Show this message, or hide the card."""
        # A source that is tried again changes its state: what is being typed must not vanish meanwhile.
        if message == self.message or (message is not None and self.login.is_in_use):
            return
        self.message = message
        self.fit()
        self.setVisible(message is not None)
        self._ask_login(None if message is None else message.login_user)

    def _ask_login(self, user: str | None) -> None:
        """Show the fields for user and password; None hides them."""
        if user is None:
            self.login.hide()
        elif self.login.isHidden():
            self.login.ask(user)

    def fit(self) -> None:
        """Put the message into the labels, as wide as the widget under the card allows, and show its buttons."""
        message = self.message
        if message is None:
            return
        for name, button in self.buttons.items():
            button.setVisible(name in message.choices)
            is_first = name in message.choices[:1] and message.login_user is None
            button.setDefault(is_first)
        self._detail.setVisible(bool(message.detail))
        max_px = min(_CARD_PX, room_px(self))
        self.setMaximumWidth(max_px)
        # A no-break space keeps … on the line of the word before it.
        title = message.title.replace(" …", "\N{NO-BREAK SPACE}…")
        if not (message.is_brief and self._fill_line(title, message.detail, max_px)):
            self._arrange(is_brief=False)
            width_px = max_px - 2 * _MARGIN_PX
            self._arrange_buttons(width_px)
            _fill_wrapped(self._title, title, width_px)
            _fill_wrapped(self._detail, message.detail, width_px)
            self._limit_height(width_px)
        self.setAccessibleName(f"{message.title}. {message.detail}")

    def _arrange_buttons(self, width_px: int) -> None:
        """The buttons in a row; one below the other if their texts need more than this width."""
        shown = [button for button in self.buttons.values() if not button.isHidden()]
        needed_px = sum(button.sizeHint().width() for button in shown) + self._button_row.spacing() * (len(shown) + 1)
        fits = needed_px <= width_px
        direction = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        self._button_row.setDirection(direction)

    def _limit_height(self, width_px: int) -> None:
        """Leave out the end of the detail if the widget under the card is not high enough for all of it."""
        under, margins = self.parentWidget(), self._column.contentsMargins()
        if under is None:
            return
        others_px = margins.top() + margins.bottom() + 2 * self._column.spacing() + _ABOVE_AND_BELOW_PX
        others_px += wrapped_height(self._title.text(), self._title.fontMetrics(), width_px)
        shown = (button for button in self.buttons.values() if not button.isHidden())
        heights_px = [button.sizeHint().height() for button in shown]
        is_row = self._button_row.direction() == QBoxLayout.Direction.LeftToRight
        others_px += max(heights_px, default=0) if is_row else sum(height + 8 for height in heights_px)
        if self.message is not None and self.message.login_user is not None:
            others_px += self.login.sizeHint().height() + self._column.spacing()
        text = elide_end(self._detail.text(), self._detail.fontMetrics(), (width_px, under.height() - others_px))
        self._detail.setText(text)
        self._detail.setVisible(bool(text))

    def _fill_line(self, title: str, detail: str, max_px: int) -> bool:
        """Put a brief message into one line; False if there is no room for it."""
        self._arrange(is_brief=True)
        self._button_row.setDirection(QBoxLayout.Direction.LeftToRight)
        spacing_px, margins = self._column.spacing(), self._column.contentsMargins()
        used_px = (
            margins.left()
            + margins.right()
            + sum(spacing_px + button.sizeHint().width() for button in self.buttons.values() if not button.isHidden())
        )
        used_px += 2 * spacing_px + self._detail.fontMetrics().horizontalAdvance(detail)
        title_px, metrics = max_px - used_px, self._title.fontMetrics()
        if title_px < min(metrics.horizontalAdvance(title), _LEAST_PX):
            return False
        for label, text in ((self._title, elide_line(title, metrics, title_px)), (self._detail, detail)):
            label.setMinimumWidth(0)
            label.setText(text)
        self._title.setToolTip(title)
        return True

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
    """Badges in a corner of the picture, in as many rows as they need. Mouse clicks go through to the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(_BADGE_SPACING_PX)
        self._labels: list[QLabel] = []
        self._rows: list[list[QLabel]] = []

    @property
    def texts(self) -> list[str]:
        """Texts of the visible badges."""
        return [label.text() for label in self._labels if not label.isHidden()]

    def show_badges(self, badges: Sequence[Badge]) -> None:
        """Show these badges and no others."""
        while len(self._labels) < len(badges):
            label = QLabel(self)
            label.setObjectName("badge")
            self._labels.append(label)
        for label, badge in zip(self._labels, badges, strict=False):  # there may be more labels than badges
            set_error_style(label, is_error=badge.is_error)
            label.setText(elide_line(badge.text, label.fontMetrics(), room_px(self) - _BADGE_MARGINS_PX))
            label.setToolTip(badge.text)
            label.show()
        for label in self._labels[len(badges) :]:
            label.hide()
        self._arrange(self._labels[: len(badges)])
        self.setVisible(bool(badges))

    def _arrange(self, labels: Sequence[QLabel]) -> None:
        """Begin another row where the next badge has no room."""
        rows: list[list[QLabel]] = []
        left_px = 0
        for label in labels:
            needed_px = label.sizeHint().width() + _BADGE_SPACING_PX
            if not rows or needed_px > left_px:
                rows.append([])
                left_px = room_px(self) - _BADGE_MARGINS_PX // 2 + _BADGE_SPACING_PX
            rows[-1].append(label)
            left_px -= needed_px
        if rows == self._rows:
            return
        self._rows = rows
        while (row := self._column.takeAt(0)) is not None:
            if (line := row.layout()) is not None:
                sip.delete(line)
        for shown in rows:
            badges = QHBoxLayout()
            badges.setSpacing(_BADGE_SPACING_PX)
            badges.addStretch()
            for label in shown:
                badges.addWidget(label)
            self._column.addLayout(badges)


def room_px(overlay: QWidget) -> int:
    """Width that the widget under this one has for it."""
    under = overlay.parentWidget()
    return _CARD_PX if under is None else max(under.width() - 2 * _EDGE_PX, _LEAST_PX)


def _fill_wrapped(label: QLabel, text: str, max_px: int) -> None:
    """Put a text into a label that wraps it, as wide as it needs to be and at most this wide."""
    label.setText(elide_words(text, label.fontMetrics(), max_px))
    label.setToolTip(text)
    # Qt breaks lines early to get a squarer shape. A minimum width prevents that.
    label.setMinimumWidth(min(_longest_line_px(label) + 1, max_px))


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


def set_error_style(label: QWidget, *, is_error: bool) -> None:
    """Make a widget red or normal; the style sheet reads the property ``level``."""
    level = "error" if is_error else ""
    if label.property("level") != level:
        label.setProperty("level", level)
        _apply_style(label)


def _apply_style(label: QWidget) -> None:
    """Apply the style sheet again: Qt does not do it when a name or a property changes."""
    style = label.style()
    if style is not None:
        style.unpolish(label)
        style.polish(label)
