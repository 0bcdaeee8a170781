"""The list of people beside the picture: colour, name or id, how long each was seen, since when; lock, name, hide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from realtime_pose.app import theme
from realtime_pose.app.translation import mark, tr
from realtime_pose.render.colours import person_colours

_WIDTH_PX = 272
_DOT_PX = 12
_ID = Qt.ItemDataRole.UserRole
_NOBODY = mark("Nobody was seen yet.")
_UNTRACKED = mark("No list for single pictures: nobody is tracked there.")
_HINT = mark("Click a person in the picture to follow; right-click for more.")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What a row shows.

    Attributes:
        track_id: Who.
        name: The name, or else the id.
        seen: For how long the person was seen.
        since: When the person was seen first.
        is_here: Whether the person is in the picture.
        is_locked: Whether the picture follows the person.
        is_hidden: Whether the person is not drawn.
        colour: Number of the person's colour in the palette; None: that of the id.
    """

    track_id: int
    name: str
    seen: str
    since: str
    is_here: bool
    is_locked: bool
    is_hidden: bool
    colour: int | None = None


class PeoplePanel(QFrame):
    """The people of the source; hidden until its action shows it.

    Attributes:
        lock_asked: Emitted with the id of a person to follow, or not to follow any more.
        hide_asked: Emitted with the id of a person to hide, or to draw again.
        renamed: Emitted with an id and what the user typed.
        list: One row for each person.
        buttons: Lock, name and hide, by these names; they act on the selected person.
    """

    lock_asked = pyqtSignal(int)
    hide_asked = pyqtSignal(int)
    renamed = pyqtSignal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._rows: dict[int, PersonRow] = {}
        self.list = _make_list()
        self._hint = QLabel(tr(_NOBODY))
        self._hint.setObjectName("quiet")
        self._hint.setWordWrap(True)
        self.buttons = {
            "lock": self._make_button((tr("Follow"), tr("Let go")), self.lock_asked.emit),
            "name": self._make_button((tr("Name …"),), self.start_naming),
            "hide": self._make_button((tr("Hide"), tr("Show")), self.hide_asked.emit),
        }
        self._arrange()
        self.list.itemChanged.connect(self._on_item_changed)
        self.list.itemActivated.connect(lambda item, _column: self.lock_asked.emit(item.data(0, _ID)))
        self.list.currentItemChanged.connect(lambda _new, _old: self._update_buttons())
        self._update_buttons()
        self.hide()

    @property
    def selected(self) -> int | None:
        """The id of the selected person; None for nobody."""
        item = self.list.currentItem()
        return None if item is None else int(item.data(0, _ID))

    def show_people(self, rows: Sequence[PersonRow], *, since: str, is_tracked: bool = True) -> None:
        """Show these people, in this order.

        Args:
            rows: The people.
            since: Title of the column that says when each was seen first.
            is_tracked: Whether there can be a list.
        """
        if self.list.state() == QAbstractItemView.State.EditingState:
            return  # the row must not move while its name is typed
        self.list.setHeaderLabels([tr("Person"), tr("Seen"), since])
        if [row.track_id for row in rows] != list(self._rows):
            self._arrange_rows([row.track_id for row in rows])
        for number, row in enumerate(rows):
            if self._rows.get(row.track_id) != row:
                self._fill(self.list.topLevelItem(number), row)
        self._rows = {row.track_id: row for row in rows}
        self._hint.setText(tr(_HINT if rows else _NOBODY if is_tracked else _UNTRACKED))
        self._update_buttons()

    def start_naming(self, track_id: int) -> None:
        """Let the user type the name of this person, in the row."""
        item = self._find(track_id)
        if item is not None:
            self.list.setCurrentItem(item)
            self.list.editItem(item, 0)

    def _find(self, track_id: int) -> QTreeWidgetItem | None:
        items = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        return next((item for item in items if item is not None and item.data(0, _ID) == track_id), None)

    def _arrange_rows(self, ids: Sequence[int]) -> None:
        """One item for each of these people, in this order; the selection stays."""
        selected = self.selected
        items = {}
        while (item := self.list.takeTopLevelItem(0)) is not None:
            items[item.data(0, _ID)] = item
        self.list.addTopLevelItems([items.get(track_id) or _make_item(track_id) for track_id in ids])
        chosen = None if selected is None else self._find(selected)
        self.list.setCurrentItem(chosen)

    def _fill(self, item: QTreeWidgetItem | None, row: PersonRow) -> None:
        if item is None:
            return
        blocked = self.list.blockSignals(True)  # noqa: FBT003 - Qt's; the change comes not from the user
        item.setText(0, row.name)
        item.setText(1, row.seen)
        item.setText(2, row.since)
        item.setIcon(0, _dot(row))
        font = item.font(0)
        font.setBold(row.is_locked)
        font.setStrikeOut(row.is_hidden)
        item.setFont(0, font)
        brush = QBrush(QColor(theme.TEXT if row.is_here and not row.is_hidden else theme.MUTED))
        for column in range(3):
            item.setForeground(column, brush)
            item.setToolTip(column, _tip(row))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{row.name}. {_tip(row)}")
        self.list.blockSignals(blocked)

    def _on_item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        track_id = int(item.data(0, _ID))
        if column == 0 and item.text(0) != self._rows[track_id].name:
            self.renamed.emit(track_id, item.text(0))

    def _update_buttons(self) -> None:
        row = None if self.selected is None else self._rows.get(self.selected)
        for button in self.buttons.values():
            button.setEnabled(row is not None)
        self.buttons["lock"].setText(tr("Let go") if row is not None and row.is_locked else tr("Follow"))
        self.buttons["hide"].setText(tr("Show") if row is not None and row.is_hidden else tr("Hide"))

    def _make_button(self, texts: Sequence[str], act: Callable[[int], None]) -> QPushButton:
        """A button that is wide enough for each of its texts, and shows the first one."""
        button = QPushButton(self)
        button.setProperty("kind", "narrow")
        for text in reversed(texts):
            button.setText(text)
            button.setMinimumWidth(max(button.minimumWidth(), button.sizeHint().width()))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked: None if self.selected is None else act(self.selected))
        return button

    def _arrange(self) -> None:
        title = QLabel(tr("People"))
        title.setObjectName("brief")
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in self.buttons.values():
            row.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.list, 1)
        column.addWidget(self._hint)
        column.addLayout(row)
        self.setFixedWidth(max(_WIDTH_PX, column.minimumSize().width()))  # some languages have long words


def _make_list() -> QTreeWidget:
    people = QTreeWidget()
    people.setColumnCount(3)
    people.setRootIsDecorated(False)
    people.setUniformRowHeights(True)
    people.setIconSize(QSize(_DOT_PX, _DOT_PX))
    people.setAccessibleName(tr("People"))
    people.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)  # F2; a double click follows the person
    header = people.header()
    if header is not None:
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return people


def _make_item(track_id: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(0, _ID, track_id)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
    for column in (1, 2):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _dot(row: PersonRow) -> QIcon:
    """A dot in the person's colour; a ring for who is not here, or not drawn."""
    blue, green, red = person_colours(row.track_id, row.colour).middle
    pixmap = QPixmap(2 * _DOT_PX, 2 * _DOT_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(red, green, blue))
    if row.is_here and not row.is_hidden:
        painter.setBrush(QColor(red, green, blue))
    painter.drawEllipse(2, 2, 2 * _DOT_PX - 4, 2 * _DOT_PX - 4)
    painter.end()
    return QIcon(pixmap)


def _tip(row: PersonRow) -> str:
    """The state of a person in words."""
    states = [tr("in the picture") if row.is_here else tr("not in the picture")]
    states += [tr("followed")] if row.is_locked else []
    states += [tr("hidden")] if row.is_hidden else []
    text = tr("ID {number}: {states}; seen for {seen}, first at {since}")
    return text.format(number=row.track_id, states=", ".join(states), seen=row.seen, since=row.since)
