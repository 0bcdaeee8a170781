"""Arrays as Qt's images, without a copy."""

from PyQt5 import sip
from PyQt5.QtGui import QImage

from realtime_pose.scene import Image


def wrap_image(image: Image) -> QImage:
    """A QImage that shares the memory of a contiguous image; the caller must keep the image alive."""
    height, width = image.shape[:2]
    return QImage(sip.voidptr(image.data), width, height, image.strides[0], QImage.Format.Format_BGR888)
