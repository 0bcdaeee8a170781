"""People of a clip: the poses of the default networks, and as the truth the ids of a run without interruption."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.no_networks import NoNetworks
from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, SourceConfig, TrackConfig
from realtime_pose.pipeline.networks import Networks
from realtime_pose.pipeline.perception import CapturedFrame, PosedFrame, detect, pose
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.pose import nms
from realtime_pose.scene import Frame, Image, Poses
from realtime_pose.sources import open_source

Shown = tuple[Image, Poses, NDArray[np.int64]]  # an image, its poses, and the numbers of the people; -1 for nobody
_LONG_FRAMES = 300
_MIN_FRAMES = 60  # a clip with fewer at the rate of the visits is stretched
# Who is who: the ids of a run, checked by eye on the images of `write_sheets`. The clips of pose2sim are four views of
# one scene, so a person of one view may come back in another one. Ids that are not here were of several persons, or too
# small to see, and do not count.
_CHECKED = {
    "pose2sim_multi_cam01": {1: "woman in white", 2: "man in shorts", 3: "woman with a mask"},
    "pose2sim_multi_cam03": {1: "man in shorts", 2: "woman in white"},
    "pose2sim_multiperson_cam02": {1: "man in shorts", 2: "woman in white", 3: "woman with a mask"},
    "pose2sim_multiperson_cam04": {1: "man in shorts", 2: "woman in white"},
    "intel_one-by-one-person-detection": {
        1: "woman in a cardigan", 3: "man in black", 4: "woman in black", 5: "man in a black shirt", 6: "woman in grey",
        7: "man in grey",
    },
    "openpose_video": {2: "man with a white bag", 4: "woman in pink", 5: "man in navy", 36: "man in blue"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip with its people.

    Attributes:
        name: Stem of the file.
        frames: At the rate of the visits, or slower than in the clip.
        people: Names of the people, by their numbers.
    """

    name: str
    frames: list[Shown]
    people: dict[int, str]


def read_clip(path: Path, networks: Networks, *, rate_hz: float) -> Clip:
    """The frames of a clip at about this rate, with the poses and ids of their people."""
    config = Config(track=TrackConfig(remember_s=0))
    source = open_source(SourceConfig(uri=str(path), as_video=True))
    frames = list(source)
    source.close()
    step = max(1, min(round((source.info.rate_hz or rate_hz) / rate_hz), len(frames) // _MIN_FRAMES))
    posed = []
    for frame in frames[::step]:
        estimated = pose(detect(networks, CapturedFrame(frame), threshold=config.detect.threshold))
        merged, kept = nms.merge(estimated.poses, config.pose_nms)
        posed.append((frame.image, replace(merged, boxes=estimated.boxes.take(kept))))
    return track_clip(path.stem, posed, rate_hz=rate_hz)


def track_clip(name: str, posed: Sequence[tuple[Image, Poses]], *, rate_hz: float) -> Clip:
    """A clip from its images and poses, with the ids of a run without interruption."""
    state, shown = StreamState(Config(track=TrackConfig(remember_s=0)), NoNetworks()), []
    for index, (image, poses) in enumerate(posed):
        frame = Frame(image, index, index / rate_hz, index / rate_hz, name)
        scene = state.track(PosedFrame(frame, poses.boxes, poses))
        tracks, numbers = scene.tracks.seen, np.full(len(scene.poses), -1, np.int64)
        is_detected = tracks.detection >= 0
        numbers[tracks.detection[is_detected]] = tracks.ids[is_detected]
        shown.append((image, scene.poses, numbers))  # in the order in which the ids are
    ids = sorted({int(number) for _, _, numbers in shown for number in numbers} - {-1})
    return Clip(name, shown, _CHECKED.get(name, {number: f"{name} {number}" for number in ids}))


def by_person(clip: Clip) -> list[Clip]:
    """A long clip, in which people come one after another, as one clip for each person; a short clip as it is."""
    if len(clip.frames) <= _LONG_FRAMES:
        return [clip]
    seen = [[shown for shown in clip.frames if number in shown[2]] for number in clip.people]
    return [replace(clip, frames=frames[:: max(1, len(frames) // _MIN_FRAMES)]) for frames in seen]


def write_sheets(clip: Clip, folder: Path, *, count: int = 12) -> None:
    """Write crops of each person over the clip as one image, to check by eye that an id is one person."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = {int(number) for _, _, numbers in clip.frames for number in numbers} - {-1}
    for number in sorted(ids):
        crops = []
        for image, poses, numbers in clip.frames:
            for left, top, right, bottom in poses.boxes.xyxy[numbers == number].clip(0).astype(int).tolist():
                crops.append(cv2.resize(image[top : bottom + 1, left : right + 1], (96, 192)))
        chosen = crops[:: max(1, len(crops) // count)][:count]
        cv2.imwrite(str(folder / f"{clip.name}_{number}.png"), np.concatenate(chosen, axis=1))
