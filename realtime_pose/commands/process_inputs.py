"""What `process` is to do: from files, folders and patterns to videos and a set of pictures."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_pose.commands import terminal
from realtime_pose.commands.finished_files import JobOutput
from realtime_pose.commands.process_job import PICTURES, Job, PictureJob, VideoJob
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError
from realtime_pose.sinks import PoseTarget, parse_pose_target
from realtime_pose.sinks.pose_target import ANGLES
from realtime_pose.sources.picture_names import name_pictures, spelled_once

if TYPE_CHECKING:
    from realtime_pose.commands.process import ProcessArguments


def find_jobs(arguments: ProcessArguments) -> list[Job]:
    """The jobs that the arguments name, the pictures first; what cannot be read fails later, when its turn comes.

    Raises:
        ConfigError: A folder has neither pictures nor videos, or an output does not fit.
        SourceOpenError: The pictures do not fit the annotations.
        DatasetError: The annotation file cannot be used.
    """
    videos, groups = _sort_files(arguments.files)
    found: list[tuple[Path, tuple[Path, ...]]] = [(path, ()) for path in videos]
    single: list[Path] = []
    for paths in groups:
        if _is_video(paths, str(paths[0].parent), arguments):
            found.append((paths[0].parent, tuple(paths)))
        else:
            single += paths
    if arguments.annotations is not None and not single:
        raise ConfigError("annotations: expected single pictures, but there are only videos; leave it out")
    num_jobs = len(found) + bool(single)
    jobs: list[Job] = [_picture_job(single, arguments, num_jobs)] if single else []
    # a.mov and a.gif of one folder need two names.
    places = Counter(source.with_suffix("") for source, frames in found if not frames)
    for source, frames in found:
        has_twin = places[source.with_suffix("")] > 1
        place = spelled_once(frames[0]).parent if frames else source
        name = place.name if frames or has_twin else place.stem
        poses = _pose_outputs(arguments, name if num_jobs > 1 else "", is_pictures=False)
        jobs.append(VideoJob(source, arguments.out / f"{name}.mp4", arguments.picture, poses, frames))
    return jobs


def _sort_files(files: Sequence[str]) -> tuple[list[Path], list[list[Path]]]:
    """The videos, and the pictures of each folder; each once, in the order in which they were named."""
    from realtime_pose.sources.image_decoding import is_picture

    videos: dict[Path, Path] = {}
    groups: dict[Path, dict[Path, Path]] = {}
    for path in (path for uri in files for path in _expand(uri)):
        key = spelled_once(path)
        if is_picture(path):
            groups.setdefault(key.parent, {}).setdefault(key, path)
        else:
            videos.setdefault(key, path)
    return list(videos.values()), [list(paths.values()) for paths in groups.values()]


def _expand(uri: str) -> Iterator[Path]:
    """The files at an address: itself, those of a folder, or those that a pattern names."""
    from realtime_pose.sources.address import glob_files, local_path

    if not uri:
        raise ConfigError("process: expected a file, a folder or a pattern, got an empty address")
    path = local_path(uri)
    if path.is_dir():
        yield from _list_folder(path, uri)
    elif not path.exists() and glob.has_magic(str(path)) and (found := glob_files(str(path))):
        yield from _natural(found)
    else:
        yield path


def _list_folder(folder: Path, name: str) -> list[Path]:
    """The pictures and videos of a folder, not of folders inside it."""
    from realtime_pose.sources.endpoint import VIDEO_SUFFIXES
    from realtime_pose.sources.picture_set import has_picture_suffix

    try:
        entries = [path for path in folder.iterdir() if path.name[0] != "." and path.is_file()]
    except OSError as error:
        raise ConfigError(f"{name}: the folder cannot be read ({error.strerror}); check its permissions") from error
    found = [path for path in entries if has_picture_suffix(path) or path.suffix.lower() in VIDEO_SUFFIXES]
    if not found:
        raise ConfigError(
            f"{name}: expected a folder of pictures or videos, got {counted(len(entries), 'file')}, none of them one"
        )
    return _natural(found)


def _natural(paths: Sequence[Path]) -> list[Path]:
    from realtime_pose.sources.picture_set import sort_naturally

    return sort_naturally(paths)


def _is_video(paths: Sequence[Path], name: str, arguments: ProcessArguments) -> bool:
    """Whether the pictures of a folder are the frames of a video; says so if that was not asked for."""
    from realtime_pose.sources.numbered_frames import are_numbered_frames
    from realtime_pose.sources.picture_set import video_notice

    if arguments.as_video or arguments.as_pictures or arguments.annotations is not None:
        return arguments.as_video
    is_video = are_numbered_frames(paths)
    if is_video:
        terminal.echo(video_notice(name, len(paths)))
    return is_video


def _picture_job(paths: Sequence[Path], arguments: ProcessArguments, num_jobs: int) -> PictureJob:
    from realtime_pose.pipeline.picture_outputs import check_no_source_folder
    from realtime_pose.sources.picture_set import left_out

    files = name_pictures(paths, _image_ids(arguments.annotations))
    for notice in left_out(paths, files):
        terminal.echo(notice)
    check_no_source_folder(files, arguments.out)
    folders = list({spelled_once(file.path).parent: str(file.path.parent) for file in files}.values())
    name = str(files[0].path) if len(files) == 1 else folders[0] if len(folders) == 1 else PICTURES
    poses = _pose_outputs(arguments, PICTURES if num_jobs > 1 else "", is_pictures=True)
    return PictureJob(files, name, arguments.out, poses)


def _image_ids(annotations: Path | None) -> Mapping[str, int] | None:
    from realtime_pose.evaluate.annotations import read_image_ids

    return None if annotations is None else read_image_ids(annotations)


def _pose_outputs(arguments: ProcessArguments, name: str, *, is_pictures: bool) -> tuple[JobOutput, ...]:
    """The files of poses and of angles of one job; a name is put before theirs.

    Raises:
        ConfigError: One is no file, or does not fit pictures.
    """
    targets = [parse_pose_target(path) for path in arguments.save_poses]
    targets += [parse_pose_target(Path(f"{ANGLES}:{path}")) for path in arguments.save_angles]
    return tuple(_pose_output(target, name, number, is_pictures=is_pictures) for number, target in enumerate(targets))


def _pose_output(target: PoseTarget, name: str, number: int, *, is_pictures: bool) -> JobOutput:
    if target.is_stream:
        raise ConfigError(f"{target.name}: expected the path of a file; for a pipe, use: realtime-pose live")
    if is_pictures:
        target.check_untracked()
    path = target.path.with_name(f"{name}.{target.path.name}") if name else target.path
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it or choose another")
    content = target.format if target.format == ANGLES else "poses"
    return JobOutput(path, f"{content}-{number}.{target.format}", content)
