"""All frames of a live source for its recording, each with the newest poses, whatever the analysis leaves out."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from realtime_pose.channels import ClosableOutlet
from realtime_pose.errors import ChannelClosedError
from realtime_pose.recording.recorded_frame import FrameNeed, RecordedFrame, frame_without_image
from realtime_pose.scene import Frame, Scene, Tracks
from realtime_pose.skeletons import Skeleton
from realtime_pose.video.packets import VideoPacket

MAX_WAIT_S = 10.0  # a frame waits no longer for its poses, and is then recorded with those of the frame before
MAX_IMAGE_BYTES = 200_000_000  # of frames that wait: 32 of 1920x1080; with more, the oldest one goes on
MAX_FRAMES = 2048  # that wait, with or without an image
MAX_SCENES = 16  # that the sinks may be behind


class _WaitingFrame(NamedTuple):
    """A frame that waits for its poses; see `RecordedFrame`."""

    frame: Frame
    packets: Sequence[VideoPacket] | None
    has_image: bool

    @property
    def image_bytes(self) -> int:
        return self.frame.image.nbytes if self.has_image else 0


class RecordingQueue(ClosableOutlet[RecordedFrame]):
    """Joins the frames of the source with the scenes of the tracker, in the order of the source; never waits in a put.

    The source's thread calls ``receive`` with every frame, the tracker's thread ``put`` with every scene; one consumer
    gets both as recorded frames. A frame waits for the next scene, which tells whether it was analysed. If no scene
    comes in time, or too many frames wait, it goes on with the poses of the last scene; its own come later and alone.

    Attributes:
        dropped: Analysed frames that no sink got, because the sinks were too slow.

    Args:
        skeleton: Skeleton of the scenes, for frames before the first scene.
        find_need: What the recording needs of a frame that has packets, or has none.
        on_dropped: Called for each frame whose image is missing in the recording, because recording is too slow.
        now_s: The monotonic clock.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        find_need: Callable[[bool], FrameNeed],
        *,
        on_dropped: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._no_tracks = Tracks.empty(skeleton)
        self._find_need, self._on_dropped, self._now_s = find_need, on_dropped, now_s
        self._frames: deque[_WaitingFrame] = deque()
        self._scenes: deque[Scene] = deque()
        self._latest: Scene | None = None  # the last one that the consumer got
        self._image_bytes = 0
        self._has_packets = False
        self._awaits_key = False  # packets were dropped, so the next ones cannot be decoded before a key frame
        self.dropped = 0
        self._last_index = -1  # of the frames that the consumer got

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:
        """Add the next frame of the source, if the recording needs it."""
        need = self._find_need(packets is not None)
        with self._changed:
            self._has_packets = packets is not None
            if need is FrameNeed.NOTHING or self._is_closed:
                return
            if len(self._frames) >= MAX_FRAMES:
                self._awaits_key = True
                self._on_dropped()
                return
            has_image = need is FrameNeed.IMAGE and self._image_bytes < 2 * MAX_IMAGE_BYTES
            if need is FrameNeed.IMAGE and not has_image:
                self._on_dropped()
            if has_image or packets is not None:
                kept = frame if has_image else frame_without_image(frame)
                self._append(_WaitingFrame(kept, self._from_key(packets), has_image))

    def put(self, scene: Scene) -> None:
        """Add the next scene of the tracker; drops it if the sinks are too far behind.

        Raises:
            ChannelClosedError: The queue is closed.
        """
        with self._changed:
            if self._is_closed:
                raise ChannelClosedError("the channel is closed")
            if len(self._scenes) >= MAX_SCENES:
                self.dropped += 1
                return
            self._scenes.append(scene)
            self._changed.notify_all()

    def get(self, *, timeout_s: float | None = None) -> RecordedFrame:
        """The next frame.

        Raises:
            TimeoutError: None is ready within timeout_s seconds.
            ChannelClosedError: The queue is closed and empty.
        """
        deadline_s = None if timeout_s is None else self._now_s() + timeout_s
        with self._changed:
            while (ready := self._take_ready()) is None:
                if self._is_closed and not self._frames and not self._scenes:
                    raise ChannelClosedError("the channel is closed and empty")
                self._wait(deadline_s)
            return ready

    def cancel(self) -> None:
        """Close the queue and discard the scenes; the frames still go into the recording."""
        with self._changed:
            self._scenes.clear()
            self.close()

    def _append(self, waiting: _WaitingFrame) -> None:
        self._frames.append(waiting)
        self._image_bytes += waiting.image_bytes
        self._changed.notify_all()

    def _from_key(self, packets: Sequence[VideoPacket] | None) -> Sequence[VideoPacket] | None:
        """The packets; after dropped ones only those from the next key frame on."""
        if not self._awaits_key or packets is None:
            return packets
        first = next((index for index, packet in enumerate(packets) if packet.is_key), None)
        self._awaits_key = first is None
        return () if first is None else packets[first:]

    def _wait(self, deadline_s: float | None) -> None:
        """Wait for a change, until the oldest frame has waited long enough, or to the deadline."""
        expiry_s = self._frames[0].frame.captured_s + MAX_WAIT_S if self._frames else None
        ends_s = [end_s for end_s in (deadline_s, expiry_s) if end_s is not None]
        if deadline_s is not None and self._now_s() >= deadline_s:
            raise TimeoutError("no frame is ready")
        self._changed.wait(max(0.0, min(ends_s) - self._now_s()) if ends_s else None)

    def _take_ready(self) -> RecordedFrame | None:
        """The next frame in the order of the source; None if it still waits for its poses."""
        if not self._frames:
            return self._take_scene() if self._scenes else None
        index = self._frames[0].frame.index
        if not self._scenes:
            return self._take_frame() if self._is_due(self._frames[0].frame) else None
        if index < self._scenes[0].frame.index:
            return self._take_frame()
        return self._take_scene(self._pop_frame() if index == self._scenes[0].frame.index else None)

    def _is_due(self, frame: Frame) -> bool:
        is_full = self._image_bytes > MAX_IMAGE_BYTES or len(self._frames) >= MAX_FRAMES
        return self._is_closed or is_full or self._now_s() - frame.captured_s >= MAX_WAIT_S

    def _take_scene(self, own: _WaitingFrame | None = None) -> RecordedFrame:
        """The oldest scene, with its own frame if that has waited for it."""
        self._latest = scene = self._scenes.popleft()
        if own is not None:
            return RecordedFrame(scene, own.packets)
        recorded = RecordedFrame(scene, () if self._has_packets else None)
        return recorded.without_image() if scene.frame.index <= self._last_index else recorded

    def _take_frame(self) -> RecordedFrame:
        """The oldest frame, with the poses of the last scene."""
        frame, packets, has_image = self._pop_frame()
        scene = (
            Scene.from_tracks(frame, self._no_tracks) if self._latest is None else replace(self._latest, frame=frame)
        )
        return RecordedFrame(scene, packets, is_analysed=False, has_image=has_image)

    def _pop_frame(self) -> _WaitingFrame:
        waiting = self._frames.popleft()
        self._image_bytes -= waiting.image_bytes
        self._last_index = waiting.frame.index
        return waiting
