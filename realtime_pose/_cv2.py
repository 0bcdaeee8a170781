"""OpenCV, imported once and made a good neighbour of Qt.

The opencv-python wheel brings a Qt of its own and points Qt's variables to its plugins when it is imported. PyQt5 would
load those and abort the process, so the variables get back what they held before. Everyone takes ``cv2`` from here.
"""

import os
from pathlib import Path

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

import cv2  # noqa: E402 - what the import does to the environment is undone below

for _name, _value in _before.items():
    if _value is None or _value.startswith(str(Path(cv2.__file__).parent)):  # someone imported cv2 before us
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what fails is raised by us, in words

__all__ = ["cv2"]
