"""Tells a picture that stands still from one that lives: pictures come, and all are the same."""

import zlib

from realtime_pose.scene import Image

STEP_PX = 4  # every fourth pixel of every fourth row: the noise of a camera shows there too


class Stillness:
    """For how long the picture has not changed by a single bit, as it does where a camera or an encoder hangs.

    >>> import numpy as np
    >>> still = Stillness()
    >>> black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    >>> [still.seconds(image, now_s) for image, now_s in ((black, 1.0), (black, 3.0), (white, 4.0), (white, 4.5))]
    [0.0, 2.0, 0.0, 0.5]
    """

    def __init__(self) -> None:
        self._digest: int | None = None
        self._since_s = 0.0

    def seconds(self, image: Image, captured_s: float) -> float:
        """Seconds from the first picture that was as this one is; image (H, W, 3), captured_s monotonic."""
        digest = zlib.crc32(image[::STEP_PX, ::STEP_PX].tobytes())
        if digest != self._digest:
            self._digest, self._since_s = digest, captured_s
        return captured_s - self._since_s


def stands_still(still_s: float) -> str:
    """That the picture has not changed for so long, in words.

    >>> stands_still(12.3)
    'the picture stands still: all were alike for 12 s'
    """
    return f"the picture stands still: all were alike for {still_s:.0f} s"
