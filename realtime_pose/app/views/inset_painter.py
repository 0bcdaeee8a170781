"""Paints the followed person in a lower corner of the picture, pixel for pixel."""

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize
from PyQt5.QtGui import QImage, QPainter

from realtime_pose.app.qimage import wrap_image
from realtime_pose.render import Inset
from realtime_pose.scene import Image

_GAP_PX = 12  # from the edges of the picture


class InsetPainter:
    """The inset of one view."""

    def __init__(self) -> None:
        self._image: Image | None = None  # Qt reads its memory
        self._qimage = QImage()
        self._is_left, self._ratio = False, 1.0

    def show(self, inset: Inset | None) -> None:
        """Paint this from now on; None: nothing."""
        self._image = None if inset is None else np.ascontiguousarray(inset.image)
        self._qimage = QImage() if self._image is None else wrap_image(self._image)
        self._is_left = inset is not None and inset.is_left

    def rect(self, room: QSize) -> QRectF:
        """Where it lies in a view of this size; empty without an inset."""
        if self._qimage.isNull():
            return QRectF()
        width, height = self._qimage.width() / self._ratio, self._qimage.height() / self._ratio
        left = _GAP_PX if self._is_left else room.width() - _GAP_PX - width
        return QRectF(left, room.height() - _GAP_PX - height, width, height)

    def paint(self, painter: QPainter, room: QSize, ratio: float) -> None:
        """Paint it, if there is one; ``ratio`` is the number of device pixels for each of the view's."""
        self._ratio = ratio
        if not self._qimage.isNull():
            self._qimage.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(self.rect(room).topLeft()), self._qimage)
