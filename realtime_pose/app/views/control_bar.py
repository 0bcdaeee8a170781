"""The bar under the picture: a button for each command, and sliders that act at once."""

from collections.abc import Mapping

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QFrame, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from realtime_pose.app.icon_loader import GRID_PX
from realtime_pose.config import LiveSettings, SmoothConfig

_SPACING_PX = 7  # left and right of a separator
_NUM_STEPS = 100  # of a slider, over its whole range
_MAX_CUTOFF_HZ = 5.0  # above it, smoothing has hardly any visible effect
_BUTTON_TEXT_MIN_PX = 1240  # narrower bars show icons only
_SLIDER_NAME_MIN_PX = 960  # narrower bars show the names of the sliders in their tooltips only
_GROUPS = (("pause", "record", "snapshot"), ("skeletons", "boxes", "ids", "trails", "hud"), ("full_screen", "help"))
_ICON_ONLY = ("hud", "full_screen", "help")


class NumberSlider(QWidget):
    """A slider for a number in [0, maximum], with its name and its value.

    Args:
        name: Text beside the slider.
        tip: What the number does.
        value: First value.
        maximum: Value at the right end.
        min_step: Lowest step; 1 for a number that must not be 0.

    Attributes:
        label: The name; the bar shows it when it is wide enough.
        moved: Emitted with the new value when the slider moves.
    """

    moved = pyqtSignal(float)

    def __init__(self, name: str, tip: str, value: float, *, maximum: float = 1.0, min_step: int = 0) -> None:
        super().__init__()
        self._maximum = maximum
        self._value = QLabel(f"{value:.2f}")
        self._value.setObjectName("value")
        # Wide enough for every value, so that the slider does not move.
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 4)
        self.label = QLabel(name)
        self.label.setObjectName("quiet")
        self.label.hide()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(min_step, _NUM_STEPS)
        self.slider.setPageStep(5)
        self.slider.setValue(round(value / maximum * _NUM_STEPS))
        self.slider.setMinimumWidth(24)  # all sliders fit into a window of 800 px
        self.slider.setMaximumWidth(150)
        self.slider.setAccessibleName(tip)
        # Connected after setValue: the first value keeps all its decimals until the user moves the slider.
        self.slider.valueChanged.connect(self._on_step_changed)
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    def _on_step_changed(self, step: int) -> None:
        value = step / _NUM_STEPS * self._maximum
        self._value.setText(f"{value:.2f}")
        self.moved.emit(value)


class ControlBar(QWidget):
    """Buttons and sliders in a row.

    Args:
        actions: The actions of the window, by the names of keys.KEYS. A button and its key share one action.
        settings: First values of the sliders.

    Attributes:
        buttons: By the name of their action.
        detector: Slider for the score threshold of the detector.
        keypoints: Slider for the score threshold of keypoints.
        cutoff: Slider for the cutoff frequency of the smoothing, in Hz.
    """

    def __init__(self, actions: Mapping[str, QAction], *, settings: LiveSettings) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # else a QWidget subclass paints no background
        self.buttons = {name: _make_button(actions[name]) for group in _GROUPS for name in group}
        detector, keypoints = settings.detector_threshold, settings.shown.keypoint_threshold
        self.detector = NumberSlider("Person", "Persons with a lower score are ignored", detector)
        self.keypoints = NumberSlider("Keypoint", "Keypoints with a lower score are not drawn", keypoints)
        cutoff_hz = (settings.smooth or SmoothConfig()).min_cutoff_hz
        tip = "Cutoff frequency of the smoothing in Hz: lower is steadier, higher reacts faster"
        self.cutoff = NumberSlider("Hz", tip, cutoff_hz, maximum=_MAX_CUTOFF_HZ, min_step=1)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Show text beside the icons, and names beside the sliders, if the bar is wide enough."""
        for slider in (self.detector, self.keypoints, self.cutoff):
            slider.label.setVisible(self.width() >= _SLIDER_NAME_MIN_PX)
        is_wide = self.width() >= _BUTTON_TEXT_MIN_PX
        with_text, icon_only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        for name, button in self.buttons.items():
            button.setToolButtonStyle(with_text if is_wide and name not in _ICON_ONLY else icon_only)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(2)
        self._add_group(row, _GROUPS[0])
        _add_separator(row)
        self._add_group(row, _GROUPS[1])
        _add_separator(row)
        row.addWidget(self.detector, 1)
        row.addSpacing(6)
        row.addWidget(self.keypoints, 1)
        row.addSpacing(6)
        row.addWidget(self.cutoff, 1)
        _add_separator(row)
        self._add_group(row, _GROUPS[2])

    def _add_group(self, row: QHBoxLayout, names: tuple[str, ...]) -> None:
        for name in names:
            row.addWidget(self.buttons[name])


def _make_button(action: QAction) -> QToolButton:
    """A button that never takes the focus: otherwise the space bar would press it instead of pausing."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(GRID_PX, GRID_PX))
    button.setObjectName(action.objectName())
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(action.text())
    button.setAccessibleDescription(action.toolTip())
    return button


def _add_separator(row: QHBoxLayout) -> None:
    """A thin vertical line with space on both sides."""
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 22)
    row.addSpacing(_SPACING_PX)
    row.addWidget(line)
    row.addSpacing(_SPACING_PX)
