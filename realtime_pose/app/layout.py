"""Where everything lies in the window: the source at the top, the picture, the controls, the status bar."""

from collections.abc import Callable, Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QFrame, QGridLayout, QHBoxLayout, QMainWindow, QToolButton, QVBoxLayout, QWidget

from realtime_pose.app.controls import ControlBar
from realtime_pose.app.image_view import ImageView
from realtime_pose.app.notice import Badges, Card, CardMessage, Toast
from realtime_pose.app.source_box import SourceBox
from realtime_pose.app.status_bar import StatusBar
from realtime_pose.config import LiveSettings

_CARD_ROW = 1


class Layout:
    """The widgets of a window, in their places.

    Args:
        window: Gets them.
        actions: What the buttons do, by the names of keys.KEYS.
        choices: What the buttons of the card do.
        settings: Where the sliders stand at first.

    Attributes:
        view: The picture.
        card: Words over the middle of it.
        pills: Words in its corner.
        toast: A message at its lower edge.
        sources: Where a source is chosen.
        controls: Buttons and sliders.
        status: The status bar.
    """

    def __init__(
        self,
        window: QMainWindow,
        actions: Mapping[str, QAction],
        choices: dict[str, tuple[str, Callable[[], None]]],
        *,
        settings: LiveSettings,
    ) -> None:
        self.view = ImageView()
        self.card, self.badges, self.toast = Card(choices, self.view), Badges(self.view), Toast(self.view)
        self.sources, self.status = SourceBox(), StatusBar()
        self.controls = ControlBar(actions, settings=settings)
        self._over = self._lay_over()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._bars = [self._top(actions["open_file"]), self.controls, self.status]
        column.addWidget(self._bars[0])
        column.addWidget(self.view, 1)
        column.addWidget(self.controls)
        column.addWidget(self.status)
        window.setCentralWidget(centre)

    def show_card(self, words: CardMessage | None) -> None:
        """Say this in the middle, or at the lower edge where there is a picture to look at."""
        edge = Qt.AlignmentFlag.AlignVCenter if self.view.picture is None else Qt.AlignmentFlag.AlignBottom
        self._over.setAlignment(self.card, Qt.Alignment(Qt.AlignmentFlag.AlignHCenter) | edge)
        self.card.show_message(words)

    def show_bars(self, *, are_shown: bool) -> None:
        """Show or hide all but the picture."""
        for bar in self._bars:
            bar.setVisible(are_shown)

    def _lay_over(self) -> QGridLayout:
        """What lies over the picture."""
        grid = QGridLayout(self.view)
        grid.setContentsMargins(0, 0, 0, 16)
        grid.setSpacing(12)
        grid.addWidget(self.badges, 0, 0, Qt.Alignment(Qt.AlignmentFlag.AlignTop) | Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.card, _CARD_ROW, 0, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.toast, 2, 0, Qt.AlignmentFlag.AlignCenter)
        grid.setRowStretch(_CARD_ROW, 1)
        return grid

    def _top(self, open_file: QAction) -> QWidget:
        bar = QFrame()
        bar.setObjectName("bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(6)
        button = QToolButton()
        button.setDefaultAction(open_file)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self.sources, 1)
        row.addWidget(button)
        return bar
