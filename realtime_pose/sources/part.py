"""A part of a source as a source: a stretch of time, and a region of the picture, which may be turned.

The picture is rotated first, then cut. Times and numbers of the frames stay those of the source. The stretch of a live
source counts from its first picture that somebody wants: while networks are loaded, a camera sends pictures already.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from realtime_pose.audio.packets import AudioListener
from realtime_pose.config import PartConfig
from realtime_pose.errors import SourceError
from realtime_pose.reasons import Reason
from realtime_pose.scene import Frame
from realtime_pose.sources.picture_part import check_region, cut, has_region, part_wh
from realtime_pose.sources.pts import SAME_S
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import MAX_REASONS, Source, SourceInfo, SourceStatus
from realtime_pose.video.packets import FrameListener, VideoPacket


def part_of(source: Source, part: PartConfig) -> Source:
    """The part of a source; the source itself if that is all of it. Raises ConfigError as `PartSource`."""
    return source if part.is_whole else PartSource(source, part)


class PartSource:
    """The frames of a source between two times, rotated and cut.

    Args:
        source: The source; owned from now on.
        part: The part.

    Raises:
        ConfigError: The region does not lie in the picture, as far as its size is known.
    """

    def __init__(self, source: Source, part: PartConfig) -> None:
        self._source, self._part = source, part
        self._is_closed = False
        self._first_s: float | None = None if source.info.is_live else 0.0  # media time from which the stretch counts
        self._lock = threading.Lock()  # protects _first_s: two threads of a live source ask for it
        self._outside: list[Reason] = []  # of single pictures in which the region does not lie
        self._latest: tuple[Frame, Frame] | None = None  # of the source, and as it is handed on
        if all(source.info.wh) and not source.info.is_pictures:
            check_region(part, source.info.wh)

    @property
    def info(self) -> SourceInfo:
        """Name and format; the size is that of the part, the number of frames is an estimate."""
        info = self._source.info
        wh = part_wh(self._part, info.wh) if all(info.wh) else info.wh
        return replace(info, wh=wh, num_frames=self._count(info))

    @property
    def status(self) -> SourceStatus:
        """The status now, with the single pictures that were left out."""
        status, outside = self._source.status, tuple(self._outside)
        if not outside:
            return status
        reasons = (*status.skipped_reasons, *outside)[:MAX_REASONS]
        return replace(status, skipped=status.skipped + len(outside), skipped_reasons=reasons)

    def __iter__(self) -> Iterator[Frame]:
        """Frames of the part until its end, the end of the source, a loss, or ``close``.

        A single picture in which the region does not lie is left out and counted.

        Raises:
            ConfigError: The region does not lie in a frame.
            SourceError: A file has no frame in this stretch of time.
        """
        last_s, has_frames = math.nan, False
        for frame in self._source:
            last_s = self.elapsed_s(frame)
            if last_s >= self._part.end_s - SAME_S:
                self._source.close()
                break
            if last_s < self._part.start_s - SAME_S or self._lies_outside(frame):
                continue
            has_frames = True
            yield self.convert(frame)
        if not (has_frames or self._is_closed or self.info.is_live) and self.status.is_complete:
            until = f" to {self._part.end_s:g} s" if self._part.end else " on"
            last = "" if math.isnan(last_s) else f"; the last one is at {last_s:.3f} s"
            raise SourceError(
                f"{self.info.name}: expected frames from {self._part.start_s:g} s{until}, but there are none{last}"
            )

    def listen(self, listener: AudioListener) -> None:
        """Send live audio to this listener."""
        self._source.listen(listener)

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Send every frame of the part of a live source to this listener."""
        self._source.listen_to_frames(_PartListener(listener, self._part, self))

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
        self._is_closed = True
        self._source.close()

    def _count(self, info: SourceInfo) -> int | None:
        """How many frames the part has."""
        has_times = self._part.start or self._part.end
        if info.num_frames is None or not has_times:
            return info.num_frames
        if not info.rate_hz:
            return None
        end_s = min(self._part.end_s, info.num_frames / info.rate_hz)
        return max(0, round((end_s - self._part.start_s) * info.rate_hz))

    def _lies_outside(self, frame: Frame) -> bool:
        """Whether this is a single picture in which the region does not lie, which is noted."""
        if frame.picture is None or has_region(self._part, frame.wh):
            return False
        width, height = part_wh(replace(self._part, region=""), frame.wh)
        values = {"file": frame.picture.file_name, "size": f"{width}x{height}", "region": self._part.region}
        self._outside.append(Reason(SourceReason.REGION_OUTSIDE, values))
        return True

    def elapsed_s(self, frame: Frame) -> float:
        """Seconds since the moment from which the stretch counts; for any thread."""
        with self._lock:
            if self._first_s is None:
                self._first_s = frame.time_s
            return frame.time_s - self._first_s

    def convert(self, frame: Frame) -> Frame:
        """The frame rotated and cut; for any thread."""
        if not self._part.changes_image:
            return frame
        # A live source gives each frame to the listener and to the iteration.
        latest = self._latest
        if latest is None or latest[0] is not frame:
            latest = self._latest = (frame, replace(frame, image=cut(frame.image, self._part)))
        return latest[1]


class _PartListener:
    """Hands on the frames of a part.

    Args:
        listener: Gets them.
        part: The part.
        source: Knows the times, and makes the frames of the part.
    """

    def __init__(self, listener: FrameListener, part: PartConfig, source: PartSource) -> None:
        self._listener, self._part, self._source = listener, part, source

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:
        """Hand on a frame of the part; its packets only if they show the same picture."""
        if not self._part.start_s - SAME_S <= self._source.elapsed_s(frame) < self._part.end_s - SAME_S:
            return
        # The packets of a stretch that begins in the middle could not be decoded before their first key frame.
        is_as_sent = not (self._part.changes_image or self._part.start)
        self._listener.receive(self._source.convert(frame), packets if is_as_sent else None)
