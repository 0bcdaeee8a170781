"""What is known of one frame: frozen, shape-checked values that pass from stage to stage.

N persons, K keypoints; pixels of the frame. The centre of a pixel lies at its integer index (OpenCV's warp); box edges
are continuous in the same axes, so a whole image is the box (-0.5, -0.5, W - 0.5, H - 0.5). Arrays are read-only views
because several threads share them: do not change the memory of an array after you passed it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.deprecation import accept_old_names
from realtime_pose.effort import Effort
from realtime_pose.picture import Picture
from realtime_pose.reasons import NO_OUTAGE, Outage
from realtime_pose.skeletons import Skeleton

Float = NDArray[np.float32]
Image = NDArray[np.uint8]
Int = NDArray[np.int64]

# Values of Tracks.detection for a track without a detection in this frame:
PREDICTED = -1  # box and pose are predicted
RECOVERED = -2  # the pose was estimated in the predicted box


class TrackState(IntEnum):
    """State of a track: new and not sure yet, followed, missed, ended."""

    TENTATIVE = 0
    CONFIRMED = 1
    LOST = 2
    REMOVED = 3


def _check_array(owner: Any, name: str, shape: tuple[int | None, ...], dtype: type[np.generic]) -> None:
    """Raise ValueError unless the field has this shape (None: any length) and dtype; make it read-only."""
    value = getattr(owner, name)
    is_valid = (
        isinstance(value, np.ndarray) and value.dtype == dtype and (value.shape == shape or _fits(value.shape, shape))
    )
    if not is_valid:
        got = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise ValueError(f"{name}: expected {np.dtype(dtype)} {shape}, got {got}")
    # The view is read-only, the caller's array stays writable. Frozen dataclasses are set through object.
    view = value.view()
    view.flags.writeable = False
    object.__setattr__(owner, name, view)


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    """Whether a shape is the expected one, where None is any length."""
    return len(found) == len(shape) and all(
        expected is None or expected == length for expected, length in zip(shape, found, strict=True)
    )


def _describe_outage(outage: Outage) -> str:
    """The words of an outage, for the old name of ``Frame.outage``; goes with that name."""
    from realtime_pose.messages.source_messages import describe_outage

    return describe_outage(outage)


@accept_old_names({"interruption": "outage"}, converters={"interruption": _describe_outage})
@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image with its times.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        index: Number of the frame in its source, from 0; dropped frames are counted.
        time_s: Media time in seconds since the start of the source.
        captured_s: Monotonic clock in seconds when the frame came in.
        source: Name of the source, without a password; of a single picture its ``file_name``.
        outage: The last outage of the source before this frame; NO_OUTAGE if it was always live.
        lag_s: Extra latency in seconds compared with the fastest frame of this connection; 0 if unknown.
        picture: The names of a single picture; None for a frame of a video.
    """

    image: Image
    index: int
    time_s: float
    captured_s: float
    source: str
    outage: Outage = NO_OUTAGE
    lag_s: float = 0.0
    picture: Picture | None = None

    def __post_init__(self) -> None:
        """Check the image."""
        _check_array(self, "image", (None, None, 3), np.uint8)

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    def age_s(self, now_s: float) -> float:
        """Age in seconds at this monotonic time; the latency of the fastest frame counts as 0."""
        return now_s - self.captured_s + self.lag_s


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """N boxes of one frame; best first if they come from a detector.

    Attributes:
        xyxy: (N, 4) float32: left, top, right, bottom.
        score: (N,) float32 in [0, 1].

    >>> Boxes(np.zeros((2, 4)), np.zeros(2, np.float32))
    Traceback (most recent call last):
    ValueError: xyxy: expected float32 (None, 4), got float64 (2, 4)
    """

    xyxy: Float
    score: Float

    def __post_init__(self) -> None:
        """Check both arrays."""
        _check_array(self, "xyxy", (None, 4), np.float32)
        _check_array(self, "score", (len(self.xyxy),), np.float32)

    def __len__(self) -> int:
        """N."""
        return len(self.score)

    @classmethod
    def empty(cls) -> Self:
        """No box."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def take(self, rows: Int | NDArray[np.bool_]) -> "Boxes":
        """These rows, by index or mask."""
        return Boxes(self.xyxy[rows], self.score[rows])


@accept_old_names({"read_as": "as_skeleton"})
@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """N poses of one frame. Row i of each array is one person.

    Attributes:
        keypoints: (N, K, 2) float32, x and y.
        score: (N, K) float32 in [0, 1], of each keypoint.
        boxes: Box and person score of each person.
        skeleton: Names and order of the K keypoints.
    """

    keypoints: Float
    score: Float
    boxes: Boxes
    skeleton: Skeleton

    def __post_init__(self) -> None:
        """Check that all arrays have the same N and K."""
        count, num_keypoints = len(self.boxes), len(self.skeleton)
        _check_array(self, "keypoints", (count, num_keypoints, 2), np.float32)
        _check_array(self, "score", (count, num_keypoints), np.float32)

    def __len__(self) -> int:
        """N."""
        return len(self.boxes)

    @classmethod
    def empty(cls, skeleton: Skeleton) -> Self:
        """No pose."""
        shape = (0, len(skeleton))
        return cls(np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32), Boxes.empty(), skeleton)

    def as_skeleton(self, wanted: Skeleton) -> "Poses":
        """The same persons with the keypoints of another skeleton, matched by name.

        Raises:
            ConfigError: These poses lack some of the keypoints.
        """
        columns = list(self.skeleton.indices_of(wanted))
        return Poses(self.keypoints[:, columns], self.score[:, columns], self.boxes, wanted)

    def take(self, rows: Int | NDArray[np.bool_]) -> "Poses":
        """These rows, by index or mask."""
        return Poses(self.keypoints[rows], self.score[rows], self.boxes.take(rows), self.skeleton)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """N persons through time, at this frame. Row i of each array is one person.

    Attributes:
        ids: (N,) int64 track ids, from 1; a tracker never uses one twice.
        state: (N,) uint8 of TrackState.
        velocity: (N, 2) float32 of the box centre, px/s.
        age_s: (N,) float32 seconds since the track's first detection.
        detection: (N,) int64 row of the track's detection in this frame; or PREDICTED (-1), RECOVERED (-2).
        trail: (N, T, 2) float32 box centres of the last T updates, oldest first; NaN before the first.
        poses: Poses and boxes; after `Smoother` the keypoints are smoothed. Missed tracks have predicted ones.
    """

    ids: Int
    state: NDArray[np.uint8]
    velocity: Float
    age_s: Float
    detection: Int
    trail: Float
    poses: Poses

    def __post_init__(self) -> None:
        """Check that all arrays have the same N."""
        count = len(self.poses)
        _check_array(self, "ids", (count,), np.int64)
        _check_array(self, "state", (count,), np.uint8)
        _check_array(self, "velocity", (count, 2), np.float32)
        _check_array(self, "age_s", (count,), np.float32)
        _check_array(self, "detection", (count,), np.int64)
        _check_array(self, "trail", (count, None, 2), np.float32)

    def __len__(self) -> int:
        """N."""
        return len(self.poses)

    @classmethod
    def empty(cls, skeleton: Skeleton) -> Self:
        """No track."""
        return cls.at_rest(Poses.empty(skeleton), np.zeros(0, np.int64))

    @classmethod
    def at_rest(cls, poses: Poses, ids: Int) -> Self:
        """Confirmed tracks with these (N,) ids, all detected in this frame, without velocity and trail."""
        count = len(poses)
        return cls(
            ids=ids,
            state=np.full(count, TrackState.CONFIRMED, np.uint8),
            velocity=np.zeros((count, 2), np.float32),
            age_s=np.zeros(count, np.float32),
            detection=np.arange(count, dtype=np.int64),
            trail=np.zeros((count, 0, 2), np.float32),
            poses=poses,
        )

    def take(self, rows: Int | NDArray[np.bool_]) -> "Tracks":
        """These rows, by index or mask."""
        return Tracks(
            ids=self.ids[rows],
            state=self.state[rows],
            velocity=self.velocity[rows],
            age_s=self.age_s[rows],
            detection=self.detection[rows],
            trail=self.trail[rows],
            poses=self.poses.take(rows),
        )

    @property
    def seen(self) -> "Tracks":
        """The confirmed tracks with a detection or a recovered pose in this frame: those to show and to write."""
        return self.take((self.state == TrackState.CONFIRMED) & (self.detection != PREDICTED))


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that is known of one frame.

    Attributes:
        frame: The image and its times.
        boxes: Detections, with the detector's own scores.
        poses: Estimated poses after pose NMS.
        tracks: The tracked persons.
        timings: Seconds that each stage took, by its name.
        unposed: Boxes, detected or followed, for whose poses there was no time; only in a live run with a crowd.
        names: Names of tracked persons by their ids.
        is_detected: Whether the detector looked at this frame; else there are no detections, and the poses were
            estimated where the tracks were expected.
        effort: What ran on this frame.
        colours: Colours of tracked persons by their ids, as numbers in the palette; the others have that of their id.
    """

    frame: Frame
    boxes: Boxes
    poses: Poses
    tracks: Tracks
    timings: Mapping[str, float] = field(default_factory=dict)
    unposed: Boxes = field(default_factory=Boxes.empty)
    names: Mapping[int, str] = field(default_factory=dict)
    is_detected: bool = True
    effort: Effort = field(default_factory=Effort)
    colours: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def from_tracks(cls, frame: Frame, tracks: Tracks, names: Mapping[int, str] = MappingProxyType({})) -> Self:
        """A scene of these tracks, whose poses and boxes are the detected ones."""
        return cls(frame, tracks.poses.boxes, tracks.poses, tracks, names=names)
