"""People of a clip: the poses of the default networks, and as the truth the ids of a run without interruption."""

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
from realtime_pose.scene import Image, Poses
from realtime_pose.sources import open_source

Shown = tuple[Image, Poses, NDArray[np.int64]]  # an image, its poses, and who they are; -1 for nobody
_MIN_FRAMES = 60  # a clip with fewer at the rate of the visits is stretched


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip with its people.

    Attributes:
        name: Stem of the file.
        frames: At the rate of the visits, or slower than in the clip.
    """

    name: str
    frames: list[Shown]

    @property
    def people(self) -> list[int]:
        """The ids of its people."""
        return sorted({int(number) for _, _, numbers in self.frames for number in numbers} - {-1})


def read_clip(path: Path, networks: Networks, *, rate_hz: float) -> Clip:
    """The frames of a clip at about this rate, with the poses and ids of their people."""
    config = Config(track=TrackConfig(remember_s=0))
    state, shown = StreamState(config, NoNetworks()), []
    source = open_source(SourceConfig(uri=str(path), as_video=True))
    frames = list(source)
    source.close()
    step = max(1, min(round((source.info.rate_hz or rate_hz) / rate_hz), len(frames) // _MIN_FRAMES))
    for frame in frames[::step]:
        posed = pose(networks, detect(networks, CapturedFrame(frame), threshold=config.detect.threshold))
        merged, kept = nms.merge(posed.poses, config.pose_nms)
        poses = replace(merged, boxes=posed.boxes.take(kept))
        scene = state.track(PosedFrame(frame, poses.boxes, poses))
        tracks, numbers = scene.tracks.seen, np.full(len(poses), -1, np.int64)
        is_detected = tracks.detection >= 0
        numbers[tracks.detection[is_detected]] = tracks.ids[is_detected]
        shown.append((frame.image, poses, numbers))
    return Clip(path.stem, shown)


def write_sheets(clip: Clip, folder: Path, *, count: int = 12) -> None:
    """Write crops of each person over the clip as one image, to check by eye that an id is one person."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in clip.people:
        crops = []
        for image, poses, numbers in clip.frames:
            for left, top, right, bottom in poses.boxes.xyxy[numbers == number].clip(0).astype(int).tolist():
                crops.append(cv2.resize(image[top : bottom + 1, left : right + 1], (96, 192)))
        chosen = crops[:: max(1, len(crops) // count)][:count]
        cv2.imwrite(str(folder / f"{clip.name}_{number}.png"), np.concatenate(chosen, axis=1))
