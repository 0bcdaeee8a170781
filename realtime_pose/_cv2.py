"""OpenCV, imported so that it does not disturb Qt. All modules import ``cv2`` from here.

The opencv-python wheel contains its own Qt. Its import sets Qt's environment variables to its own plugins. PyQt5 would
load these and abort the process. So this module restores the variables after the import.
"""

import os
from pathlib import Path

from realtime_pose.errors import MissingLibraryError
from realtime_pose.system.packages import install_line_for

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

try:
    import cv2
except ImportError as error:
    if line := install_line_for(str(error)):
        raise MissingLibraryError(f"OpenCV cannot be loaded ({error}); install the library with: {line}") from error
    raise

for _name, _value in _before.items():
    # A value inside the cv2 package means that other code imported cv2 before: then the variable was not the user's.
    if _value is None or _value.startswith(str(Path(cv2.__file__).parent)):
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the callers raise errors with messages of their own

__all__ = ["cv2"]
