"""What a camera sends, from a video file: frames with the encoded packets that belong to them."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from realtime_pose.recording.recorded_frame import RecordedFrame
from realtime_pose.scene import Frame, Scene
from realtime_pose.sources.video_packets import PacketCollector, to_media_time
from realtime_pose.video.packets import VideoPacket
from tests.support.people.stills import nobody


def camera_frames(video: Path, *, first: int = 0, start_s: float = 0.0) -> list[tuple[Frame, Sequence[VideoPacket]]]:
    """Every frame of a video with its packets, as one connection to a camera would send them.

    Args:
        video: The file.
        first: Index of the first frame.
        start_s: Media time of the first frame.
    """
    sent: list[tuple[Frame, Sequence[VideoPacket]]] = []
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        collector, waiting = PacketCollector(stream), []
        for packet in container.demux(stream):
            collector.receive(packet)
            for decoded in packet.decode():
                time_s = float(decoded.time or 0)
                packets = collector.take(decoded, is_upright=True)
                image = np.asarray(decoded.to_ndarray(format="bgr24"), np.uint8)
                waiting.append((image, time_s, packets or ()))
        video_format = collector.make_format()
    assert video_format is not None
    for index, (image, pts_s, packets) in enumerate(waiting, start=first):
        time_s = start_s + pts_s - waiting[0][1]
        timed = to_media_time(packets, video_format, video_pts_s=pts_s, time_s=time_s)
        sent.append((Frame(image, index, time_s, time_s, "camera"), timed))
    return sent


def recorded(frame: Frame, packets: Sequence[VideoPacket] | None, *, is_analysed: bool = True) -> RecordedFrame:
    """A frame of the camera without persons, on its way to the recording."""
    return RecordedFrame(Scene.from_tracks(frame, nobody()), packets, is_analysed=is_analysed)
