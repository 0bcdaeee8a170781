"""From the decoded frames of all connections of a stream to its frames: media time, lag, freezes, audio times."""

from collections.abc import Callable

from realtime_pose.config import SourceConfig
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.scene import Frame
from realtime_pose.sources.audio_timestamps import AudioTimestampMapper
from realtime_pose.sources.clock import MediaClock
from realtime_pose.sources.connection import Connection
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.lag import FreezeDetector, LagMonitor
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.status import StatusReporter, StatusTracker
from realtime_pose.sources.video_packets import to_media_time
from realtime_pose.video.packets import FrameListener, VideoFormat, VideoPacket

MAX_GOP_PACKETS = 3000  # packets that are kept for a recording if no key frame comes


class FrameBuilder:
    """Builds the frames of one stream and reports its state with each; for the reading thread only.

    Attributes:
        audio: Maps audio to media time and sends it to the listener.
        num_decoded: Decoded frames so far, over all connections.
        listener: Gets every frame that is not dropped, with the packets of all; None: nobody.

    Args:
        name: The address as shown to the user.
        config: Limits for lag and freezes.
        progress: Gets the lag and the dropped frames.
        reporter: Gets the state.
        now_s: The monotonic clock.
    """

    def __init__(
        self,
        name: str,
        config: SourceConfig,
        *,
        progress: StatusTracker,
        reporter: StatusReporter,
        now_s: Callable[[], float],
    ) -> None:
        self.audio = AudioTimestampMapper()
        self.num_decoded = 0
        self.listener: FrameListener | None = None
        self._video_format: VideoFormat | None = None
        self._has_packets = False
        self._video_packets: list[VideoPacket] = []  # since the last frame that was not dropped
        self._name, self._progress, self._reporter, self._now_s = name, progress, reporter, now_s
        self._clock = MediaClock()
        self._lag_monitor = LagMonitor(config.max_lag_s, stalled_s=config.stalled_s)
        self._freeze_detector = FreezeDetector(config.frozen_s)
        self._has_clock = True

    def start_connection(self, connection: Connection) -> None:
        """The next frame is the first of this connection."""
        self._has_clock = connection.has_clock
        self.audio.connect(connection.audio_format)
        self._video_format, self._video_packets = connection.video_format, []
        self._clock.start_connection()
        self._lag_monitor.reset()
        self._freeze_detector.reset()

    def build(self, decoded: DecodedFrame) -> Frame | None:
        """The frame, after its state was reported; None for a repeat, a failure, or if decoding is behind."""
        if decoded.is_repeat:
            self._reporter.start_waiting()
            self._reporter.report_frame(self._freeze_detector.check(decoded.image, decoded.captured_s))
            return None
        time_s = self._clock.next_time_s(decoded.time_s if self._has_clock else None, decoded.captured_s)
        lag_s = self._clock.lag_s
        self._progress.set_lag(lag_s)
        self.audio.forward(decoded.audio_packets, video_pts_s=decoded.pts_s, time_s=time_s)
        self._keep_video(decoded, time_s)
        # Dropped frames have an index too, so a gap shows that frames are missing.
        index, self.num_decoded = self.num_decoded, self.num_decoded + 1
        self._reporter.start_waiting()
        if self._lag_monitor.should_drop(lag_s=lag_s, captured_s=decoded.captured_s):
            self._progress.count_dropped()
            return None
        try:
            image = decoded.image  # (H, W, 3), converted only now: a dropped frame costs no conversion
        except FrameError as error:
            self._progress.count_undecodable(error.reason)
            return None
        problem = self._freeze_detector.check(image, decoded.captured_s)
        if self._lag_monitor.is_stalled(lag_s=lag_s, now_s=self._now_s()):
            problem = Reason(SourceReason.LATE, {"lag_s": lag_s})
        self._reporter.report_frame(problem)
        frame = Frame(image, index, time_s, decoded.captured_s, self._name, self._reporter.outage, lag_s)
        self._send(frame)
        return frame

    def reconnect_reason(self) -> Reason:
        """Why a new connection would be faster than waiting; NO_REASON if it would not."""
        lag_s = self._clock.lag_s
        if self._lag_monitor.needs_reconnect(lag_s=lag_s, now_s=self._now_s()):
            return Reason(SourceReason.TOO_LATE, {"lag_s": lag_s})
        return NO_REASON

    def _keep_video(self, decoded: DecodedFrame, time_s: float) -> None:
        """Keep the packets that came with this frame, which may be dropped itself.

        Without a listener those since the last key frame: a recording that starts later can begin with them.
        """
        self._has_packets = decoded.video_packets is not None and self._video_format is not None
        if decoded.video_packets is None or self._video_format is None:
            self._video_packets = []
            return
        pts_s = decoded.pts_s
        packets = to_media_time(decoded.video_packets, self._video_format, video_pts_s=pts_s, time_s=time_s)
        has_key = any(packet.is_key for packet in packets)
        if self.listener is None and (has_key or len(self._video_packets) >= MAX_GOP_PACKETS):
            self._video_packets = []
        self._video_packets += packets

    def _send(self, frame: Frame) -> None:
        """Send a frame to the listener, if there is one, with the packets since the one before."""
        if self.listener is not None:
            packets, self._video_packets = self._video_packets, []
            self.listener.receive(frame, packets if self._has_packets else None)
