"""The files of one segment: a video of each kind, and the poses beside them."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from av.video.stream import VideoStream

from realtime_pose.config import RECORDED_IMAGES
from realtime_pose.errors import SinkError
from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.audio_file import AudioTrack, FileAudioTrack
from realtime_pose.recording.encoder import TICKS_HZ
from realtime_pose.recording.mp4_file import Mp4File
from realtime_pose.recording.preroll import EncodedFrame
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.sinks.sink import RunHeader

SUFFIXES = {
    "overlay": (".mp4",),
    "clean": (".mp4", ".jsonl"),
    "both": (".mp4", ".clean.mp4", ".jsonl"),
}


class AudioInput(NamedTuple):
    """Where the audio of a recording comes from: a file or a live source, and the media time of tick 0."""

    source: Path | AudioBuffer
    start_s: float

    def open_track(self, ticks: int) -> AudioTrack:
        """The audio from this time on, for one file."""
        start_s = self.start_s + ticks / TICKS_HZ
        if isinstance(self.source, AudioBuffer):
            return self.source.track(start_s)
        return FileAudioTrack(self.source, start_s)


class RecordingSegment:
    """Files of the same frames; the times of all count from the first frame.

    Attributes:
        path: Path of the first video.
        start: Ticks of the first frame; None before it.

    Args:
        path: Path of the first video; the other files lie beside it.
        record_as: What is recorded: overlay, clean or both.
        run: Header of the poses file.
        is_synced: Whether each second is forced to the disk at once.

    Raises:
        SinkError: A file cannot be created.
    """

    def __init__(self, path: Path, record_as: str, run: RunHeader, *, is_synced: bool) -> None:
        self.path = path
        self.start: int | None = None
        self._suffixes = SUFFIXES[record_as]
        self._videos: dict[str, Mp4File] = {}
        self._poses: JsonlSink | None = None
        kinds = RECORDED_IMAGES[record_as]
        with ExitStack() as undo:  # if one file cannot be created, the others are removed
            undo.callback(self.close)
            for kind, suffix in zip(kinds, self._suffixes, strict=False):  # the videos come first
                self._videos[kind] = Mp4File(path.with_suffix(suffix), is_synced=is_synced)
            if "clean" in kinds:
                self._poses = JsonlSink(path.with_suffix(".jsonl"), run, is_synced=is_synced)
            undo.pop_all()

    @property
    def paths(self) -> list[Path]:
        """Paths of all files."""
        return [self.path.with_suffix(suffix) for suffix in self._suffixes]

    @property
    def length_bytes(self) -> int:
        """Size of the largest video so far."""
        return max(video.length_bytes for video in self._videos.values())

    def check(self) -> None:
        """Raise SinkError if a video is closed, has failed, or is no longer at its path."""
        for video in self._videos.values():
            video.check()

    def add(self, encoded: EncodedFrame, templates: Mapping[str, VideoStream], *, audio: AudioInput | None) -> None:
        """Write an encoded frame. The first must be a key frame.

        Args:
            encoded: The frame.
            templates: Template stream for the packets of each kind.
            audio: The audio of the recording; None: no audio.

        Raises:
            SinkError: It cannot be written.
        """
        if self.start is None:
            self.start = encoded.ticks
            for kind, video in self._videos.items():
                # A track can be read once, so each video has its own.
                track = None if audio is None else audio.open_track(encoded.ticks)
                video.begin(templates[kind], encoded.ticks, audio=track)
        for kind, video in self._videos.items():
            for packet in encoded.packets[kind]:
                video.add(packet, duration=encoded.duration)
        if self._poses is not None and encoded.scene is not None:
            time_s = (encoded.ticks - self.start) / TICKS_HZ  # the same as in the videos beside it
            self._poses.write(replace(encoded.scene, frame=replace(encoded.scene.frame, time_s=time_s)))

    def close(self) -> None:
        """Finish all files; may be called twice.

        Raises:
            SinkError: One file cannot be finished; the others are.
        """
        failures = []
        files: list[Mp4File | JsonlSink] = [*self._videos.values(), *([self._poses] if self._poses is not None else [])]
        for file in files:
            try:
                file.close()
            except SinkError as error:
                failures.append(error)
        # A video without frames removes itself; a poses file still has its header.
        if self.start is None and self._poses is not None:
            self.path.with_suffix(".jsonl").unlink(missing_ok=True)
        if failures:
            raise failures[0]
