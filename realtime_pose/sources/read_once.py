"""What sources have in common that are read once: a file, a folder, a URL of a video, one's own images."""

from realtime_pose.audio.packets import AudioListener
from realtime_pose.sources.source import SourceStatus
from realtime_pose.sources.status import StatusTracker
from realtime_pose.video.packets import FrameListener


class ReadOnceSource:
    """The status and the end of a source whose iteration gives every frame, so that there is nothing to listen to."""

    def __init__(self) -> None:
        self._progress = StatusTracker(is_lossless=True)

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        return self._progress.status

    def listen(self, listener: AudioListener) -> None:
        """Nothing: images have no audio, and that of a file is read from the file."""

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Nothing: the iteration gives every frame."""

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
        self._progress.stop()
        self._interrupt()
        if self._progress.claim():  # nobody iterates, so nobody else releases the source
            self._release()
            self._progress.end()

    def _interrupt(self) -> None:
        """Let a read that waits return soon."""

    def _release(self) -> None:
        """Close what is open."""
