"""The files of one stretch of recording: a video of each kind of picture, and the poses beside them."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

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

AudioOrigin: TypeAlias = tuple[Path | AudioBuffer, float]  # where sound comes from, and media time of tick 0

ENDINGS = {
    "overlay": (".mp4",),
    "clean": (".mp4", ".jsonl"),
    "both": (".mp4", ".clean.mp4", ".jsonl"),
}


class RecordingSegment:
    """Recordings of the same moments, which all count their times from the first.

    Attributes:
        path: Of the first video.
        start: Ticks of the first shot; None before it.

    Args:
        path: Of the first video; the other files lie beside it.
        picture: What is recorded: overlay, clean or both.
        run: What the head of the poses' file says.
        is_synced: Whether the disk must keep each second at once.

    Raises:
        SinkError: A file cannot be made.
    """

    def __init__(self, path: Path, picture: str, run: RunHeader, *, is_synced: bool) -> None:
        self.path = path
        self.start: int | None = None
        self._videos: dict[str, Mp4File] = {}
        self._poses: JsonlSink | None = None
        kinds = RECORDED_IMAGES[picture]
        with ExitStack() as undo:
            undo.callback(self.close)
            for kind, ending in zip(kinds, ENDINGS[picture], strict=False):
                self._videos[kind] = Mp4File(path.with_suffix(ending), is_synced=is_synced)
            if "clean" in kinds:
                self._poses = JsonlSink(path.with_suffix(".jsonl"), run, is_synced=is_synced)
            undo.pop_all()

    @property
    def paths(self) -> list[Path]:
        """All its files."""
        endings = [".mp4", ".clean.mp4"][: len(self._videos)] + ([".jsonl"] if self._poses is not None else [])
        return [self.path.with_suffix(ending) for ending in endings]

    @property
    def length_bytes(self) -> int:
        """Length of the longest video so far."""
        return max(video.length_bytes for video in self._videos.values())

    def check(self) -> None:
        """Raise SinkError where a video is closed, failed, or is no longer there."""
        for video in self._videos.values():
            video.check()

    def add(self, encoded: EncodedFrame, templates: Mapping[str, VideoStream], *, sound: AudioOrigin | None) -> None:
        """Write a shot, the first of which is a key frame.

        Args:
            encoded: The moment.
            templates: What the packets of each kind are.
            sound: A file with sound or the sound of a live source, and media time of tick 0; None for no sound.

        Raises:
            SinkError: It cannot be written.
        """
        if self.start is None:
            self.start = encoded.ticks
            for kind, video in self._videos.items():
                video.begin(templates[kind], encoded.ticks, sound=_sound(sound, encoded.ticks))
        for kind, video in self._videos.items():
            for packet in encoded.packets[kind]:
                video.add(packet, step=encoded.step)
        if self._poses is not None and encoded.scene is not None:
            time_s = (encoded.ticks - self.start) / TICKS_HZ
            self._poses.write(replace(encoded.scene, frame=replace(encoded.scene.frame, time_s=time_s)))

    def close(self) -> None:
        """Finish all files; may be called twice.

        Raises:
            SinkError: The end of one cannot be written; the others are finished all the same.
        """
        failures = []
        parts: list[Mp4File | JsonlSink] = [*self._videos.values(), *([self._poses] if self._poses is not None else [])]
        for part in parts:
            try:
                part.close()
            except SinkError as error:
                failures.append(error)
        if self.start is None and self._poses is not None:
            self.path.with_suffix(".jsonl").unlink(missing_ok=True)
        if failures:
            raise failures[0]


def _sound(context: AudioOrigin | None, ticks: int) -> AudioTrack | None:
    """The sound from this moment on."""
    if context is None:
        return None
    sound, start_s = context[0], context[1] + ticks / TICKS_HZ
    return sound.track(start_s) if isinstance(sound, AudioBuffer) else FileAudioTrack(sound, start_s)
