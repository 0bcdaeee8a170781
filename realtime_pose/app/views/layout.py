"""Builds the widgets of the window and puts them in their places: source, picture, controls, status bar."""

from collections.abc import Callable, Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QFrame, QGridLayout, QHBoxLayout, QMainWindow, QToolButton, QVBoxLayout, QWidget

from realtime_pose.app.player import Player
from realtime_pose.app.views.control_bar import ControlBar
from realtime_pose.app.views.image_view import ImageView
from realtime_pose.app.views.people_panel import PeoplePanel
from realtime_pose.app.views.picture_overlays import Badges, Card, CardMessage
from realtime_pose.app.views.playback_bar import PlaybackBar
from realtime_pose.app.views.source_box import SourceBox
from realtime_pose.app.views.statistics_panel import StatisticsPanel
from realtime_pose.app.views.status_bar import ElidedLabel, StatusBar
from realtime_pose.app.views.toast import Toast
from realtime_pose.config import LiveSettings
from realtime_pose.pipeline.images import DrawnScene

_CARD_ROW = 1


class WindowLayout:
    """The widgets of a window, in their places.

    Args:
        window: Gets the widgets.
        actions: What the buttons do, by the names of keys.KEYS.
        choices: Text and callback of each button of the card, by name.
        settings: First values of the sliders.
        player: What the bar for files shows.

    Attributes:
        view: The picture.
        card: A message over the middle of the picture.
        badges: Short texts in a corner of the picture.
        toast: A message at the lower edge of the picture.
        people: The list of people, beside the picture.
        statistics: Rate, age, stages and drops, beside the picture.
        sources: Where the user chooses a source.
        controls: Buttons and sliders.
        playback: The bar for files.
        no_replay: Why a file on a server has no such bar.
        status: The status bar.
    """

    def __init__(
        self,
        window: QMainWindow,
        actions: Mapping[str, QAction],
        choices: Mapping[str, tuple[str, Callable[[], None]]],
        *,
        settings: LiveSettings,
        player: Player,
    ) -> None:
        self.view = ImageView()
        self.card, self.badges, self.toast = Card(choices, self.view), Badges(self.view), Toast(self.view)
        self.people, self.statistics = PeoplePanel(), StatisticsPanel()
        self.sources, self.status = SourceBox(), StatusBar()
        self.controls = ControlBar(actions, settings=settings)
        self.no_replay = _make_note()
        self.playback = PlaybackBar(actions, player)
        self._player, self._are_bars_visible = player, True
        self._overlay_grid = self._arrange_overlays()
        self._top_bar = self._make_top_bar(actions["open_file"])
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top_bar)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.people)
        middle.addWidget(self.statistics)
        column.addLayout(middle, 1)
        column.addWidget(self.playback)
        column.addWidget(self.no_replay)
        column.addWidget(self.controls)
        column.addWidget(self.status)
        window.setCentralWidget(central)
        for overlay in (self.card, self.toast):
            self.view.resized.connect(overlay.fit)

    def show_card(self, message: CardMessage | None) -> None:
        """Show a message in the middle, or at the lower edge if there is a picture; None hides it."""
        vertical = Qt.AlignmentFlag.AlignVCenter if self.view.image is None else Qt.AlignmentFlag.AlignBottom
        self._overlay_grid.setAlignment(self.card, Qt.Alignment(Qt.AlignmentFlag.AlignHCenter) | vertical)
        self.card.show_message(message)

    def show_scene(self, drawn: DrawnScene | None, *, is_stretched: bool) -> bool:
        """Show a drawn scene; whether it is the first one of its source."""
        is_first = self.view.image is None
        self.view.show_image(None if drawn is None else drawn.image)
        self.view.show_inset(None if drawn is None else drawn.inset)
        self.view.is_stretched = is_stretched
        self.playback.show_position()
        return is_first

    def show_playback(self, no_replay: str = "") -> None:
        """Show the bar for files if one is played, and bring it up to date; or why there is none."""
        self.playback.setVisible(self._player.replay is not None and self._are_bars_visible)
        self.playback.show_file()
        self.no_replay.setText(no_replay)
        self.no_replay.setToolTip(no_replay)
        self.no_replay.setVisible(bool(no_replay) and self._are_bars_visible)

    def set_bars_visible(self, *, are_visible: bool, is_source_visible: bool) -> None:
        """Show or hide the bars around the picture, and the one with the source."""
        self._top_bar.setVisible(is_source_visible)
        self._are_bars_visible = are_visible
        self.show_playback(self.no_replay.text())
        self.controls.setVisible(are_visible)
        self.status.setVisible(are_visible)

    def _arrange_overlays(self) -> QGridLayout:
        grid = QGridLayout(self.view)
        grid.setContentsMargins(0, 0, 0, 16)
        grid.setSpacing(12)
        grid.addWidget(self.badges, 0, 0, Qt.Alignment(Qt.AlignmentFlag.AlignTop) | Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.card, _CARD_ROW, 0, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.toast, 2, 0, Qt.AlignmentFlag.AlignCenter)
        # The card takes all free space, so that the badges stay at the top and the toast at the bottom.
        grid.setRowStretch(_CARD_ROW, 1)
        return grid

    def _make_top_bar(self, open_file: QAction) -> QWidget:
        bar = QFrame()
        bar.setObjectName("bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(6)
        button = QToolButton()
        button.setDefaultAction(open_file)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self.sources, 1)
        row.addWidget(button)
        return bar


def _make_note() -> ElidedLabel:
    """A quiet line of text, hidden until it has one."""
    note = ElidedLabel()
    note.setObjectName("note")
    note.setContentsMargins(14, 6, 14, 0)
    note.hide()
    return note
