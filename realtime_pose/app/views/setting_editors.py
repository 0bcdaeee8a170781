"""What a setting is changed with: a list, a number, a switch, a folder, or boxes to tick."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent, QWheelEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from realtime_pose.app.model_choices import Choice
from realtime_pose.app.settings_rows import Row
from realtime_pose.app.translation import tr
from realtime_pose.app.views.drop_arrow import paint_arrow
from realtime_pose.app.views.text_fit import elide_line

_LIST_CHARS = 22  # least width of a list
_FOLDER_PX = 260


class Editor(QWidget):
    """Changes one setting. Abstract for mypy only: Qt's classes have a metaclass of their own, so it cannot be an ABC.

    Attributes:
        chosen: Emitted with a value that the user has chosen.
    """

    chosen = pyqtSignal(object)

    @abstractmethod
    def show_value(self, value: Any) -> None:
        """Show the present value; emits nothing."""

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these values from now on, if it is a list; emits nothing. The present value is shown afterwards."""

    @abstractmethod
    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name the parts that take the focus."""


def make_editor(row: Row) -> Editor:
    """What this setting is changed with."""
    if row.is_many:
        return _Boxes(row)
    if row.choices:
        return _List(row)
    if row.limits is not None:
        return _Number(row.limits, row.unit)
    return _Folder() if row.is_folder else _Switch()


class _QuietList(QComboBox):
    """A list whose value the wheel does not change: it scrolls the dialog."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what is behind."""
        if event is not None:
            event.ignore()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the list and its arrow."""
        super().paintEvent(event)
        paint_arrow(self)


class _QuietNumber(QDoubleSpinBox):
    """A number that the wheel does not change."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what is behind."""
        if event is not None:
            event.ignore()


class _List(Editor):
    """One of several values; below the list stands what is known of the present one."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._choices: Sequence[Choice] = ()
        self.box, self._note = _QuietList(), QLabel()
        self.box.setMinimumContentsLength(_LIST_CHARS)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setItemDelegate(QStyledItemDelegate(self.box))  # Qt's own shows hardly which row the keys have reached
        self.show_choices(row.choices)
        self.box.activated.connect(lambda number: self.chosen.emit(self._choices[number].value))
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        column = _column(self)
        column.addWidget(self.box)
        column.addWidget(self._note)

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Put these values into the list."""
        if tuple(choices) == tuple(self._choices):
            return
        self._choices = choices
        self.box.clear()
        for number, choice in enumerate(choices):
            self.box.addItem(choice.text, choice.value)
            self.box.setItemData(number, choice.note, Qt.ItemDataRole.ToolTipRole)

    def show_value(self, value: Any) -> None:
        """Select the value, and tell what is known of it."""
        number = self.box.findData(value)
        if number < 0:  # such as a size in pixels from the command line
            self.box.setCurrentIndex(-1)
            self._note.setText(str(value))
            self._note.show()
            return
        self.box.setCurrentIndex(number)
        self._note.setText(self._choices[number].note)
        self._note.setVisible(bool(self._choices[number].note))

    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name the list."""
        self.box.setAccessibleName(name)
        self.box.setAccessibleDescription(description)
        self.setFocusProxy(self.box)


class _Number(Editor):
    """A number between limits."""

    def __init__(self, limits: tuple[float, float], unit: str) -> None:
        super().__init__()
        self.box = _QuietNumber()
        self.box.setRange(*limits)
        self.box.setDecimals(2)
        self.box.setSingleStep(0.05)
        self.box.setSuffix(unit)
        self.box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # Qt paints them badly in a style sheet
        self.box.setKeyboardTracking(False)
        self.box.valueChanged.connect(self.chosen.emit)
        row = _row(self)
        row.addWidget(self.box)
        row.addStretch()

    def show_value(self, value: Any) -> None:
        """Show the number."""
        was_blocked = self.box.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.box.setValue(float(value))
        self.box.blockSignals(was_blocked)

    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name the number."""
        self.box.setAccessibleName(name)
        self.box.setAccessibleDescription(description)
        self.setFocusProxy(self.box)


class _Switch(Editor):
    """On or off."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QCheckBox(tr("on"))
        self.box.clicked.connect(self.chosen.emit)
        _row(self).addWidget(self.box)

    def show_value(self, value: Any) -> None:
        """Show whether it is on."""
        self.box.setChecked(bool(value))

    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name the box."""
        self.box.setAccessibleName(name)
        self.box.setAccessibleDescription(description)
        self.setFocusProxy(self.box)


class _Folder(Editor):
    """A folder, by its dialog."""

    def __init__(self) -> None:
        super().__init__()
        self._path, self.button = QLabel(), QPushButton(tr("Choose …"))
        self._path.setObjectName("quiet")
        self.button.clicked.connect(self._ask)
        row = _row(self)
        row.addWidget(self._path, 1)
        row.addWidget(self.button)

    def show_value(self, value: Any) -> None:
        """Show the path, shortened in its middle."""
        self._path.setText(elide_line(str(value), self._path.fontMetrics(), _FOLDER_PX))
        self._path.setToolTip(str(value))

    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name the button."""
        self.button.setAccessibleName(f"{name}: {self.button.text()}")
        self.button.setAccessibleDescription(description)
        self.setFocusProxy(self.button)

    def _ask(self) -> None:
        dialog = QFileDialog(self, tr("Choose a folder"), self._path.toolTip())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.chosen.emit)
        dialog.open()


class _Boxes(Editor):
    """Any number of several values."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.boxes = {choice.value: QCheckBox(choice.text) for choice in row.choices}
        column = _column(self)
        for box in self.boxes.values():
            box.clicked.connect(self._emit)
            column.addWidget(box)

    def show_value(self, value: Any) -> None:
        """Tick the values."""
        for name, box in self.boxes.items():
            box.setChecked(name in value)

    def name_for_screen_readers(self, name: str, description: str) -> None:
        """Name each box."""
        for box in self.boxes.values():
            box.setAccessibleName(f"{name}: {box.text()}")
            box.setAccessibleDescription(description)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def _emit(self) -> None:
        values: list[str] = [name for name, box in self.boxes.items() if box.isChecked()]
        self.chosen.emit(values)


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    return column


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    return row
