"""The bar under the picture: a button for each thing that can be done, and the sliders that act at once."""

from collections.abc import Mapping

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QFrame, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from realtime_pose.app.icons import GRID_PX

_AIR_PX = 7
_STEPS = 100  # a slider's step is a hundredth of the score
_LABELS_FROM_PX = 1240  # narrower bars show icons only
_GROUPS = (("pause", "record", "snapshot"), ("skeletons", "boxes", "ids", "trails", "hud"), ("full_screen", "help"))
_ICON_ONLY = ("hud", "full_screen", "help")


class ScoreSlider(QWidget):
    """A threshold in [0, 1] with its name and its value.

    Attributes:
        moved: Emitted with the new value when a person moves it.
    """

    moved = pyqtSignal(float)

    def __init__(self, name: str, tip: str, value: float) -> None:
        super().__init__()
        self._value = QLabel(f"{value:.2f}")
        self._value.setObjectName("value")
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 4)
        label = QLabel(name)
        label.setObjectName("quiet")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(5)
        self.slider.setValue(round(value * _STEPS))
        self.slider.setMinimumWidth(48)
        self.slider.setMaximumWidth(150)
        self.slider.setAccessibleName(tip)
        self.slider.valueChanged.connect(self._move)
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    def _move(self, step: int) -> None:
        self._value.setText(f"{step / _STEPS:.2f}")
        self.moved.emit(step / _STEPS)


class Controls(QWidget):
    """The bar.

    Args:
        actions: The window's actions by their names in keys.KEYS: a button and its key are one.
        detector_threshold: Where the slider stands at first.
        keypoint_threshold: Likewise.

    Attributes:
        buttons: By the name of their action.
        detector: Slider of the detector's threshold.
        keypoints: Slider of the keypoints' threshold.
    """

    def __init__(self, actions: Mapping[str, QAction], *, detector_threshold: float, keypoint_threshold: float) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons = {name: _button(actions[name]) for group in _GROUPS for name in group}
        self.detector = ScoreSlider("Person", "Persons scored lower by the detector are left out", detector_threshold)
        self.keypoints = ScoreSlider("Keypoint", "Keypoints scored lower are not drawn", keypoint_threshold)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(2)
        self._add_group(row, _GROUPS[0])
        _add_rule(row)
        self._add_group(row, _GROUPS[1])
        _add_rule(row)
        row.addWidget(self.detector, 1)
        row.addSpacing(12)
        row.addWidget(self.keypoints, 1)
        _add_rule(row)
        self._add_group(row, _GROUPS[2])

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Show words beside the icons where there is room for them."""
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
