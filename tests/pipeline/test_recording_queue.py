"""The queue that joins all frames of a live source with the scenes of those that were analysed."""

from collections.abc import Sequence

import numpy as np
import pytest

from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline import recording_queue
from realtime_pose.pipeline.recording_queue import RecordingQueue
from realtime_pose.recording.recorded_frame import FrameNeed
from realtime_pose.scene import Frame, Scene
from realtime_pose.skeletons import COCO17
from realtime_pose.video.packets import VideoFormat, VideoPacket
from tests.support.people.stills import people, scene

FORMAT = VideoFormat((), None)  # type: ignore[arg-type]  # no packet is decoded here


class Setting:
    """A queue, a clock, and what the recording needs."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.need = FrameNeed.IMAGE
        self.num_dropped = 0
        self.queue = RecordingQueue(
            COCO17, lambda has_packets: self.need, on_dropped=self._count, now_s=lambda: self.now_s
        )

    def _count(self) -> None:
        self.num_dropped += 1

    def send(self, *indices: int, packets: Sequence[VideoPacket] | None = None) -> None:
        for index in indices:
            self.queue.receive(self.frame(index), packets)

    def analyse(self, *indices: int) -> None:
        for index in indices:
            person = people([(1, 1, 9, 9)], ids=[index + 100])
            self.queue.put(Scene.from_tracks(self.frame(index), person))

    def frame(self, index: int) -> Frame:
        return Frame(np.full((4, 4, 3), index % 256, np.uint8), index, index / 10, self.now_s, "camera")

    def taken(self) -> list[tuple[int, int | None, bool]]:
        """Index, id of the person (None: nobody) and whether it was analysed, of all frames that are ready."""
        taken: list[tuple[int, int | None, bool]] = []
        while True:
            try:
                recorded = self.queue.get(timeout_s=0)
            except (TimeoutError, ChannelClosedError):
                return taken
            ids = recorded.scene.tracks.ids.tolist()
            taken.append((recorded.scene.frame.index, ids[0] if ids else None, recorded.is_analysed))


@pytest.fixture
def setting() -> Setting:
    return Setting()


def packet(time_s: float, *, is_key: bool = False) -> VideoPacket:
    return VideoPacket(time_s, time_s, is_key, b"0", FORMAT)


def test_frames_between_two_analysed_ones_have_the_poses_of_the_first(setting: Setting) -> None:
    setting.send(0, 1, 2, 3, 4)
    assert setting.taken() == [], "whether the first one is analysed is not known yet"
    setting.analyse(1, 3)
    assert setting.taken() == [(0, None, False), (1, 101, True), (2, 101, False), (3, 103, True)]
    setting.analyse(5)
    assert setting.taken() == [(4, 103, False), (5, 105, True)]


def test_the_image_of_a_frame_is_its_own(setting: Setting) -> None:
    setting.send(0, 1, 2)
    setting.analyse(0, 2)
    images = [int(setting.queue.get(timeout_s=0).scene.frame.image[0, 0, 0]) for _ in range(3)]
    assert images == [0, 1, 2]


def test_without_a_recording_only_scenes_come(setting: Setting) -> None:
    setting.need = FrameNeed.NOTHING
    setting.send(0, 1, 2, 3)
    setting.analyse(0, 2)
    assert setting.taken() == [(0, 100, True), (2, 102, True)]


def test_a_frame_goes_on_when_it_has_waited_too_long_and_its_poses_come_alone(setting: Setting) -> None:
    setting.send(0, 1)
    setting.now_s += recording_queue.MAX_WAIT_S
    assert setting.taken() == [(0, None, False), (1, None, False)]
    setting.analyse(1)
    late = setting.queue.get(timeout_s=0)
    assert late.is_analysed
    assert late.scene.frame.index == 1
    assert not late.has_image, "it is not recorded twice"


def test_the_oldest_frame_goes_on_when_the_images_take_too_much_memory(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_queue, "MAX_IMAGE_BYTES", 3 * 48)
    setting.send(0, 1, 2)
    assert setting.taken() == []
    setting.send(3, 4)
    assert [index for index, _, _ in setting.taken()] == [0, 1]


def test_a_recording_that_is_too_slow_loses_images_but_no_packets(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_queue, "MAX_IMAGE_BYTES", 48)
    setting.send(0, 1, 2, 3, packets=[packet(0.0, is_key=True)])
    assert setting.num_dropped == 2
    setting.queue.close()
    frames = list(setting.queue)
    assert [frame.has_image for frame in frames] == [True, True, False, False]
    assert all(frame.packets for frame in frames)


def test_after_dropped_packets_the_next_ones_begin_with_a_key_frame(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_queue, "MAX_FRAMES", 2)
    setting.need = FrameNeed.PACKETS
    setting.send(0, 1, 2, packets=[packet(0.0)])
    assert setting.num_dropped == 1
    assert [index for index, _, _ in setting.taken()] == [0]
    setting.send(3, packets=[packet(0.3)])
    setting.analyse(3)
    assert [len(setting.queue.get(timeout_s=0).packets or ()) for _ in range(2)] == [1, 0]
    setting.send(4, packets=[packet(0.4), packet(0.5, is_key=True), packet(0.6)])
    setting.analyse(4)
    assert [each.time_s for each in setting.queue.get(timeout_s=0).packets or ()] == [0.5, 0.6]


def test_frames_that_are_only_copied_keep_no_image(setting: Setting) -> None:
    setting.need = FrameNeed.PACKETS
    setting.send(0, packets=[packet(0.0)])
    setting.queue.close()
    (frame,) = setting.queue
    assert not frame.has_image
    assert frame.scene.frame.wh == (4, 4)
    assert not frame.scene.frame.image.any()


def test_scenes_are_dropped_if_the_sinks_are_too_slow(setting: Setting) -> None:
    setting.need = FrameNeed.NOTHING
    setting.analyse(*range(recording_queue.MAX_SCENES + 3))
    assert setting.queue.dropped == 3
    assert len(setting.taken()) == recording_queue.MAX_SCENES


def test_a_stop_discards_scenes_but_no_frame_of_the_recording(setting: Setting) -> None:
    setting.send(0, 1, 2)
    setting.analyse(0)
    setting.queue.cancel()
    assert [index for index, _, _ in setting.taken()] == [0, 1, 2]
    with pytest.raises(ChannelClosedError):
        setting.queue.put(scene())
    setting.send(3)
    assert setting.taken() == [], "what comes after the end is left out"


def test_get_waits_no_longer_than_it_may(setting: Setting) -> None:
    setting.send(0)
    with pytest.raises(TimeoutError):
        setting.queue.get(timeout_s=0.0)
    setting.queue.close()
    assert isinstance(setting.queue.get(timeout_s=0.0).scene, Scene)
    with pytest.raises(ChannelClosedError):
        setting.queue.get()
