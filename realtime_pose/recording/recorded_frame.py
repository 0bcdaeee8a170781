"""One frame on its way to a recording, and the memory of the frames that a recording may begin with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from realtime_pose.scene import Frame, Scene
from realtime_pose.video.packets import VideoPacket

MAX_GOP_FRAMES = 3000  # a camera without a key frame for so long is copied from its next one on
MAX_NEWEST_AGE_S = 1.0  # of the image with which a recording begins: an older one is from before an outage


class FrameNeed(Enum):
    """What a recording needs of a frame that is not analysed: nothing, its packets, or its image too."""

    NOTHING = "nothing"
    PACKETS = "packets"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, eq=False)
class RecordedFrame:
    """One frame of a source for the recording.

    Attributes:
        scene: The frame with its poses. A frame that was not analysed has the poses of the last analysed frame.
        packets: What a live source sent for this frame, to be copied into a clean video; None: it is encoded.
        is_analysed: Whether the poses are those of this frame.
        has_image: Whether the frame has its image. If not, only its packets are recorded.
    """

    scene: Scene
    packets: Sequence[VideoPacket] | None = None
    is_analysed: bool = True
    has_image: bool = True

    def without_image(self) -> "RecordedFrame":
        """The same frame with a black image of the same size, which takes no memory."""
        return replace(self, scene=without_image(self.scene), has_image=False)


def without_image(scene: Scene) -> Scene:
    """The scene with a black image of the same size, which takes no memory."""
    return replace(scene, frame=frame_without_image(scene.frame))


def frame_without_image(frame: Frame) -> Frame:
    """The frame with a black image of the same size, which takes no memory."""
    width, height = frame.wh
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (height, width, 3))  # all pixels are the same 3 bytes
    return replace(frame, image=image)


class LatestFrames:
    """The frames of a live source with which a recording that starts now begins, so that it does not wait for one.

    A copied video can begin only with a key frame: these are the frames since the last one, without images (the latest
    group of pictures). Another video begins with the newest image, which the user saw at the start.

    Args:
        now_s: The monotonic clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._group: list[RecordedFrame] = []
        self._newest: RecordedFrame | None = None  # with its image

    def add(self, frame: RecordedFrame) -> None:
        """Add the next frame; one with a key frame begins a new group."""
        if frame.is_analysed and frame.has_image:
            self._newest = frame
        if frame.packets is None or len(self._group) >= MAX_GOP_FRAMES:
            self._group = []
        if frame.packets is None:
            return
        if any(packet.is_key for packet in frame.packets):
            self._group = [frame.without_image()]
        elif self._group:
            self._group.append(frame.without_image())

    def take(self) -> list[RecordedFrame]:
        """The frames, oldest first; there are none afterwards. An image from before an outage is left out."""
        group, newest = self._group, self._newest
        self._group, self._newest = [], None
        if group or newest is None:
            return group
        return [newest] if self._now_s() - newest.scene.frame.captured_s <= MAX_NEWEST_AGE_S else []
