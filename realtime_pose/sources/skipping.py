"""The packets of a video file from a time on, beginning with a key frame; what comes before is not decoded.

A file with a complete index (MP4, MOV) is read from the right place on. Of others the packets before are read and
counted. Numbers and times of the frames are those of the whole file either way.
"""

import copy
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any, NamedTuple, TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from realtime_pose.sources.pts import MAX_GAP_S, PtsNormalizer

VideoPackets: TypeAlias = Iterator["av.Packet[Any]"]

# Of these each packet is one frame that is shown. VP8 has hidden ones, and raw MPEG-2 may have one for each field.
_COUNTABLE_CODECS = ("av1", "h264", "hevc", "mjpeg", "mpeg4", "prores", "vp9", "vvc")
_MAX_GROUP = 3000  # packets from one key frame to the next that are kept in memory; more are decoded


class Skipped(NamedTuple):
    """What was left out.

    Attributes:
        packets: The packets from a key frame on.
        num_packets: How many came before.
        pts: The state of the times after those before.
    """

    packets: VideoPackets
    num_packets: int
    pts: PtsNormalizer


def can_skip(stream: VideoStream) -> bool:
    """Whether the packets of this stream can be counted without decoding them."""
    return stream.codec_context.name in _COUNTABLE_CODECS


def has_index(stream: VideoStream) -> bool:
    """Whether the index of the file has all frames, so that any place can be found without reading up to it."""
    return bool(_index_times(stream))


def skip_by_index(
    container: InputContainer, stream: VideoStream, packets: VideoPackets, start: int
) -> tuple[int, VideoPackets]:
    """Go to the last key frame that is shown at or before a time, by the index of the file.

    Args:
        container: The open container.
        stream: Its video.
        packets: Its packets, of which none was read.
        start: The time as a timestamp of the stream.

    Returns:
        Number of packets before it, and the packets from it on; 0 and all packets if the index is not complete.
    """
    times = _index_times(stream)
    if not times:
        return 0, packets
    # These are the times of decoding. A frame may be shown later, so the last key frame may be too late.
    keys = [number for number, entry in enumerate(stream.index_entries) if entry.is_keyframe and times[number] <= start]
    for number in reversed(keys[-3:]):
        container.seek(times[number], stream=stream)
        first = next(packets)
        if first.dts == times[number] and first.pts is not None and first.pts <= start:
            return number, chain([first], packets)
    container.seek(times[0], stream=stream)
    return 0, packets


def skip_by_reading(packets: VideoPackets, start_s: float, pts: PtsNormalizer) -> Skipped:
    """Read up to the last key frame that is shown at or before a time.

    Args:
        packets: All packets of the video.
        start_s: The time, in seconds of media time.
        pts: The state of the times before the first frame; it is not changed.
    """
    count, group = 0, list[Any]()  # the group: packets from a key frame on
    try:
        for packet in packets:
            is_end = not packet.size or packet.pts is None or len(group) >= _MAX_GROUP
            if is_end or (packet.is_keyframe and _is_later(packet, start_s, after := _after(group, pts))):
                return Skipped(chain([*group, packet], packets), count, pts)
            if packet.is_keyframe:
                count, group, pts = count + len(group), [], after
            group.append(packet)
    except av.FFmpegError:  # nothing can be read behind this place
        pass
    return Skipped(iter(group), count, pts)


def _index_times(stream: VideoStream) -> list[int]:
    """When each frame is decoded, by the index of the file; [] if the index is not complete."""
    times = [entry.timestamp for entry in stream.index_entries]
    return [] if len(times) != stream.frames or _has_gap(times, float(stream.time_base or 1)) else times


def _has_gap(times: list[int], tick_s: float) -> bool:
    """Whether the clock was set in the middle, so that times do not follow from timestamps."""
    return any(not 0 < later - earlier <= MAX_GAP_S / tick_s for earlier, later in pairwise(times))


def _after(group: "list[av.Packet[Any]]", pts: PtsNormalizer) -> PtsNormalizer:
    """The state of the times after the frames of a group, in the order in which they are shown."""
    after = copy.copy(pts)
    for packet in sorted(group, key=lambda packet: packet.pts or 0):
        after.next_time_s(packet.pts)
    return after


def _is_later(packet: "av.Packet[Any]", start_s: float, pts: PtsNormalizer) -> bool:
    """Whether the frame of this packet is shown after the start."""
    return copy.copy(pts).next_time_s(packet.pts) > start_s
