"""The box where the user chooses a source: cameras by name, the demo, recent sources, a file, or a typed address."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce

from PyQt5.QtCore import QModelIndex, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QDropEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt5.QtWidgets import QComboBox, QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from realtime_pose.app import theme
from realtime_pose.app.translation import tr
from realtime_pose.app.views.drop_arrow import paint_arrow
from realtime_pose.redaction import MASK, fill_in_secrets, has_mask, redact_url
from realtime_pose.sources.address import WEBCAM_PREFIX, is_webcam

OPEN_FILE = "\0open a file"  # stands in place of an address; no address has a NUL
_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_FOCUS_COMES_BACK = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


def source_label(uri: str, cameras: Mapping[str, str]) -> str:
    """Name of a source for the user, without its password.

    Args:
        uri: Address of the source.
        cameras: Names of the cameras, by their addresses.
    """
    if uri == "demo":
        return tr("Demo clip")
    number = uri.removeprefix(WEBCAM_PREFIX)
    if number.isdecimal() and is_webcam(uri):
        text = tr("{name} (camera {number})") if uri in cameras else tr("Camera {number}")
        return text.format(name=cameras.get(uri, ""), number=number)
    return redact_url(uri)


def dropped_uri(event: QDropEvent) -> str:
    """Address of the dropped file or link; "" for anything else."""
    mime = event.mimeData()
    urls = mime.urls() if mime is not None else []
    if not urls:
        return ""
    return urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString()


class _RowDelegate(QStyledItemDelegate):
    """Paints the rows of the list as the style sheet says, and a thin line between two groups."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Size of a row; a separator is low."""
        return QSize(1, 9) if _is_separator(index) else super().sizeHint(option, index)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint the row or the separator."""
        if painter is None or not _is_separator(index):
            super().paint(painter, option, index)
            return
        rect = option.rect
        painter.fillRect(rect.x() + 6, rect.center().y(), rect.width() - 12, 1, QColor(theme.LINE))


def _is_separator(index: QModelIndex) -> bool:
    return bool(index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "separator")  # Qt marks them this way


class SourceBox(QComboBox):
    """A list to choose from; the user can also type an address and press Enter.

    A row holds the real address and shows the one without password. What the user types is compared with what is
    shown, and a password that is still hidden in it is filled in from the real address.

    Attributes:
        chosen: Emitted with an address, or with OPEN_FILE.
        refused: Emitted with a message if the typed text cannot be opened; the text stays.
        focus_released: Emitted when the keyboard focus should go back to the picture.
        editing_ended: Emitted when the keyboard focus has left the box for another widget.
        popup_opening: Emitted before the list opens, so that it can be brought up to date.
        cameras: Names of the cameras, by their addresses.
    """

    chosen = pyqtSignal(str)
    refused = pyqtSignal(str)
    focus_released = pyqtSignal()
    editing_ended = pyqtSignal()
    popup_opening = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tip = tr("Choose a source, or paste an address or a path and press Enter") + "  [Ctrl+L]"
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(20)
        self.setItemDelegate(_RowDelegate(self))
        rows = self.view()
        if rows is not None:
            rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # a path ends with the name of its file
        self.setAccessibleName(tr("Source"))
        self.setToolTip(self._tip)
        self.setCompleter(None)  # it would replace what the user types with an older address
        edit = self.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("Paste an rtsp:// or http:// address or a path, and press Enter"))
            # Qt activates a row whose text is that of the line edit. Texts are not addresses: two may look the same.
            edit.editingFinished.disconnect()
            edit.returnPressed.connect(self._choose_typed)
        self.activated.connect(self._choose_row)
        self._uri = ""
        self.cameras: dict[str, str] = {}

    def set_sources(self, *, uri: str, cameras: Mapping[str, str], recent: Iterable[str]) -> None:
        """Replace the list and show the current source; text that is being typed stays.

        Args:
            uri: Address of the current source.
            cameras: Names of the connected cameras, by their addresses.
            recent: Addresses, newest first.
        """
        self._uri, self.cameras = uri, dict(cameras)
        restore_typed = self._keep_typed()
        self.clear()
        for camera in cameras:
            self.addItem(source_label(camera, cameras), camera)
        if not cameras:
            self._add_disabled_row(tr("No camera found"))
        self.insertSeparator(self.count())
        self.addItem(source_label("demo", {}), "demo")
        self.addItem(tr("Open a file …"), OPEN_FILE)
        others = [other for other in recent if other != "demo" and other not in cameras]
        if others:
            self.insertSeparator(self.count())
        for other in others:
            self.addItem(source_label(other, cameras), other)
        self._show_current()
        restore_typed()

    def start_editing(self) -> None:
        """Take the keyboard focus, and select the text: the user types over it."""
        edit = self.lineEdit()
        if edit is None:
            return
        edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        edit.selectAll()

    def cancel_editing(self) -> None:
        """Drop the typed text and show the current source again."""
        self._show_current()
        self.focus_released.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Do nothing: Qt would choose the next source."""
        if event is not None:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Arrow keys open the list: Qt would choose the next source."""
        if event is not None and event.key() in _LIST_KEYS:
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the current source again: a half typed password must not stay on the screen."""
        super().focusOutEvent(event)
        # The focus comes back from the list and from another window, for example after copying an address there.
        if event is not None and event.reason() not in _FOCUS_COMES_BACK:
            self._show_current()
            self.editing_ended.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the box and its arrow, which Qt leaves out when a style sheet has no image for it."""
        super().paintEvent(event)
        paint_arrow(self)

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Bring the list up to date and open it."""
        self.popup_opening.emit()
        super().showPopup()

    def _add_disabled_row(self, text: str) -> None:
        """Add a row that cannot be chosen."""
        self.addItem(text)
        self.setItemData(self.count() - 1, 0, Qt.ItemDataRole.UserRole - 1)  # Qt keeps the flags of the row here

    def _show_current(self) -> None:
        """Show the name of the current source in the box."""
        self.setCurrentIndex(self.findData(self._uri))
        label = source_label(self._uri, self.cameras)
        self.setEditText(label)
        self.setToolTip(f"{label}\n{self._tip}")  # the box may be too narrow for a long path
        edit = self.lineEdit()
        if edit is not None:
            edit.setModified(False)
            edit.setCursorPosition(0)  # show the start of a long address

    def _keep_typed(self) -> Callable[[], None]:
        """A function that puts back what the user is typing or has selected; ``clear`` also clears the line edit."""
        edit = self.lineEdit()
        if edit is None or not edit.hasFocus():
            return lambda: None
        text, is_modified, cursor = edit.text(), edit.isModified(), edit.cursorPosition()
        selected = (edit.selectionStart(), edit.selectionLength())

        def restore() -> None:
            edit.setText(text)
            edit.setModified(is_modified)
            edit.setCursorPosition(cursor)
            if selected[1]:
                edit.setSelection(*selected)

        return restore

    def _choose_row(self, row: int) -> None:
        uri = self.itemData(row)
        # Until the new source is open, the box shows the current one.
        self._show_current()
        self.focus_released.emit()
        if uri:
            self.chosen.emit(uri)

    def _choose_typed(self) -> None:
        """Open the typed address; the text of a row means that row."""
        edit = self.lineEdit()
        # Qt emits returnPressed twice for one Enter. The second time, the text is not modified any more.
        text = edit.text().strip() if edit is not None and edit.isModified() else ""
        uri = self._address(text)
        if has_mask(uri):
            why = tr("{address}: {mask} stands for a hidden password; type the password in its place")
            self.refused.emit(why.format(address=redact_url(uri), mask=MASK))
            return
        self.cancel_editing()  # a pasted password must not stay on the screen
        if uri:
            self.chosen.emit(uri)

    def _address(self, text: str) -> str:
        """The address that this text stands for."""
        rows = [self.itemData(row) for row in range(self.count()) if self.itemText(row) == text]
        if rows:
            return rows[0] or ""  # a disabled row has none
        known = [self._uri, *(self.itemData(row) for row in range(self.count()))]
        return reduce(fill_in_secrets, filter(None, known), text)
