"""Full screen, and the bars around the picture that are hidden there."""

from collections.abc import Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QMainWindow

from realtime_pose.app.views.layout import WindowLayout


class ScreenState:
    """Keeps bars and button in step with the state of the window, which the desktop may change too.

    Args:
        window: The window; call ``show_in`` before anything else.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._widgets: WindowLayout
        self._actions: Mapping[str, QAction]

    def show_in(self, widgets: WindowLayout, actions: Mapping[str, QAction]) -> None:
        """Take these widgets and actions (by the names of keys.KEYS) of the window from now on."""
        self._widgets, self._actions = widgets, actions
        widgets.view.double_clicked.connect(self.toggle_full_screen)
        widgets.sources.editing_ended.connect(self.update)

    def toggle_full_screen(self) -> None:
        """Enter or leave full screen."""
        # XOR keeps the other flags, so that a maximised window is maximised again afterwards.
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def update(self) -> None:
        """Bring the bars and the button in line with the state of the window."""
        is_full_screen, is_typing = self._window.isFullScreen(), self._widgets.sources.hasFocus()
        self._widgets.set_bars_visible(
            are_visible=not is_full_screen, is_source_visible=is_typing or not is_full_screen
        )
        self._actions["full_screen"].setChecked(is_full_screen)

    def escape(self) -> bool:
        """Cancel typing; else close an error; else leave full screen; whether there was something of these."""
        if self._widgets.sources.hasFocus():
            self._widgets.sources.cancel_editing()
        elif self._widgets.toast.is_error:
            self._widgets.toast.hide()
        elif self._window.isFullScreen():
            self.toggle_full_screen()
        else:
            return False
        return True

    def edit_address(self) -> None:
        """Let the user type an address."""
        # In full screen the box is hidden, and a hidden box gets no keys: they would be commands.
        self._widgets.set_bars_visible(are_visible=not self._window.isFullScreen(), is_source_visible=True)
        self._widgets.sources.start_editing()
