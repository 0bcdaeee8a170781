"""The files of one stretch of recording: a video of each kind of picture, and the poses beside them."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from av.video.stream import VideoStream

from realtime_pose.errors import SinkError
from realtime_pose.record_config import PICTURES
from realtime_pose.sinks.encoder import TICKS_HZ
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.sinks.live_sound import LiveSound
from realtime_pose.sinks.movie import Movie
from realtime_pose.sinks.shot import Shot
from realtime_pose.sinks.sink import Run
from realtime_pose.sinks.sound import Sound, Track

SoundOrigin: TypeAlias = tuple[Path | LiveSound, float]  # where sound comes from, and media time of tick 0

ENDINGS = {
    "overlay": (".mp4",),
    "clean": (".mp4", ".jsonl"),
    "both": (".mp4", ".clean.mp4", ".jsonl"),
}


class Take:
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

    def __init__(self, path: Path, picture: str, run: Run, *, is_synced: bool) -> None:
        self.path = path
        self.start: int | None = None
        self._movies: dict[str, Movie] = {}
        self._poses: JsonlSink | None = None
        kinds = PICTURES[picture]
        with ExitStack() as undo:
            undo.callback(self.close)
            for kind, ending in zip(kinds, ENDINGS[picture], strict=False):
                self._movies[kind] = Movie(path.with_suffix(ending), is_synced=is_synced)
            if "clean" in kinds:
                self._poses = JsonlSink(path.with_suffix(".jsonl"), run, is_synced=is_synced)
            undo.pop_all()

    @property
    def paths(self) -> list[Path]:
        """All its files."""
        endings = [".mp4", ".clean.mp4"][: len(self._movies)] + ([".jsonl"] if self._poses is not None else [])
        return [self.path.with_suffix(ending) for ending in endings]

    @property
    def length_bytes(self) -> int:
        """Length of the longest video so far."""
        return max(movie.length_bytes for movie in self._movies.values())

    def check(self) -> None:
        """Raise SinkError where a video is closed, failed, or is no longer there."""
        for movie in self._movies.values():
            movie.check()

    def add(self, shot: Shot, templates: Mapping[str, VideoStream], *, sound: SoundOrigin | None) -> None:
        """Write a shot, the first of which is a key frame.

        Args:
            shot: The moment.
            templates: What the packets of each kind are.
            sound: A file with sound or the sound of a live source, and media time of tick 0; None for no sound.

        Raises:
            SinkError: It cannot be written.
        """
        if self.start is None:
            self.start = shot.ticks
            for kind, movie in self._movies.items():
                movie.begin(templates[kind], shot.ticks, sound=_sound(sound, shot.ticks))
        for kind, movie in self._movies.items():
            for packet in shot.packets[kind]:
                movie.add(packet, step=shot.step)
        if self._poses is not None and shot.scene is not None:
            time_s = (shot.ticks - self.start) / TICKS_HZ
            self._poses.write(replace(shot.scene, frame=replace(shot.scene.frame, time_s=time_s)))

    def close(self) -> None:
        """Finish all files; may be called twice.

        Raises:
            SinkError: The end of one cannot be written; the others are finished all the same.
        """
        failures = []
        parts: list[Movie | JsonlSink] = [*self._movies.values(), *([self._poses] if self._poses is not None else [])]
        for part in parts:
            try:
                part.close()
            except SinkError as error:
                failures.append(error)
        if self.start is None and self._poses is not None:
            self.path.with_suffix(".jsonl").unlink(missing_ok=True)
        if failures:
            raise failures[0]


def _sound(origin: SoundOrigin | None, ticks: int) -> Track | None:
    """The sound from this moment on."""
    if origin is None:
        return None
    sound, start_s = origin[0], origin[1] + ticks / TICKS_HZ
    return sound.track(start_s) if isinstance(sound, LiveSound) else Sound(sound, start_s)
