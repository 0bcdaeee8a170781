"""The button at the end of a bar, with a menu of the commands and sliders that do not fit into the bar."""

from collections.abc import Mapping, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QMenu, QToolButton, QWidgetAction

from realtime_pose.app.translation import tr
from realtime_pose.app.views.number_slider import NumberSlider


class OverflowButton(QToolButton):
    """A button with a menu; hidden while the menu is empty.

    Args:
        sliders: The sliders of the bar, by name; the menu has twins of them.
    """

    def __init__(self, sliders: Mapping[str, NumberSlider]) -> None:
        super().__init__()
        self.setObjectName("overflow")
        self.setText("»")
        self.setToolTip(tr("More controls"))
        self.setAccessibleName(tr("More controls"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._sliders = {name: self._make_slider_action(slider) for name, slider in sliders.items()}
        self.hide()

    def show_hidden(self, actions: Sequence[QAction], sliders: Sequence[str]) -> None:
        """Fill the menu with these actions of the bar, and with the sliders of these names."""
        self._menu.clear()
        self._menu.addActions(actions)
        if sliders:
            self._menu.addSeparator()
        self._menu.addActions([self._sliders[name] for name in sliders])
        self.setVisible(bool(actions) or bool(sliders))

    def _make_slider_action(self, slider: NumberSlider) -> QAction:
        twin = slider.make_twin()
        twin.setContentsMargins(12, 4, 12, 4)
        action = QWidgetAction(self)
        action.setDefaultWidget(twin)
        return action
