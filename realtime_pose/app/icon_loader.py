"""QIcons from the SVG files in ``icons/``, in the colours of the theme and sharp at pixel ratios 1, 2 and 3.

Each file is drawn on a 20 x 20 grid. It says ``currentColor`` where the colour of the theme belongs.
"""

from functools import cache
from importlib.resources import files

from PyQt5.QtCore import QByteArray, QRectF, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap
from PyQt5.QtSvg import QSvgRenderer

from realtime_pose.app import theme

GRID_PX = 20
_PIXEL_RATIOS = (1, 2, 3)
_APP_ICON_PX = 128


def load_icon(name: str) -> QIcon:
    """The icon of this name: one colour when off, a brighter one when on, a faint one when disabled.

    Raises:
        FileNotFoundError: There is no such SVG file.
    """
    icon = QIcon()
    svg = _read_svg(name)
    # The record button is red when off. When on, its background is red, so the icon turns white.
    on = "#ffffff" if name == "record" else theme.ACCENT
    off = theme.ERROR if name == "record" else theme.TEXT
    for ratio in _PIXEL_RATIOS:
        icon.addPixmap(_render(svg, off, ratio), QIcon.Mode.Normal, QIcon.State.Off)
        icon.addPixmap(_render(svg, on, ratio), QIcon.Mode.Normal, QIcon.State.On)
        icon.addPixmap(_render(svg, theme.FAINT, ratio), QIcon.Mode.Disabled, QIcon.State.Off)
    return icon


def app_icon() -> QIcon:
    """The icon of the window: a skeleton on a rounded square."""
    pixmap = _transparent_pixmap(_APP_ICON_PX)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    square = QRectF(0, 0, _APP_ICON_PX, _APP_ICON_PX)
    radius = _APP_ICON_PX / 5
    background = QPainterPath()
    background.addRoundedRect(square, radius, radius)
    painter.fillPath(background, QColor(theme.ACCENT_BACKGROUND))
    _renderer(_read_svg("skeletons"), theme.ACCENT).render(painter, square)
    painter.end()
    return QIcon(pixmap)


@cache
def _read_svg(name: str) -> str:
    return (files("realtime_pose.app") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _renderer(svg: str, colour: str) -> QSvgRenderer:
    # Qt's SVG renderer has no way to set currentColor from outside, so the text is replaced.
    return QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))


def _render(svg: str, colour: str, ratio: int) -> QPixmap:
    """The drawing in one colour, ``ratio`` device pixels for each pixel of the grid."""
    side_px = GRID_PX * ratio
    pixmap = _transparent_pixmap(side_px)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(svg, colour).render(painter, QRectF(0, 0, side_px, side_px))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)  # after painting, which is in device pixels
    return pixmap


def _transparent_pixmap(side_px: int) -> QPixmap:
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap
