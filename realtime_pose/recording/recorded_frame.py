"""One frame on its way to a recording, and the memory of the frames that a copied video may begin with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from realtime_pose.scene import Frame, Scene
from realtime_pose.video.packets import VideoPacket

MAX_GOP_FRAMES = 3000  # a camera without a key frame for so long is copied from its next one on


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


class LatestGop:
    """The frames since the last key frame of a live source: its latest group of pictures (GOP), without images.

    A copied video can begin only with a key frame. So a recording that starts now begins with these frames.
    """

    def __init__(self) -> None:
        self._frames: list[RecordedFrame] = []

    def add(self, frame: RecordedFrame) -> None:
        """Add the next frame; one with a key frame begins a new group."""
        if frame.packets is None or len(self._frames) >= MAX_GOP_FRAMES:
            self._frames = []
        if frame.packets is None:
            return
        if any(packet.is_key for packet in frame.packets):
            self._frames = [frame.without_image()]
        elif self._frames:
            self._frames.append(frame.without_image())

    def take(self) -> list[RecordedFrame]:
        """The frames, oldest first; the group is empty afterwards."""
        frames, self._frames = self._frames, []
        return frames
