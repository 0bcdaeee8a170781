"""The arrow of a list: Qt leaves it out when a style sheet has no image for it."""

from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QComboBox

from realtime_pose.app import theme

_RIGHT_PX = 17  # from the edge to the middle of the arrow


def paint_arrow(box: QComboBox) -> None:
    """Paint the arrow over a list, at the end of its paintEvent."""
    painter = QPainter(box)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.MUTED), 1.6, cap=Qt.PenCapStyle.RoundCap))
    centre = QPointF(box.width() - _RIGHT_PX, box.height() / 2 + 1)
    painter.drawPolyline(QPolygonF([centre + QPointF(-4, -2), centre + QPointF(0, 2), centre + QPointF(4, -2)]))
    painter.end()
