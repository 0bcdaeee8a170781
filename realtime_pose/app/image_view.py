"""Paints the newest picture, pixel for pixel, on a dark ground; what lies over it are children (see notice.py).

Pictures come drawn at the size that `resized` last told, in device pixels; until a new one has come after a change of
size, the old one is stretched.
"""

from pathlib import Path

import numpy as np
from PyQt5 import sip
from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from realtime_pose.app import theme
from realtime_pose.errors import SinkError
from realtime_pose.scene import Image


def fitted(picture_wh: tuple[int, int], space_wh: tuple[int, int]) -> QRect:
    """Where a picture goes, in device pixels: centred, its aspect kept, as large as there is space.

    A picture that was made for this space keeps its pixels, even where its aspect was rounded by one.

    >>> fitted((200, 100), (100, 100)).getRect()
    (0, 25, 100, 50)
    """
    scale = min(space_wh[0] / picture_wh[0], space_wh[1] / picture_wh[1])
    wh = [max(1, round(side * scale)) for side in picture_wh]
    if all(abs(side - own) <= 1 for side, own in zip(wh, picture_wh, strict=True)):
        wh = list(picture_wh)
    return QRect((space_wh[0] - wh[0]) // 2, (space_wh[1] - wh[1]) // 2, wh[0], wh[1])


class ImageView(QWidget):
    """The picture.

    Attributes:
        resized: Emitted with the width and the height of the space for the picture, in device pixels.
        picture: (H, W, 3) uint8 BGR that is shown, None for none. Qt reads its memory: it must not change.
    """

    resized = pyqtSignal(int, int)
    double_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Image | None = None
        self._image = QImage()
        self._told_wh = (0, 0)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Picture")

    @property
    def space_wh(self) -> tuple[int, int]:
        """Width and height in device pixels."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def show_picture(self, picture: Image | None) -> None:
        """Show this picture, or none."""
        self.picture = None if picture is None else np.ascontiguousarray(picture)
        self._image = QImage() if self.picture is None else _wrapped(self.picture)
        self._tell_size()  # the pixel ratio changes without a resize when the window goes to another screen
        self.update()

    def snapshot(self) -> QImage:
        """The shown picture with pixels of its own; null for none."""
        return self._image.copy()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A size at which a window looks right when it first opens."""
        return QSize(960, 540)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Tell the new size."""
        self._tell_size()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Tell it."""
        self.double_clicked.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's signature and name
        """Paint the ground and the picture on it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.GROUND))
        if not self._image.isNull():
            self._paint_picture(painter)
        painter.end()

    def _paint_picture(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        place = fitted((self._image.width(), self._image.height()), self.space_wh)
        if place.size() == self._image.size():
            self._image.setDevicePixelRatio(ratio)  # one pixel of the picture to one of the screen
            painter.drawImage(QPointF(place.topLeft()) / ratio, self._image)
            return
        self._image.setDevicePixelRatio(1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        corner, far = QPointF(place.topLeft()) / ratio, QPointF(place.bottomRight() + QPoint(1, 1)) / ratio
        painter.drawImage(QRectF(corner, far), self._image, QRectF(self._image.rect()))

    def _tell_size(self) -> None:
        wh = self.space_wh
        if wh != self._told_wh and min(wh) > 0:
            self._told_wh = wh
            self.resized.emit(*wh)


def _wrapped(picture: Image) -> QImage:
    """A QImage over the memory of a contiguous picture, which the caller keeps alive."""
    height, width = picture.shape[:2]
    return QImage(sip.voidptr(picture.data), width, height, picture.strides[0], QImage.Format.Format_BGR888)


def save_png(image: QImage, path: Path) -> None:
    """Write a picture as PNG; for any thread.

    Raises:
        SinkError: It cannot be written.
    """
    if not image.save(str(path), "PNG"):
        raise SinkError(
            f"{path}: the picture could not be written; check that the folder is there and may be written to"
        )
