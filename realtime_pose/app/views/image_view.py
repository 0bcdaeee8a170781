"""Paints the newest image, pixel for pixel, on a dark background. Its children lie over it (see picture_overlays.py).

The pipeline draws images at the size of the last ``resized`` signal, in device pixels. After a change of size the old
image is stretched until a new one comes.
"""

from pathlib import Path

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication, QSizePolicy, QWidget

from realtime_pose.app import theme
from realtime_pose.app.qimage import wrap_image
from realtime_pose.app.translation import tr
from realtime_pose.app.views.inset_painter import InsetPainter
from realtime_pose.errors import SinkError
from realtime_pose.render import Inset
from realtime_pose.scene import Image

_WHEEL_STEP = 120.0  # of Qt's angle, for one step of a usual wheel


def fit_rect(image_wh: tuple[int, int], display_wh: tuple[int, int]) -> QRect:
    """Where an image goes, in device pixels: centred, as large as possible, with its aspect ratio.

    An image that was made for this display keeps its size, even if its aspect ratio was rounded by one pixel.

    >>> fit_rect((200, 100), (100, 100)).getRect()
    (0, 25, 100, 50)
    """
    scale = min(display_wh[0] / image_wh[0], display_wh[1] / image_wh[1])
    # At least one pixel, however thin the image is.
    wh = [max(1, round(side * scale)) for side in image_wh]
    if all(abs(fitted - original) <= 1 for fitted, original in zip(wh, image_wh, strict=True)):
        wh = list(image_wh)
    return QRect((display_wh[0] - wh[0]) // 2, (display_wh[1] - wh[1]) // 2, wh[0], wh[1])


class ImageView(QWidget):
    """The picture of the window.

    Attributes:
        resized: Emitted with width and height of the space for the image, in device pixels.
        wheel_turned: Emitted with the place of the mouse in pixels of the image, and the steps of the wheel.
        dragged: Emitted with how far the mouse was moved with its button pressed, in pixels of the image.
        clicked: Emitted with the place of a click in pixels of the image; also of the first half of a double click.
        inset_clicked: Emitted when the followed person in the corner is clicked.
        menu_asked: Emitted with the place of a right click in pixels of the image, and on the screen.
        image: (H, W, 3) uint8 BGR that is shown; None for none. Qt reads its memory, so it must not change.
        is_stretched: Whether an image that is smaller than the space is enlarged to fill it.
    """

    resized = pyqtSignal(int, int)
    double_clicked = pyqtSignal()
    wheel_turned = pyqtSignal(QPointF, float)
    dragged = pyqtSignal(QPointF)
    clicked = pyqtSignal(QPointF)
    menu_asked = pyqtSignal(QPointF, QPoint)
    inset_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image: Image | None = None
        self.is_stretched = True
        self._pressed: QPointF | None = None  # where the mouse was last, while its button is pressed
        self._pressed_first = QPointF()  # where its button was pressed
        self._is_click = False  # whether the mouse has hardly moved since
        self._qimage = QImage()
        self._inset = InsetPainter()
        self._reported_wh = (0, 0)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent fills everything
        # The size of the image must not change the size of the window.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Picture"))

    @property
    def display_wh(self) -> tuple[int, int]:
        """Width and height of this widget in device pixels."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def show_image(self, image: Image | None) -> None:
        """Show this image, or none."""
        # QImage needs the pixels of a row side by side, and rows with a positive stride.
        self.image = None if image is None else np.ascontiguousarray(image)
        self._qimage = QImage() if self.image is None else wrap_image(self.image)
        self._report_size()  # the pixel ratio changes without a resize when the window moves to another screen
        self.update()

    def show_inset(self, inset: Inset | None) -> None:
        """Show this over a lower corner of the picture, or nothing."""
        self._inset.show(inset)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A good size when the window opens for the first time."""
        return QSize(960, 540)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Report the new size."""
        self._report_size()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Report the double click."""
        self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Report the turn of the wheel."""
        if event is not None and self.image is not None and event.angleDelta().y():
            self.wheel_turned.emit(self.to_image(event.position()), event.angleDelta().y() / _WHEEL_STEP)
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a click or a drag."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._pressed_first = event.localPos()
            self._is_click = True

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Report how far the mouse was dragged."""
        if event is None or self._pressed is None or self.image is None:
            return
        far = (event.localPos() - self._pressed_first).manhattanLength()
        if self._is_click and far < QApplication.startDragDistance():
            return  # a hand that shakes
        self._is_click = False
        before, self._pressed = self._pressed, event.localPos()
        self.dragged.emit(self.to_image(self._pressed) - self.to_image(before))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End the drag, or report the click."""
        is_click, self._pressed, self._is_click = self._is_click, None, False
        if is_click and event is not None and self._inset.rect(self.size()).contains(event.localPos()):
            self.inset_clicked.emit()
        elif is_click and event is not None and self.image is not None:
            self.clicked.emit(self.to_image(event.localPos()))

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """Report the wish for a menu."""
        if event is not None and self.image is not None:
            self.menu_asked.emit(self.to_image(QPointF(event.pos())), event.globalPos())

    def to_image(self, point: QPointF) -> QPointF:
        """A point of this widget in pixels of the image."""
        rect = self._image_rect()
        scale = self._qimage.width() / rect.width(), self._qimage.height() / rect.height()
        place = point * self.devicePixelRatioF() - QPointF(rect.topLeft())
        return QPointF(place.x() * scale[0] - 0.5, place.y() * scale[1] - 0.5)  # the centre of a pixel is its index

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint the background and the image."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.BACKGROUND))
        if not self._qimage.isNull():
            self._paint_image(painter)
        self._inset.paint(painter, self.size(), self.devicePixelRatioF())
        painter.end()

    def _paint_image(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        rect = self._image_rect()
        if rect.size() == self._qimage.size():
            self._qimage.setDevicePixelRatio(ratio)  # one pixel of the image is one pixel of the screen
            painter.drawImage(QPointF(rect.topLeft()) / ratio, self._qimage)
            return
        self._qimage.setDevicePixelRatio(1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # QRect.bottomRight is the last pixel inside; QRectF wants the edge after it.
        top_left, bottom_right = QPointF(rect.topLeft()) / ratio, QPointF(rect.bottomRight() + QPoint(1, 1)) / ratio
        painter.drawImage(QRectF(top_left, bottom_right), self._qimage, QRectF(self._qimage.rect()))

    def _image_rect(self) -> QRect:
        """Where the image goes, in device pixels."""
        image_wh, display_wh = (self._qimage.width(), self._qimage.height()), self.display_wh
        if not self.is_stretched and image_wh[0] <= display_wh[0] and image_wh[1] <= display_wh[1]:
            left, top = (display_wh[0] - image_wh[0]) // 2, (display_wh[1] - image_wh[1]) // 2
            return QRect(left, top, *image_wh)
        return fit_rect(image_wh, display_wh)

    def _report_size(self) -> None:
        wh = self.display_wh
        if wh != self._reported_wh and min(wh) > 0:
            self._reported_wh = wh
            self.resized.emit(*wh)


def save_png(image: Image, path: Path) -> None:
    """Write an image as PNG; may be called from any thread.

    Raises:
        SinkError: The file cannot be written.
    """
    if not wrap_image(np.ascontiguousarray(image)).save(str(path), "PNG"):
        raise SinkError(
            f"{path}: the picture could not be written; check that the folder exists and that you may write to it"
        )
