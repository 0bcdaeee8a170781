"""A slider for a number, with its name and its value."""

from dataclasses import dataclass

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

_NUM_STEPS = 100  # of a slider, over its whole range
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)  # they move a slider with the focus


@dataclass(frozen=True, slots=True)
class SliderRange:
    """The numbers of a slider, from 0 to a maximum.

    Attributes:
        maximum: Highest number.
        min_step: Lowest of 100 steps; 1 for a number that must not be 0.
        unit: Text after the value.
        is_falling: Whether the highest number is at the left end.
    """

    maximum: float = 1.0
    min_step: int = 0
    unit: str = ""
    is_falling: bool = False


class _KeySlider(QSlider):
    """A slider that the Tab key reaches, and not a click: after a click, the keys are still commands of the window."""

    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def event(self, event: QEvent | None) -> bool:
        """Keep the keys that move the slider from being commands of the window."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)


class NumberSlider(QWidget):
    """A slider for a number, with its name and its value.

    Args:
        name: Text beside the slider.
        tip: What the number does.
        value: First value.
        numbers: The numbers to choose from.

    Attributes:
        moved: Emitted with the new value when the slider moves.
    """

    moved = pyqtSignal(float)

    def __init__(self, name: str, tip: str, value: float, numbers: SliderRange | None = None) -> None:
        super().__init__()
        self._name, self._tip, self._range = name, tip, numbers or SliderRange()
        self._value = QLabel(self._text(value))
        self._value.setObjectName("value")
        # Wide enough for every value, so that the slider does not move.
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance(self._text(0.0)) + 4)
        label = QLabel(name)
        label.setObjectName("quiet")
        self.slider = _KeySlider(Qt.Orientation.Horizontal)
        self.slider.setRange(self._range.min_step, _NUM_STEPS)
        self.slider.setPageStep(5)
        self.slider.setInvertedAppearance(self._range.is_falling)
        self.slider.setValue(round(value / self._range.maximum * _NUM_STEPS))
        self.slider.setMinimumWidth(50)
        self.slider.setMaximumWidth(150)
        self.slider.setAccessibleName(f"{name}. {tip}")
        # Connected after setValue: the first value keeps all its decimals until the user moves the slider.
        self.slider.valueChanged.connect(self._on_step_changed)
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    def show_value(self, value: float) -> None:
        """Show a value that was changed elsewhere; emits nothing."""
        was_blocked = self.slider.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.slider.setValue(round(value / self._range.maximum * _NUM_STEPS))
        self.slider.blockSignals(was_blocked)
        self._value.setText(self._text(value))

    def make_twin(self) -> "NumberSlider":
        """Another slider for the same number: if one of them moves, the other moves too."""
        twin = NumberSlider(self._name, self._tip, self.slider.value() / _NUM_STEPS * self._range.maximum, self._range)
        twin.slider.valueChanged.connect(self.slider.setValue)
        self.slider.valueChanged.connect(twin.slider.setValue)
        return twin

    def _text(self, value: float) -> str:
        return f"{value:.2f}{self._range.unit}"

    def _on_step_changed(self, step: int) -> None:
        value = step / _NUM_STEPS * self._range.maximum
        self._value.setText(self._text(value))
        self.moved.emit(value)
