"""The box at the top where a source is chosen: cameras by name, the demo, recent ones, a file, or a pasted address."""

from collections.abc import Iterable, Mapping

from PyQt5.QtCore import QModelIndex, QPointF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QComboBox, QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from realtime_pose.app import theme
from realtime_pose.sources.address import redact_url

OPEN_FILE = "\0open a file"  # in place of an address; no address has a NUL


def source_label(uri: str, cameras: Mapping[str, str]) -> str:
    """What a source is called on the screen, without its password.

    Args:
        uri: Address of the source.
        cameras: Names of cameras, by their addresses.
    """
    if uri == "demo":
        return "Demo clip"
    if uri.isdecimal():
        return f"{cameras[uri]} (camera {uri})" if uri in cameras else f"Camera {uri}"
    return redact_url(uri)


def dropped_uri(event: QDropEvent) -> str:
    """The address of what is dropped; "" for none."""
    mime = event.mimeData()
    urls = mime.urls() if mime is not None else []
    if not urls:
        return ""
    return urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString()


class _Rows(QStyledItemDelegate):
    """The rows of the list, as the style sheet says; between two groups a thin line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Low for a line."""
        return QSize(1, 9) if _is_line(index) else super().sizeHint(option, index)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint the row or the line."""
        if painter is None or not _is_line(index):
            super().paint(painter, option, index)
            return
        place = option.rect
        painter.fillRect(place.x() + 6, place.center().y(), place.width() - 12, 1, QColor(theme.LINE))


def _is_line(index: QModelIndex) -> bool:
    return bool(index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "separator")  # Qt's own mark


class SourceBox(QComboBox):
    """Choose from the list, or type and press Enter.

    Attributes:
        chosen: Emitted with an address, or with OPEN_FILE.
        left: Emitted when the keys should go to the picture again.
        opened: Emitted before the list shows, so that it can be brought up to date.
    """

    chosen = pyqtSignal(str)
    left = pyqtSignal()
    opened = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(20)
        self.setMaxVisibleItems(20)
        self.setItemDelegate(_Rows(self))
        self.setAccessibleName("Source")
        self.setToolTip("Choose a source, or paste an address or a path and press Enter")
        self.setCompleter(None)
        edit = self.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("Paste an rtsp:// or http:// address or a path, and press Enter")
            edit.returnPressed.connect(self._take_typed)
        self.activated.connect(self._take_row)
        self._uri = ""
        self.cameras: dict[str, str] = {}

    def fill(self, *, uri: str, cameras: Mapping[str, str], recent: Iterable[str]) -> None:
        """Make the list anew and show the present source; what is being typed stays.

        Args:
            uri: Address of the present source.
            cameras: Names of the cameras that are there, by their addresses.
            recent: Addresses, newest first.
        """
        self._uri, self.cameras = uri, dict(cameras)
        edit = self.lineEdit()
        typed = edit.text() if edit is not None and edit.isModified() and edit.hasFocus() else None
        self.clear()
        for camera in cameras:
            self.addItem(source_label(camera, cameras), camera)
        if not cameras:
            self._add_words("No camera found")
        self.insertSeparator(self.count())
        self.addItem(source_label("demo", {}), "demo")
        self.addItem("Open a file …", OPEN_FILE)
        others = [other for other in recent if other != "demo" and other not in cameras]
        if others:
            self.insertSeparator(self.count())
        for other in others:
            self.addItem(source_label(other, cameras), other)
        self._show_present()
        if typed is not None and edit is not None:
            edit.setText(typed)
            edit.setModified(True)

    def edit(self) -> None:
        """Take the keys, so that an address can be typed or pasted over the present one."""
        edit = self.lineEdit()
        if edit is not None:
            edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
            edit.selectAll()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the arrow too, which a style sheet without image files leaves out."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.MUTED), 1.6, cap=Qt.PenCapStyle.RoundCap))
        middle = QPointF(self.width() - 17, self.height() / 2 + 1)
        painter.drawPolyline(QPolygonF([middle + QPointF(-4, -2), middle + QPointF(0, 2), middle + QPointF(4, -2)]))
        painter.end()

    def give_up(self) -> None:
        """Forget what is being typed."""
        self._show_present()
        self.left.emit()

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Show the list, brought up to date."""
        self.opened.emit()
        super().showPopup()

    def _add_words(self, words: str) -> None:
        """A row that cannot be chosen."""
        self.addItem(words)
        self.setItemData(self.count() - 1, 0, Qt.ItemDataRole.UserRole - 1)  # the flags of the row: none

    def _show_present(self) -> None:
        self.setCurrentIndex(self.findData(self._uri))
        self.setEditText(source_label(self._uri, self.cameras))
        edit = self.lineEdit()
        if edit is not None:
            edit.setModified(False)
            edit.setCursorPosition(0)

    def _take_row(self, row: int) -> None:
        uri = self.itemData(row)
        self._show_present()
        self.left.emit()
        if uri:
            self.chosen.emit(uri)

    def _take_typed(self) -> None:
        """Open what was typed; the words of a row mean that row."""
        edit = self.lineEdit()
        text = edit.text().strip() if edit is not None and edit.isModified() else ""  # Qt tells of one Enter twice
        row = self.findText(text)
        uri = self.itemData(row) if row >= 0 else text
        self.give_up()  # a password that was pasted must not stay on the screen
        if text and uri:
            self.chosen.emit(uri)
