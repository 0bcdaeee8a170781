"""QIcons from the SVG files in ``icons/``, in the colours of the theme and sharp at pixel ratios 1, 2 and 3.

Each file is drawn on a 20 x 20 grid. It says ``currentColor`` where the colour of the theme belongs.
"""

from functools import cache
from importlib.resources import files

from PyQt5.QtCore import QByteArray, QRectF, Qt
from PyQt5.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPixmap
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
        for colour, mode, state in (
            (off, QIcon.Mode.Normal, QIcon.State.Off),
            (on, QIcon.Mode.Normal, QIcon.State.On),
            (theme.FAINT, QIcon.Mode.Disabled, QIcon.State.Off),
        ):
            icon.addPixmap(QPixmap.fromImage(_render(svg, colour, ratio)), mode, state)
    return icon


def app_icon() -> QIcon:
    """The icon of the window: a skeleton on a rounded square."""
    image = _transparent_image(_APP_ICON_PX)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    square = QRectF(0, 0, _APP_ICON_PX, _APP_ICON_PX)
    radius = _APP_ICON_PX / 5
    background = QPainterPath()
    background.addRoundedRect(square, radius, radius)
    painter.fillPath(background, QColor(theme.ACCENT_BACKGROUND))
    _renderer(_read_svg("skeletons"), theme.ACCENT).render(painter, square)
    painter.end()
    return QIcon(QPixmap.fromImage(image))


@cache
def _read_svg(name: str) -> str:
    return (files("realtime_pose.app") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _renderer(svg: str, colour: str) -> QSvgRenderer:
    # Qt's SVG renderer has no way to set currentColor from outside, so the text is replaced.
    return QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))


@cache
def _render(svg: str, colour: str, ratio: int) -> QImage:
    """The drawing in one colour, ``ratio`` device pixels for each pixel of the grid.

    An image and no pixmap: a pixmap that is kept until the program ends must not outlive the application.
    """
    side_px = GRID_PX * ratio
    image = _transparent_image(side_px)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(svg, colour).render(painter, QRectF(0, 0, side_px, side_px))
    painter.end()
    image.setDevicePixelRatio(ratio)  # after painting, which is in device pixels
    return image


def _transparent_image(side_px: int) -> QImage:
    image = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image
