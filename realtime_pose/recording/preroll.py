"""One encoded frame, and the memory of the last seconds of them: the pre-roll."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from av.video.stream import VideoStream

from realtime_pose.recording.encoder import Packet
from realtime_pose.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFrame:
    """One frame, encoded once for each recorded video (overlay, clean or both), or copied from the source.

    Attributes:
        ticks: Time since the first frame of the recorder, in ticks of 1/90000 s.
        duration: How long the frame is shown, in ticks; an estimate, as the next frame is not known yet.
        packets: Encoded packets by kind of video; a kind may have none in this frame.
        templates: Template stream for the packets of each kind.
        is_key: Whether a segment may begin here: all packets of the frame are key frames, and none is missing but those
            of an overlay beside a copied video.
        scene: The poses without the pixels; None if no poses are recorded.
        copied_format: Key of the format of copied packets; None if all were encoded here. A file holds one format.
    """

    ticks: int
    duration: int
    packets: Mapping[str, list[Packet]]
    templates: Mapping[str, VideoStream]
    is_key: bool
    scene: Scene | None = None
    copied_format: tuple[object, ...] | None = None


class Preroll:
    """The encoded frames of the last seconds, from a key frame on.

    Args:
        length: Ticks to keep at least. Up to one key frame interval more is kept.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._frames: deque[EncodedFrame] = deque()

    def __len__(self) -> int:
        """Number of frames."""
        return len(self._frames)

    def start(self, default: int) -> int:
        """Ticks of the oldest frame; the default if there is none."""
        return self._frames[0].ticks if self._frames else default

    def add(self, encoded: EncodedFrame) -> None:
        """Add a frame, and drop the frames that are no longer needed. The first must be a key frame."""
        if not self._frames and not encoded.is_key:
            return
        self._frames.append(encoded)
        if not encoded.is_key:
            return
        # Keep from the last key frame that is at least `length` back.
        keys = (index for index, each in enumerate(self._frames) if each.is_key)
        start = max((index for index in keys if self._frames[index].ticks <= encoded.ticks - self._length), default=0)
        for _ in range(start):
            self._frames.popleft()

    def take(self) -> Iterator[EncodedFrame]:
        """Remove and return all frames, oldest first."""
        while self._frames:
            yield self._frames.popleft()
