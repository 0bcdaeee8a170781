"""Scenes to OpenPose's JSON files: one for each frame, in a folder, with the keypoints of BODY_25.

Neck and hip are the middle of the two shoulders and of the two hips, as OpenPose defines them; their score is that of
the weaker one. A keypoint that the skeleton lacks, or that was not found, is 0, 0, 0. Coordinates are pixels of the
frame; the centre of the first pixel is 0.
"""

import itertools
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

import numpy as np

from realtime_pose.errors import SinkError
from realtime_pose.files.output_folder import OutputFolder
from realtime_pose.scene import Float, Frame, Poses, Scene
from realtime_pose.sinks.rows import keypoint_rows
from realtime_pose.sinks.sink import RunHeader
from realtime_pose.skeletons import BODY25, Skeleton

VERSION = 1.3
SUFFIX = "_keypoints.json"
PATTERN = f"*{SUFFIX}"
_FRAME_DIGITS = 12
_MIDDLES = {"neck": ("left_shoulder", "right_shoulder"), "hip": ("left_hip", "right_hip")}
_OTHER_NAMES = {f"{side}_big_toe": f"{side}_foot_index" for side in ("left", "right")}  # the tip of the foot
_NUM_FACE = 70  # 68 points as in COCO-WholeBody, and the pupils, which no skeleton has
_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
_HAND = ("hand_root", *(f"{finger}{number}" for finger in _FINGERS for number in (1, 2, 3, 4)))
# The lists of one person: key, and for each keypoint the names whose middle it is.
_NAMES_BY_KEY = {
    "face_keypoints_2d": tuple((f"face{number}",) for number in range(_NUM_FACE)),
    "hand_left_keypoints_2d": tuple((f"left_{name}",) for name in _HAND),
    "hand_right_keypoints_2d": tuple((f"right_{name}",) for name in _HAND),
}
_EMPTY_KEYS = ("pose_keypoints_3d", "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d")

Columns = tuple[tuple[int, ...], ...]


class OpenPoseSink:
    """Writes NAME_000000000000_keypoints.json for each scene, also without people; NAME is that of the source.

    The people are the confirmed tracks that were detected; ``person_id`` is the track id. For single pictures the file
    is NAME_keypoints.json, where NAME is that of the picture. ``person_id`` of people who are not tracked is -1, as in
    OpenPose. Files of the same source are replaced: those of pictures one by one, those of a video before the first
    frame, so that nothing of a longer run is left.

    Args:
        output: The folder; closed at the end.
        run: Source and skeleton, and whether the people are tracked.

    Raises:
        SinkError: The skeleton has no keypoint of BODY_25, or files of an earlier run cannot be deleted.
    """

    def __init__(self, output: OutputFolder, run: RunHeader) -> None:
        self._output = output
        self._name = file_stem(run.source)
        self._has_ids = run.is_tracked and not run.is_pictures
        self._used: set[str] = set()  # names of pictures
        self._body = _columns(run.skeleton, tuple(map(_body_names, BODY25.keypoints)))
        self._parts = {key: _columns(run.skeleton, names) for key, names in _NAMES_BY_KEY.items()}
        if not any(self._body):
            raise SinkError(
                f"{output.path}: OpenPose files have the keypoints of BODY_25, but {run.skeleton.name} has none of "
                "them by name; write .jsonl"
            )
        frame = re.compile(rf"{re.escape(self._name)}_\d{{{_FRAME_DIGITS}}}{re.escape(SUFFIX)}")
        found = [] if run.is_pictures else sorted(output.path.glob(PATTERN))
        output.begin(path for path in found if frame.fullmatch(path.name))

    def write(self, scene: Scene) -> None:
        """Write the file of one scene.

        Raises:
            SinkError: It cannot be written.
        """
        tracks = scene.tracks.seen
        lists = {"pose_keypoints_2d": _flat_rows(tracks.poses, self._body)}
        lists |= {key: _flat_rows(tracks.poses, columns) for key, columns in self._parts.items()}
        people = [
            {"person_id": [track_id if self._has_ids else -1]}
            | {key: rows[row] for key, rows in lists.items()}
            | {key: [] for key in _EMPTY_KEYS}
            for row, track_id in enumerate(tracks.ids.tolist())
        ]
        content = json.dumps({"version": VERSION, "people": people}, separators=(",", ":"), allow_nan=False)
        self._output.write(self._file_name(scene.frame), content)

    def close(self) -> None:
        """Give the folder free; may be called twice."""
        self._output.close()

    def _file_name(self, frame: Frame) -> str:
        if frame.picture is None:
            return f"{self._name}_{frame.index:0{_FRAME_DIGITS}}{SUFFIX}"
        path = PurePath(frame.picture.file_name)
        name = file_stem(str(path.with_suffix("")).replace("/", "_") + ".")
        # a.jpg and a.png need two files, and so do "a 1.jpg" and a_1.jpg.
        longer = f"{name}_{path.suffix[1:]}"
        names = itertools.chain((name, longer), (f"{longer}_{number}" for number in itertools.count(2)))
        free = next(each for each in names if each not in self._used)
        self._used.add(free)
        return f"{free}{SUFFIX}"


def file_stem(source: str) -> str:
    """The first part of the names of the files: that of the source, in characters that every file system takes.

    >>> file_stem("clips/street 1.mp4"), file_stem("rtsp://camera.example/hall"), file_stem("webcam 0")
    ('street_1', 'hall', 'webcam_0')
    """
    return re.sub(r"[^\w.-]+", "_", PurePath(source).stem).strip("._") or "frames"


def _body_names(name: str) -> tuple[str, ...]:
    return _MIDDLES.get(name, (name,))


@lru_cache
def _columns(skeleton: Skeleton, names: tuple[tuple[str, ...], ...]) -> Columns:
    """For each keypoint the columns of the skeleton whose middle it is; () for one that the skeleton lacks.

    () for the whole list if the skeleton has none of them.
    """
    found = []
    for wanted in names:
        own = [name if name in skeleton.keypoints else _OTHER_NAMES.get(name, name) for name in wanted]
        has_all = all(name in skeleton.keypoints for name in own)
        found.append(tuple(map(skeleton.keypoints.index, own)) if has_all else ())
    return tuple(found) if any(found) else ()


def _flat_rows(poses: Poses, columns: Columns) -> list[list[float]]:
    """N lists of x, y, score of each of these keypoints."""
    count = len(poses)
    xy, score = np.zeros((count, len(columns), 2), np.float32), np.zeros((count, len(columns)), np.float32)
    for index, sources in enumerate(columns):
        if sources:
            xy[:, index], score[:, index] = _middle(poses, sources)
    return [[value for row in keypoint_rows(*person) for value in row] for person in zip(xy, score, strict=True)]


def _middle(poses: Poses, columns: Sequence[int]) -> tuple[Float, Float]:
    """The middle (N, 2) of these keypoints and the least of their scores (N,); all 0 where one is missing."""
    xy = poses.keypoints[:, list(columns)].mean(axis=1)
    score = poses.score[:, list(columns)].min(axis=1)
    is_found = (score > 0) & np.isfinite(xy).all(axis=1)
    return np.where(is_found[:, None], xy, 0), np.where(is_found, score, 0)
