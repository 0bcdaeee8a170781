"""The bar under the picture: a button for each thing that can be done, and the sliders that act at once."""

from collections.abc import Mapping

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QFrame, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from realtime_pose.app.icons import GRID_PX
from realtime_pose.config import LiveSettings, SmoothConfig

_AIR_PX = 7
_STEPS = 100  # a slider's step is a hundredth of its range
_MOST_CUTOFF_HZ = 5.0  # above it smoothing is hardly to be seen
_LABELS_FROM_PX = 1240  # narrower bars show icons only
_NAMES_FROM_PX = 960  # narrower bars leave the sliders' names to their tips
_GROUPS = (("pause", "record", "snapshot"), ("skeletons", "boxes", "ids", "trails", "hud"), ("full_screen", "help"))
_ICON_ONLY = ("hud", "full_screen", "help")


class NumberSlider(QWidget):
    """A number in [0, most] with its name and its value; one that must not be 0 begins a step above.

    Attributes:
        label: Its name; hidden at first, until there is room.
        moved: Emitted with the new value when a person moves it.
    """

    moved = pyqtSignal(float)

    def __init__(self, name: str, tip: str, value: float, *, most: float = 1.0, first_step: int = 0) -> None:
        super().__init__()
        self._most = most
        self._value = QLabel(f"{value:.2f}")
        self._value.setObjectName("value")
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 4)
        self.label = QLabel(name)
        self.label.setObjectName("quiet")
        self.label.hide()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(first_step, _STEPS)
        self.slider.setPageStep(5)
        self.slider.setValue(round(value / most * _STEPS))
        self.slider.setMinimumWidth(24)
        self.slider.setMaximumWidth(150)
        self.slider.setAccessibleName(tip)
        self.slider.valueChanged.connect(self._move)
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    def _move(self, step: int) -> None:
        value = step / _STEPS * self._most
        self._value.setText(f"{value:.2f}")
        self.moved.emit(value)


class ControlBar(QWidget):
    """The bar.

    Args:
        actions: The window's actions by their names in keys.KEYS: a button and its key are one.
        settings: Where the sliders stand at first.

    Attributes:
        buttons: By the name of their action.
        detector: Slider of the detector's threshold.
        keypoints: Slider of the keypoints' threshold.
        cutoff: Slider of the smoothing's cut-off in Hz.
    """

    def __init__(self, actions: Mapping[str, QAction], *, settings: LiveSettings) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons = {name: _button(actions[name]) for group in _GROUPS for name in group}
        detector, keypoints = settings.detector_threshold, settings.shown.keypoint_threshold
        self.detector = NumberSlider("Person", "Persons scored lower by the detector are left out", detector)
        self.keypoints = NumberSlider("Keypoint", "Keypoints scored lower are not drawn", keypoints)
        cutoff_hz = (settings.smooth or SmoothConfig()).min_cutoff_hz
        tip = "Smoothing's cut-off in Hz: lower is steadier, higher follows faster"
        self.cutoff = NumberSlider("Hz", tip, cutoff_hz, most=_MOST_CUTOFF_HZ, first_step=1)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(2)
        self._add_group(row, _GROUPS[0])
        _add_rule(row)
        self._add_group(row, _GROUPS[1])
        _add_rule(row)
        row.addWidget(self.detector, 1)
        row.addSpacing(6)
        row.addWidget(self.keypoints, 1)
        row.addSpacing(6)
        row.addWidget(self.cutoff, 1)
        _add_rule(row)
        self._add_group(row, _GROUPS[2])

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Show words beside the icons, and names beside the sliders, where there is room for them."""
        for slider in (self.detector, self.keypoints, self.cutoff):
            slider.label.setVisible(self.width() >= _NAMES_FROM_PX)
        has_room = self.width() >= _LABELS_FROM_PX
        with_text, icon_only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        for name, button in self.buttons.items():
            button.setToolButtonStyle(with_text if has_room and name not in _ICON_ONLY else icon_only)

    def _add_group(self, row: QHBoxLayout, names: tuple[str, ...]) -> None:
        for name in names:
            row.addWidget(self.buttons[name])


def _button(action: QAction) -> QToolButton:
    """A button that never takes the focus: its key does the same, and Space must stay Pause."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(GRID_PX, GRID_PX))
    button.setObjectName(action.objectName())
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(action.text())
    button.setAccessibleDescription(action.toolTip())
    return button


def _add_rule(row: QHBoxLayout) -> None:
    """A thin vertical line with air on both sides."""
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedSize(1, 22)
    row.addSpacing(_AIR_PX)
    row.addWidget(rule)
    row.addSpacing(_AIR_PX)
