"""The command ``label``: videos to a data set of one's own, labelled by the networks; and its corrections read back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from realtime_pose.commands import terminal, weights
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.config.choices import one_of
from realtime_pose.config.presets import PRESETS
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError, SinkError

if TYPE_CHECKING:
    from realtime_pose.api.people import People
    from realtime_pose.scene import Tracks
    from realtime_pose.train.labels import LabelTable

IMAGES, ANNOTATIONS, CORRECTED = "images", "annotations.json", "corrected.json"
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelArguments:
    """Make a data set from videos: frames that differ, with the people that the networks find; or read it corrected."""

    videos: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="VIDEO")] = ()
    """Videos, or folders of their frames."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("labels")
    """Write images and annotations.json into this folder."""
    corrected: Annotated[Path | None, tyro.conf.arg(name="from", metavar="FILE.json")] = None
    """Corrected annotations of the images in DIR, in COCO's format: written to DIR/corrected.json."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace DIR/corrected.json."""
    min_score: float = 0.3
    """Persons with a lower score are left out."""
    preset: Annotated[str, one_of(PRESETS)] = "accurate"
    """Speed or accuracy of the networks."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N, intel-gpu or intel-npu."""
    debug: DebugFlag = False


def run(arguments: LabelArguments) -> int:
    """Make the data set, or read it back; the exit code.

    Raises:
        RealtimePoseError: A video cannot be read, or the folder cannot be used.
        KeyboardInterrupt: It was stopped; what was found so far is written.
    """
    if (arguments.corrected is None) == (not arguments.videos):
        raise ConfigError("label: expected either videos, or --from FILE.json with corrected annotations")
    if not 0 <= arguments.min_score <= 1:
        raise ConfigError(f"min-score: expected a value from 0 to 1, got {arguments.min_score!r}")
    if arguments.corrected is not None:
        return _read_back(arguments, arguments.corrected)
    return _label(arguments)


def _label(arguments: LabelArguments) -> int:
    from realtime_pose.api.pose import Pose, make_config
    from realtime_pose.commands.signals import termination_as_ctrl_c
    from realtime_pose.train.labels import LabelTable

    folder = arguments.out
    _check_folder(folder)
    for video in arguments.videos:
        if not Path(video).exists():
            raise ConfigError(f"label: expected videos, found no file {video}; check the path")
    config = make_config({"preset": arguments.preset, "device": arguments.device})
    weights.fetch_missing(config.detect, config.pose)
    table = LabelTable(Pose(config=config).skeleton)
    try:
        (folder / IMAGES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    try:
        with termination_as_ctrl_c():
            for name, people, tracks in _differing(arguments):
                _save_image(folder / IMAGES / name, people)
                table.add(name, people.frame.wh, tracks)
    finally:
        _write(folder / ANNOTATIONS, table)
    if not table.images:
        raise DatasetError(f"{folder}: nobody was found in {', '.join(arguments.videos)}, so there is nothing to label")
    people_text = counted(len(table.annotations), "person")
    terminal.print_result(f"{folder / ANNOTATIONS}: {counted(len(table.images), 'image')}, {people_text}")
    words = f"{terminal.PROGRAM} train --annotations {folder / ANNOTATIONS} --images {folder / IMAGES}"
    terminal.echo(f"correct it in CVAT or Label Studio and read it back with --from, or train: {words}")
    return 0


def _check_folder(folder: Path) -> None:
    """Raise SinkError unless the folder is new or empty."""
    if folder.exists() and not folder.is_dir():
        raise SinkError(f"{folder}: expected a folder, got a file; choose another --out")
    if folder.is_dir() and any(folder.iterdir()):
        raise SinkError(
            f"{folder}: expected a new or empty folder, so that no labels are lost; choose another --out, or read "
            "corrected annotations back with --from"
        )


def _differing(arguments: LabelArguments) -> Iterator[tuple[str, People, Tracks]]:
    """The frames to keep, with the name of their image and the people who are sure enough."""
    from realtime_pose.api.live import track
    from realtime_pose.train.labels import FrameChoice

    stems: set[str] = set()
    for video in arguments.videos:
        stem = _new_stem(Path(video).stem, stems)
        stems.add(stem)
        choice = FrameChoice()
        frames = track(video, preset=arguments.preset, device=arguments.device)
        with terminal.progress_bar(stem) as update:
            for count, people in enumerate(frames, start=1):
                tracks = people.tracks.take(people.tracks.poses.boxes.score >= arguments.min_score)
                if choice.keep(tracks):
                    yield f"{stem}_{people.index:06d}.jpg", people, tracks
                update(count, detail=counted(count, "frame"))


def _new_stem(stem: str, taken: set[str]) -> str:
    """The stem, or with a number after it: two videos may have one name.

    >>> _new_stem("clip", {"clip", "clip_2"})
    'clip_3'
    """
    numbered = (f"{stem}_{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain((stem,), numbered) if name not in taken)


def _save_image(path: Path, people: People) -> None:
    from realtime_pose._cv2 import cv2
    from realtime_pose.files import atomic

    _, data = cv2.imencode(".jpg", people.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    atomic.write(path, data.tobytes())


def _write(path: Path, table: LabelTable) -> None:
    from realtime_pose.files import atomic

    atomic.write(path, json.dumps(table.to_json()))


def _read_back(arguments: LabelArguments, corrected: Path) -> int:
    """Write corrected annotations for the images of a labelled folder; the exit code."""
    from realtime_pose.evaluate.annotations import check_annotations, read_json
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.train.labels import read_corrections
    from realtime_pose.train.persons import find_skeleton

    folder, target = arguments.out, arguments.out / CORRECTED
    own = read_json(folder / ANNOTATIONS)
    skeleton = find_skeleton(own, folder / ANNOTATIONS)
    check_outputs([target], inputs=[corrected, folder / ANNOTATIONS], may_replace=arguments.overwrite)
    given = read_json(corrected)
    _check_corrections(given, corrected)
    names = [entry["file_name"] for entry in own["images"]]
    table, foreign = read_corrections(given, names, skeleton)
    if foreign:
        more = ", ..." if len(foreign) > 1 else ""
        terminal.echo(f"left out, images that are not in {folder}: {len(foreign)} ({foreign[0]}{more})")
    if not table["annotations"]:
        raise DatasetError(
            f"{corrected}: expected persons with the keypoints of {folder / ANNOTATIONS} on its images, got none"
        )
    check_annotations(table, corrected, skeleton)
    atomic.write(target, json.dumps(table))
    before, after = len(own["annotations"]), len(table["annotations"])
    terminal.print_result(
        f"{target}: {counted(len(table['images']), 'image')}, {counted(after, 'person')}, before {before}"
    )
    return 0


def _check_corrections(table: Any, path: Path) -> None:
    """Raise DatasetError unless this is a COCO file of keypoints."""
    for name in ("images", "annotations", "categories"):
        if not isinstance(table, dict) or not isinstance(table.get(name), list):
            raise DatasetError(
                f"{path}: expected COCO's format (CVAT: COCO Keypoints; Label Studio: COCO), with a list of {name}"
            )
    ids = {entry.get("id") for entry in table["images"] if isinstance(entry, dict)}
    for entry in table["annotations"]:
        values = entry.get("keypoints") if isinstance(entry, dict) else None
        if not isinstance(values, list) or len(values) % 3 or entry.get("image_id") not in ids:
            raise DatasetError(
                f"{path}: expected keypoints (x, y and visibility of each) and an image_id of this file in every "
                f"annotation, got {str(entry)[:60]}"
            )
