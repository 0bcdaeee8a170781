"""What was analysed of a file, kept as arrays: who was seen in each frame, and where. The images are not kept.

A person in a frame takes 98 bytes with 17 keypoints. At 30 frames per second an hour with two people takes 21 MB, with
twenty people 212 MB. Beyond MAX_BYTES the oldest frames are forgotten.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from realtime_pose.picture import Picture
from realtime_pose.pipeline.stays import MAX_GAP_S, Stay, Stays
from realtime_pose.scene import Boxes, Float, Frame, Poses, Scene, Tracks
from realtime_pose.skeletons import Skeleton

MAX_BYTES = 512 * 2**20  # of people: 24 hours with two, 2.4 hours with twenty
PICTURE_S = 2.0  # how long a single picture is shown
SAME_S = 1e-3  # frames that are less apart are the same
_STEPS = 8192  # steps of a coordinate over the longer side of the image: 0.23 px of 1920
_NOWHERE = -(2**15)  # coordinate of a keypoint that is not finite
_NUM_RECENT = 3  # newest scenes that are kept with their images
_FORGOTTEN_SHARE = 1 / 8  # of the frames, when there are too many


def place_s(frame: Frame) -> float:
    """Where a frame lies on the time line of its file: its media time; single pictures follow one another."""
    return frame.time_s if frame.picture is None else frame.index * PICTURE_S


class KeptScenes:
    """The analysed part of a file. One thread puts its scenes in order, as into a channel; any thread reads.

    Args:
        skeleton: The skeleton of all scenes.
        max_bytes: Limit of the memory for people.

    Attributes:
        skeleton: The skeleton of all scenes.
        names: Names of people by their ids; any thread may replace them.
    """

    def __init__(self, skeleton: Skeleton, *, max_bytes: int = MAX_BYTES) -> None:
        self.skeleton, self._max_bytes = skeleton, max_bytes
        self.names: Mapping[int, str] = {}
        num_keypoints = len(skeleton)
        self._person = np.dtype(
            [
                ("id", np.int32),
                ("box", np.int16, (4,)),
                ("box_score", np.uint8),
                ("xy", np.int16, (num_keypoints, 2)),
                ("score", np.uint8, (num_keypoints,)),
            ]
        )
        self._lock = threading.Lock()  # protects all that follows
        self._places_s: list[float] = []
        self._colours: list[Mapping[int, int]] = []  # of each frame; the same object while nothing changes
        self._skeletons: list[Skeleton] = []  # of each frame: networks that are exchanged guess below other scores
        self._people: list[bytes] = []  # of each frame: its persons, one after another
        self._pictures: dict[int, Picture] = {}  # names of single pictures, by the number of the frame
        self._num_bytes = 0
        self._recent: deque[Scene] = deque(maxlen=_NUM_RECENT)
        self._stays = Stays()
        self._trail_length = 0
        self._is_complete = False

    @property
    def dropped(self) -> int:
        """0: no scene is lost."""
        return 0

    def put(self, scene: Scene) -> None:
        """Keep the people of the next scene; its image only until some newer ones have come."""
        seen = scene.tracks.seen
        people, place = self._pack(seen, scene.frame.wh), place_s(scene.frame)
        with self._lock:
            self._places_s.append(place)
            self._people.append(people)
            self._colours.append(scene.colours)
            self._skeletons.append(seen.poses.skeleton)
            self._num_bytes += len(people)
            self._recent.append(scene)
            self._trail_length = seen.trail.shape[1]
            if scene.frame.picture is not None:
                self._pictures[scene.frame.index] = scene.frame.picture
            gap_s = max(MAX_GAP_S, PICTURE_S) if self._pictures else MAX_GAP_S
            self._stays.add(seen.ids.tolist(), place, colours=scene.colours, max_gap_s=gap_s)
            if self._num_bytes > self._max_bytes:
                self._forget_oldest()

    def close(self) -> None:
        """The last scene has come; its image and those before it are not needed any more."""
        with self._lock:
            self._is_complete = True

    def cancel(self) -> None:
        """As `close`: nothing waits here."""
        self.close()

    @property
    def is_complete(self) -> bool:
        """Whether no more scenes come."""
        with self._lock:
            return self._is_complete

    @property
    def span_s(self) -> tuple[float, float] | None:
        """Places of the first and the last frame that are kept; None before the first one."""
        with self._lock:
            return (self._places_s[0], self._places_s[-1]) if self._places_s else None

    @property
    def stays(self) -> tuple[Stay, ...]:
        """When each person was seen, in the order of their first frames."""
        with self._lock:
            return self._stays.all()

    def newest(self) -> Scene | None:
        """The newest scene with its image; None before the first one."""
        with self._lock:
            return self._recent[-1] if self._recent else None

    def recent(self, time_s: float) -> Scene | None:
        """The scene that `place_until` names, with its image, if it is one of the newest; None otherwise."""
        with self._lock:
            place = self._place_until(time_s)
            return next((scene for scene in self._recent if place_s(scene.frame) == place), None)

    def place_until(self, time_s: float) -> float | None:
        """Place of the last frame up to this time; None if there is none, or if the analysis has not got there."""
        with self._lock:
            return self._place_until(time_s)

    def add_people(self, frame: Frame) -> Scene | None:
        """The frame, decoded again, with the people seen in it; None if it was not analysed or is forgotten."""
        place = place_s(frame)
        with self._lock:
            row = self._row_until(place)
            if row is None or place - self._places_s[row] > SAME_S:
                return None
            first = max(0, row + 1 - self._trail_length)
            people, before = self._people[row], b"".join(self._people[first : row + 1])
            colours, skeleton = self._colours[row], self._skeletons[row]
            picture = self._pictures.get(frame.index)
        if picture is not None:
            frame = replace(frame, picture=picture, source=picture.file_name)
        tracks = self._unpack(people, before, wh=frame.wh)
        tracks = replace(tracks, poses=replace(tracks.poses, skeleton=skeleton))
        scene = Scene.from_tracks(frame, tracks, self.names)
        return replace(scene, colours=colours)

    def _row_until(self, time_s: float) -> int | None:
        row = bisect_right(self._places_s, time_s + SAME_S) - 1
        return row if row >= 0 else None

    def _place_until(self, time_s: float) -> float | None:
        row = self._row_until(time_s)
        if row is None:
            return None
        place = self._places_s[row]
        is_ahead = row == len(self._places_s) - 1 and not self._is_complete and time_s > place + SAME_S
        return None if is_ahead else place

    def _forget_oldest(self) -> None:
        count = max(1, round(len(self._people) * _FORGOTTEN_SHARE))
        self._num_bytes -= sum(map(len, self._people[:count]))
        del self._people[:count], self._places_s[:count], self._colours[:count], self._skeletons[:count]

    def _pack(self, tracks: Tracks, wh: tuple[int, int]) -> bytes:
        """The persons of a frame of this size."""
        packed = np.zeros(len(tracks), self._person)
        scale = _STEPS / max(wh)
        packed["id"] = tracks.ids
        packed["box"] = _to_steps(tracks.poses.boxes.xyxy, scale)
        packed["box_score"] = np.rint(tracks.poses.boxes.score * 255)
        packed["xy"] = _to_steps(tracks.poses.keypoints, scale)
        packed["score"] = np.rint(np.nan_to_num(tracks.poses.score) * 255)
        return packed.tobytes()

    def _unpack(self, people: bytes, before: bytes, *, wh: tuple[int, int]) -> Tracks:
        """The persons of a frame of this size; ``before`` has those of the frames before it too, for the trails."""
        packed, earlier = np.frombuffer(people, self._person), np.frombuffer(before, self._person)
        scale = np.float32(max(wh) / _STEPS)
        boxes = Boxes(packed["box"] * scale, _to_scores(packed["box_score"]))
        xy = np.where(packed["xy"] == _NOWHERE, np.float32(np.nan), packed["xy"] * scale)  # (N, K, 2)
        poses = Poses(xy.astype(np.float32), _to_scores(packed["score"]), boxes, self.skeleton)
        ids = packed["id"].astype(np.int64)
        trail = np.full((len(ids), self._trail_length, 2), np.nan, np.float32)
        for points, track_id in zip(trail, ids, strict=True):
            corners = earlier["box"][earlier["id"] == track_id].reshape(-1, 2, 2)
            centres = corners.mean(axis=1)[-self._trail_length :] * scale  # (M, 2)
            points[len(points) - len(centres) :] = centres
        return replace(Tracks.at_rest(poses, ids), trail=trail)


def _to_steps(xy: np.ndarray, scale: float) -> np.ndarray:
    """Coordinates as 16-bit steps."""
    steps = np.clip(np.rint(xy * scale), _NOWHERE + 1, 2**15 - 1)
    return np.where(np.isfinite(xy), steps, _NOWHERE).astype(np.int16)


def _to_scores(levels: np.ndarray) -> Float:
    """Scores from 8-bit levels."""
    return np.asarray(levels / np.float32(255), np.float32)
