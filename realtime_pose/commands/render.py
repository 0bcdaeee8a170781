"""The command ``render``: the poses of a file drawn onto its video again, without any network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, EncoderPresetFlag, PresetFlag, QualityFlag
from realtime_pose.config import Config, PartConfig, RecordConfig, RenderConfig
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError, RealtimePoseError

if TYPE_CHECKING:
    from realtime_pose.api.people import People
    from realtime_pose.recording.recorder import Recorder
    from realtime_pose.scene import Frame, Image, Scene, Tracks
    from realtime_pose.sources import Source

MAX_HOLD_S = 0.5  # poses of a file that names all analysed frames are drawn this long, until the next ones
_SAME_S = 1e-3  # times in files are rounded; frames that are less apart are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderArguments:
    """Draw the poses of a file onto its video again, in any style; no network runs."""

    video: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="VIDEO")]
    """The video in which the people were found, or a clean recording."""
    poses: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="POSES")]
    """A file of --save-poses (.jsonl, .json, .csv or .txt), or the .jsonl file beside a clean recording."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.mp4")]
    """The video to write."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace FILE.mp4 if it exists."""
    # The next three have the defaults of RecordConfig, through from_config.
    quality_crf: QualityFlag
    encoder_preset: EncoderPresetFlag
    audio: Annotated[bool, tyro.conf.arg(name="record-audio")]
    """Copy the audio."""
    part: tyro.conf.OmitArgPrefixes[PartConfig]
    render: tyro.conf.OmitArgPrefixes[RenderConfig]
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; the files have no default."""
        required: Any = tyro.MISSING
        return cls(
            video=required,
            poses=required,
            out=required,
            quality_crf=loaded.record.quality_crf,
            encoder_preset=loaded.record.encoder_preset,
            audio=loaded.record.audio,
            part=loaded.part,
            render=loaded.render,
            config=path,
        )


def run(arguments: RenderArguments) -> int:
    """Write the video; the exit code.

    Raises:
        RealtimePoseError: A file cannot be read or written, or the poses are not those of this video.
    """
    from realtime_pose.api.reading import read_part, read_poses
    from realtime_pose.config import SourceConfig
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.sources import open_source

    check_outputs([arguments.out], inputs=[arguments.video, arguments.poses], may_replace=arguments.overwrite)
    people = PeopleByFrame(read_poses(arguments.poses), name=str(arguments.poses))
    # Other formats do not tell; their poses are taken to be those of the picture that is shown.
    part = arguments.part
    view = _View(part, of_poses=read_part(arguments.poses) or part, name=str(arguments.poses))
    # Only the stretch of time: the poses may be in pixels of another part of the picture.
    video = SourceConfig(uri=str(arguments.video), as_video=True)  # also a folder of its frames
    source = open_source(video, replace(part, rotate=0, region=""))
    try:
        if source.info.is_live:
            raise ConfigError(f"{arguments.video}: expected a video file, got a camera")
        view.check(source.info.wh)
        recorder = _open_recorder(arguments, source)
    except RealtimePoseError:
        source.close()
        raise
    try:
        _draw_all(recorder, source, people, view)
    finally:
        recorder.close()
    people.check_any_drawn(arguments.video)
    terminal.echo(f"written: {arguments.out}, with people in {counted(people.num_drawn, 'frame')}")
    return 0


class _View:
    """The part of the picture that is shown, and the poses in its pixels.

    Args:
        shown: The part that is shown.
        of_poses: The part in whose pixels the poses are.
        name: Name of the file of poses, for messages.
    """

    def __init__(self, shown: PartConfig, *, of_poses: PartConfig, name: str) -> None:
        from realtime_pose.render import ColourChooser

        self._shown, self._of_poses, self._name = shown, of_poses, name
        self._colours = ColourChooser()

    def check(self, wh: tuple[int, int]) -> None:
        """Check both parts against the size of the video.

        Raises:
            ConfigError: The part that is shown does not lie in the picture.
            DatasetError: That of the poses does not.
        """
        from realtime_pose.sources.picture_part import check_region

        check_region(self._shown, wh)
        try:
            check_region(self._of_poses, wh)
        except ConfigError as error:
            raise DatasetError(f"{self._name}: these are not the poses of this video: {error}") from error

    def make_scene(self, frame: Frame, tracks: Tracks, names: Mapping[int, str]) -> Scene:
        """The part of a frame with its people."""
        from realtime_pose import render
        from realtime_pose.geometry import compose_affine, invert_affine
        from realtime_pose.scene import Scene
        from realtime_pose.sources.picture_part import cut, part_affine

        affine = compose_affine(
            part_affine(self._shown, frame.wh), invert_affine(part_affine(self._of_poses, frame.wh))
        )
        shown = replace(frame, image=cut(frame.image, self._shown))
        poses = render.transform_poses(affine, tracks.poses)
        scene = Scene.from_tracks(shown, replace(tracks, poses=poses), names)
        return replace(scene, colours=self._colours.choose(scene.tracks))


class PeopleByFrame:
    """The people to draw in each frame: by time where the file has times, else by the number of the frame.

    A file that has an entry for every analysed frame also says what to draw in the frames between: the people of the
    last one, for a short time.

    Attributes:
        num_drawn: Frames with people so far.

    Args:
        frames: The people of each frame in the file, in any order.
        name: Name of the file, for messages.

    Raises:
        DatasetError: The file has no frames.
    """

    def __init__(self, frames: list[People], *, name: str) -> None:
        if not frames:
            raise DatasetError(f"{name}: expected the poses of some frames, but there are none")
        if any(people.image_id is not None for people in frames):
            raise DatasetError(
                f"{name}: expected the poses of a video, got those of single pictures; annotate pictures with: "
                "realtime-pose process PICTURES --out FOLDER"
            )
        self.num_drawn = 0
        self._name = name
        self._has_times = all(people.time_s == people.time_s for people in frames)  # NaN is not equal to itself
        self._frames = sorted(frames, key=lambda people: people.time_s if self._has_times else people.index)
        self._hold_s = MAX_HOLD_S if name.lower().endswith(".jsonl") else 0.0
        self._next = 0  # the first entry that is later than the last frame

    def find(self, frame: Frame) -> People | None:
        """The people in the next frame; None for nobody."""
        while self._next < len(self._frames) and self._is_reached(self._frames[self._next], frame):
            self._next += 1
        last = self._frames[self._next - 1] if self._next else None
        if last is None or not self._is_shown(last, frame):
            return None
        self.num_drawn += bool(len(last))
        return last

    def check_any_drawn(self, video: Path) -> None:
        """Raise DatasetError if no entry of the file belongs to a frame of this video."""
        if not self._next:
            raise DatasetError(
                f"{self._name}: expected the poses of {video}, but none of its frames has an entry, so nobody was "
                "drawn; check the two files"
            )

    def _is_reached(self, people: People, frame: Frame) -> bool:
        return people.time_s <= frame.time_s + _SAME_S if self._has_times else people.index <= frame.index

    def _is_shown(self, people: People, frame: Frame) -> bool:
        if self._has_times:
            return frame.time_s - people.time_s <= self._hold_s + _SAME_S
        return people.index == frame.index


def _open_recorder(arguments: RenderArguments, source: Source) -> Recorder:
    """The recorder of the video; its file is created."""
    from realtime_pose import render
    from realtime_pose.recording.audio_file import FileAudio
    from realtime_pose.recording.audio_track import NoAudio
    from realtime_pose.recording.context import RecordingContext
    from realtime_pose.recording.recorder import Recorder
    from realtime_pose.recording.targets import SingleFile

    info = source.info
    config = RecordConfig(
        path=arguments.out, quality_crf=arguments.quality_crf, encoder_preset=arguments.encoder_preset
    )
    has_audio = arguments.audio and info.audio_path is not None
    audio = FileAudio(info.audio_path, video_start_s=info.start_s) if has_audio and info.audio_path else NoAudio()

    def make_image(scene: Scene, _: str) -> Image:
        # People of a MOTChallenge file have no keypoints, so nothing but their boxes could be seen.
        has_keypoints = len(scene.tracks.poses.skeleton) > 0
        return render.draw(scene, arguments.render if has_keypoints else replace(arguments.render, boxes=True))

    recorder = Recorder(
        SingleFile(arguments.out, config, may_replace=arguments.overwrite),
        config,
        context=RecordingContext(info.rate_hz, audio=audio),
        make_image=make_image,
    )
    recorder.start()
    return recorder


def _draw_all(recorder: Recorder, source: Source, people: PeopleByFrame, view: _View) -> None:
    """Write every frame of the video."""
    from realtime_pose.scene import Tracks
    from realtime_pose.skeletons import COCO17

    nobody: Tracks = Tracks.empty(COCO17)
    for frame in terminal.track_progress(source, "frames", total=source.info.num_frames):
        found = people.find(frame)
        tracks, names = (nobody, {}) if found is None else (found.tracks, found.names)
        recorder.write(view.make_scene(frame, tracks, names))
