"""A button for a command of the window."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QAction, QToolButton

from realtime_pose.app.icon_loader import GRID_PX


def make_button(action: QAction) -> QToolButton:
    """A button that never takes the focus: otherwise the space bar would press it instead of pausing."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(GRID_PX, GRID_PX))
    button.setObjectName(action.objectName())
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(action.text())
    button.setAccessibleDescription(action.toolTip())
    return button
