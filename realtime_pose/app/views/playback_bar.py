"""The bar for files: step, time, place, speed and loop. It is there only while a file is shown."""

from collections.abc import Callable, Mapping

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from realtime_pose.app.playback import FASTEST, SPEEDS, format_speed
from realtime_pose.app.player import Player
from realtime_pose.app.translation import tr
from realtime_pose.app.views.command_button import make_button
from realtime_pose.app.views.seek_bar import SeekBar

_WIDE_PX = 480  # a narrower bar has the place and the time only


class PlaybackBar(QWidget):
    """Plays a file: buttons around the seek bar.

    Args:
        actions: The actions of the window, by the names of keys.KEYS.
        player: What is shown here.

    Attributes:
        seek_bar: The place in the file.
        time: Place and length as text.
        speed: The button with the speeds.
        speed_chosen: Emitted with a speed of SPEEDS.
    """

    speed_chosen = pyqtSignal(float)

    def __init__(self, actions: Mapping[str, QAction], player: Player) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._player = player
        self.seek_bar, self.time = SeekBar(player.describe_place), QLabel()
        self.time.setAccessibleName(tr("Place and length"))
        self.buttons = {name: make_button(actions[name]) for name in ("step_back", "step_forward", "loop")}
        for button in self.buttons.values():  # the bar is low; the tooltips have the texts
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.speed = self._make_speed_button()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(2)
        row.addWidget(self.buttons["step_back"])
        row.addWidget(self.buttons["step_forward"])
        row.addSpacing(4)
        row.addWidget(self.time)
        row.addWidget(self.seek_bar, 1)
        row.addWidget(self.speed)
        row.addWidget(self.buttons["loop"])
        self.hide()

    def show_file(self) -> None:
        """Bring length, people and speed up to date."""
        line = self._player.timeline
        self.seek_bar.show_line(line, self._player.stays)
        self.speed.setText(format_speed(self._player.playback.speed))
        for action, speed in self._speeds:
            action.setChecked(speed == self._player.playback.speed)
        self.show_position()

    def show_position(self) -> None:
        """Show the place that the player has reached."""
        self.seek_bar.show_position(self._player.playback.position_s)
        text = self._player.describe_time()
        if text != self.time.text():
            self.time.setText(text)
            # Never smaller again for this file, so that the bar does not move while the digits change.
            self.time.setMinimumWidth(max(self.time.minimumWidth(), self.time.sizeHint().width()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Leave out the buttons if there is no room: each has a key."""
        is_wide = self.width() >= _WIDE_PX
        for button in (*self.buttons.values(), self.speed):
            button.setVisible(is_wide)

    def _make_speed_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("speed")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolTip(tr("Speed  [ [ ]  slower,  [ ] ]  faster"))
        button.setAccessibleName(tr("Speed"))
        menu = QMenu(button)
        self._speeds = [(self._add_speed(menu, speed), speed) for speed in SPEEDS]
        button.setMenu(menu)
        widest = max(button.fontMetrics().horizontalAdvance(format_speed(speed)) for speed in SPEEDS)
        button.setMinimumWidth(widest + 18)
        return button

    def _add_speed(self, menu: QMenu, speed: float) -> QAction:
        """The menu's entry for a speed."""
        action = QAction(tr("As fast as possible") if speed == FASTEST else format_speed(speed), menu)
        action.setCheckable(True)
        action.triggered.connect(self._make_choice(speed))
        menu.addAction(action)
        return action

    def _make_choice(self, speed: float) -> Callable[[], None]:
        return lambda: self.speed_chosen.emit(speed)
