"""The bar under the picture: a button for each command, and sliders that act at once."""

from collections.abc import Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QFrame, QHBoxLayout, QSizePolicy, QWidget

from realtime_pose.app.translation import tr
from realtime_pose.app.views.command_button import make_button
from realtime_pose.app.views.number_slider import NumberSlider, SliderRange
from realtime_pose.app.views.overflow_button import OverflowButton
from realtime_pose.config import LiveSettings, SmoothConfig

_SPACING_PX = 7  # left and right of a separator
_SPARE_PX = 24  # the pause button grows when its text changes
# Above 5 Hz, smoothing has hardly any visible effect. The right end is the steadiest.
_CUTOFF_RANGE = SliderRange(maximum=5.0, min_step=1, unit=" Hz", is_falling=True)
_GROUPS = (
    ("pause", "record", "snapshot"),
    ("skeletons", "boxes", "ids", "trails", "hud"),
    ("people", "statistics", "inset", "mirror", "virtual_camera", "publish", "full_screen", "settings", "help"),
)
_SLIDERS = ("detector", "keypoints", "cutoff")
# What goes into the menu if the bar is too narrow, in this order. The others always stay.
_HIDDEN_FIRST = (
    "publish",
    "virtual_camera",
    *reversed(_SLIDERS),
    "hud",
    "trails",
    "ids",
    "boxes",
    "skeletons",
    "inset",
    "mirror",
    "statistics",
    "people",
    "help",
    "settings",
    "snapshot",
)


class ControlBar(QWidget):
    """Buttons and sliders in a row. What does not fit is in the menu of a button at the end.

    Args:
        actions: The actions of the window, by the names of keys.KEYS. A button and its key share one action.
        settings: First values of the sliders.

    Attributes:
        buttons: By the name of their action.
        detector: Slider for the score threshold of the detector.
        keypoints: Slider for the score threshold of keypoints.
        cutoff: Slider for the cutoff frequency of the smoothing, in Hz.
        overflow: The button with the menu.
    """

    def __init__(self, actions: Mapping[str, QAction], *, settings: LiveSettings) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # else a QWidget subclass paints no background
        # The bar must not make the window wider, because it has a menu for what does not fit.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._actions = actions
        self.buttons = {name: make_button(actions[name]) for group in _GROUPS for name in group}
        detector, keypoints = settings.detector_threshold, settings.shown.keypoint_threshold
        self.detector = NumberSlider(tr("Person score"), tr("Persons with a lower score are ignored"), detector)
        tip = tr("Less certain keypoints are not drawn; at 0.5, seen and guessed are equally likely")
        self.keypoints = NumberSlider(tr("Keypoint score"), tip, keypoints)
        cutoff_hz = (settings.smooth or SmoothConfig()).min_cutoff_hz
        tip = tr("To the right the skeletons are steadier, to the left they react faster (cutoff frequency)")
        self.cutoff = NumberSlider(tr("Smoothing"), tip, cutoff_hz, _CUTOFF_RANGE)
        self._sliders = dict(zip(_SLIDERS, (self.detector, self.keypoints, self.cutoff), strict=True))
        self.overflow = OverflowButton(self._sliders)
        self._after_toggles, self._after_sliders = _make_separator(), _make_separator()
        self._level: int | None = None  # number of hidden parts
        self._level_px: list[int] = []  # width that each level needs
        self._arrange()

    def show_settings(self, settings: LiveSettings) -> None:
        """Show values that were changed elsewhere."""
        self.detector.show_value(settings.detector_threshold)
        self.keypoints.show_value(settings.shown.keypoint_threshold)
        self.cutoff.show_value((settings.smooth or SmoothConfig()).min_cutoff_hz)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Move what does not fit into the menu; what stays keeps its text."""
        levels = range(len(_HIDDEN_FIRST) + 1)
        if not self._level_px:
            self._level_px = [self._measure(level) for level in levels]
        fitting = (level for level in levels if self._level_px[level] + _SPARE_PX <= self.width())
        self._show_level(next(fitting, levels[-1]))
        self._row.activate()  # now: the parts were placed before this event, as if nothing were hidden

    def _measure(self, level: int) -> int:
        """Width of the bar on this level."""
        self._show_level(level)
        return self._row.minimumSize().width()

    def _show_level(self, level: int) -> None:
        if level == self._level:
            return
        self._level = level
        hidden = _HIDDEN_FIRST[:level]
        for name, button in self.buttons.items():
            button.setVisible(name not in hidden)
        for name, slider in self._sliders.items():
            slider.setVisible(name not in hidden)
        self._after_toggles.setVisible(any(name not in hidden for name in _GROUPS[1]))
        self._after_sliders.setVisible(any(name not in hidden for name in _SLIDERS))
        hidden_actions = [self._actions[name] for name in self.buttons if name in hidden]
        self.overflow.show_hidden(hidden_actions, [name for name in _SLIDERS if name in hidden])

    def _arrange(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(2)
        self._add_group(row, _GROUPS[0])
        row.addWidget(_make_separator())
        self._add_group(row, _GROUPS[1])
        row.addWidget(self._after_toggles)
        for slider in self._sliders.values():
            row.addWidget(slider, 1)
        row.addWidget(self._after_sliders)
        row.addStretch()
        self._add_group(row, _GROUPS[2])
        row.addWidget(self.overflow)

    def _add_group(self, row: QHBoxLayout, names: tuple[str, ...]) -> None:
        for name in names:
            row.addWidget(self.buttons[name])


def _make_separator() -> QWidget:
    """A thin vertical line with space on both sides."""
    separator = QWidget()
    row = QHBoxLayout(separator)
    row.setContentsMargins(_SPACING_PX, 0, _SPACING_PX, 0)
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 22)
    row.addWidget(line)
    return separator
