"""The icons of the buttons, drawn by code on a 20 x 20 grid: sharp at any pixel ratio, in the theme's colours."""

from collections.abc import Callable

from PyQt5.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from realtime_pose.app import theme

GRID_PX = 20


def icon(name: str) -> QIcon:
    """The icon of this name, muted when off and bright when on; an empty one for a name without a drawing."""
    made = QIcon()
    if name not in _DRAWINGS:
        return made
    on = "#ffffff" if name == "record" else theme.ACCENT
    off = theme.BAD if name == "record" else theme.TEXT
    for ratio in (1, 2, 3):
        made.addPixmap(_painted(name, off, ratio), QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_painted(name, on, ratio), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(_painted(name, theme.FAINT, ratio), QIcon.Mode.Disabled, QIcon.State.Off)
    return made


def app_icon() -> QIcon:
    """The icon of the window: a figure on the accent's ground."""
    pixmap = QPixmap(128, 128)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(128 / GRID_PX, 128 / GRID_PX)
    ground = QPainterPath()
    ground.addRoundedRect(QRectF(0, 0, GRID_PX, GRID_PX), 4, 4)
    painter.fillPath(ground, QColor(theme.ACCENT_GROUND))
    _pen(painter, theme.ACCENT)
    _skeletons(painter)
    painter.end()
    return QIcon(pixmap)


def _painted(name: str, colour: str, ratio: int) -> QPixmap:
    pixmap = QPixmap(GRID_PX * ratio, GRID_PX * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _pen(painter, colour)
    _DRAWINGS[name](painter)
    painter.end()
    return pixmap


def _pen(painter: QPainter, colour: str) -> None:
    painter.setPen(QPen(QColor(colour), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))


def _solid(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)


def _lines(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(*point) for point in points]))


def _pause(painter: QPainter) -> None:
    _solid(painter)
    painter.drawRoundedRect(QRectF(5, 4, 3.6, 12), 1, 1)
    painter.drawRoundedRect(QRectF(11.4, 4, 3.6, 12), 1, 1)


def _play(painter: QPainter) -> None:
    _solid(painter)
    painter.drawPolygon(QPolygonF([QPointF(6, 3.5), QPointF(16, 10), QPointF(6, 16.5)]))


def _replay(painter: QPainter) -> None:
    painter.drawArc(QRectF(4, 4, 12, 12), 60 * 16, -300 * 16)
    _solid(painter)
    painter.drawPolygon(QPolygonF([QPointF(11.2, 1.6), QPointF(11.2, 8), QPointF(6.4, 4.8)]))


def _record(painter: QPainter) -> None:
    _solid(painter)
    painter.drawEllipse(QPointF(10, 10), 5.6, 5.6)


def _snapshot(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(2.5, 6, 15, 10.5), 2, 2)
    painter.drawEllipse(QPointF(10, 11.2), 3, 3)
    _lines(painter, (7, 6), (8.2, 3.6), (11.8, 3.6), (13, 6))


def _skeletons(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(10, 4.2), 2, 2)
    _lines(painter, (10, 6.4), (10, 11.6))
    _lines(painter, (4.6, 7.2), (10, 8.4), (15.4, 7.2))
    _lines(painter, (6, 17.4), (10, 11.6), (14, 17.4))


def _boxes(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(4.5, 2.8, 11, 14.4), 1.5, 1.5)


def _ids(painter: QPainter) -> None:
    painter.drawLines(QLineF(8.2, 3.6, 6.8, 16.4), QLineF(13.2, 3.6, 11.8, 16.4))
    painter.drawLines(QLineF(4, 7.6, 16.6, 7.6), QLineF(3.4, 12.4, 16, 12.4))


def _trails(painter: QPainter) -> None:
    path = QPainterPath(QPointF(3, 16.4))
    path.cubicTo(QPointF(10, 16.4), QPointF(7, 5.4), QPointF(14, 5.4))
    painter.drawPath(path)
    _solid(painter)
    painter.drawEllipse(QPointF(15, 5.4), 2.6, 2.6)


def _hud(painter: QPainter) -> None:
    painter.drawLines(QLineF(4.5, 16, 4.5, 11), QLineF(10, 16, 10, 4), QLineF(15.5, 16, 15.5, 8))


def _full_screen(painter: QPainter) -> None:
    for corner_x, inner_x in ((3.5, 7.5), (16.5, 12.5)):
        for corner_y, inner_y in ((4, 8), (16, 12)):
            _lines(painter, (inner_x, corner_y), (corner_x, corner_y), (corner_x, inner_y))


def _open_file(painter: QPainter) -> None:
    _lines(painter, (3, 15.6), (3, 4.8), (7.6, 4.8), (9.4, 6.8), (17, 6.8), (17, 15.6), (3, 15.6))


def _help(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(10, 10), 7.4, 7.4)
    path = QPainterPath(QPointF(7.8, 8.2))
    path.cubicTo(QPointF(7.8, 4.8), QPointF(12.4, 5), QPointF(12.2, 8))
    path.cubicTo(QPointF(12.2, 9.6), QPointF(10, 9.6), QPointF(10, 11.4))
    painter.drawPath(path)
    painter.drawPoint(QPointF(10, 14.2))


_DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "pause": _pause,
    "play": _play,
    "replay": _replay,
    "record": _record,
    "snapshot": _snapshot,
    "skeletons": _skeletons,
    "boxes": _boxes,
    "ids": _ids,
    "trails": _trails,
    "hud": _hud,
    "full_screen": _full_screen,
    "open_file": _open_file,
    "help": _help,
}
