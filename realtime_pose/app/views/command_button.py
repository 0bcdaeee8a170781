"""A button for a command of the window."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QAction, QToolButton

from realtime_pose.app.icon_loader import GRID_PX


def make_button(action: QAction) -> QToolButton:
    """A button with its text below the icon. The Tab key reaches it; a click leaves the focus with the picture."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(GRID_PX, GRID_PX))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setObjectName(action.objectName())
    button.setProperty("kind", "command")  # of the style sheet
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleDescription(action.toolTip())
    return button
