"""One encoded moment, and the memory of the last of them: the pre-roll."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from realtime_pose.recording.encoder import Packet
from realtime_pose.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFrame:
    """One frame, encoded in every kind of picture that is recorded.

    Attributes:
        ticks: Its time since the first frame of the recorder.
        step: Ticks that it is shown, as far as is known.
        packets: Of each kind of picture.
        is_key: Whether a video may begin with it.
        scene: Its poses, without the picture; None where none are kept.
    """

    ticks: int
    step: int
    packets: Mapping[str, list[Packet]]
    is_key: bool
    scene: Scene | None = None


def without_picture(scene: Scene) -> Scene:
    """The scene with a black picture of the same size, which takes no memory."""
    width, height = scene.frame.wh
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (height, width, 3))
    return replace(scene, frame=replace(scene.frame, image=image), drawn=None)


class Preroll:
    """The shots of the last seconds, beginning with a key frame; older ones are forgotten.

    Args:
        length: How many ticks back a recording shall begin, at least where so much is there.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._frames: deque[EncodedFrame] = deque()

    def __len__(self) -> int:
        """How many shots."""
        return len(self._frames)

    def begin(self, otherwise: int) -> int:
        """Ticks of the oldest shot; the other value where there is none."""
        return self._frames[0].ticks if self._frames else otherwise

    def add(self, encoded: EncodedFrame) -> None:
        """Remember a shot. One that is not a key frame, where none came before it, is of no use."""
        if not self._frames and not encoded.is_key:
            return
        self._frames.append(encoded)
        keys = [index for index, each in enumerate(self._frames) if each.is_key] if encoded.is_key else []
        begin = max((index for index in keys if self._frames[index].ticks <= encoded.ticks - self._length), default=0)
        for _ in range(begin):
            self._frames.popleft()

    def take(self) -> Iterator[EncodedFrame]:
        """All shots, oldest first; they are forgotten."""
        while self._frames:
            yield self._frames.popleft()
