"""A curve over the last minute: a line, its highest value, and a dashed line for the value that is wished."""

import math
from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from realtime_pose.app import theme

_HEIGHT_PX = 64
_LABEL_PX = 18  # room of the number at the top
_TOP_PX, _BOTTOM_PX = 4, 4
_STEPS = (1.0, 2.0, 5.0, 10.0)  # of the scale, times a power of ten


def scale_end(highest: float) -> float:
    """The end of a scale that holds this value: 1, 2 or 5 times a power of ten.

    >>> scale_end(0.0), scale_end(29.7), scale_end(840.0)
    (1.0, 50.0, 1000.0)
    """
    power = 10.0 ** math.floor(math.log10(max(highest, 1.0)))
    return next(step * power for step in _STEPS if step * power >= highest)


class Curve(QWidget):
    """Shows values by their age.

    Args:
        span_s: The age at the left edge.
    """

    def __init__(self, span_s: float) -> None:
        super().__init__()
        self._span_s = span_s
        self._points: Sequence[tuple[float, float]] = ()
        self._wished: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as a curve; the width is free."""
        return QSize(120, _HEIGHT_PX)

    def show_points(self, points: Sequence[tuple[float, float]], *, wished: float | None, description: str) -> None:
        """Show these values, each with its age in seconds, the oldest first.

        Args:
            points: Ages and values.
            wished: Where a dashed line is drawn; None for no line.
            description: The newest value in words, for screen readers.
        """
        self._points, self._wished = points, wished
        self.setAccessibleDescription(description)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint the frame, the wished value, the curve and the end of the scale."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.RAISED))
        values = [value for _, value in self._points] + ([] if self._wished is None else [self._wished])
        end = scale_end(max(values, default=0.0))
        if self._wished is not None:
            painter.setPen(QPen(QColor(theme.FAINT), 1, Qt.PenStyle.DashLine))
            y = self._y(self._wished, end)
            left = painter.fontMetrics().horizontalAdvance(f"{end:g}") + 8 if y < _LABEL_PX else 0
            painter.drawLine(QPointF(left, y), QPointF(self.width(), y))
        painter.setPen(QPen(QColor(theme.ACCENT), 1.6))
        painter.drawPath(self._path(end))
        painter.setPen(QColor(theme.MUTED))
        painter.drawText(QRectF(4, 2, self.width() - 8, _LABEL_PX), Qt.AlignmentFlag.AlignLeft, f"{end:g}")
        painter.end()

    def _path(self, end: float) -> QPainterPath:
        path = QPainterPath()
        for number, (age_s, value) in enumerate(self._points):
            point = QPointF((1 - age_s / self._span_s) * self.width(), self._y(value, end))
            if number:
                path.lineTo(point)
            else:
                path.moveTo(point)
        return path

    def _y(self, value: float, end: float) -> float:
        room = self.height() - _TOP_PX - _BOTTOM_PX
        return self.height() - _BOTTOM_PX - room * min(max(value / end, 0.0), 1.0)
