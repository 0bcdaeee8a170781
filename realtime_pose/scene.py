"""What is known of one frame: frozen, shape-checked values that pass from stage to stage.

N persons, K keypoints; pixels of the frame. The centre of a pixel lies at its integer index (OpenCV's warp); box edges
are continuous in the same axes, so a whole picture is the box (-0.5, -0.5, W - 0.5, H - 0.5). Arrays are read-only
views: several threads share them, so whoever makes one must not change its memory afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.skeletons import Skeleton

Float = NDArray[np.float32]
Image = NDArray[np.uint8]
Int = NDArray[np.int64]


PREDICTED = -1  # in Tracks.detection: nothing in this frame supports the track
RECOVERED = -2  # the detector missed it, and the pose was estimated where the track was expected


class TrackState(IntEnum):
    """Where a track stands: seen too few times, followed, out of sight, given up."""

    TENTATIVE = 0
    CONFIRMED = 1
    LOST = 2
    REMOVED = 3


def _checked(owner: Any, name: str, shape: tuple[int | None, ...], dtype: type[np.generic]) -> None:
    """Raise ValueError unless the field has this shape (None: any length) and dtype; make it read-only."""
    value = getattr(owner, name)
    fits = (
        isinstance(value, np.ndarray)
        and value.dtype == dtype
        and value.ndim == len(shape)
        and all(wanted is None or wanted == length for wanted, length in zip(shape, value.shape, strict=True))
    )
    if not fits:
        got = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise ValueError(f"{name}: expected {np.dtype(dtype)} {shape}, got {got}")
    view = value.view()
    view.flags.writeable = False
    object.__setattr__(owner, name, view)


class Outage(str):
    """For how long and why a source was not live, in words, and the number of that outage.

    Attributes:
        number: Of the outage, from 1; 0 where the source was always live.
    """

    __slots__ = ("number",)
    number: int

    def __new__(cls, words: str = "", number: int = 0) -> Self:
        """Words with a number."""
        made = super().__new__(cls, words)
        made.number = number
        return made


NO_OUTAGE = Outage()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture with its times.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        index: Number of the frame in its source, from 0; frames that were dropped are counted.
        time_s: Media time in seconds since the start of the source.
        captured_s: Monotonic clock in seconds when the frame came in.
        source: Name of the source, without a password.
        interruption: How long and why the source was last not live before this frame; "" where it always was.
        lag_s: Seconds by which it came in later after its making than its connection's quickest; 0 where unknown.
    """

    image: Image
    index: int
    time_s: float
    captured_s: float
    source: str
    outage: Outage = NO_OUTAGE
    lag_s: float = 0.0

    def __post_init__(self) -> None:
        """Check the picture."""
        _checked(self, "image", (None, None, 3), np.uint8)

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    def age_s(self, now_s: float) -> float:
        """Seconds since its making at this monotonic time; the quickest way to here counts as none."""
        return now_s - self.captured_s + self.lag_s


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """N boxes of one frame, best first where a detector made them.

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
        _checked(self, "xyxy", (None, 4), np.float32)
        _checked(self, "score", (len(self.xyxy),), np.float32)

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


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """N poses of one frame. Row i of each array is one person.

    Attributes:
        keypoints: (N, K, 2) float32, x and y.
        score: (N, K) float32 in [0, 1], of each keypoint.
        boxes: Box and score of each person; the score is the person's.
        skeleton: What the K keypoints are.
    """

    keypoints: Float
    score: Float
    boxes: Boxes
    skeleton: Skeleton

    def __post_init__(self) -> None:
        """Check that all rows belong together."""
        count, num_keypoints = len(self.boxes), len(self.skeleton)
        _checked(self, "keypoints", (count, num_keypoints, 2), np.float32)
        _checked(self, "score", (count, num_keypoints), np.float32)

    def __len__(self) -> int:
        """N."""
        return len(self.boxes)

    @classmethod
    def empty(cls, skeleton: Skeleton) -> Self:
        """No pose."""
        shape = (0, len(skeleton))
        return cls(np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32), Boxes.empty(), skeleton)

    def as_skeleton(self, wanted: Skeleton) -> "Poses":
        """The same persons with the keypoints of another skeleton, which are those of the same names.

        Raises:
            ConfigError: These poses have not all of them.
        """
        rows = list(self.skeleton.indices_of(wanted))
        return Poses(self.keypoints[:, rows], self.score[:, rows], self.boxes, wanted)

    def take(self, rows: Int | NDArray[np.bool_]) -> "Poses":
        """These rows, by index or mask."""
        return Poses(self.keypoints[rows], self.score[rows], self.boxes.take(rows), self.skeleton)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """N persons through time, as they stand at this frame. Row i of each array is one person.

    Attributes:
        ids: (N,) int64 track ids, from 1, never given twice by one tracker.
        state: (N,) uint8 of TrackState.
        velocity: (N, 2) float32 of the box's centre, px/s.
        age_s: (N,) float32 seconds since the track's first detection.
        detection: (N,) int64 row of this frame's detection that the track was given; or PREDICTED (-1), GUIDED (-2).
        trail: (N, T, 2) float32 centres of the last T updates, oldest first; NaN before the first.
        poses: Poses, smoothed once `Smoother` has seen them, and boxes; predicted where nothing was detected.
    """

    ids: Int
    state: NDArray[np.uint8]
    velocity: Float
    age_s: Float
    detection: Int
    trail: Float
    poses: Poses

    def __post_init__(self) -> None:
        """Check that all rows belong together."""
        count = len(self.poses)
        _checked(self, "ids", (count,), np.int64)
        _checked(self, "state", (count,), np.uint8)
        _checked(self, "velocity", (count, 2), np.float32)
        _checked(self, "age_s", (count,), np.float32)
        _checked(self, "detection", (count,), np.int64)
        _checked(self, "trail", (count, None, 2), np.float32)

    def __len__(self) -> int:
        """N."""
        return len(self.poses)

    @classmethod
    def empty(cls, skeleton: Skeleton) -> Self:
        """No track."""
        return cls(
            ids=np.zeros(0, np.int64),
            state=np.zeros(0, np.uint8),
            velocity=np.zeros((0, 2), np.float32),
            age_s=np.zeros(0, np.float32),
            detection=np.zeros(0, np.int64),
            trail=np.zeros((0, 0, 2), np.float32),
            poses=Poses.empty(skeleton),
        )

    @classmethod
    def at_rest(cls, poses: Poses, ids: Int) -> Self:
        """Confirmed tracks with these (N,) ids, all seen in this frame, without a past."""
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
            self.ids[rows],
            self.state[rows],
            self.velocity[rows],
            self.age_s[rows],
            self.detection[rows],
            self.trail[rows],
            self.poses.take(rows),
        )

    @property
    def seen(self) -> "Tracks":
        """The confirmed tracks with a detection or a guided pose in this frame: those to show and to write."""
        return self.take((self.state == TrackState.CONFIRMED) & (self.detection != PREDICTED))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        kind: What, in one word.
        track_id: To whom.
        zone: Where, or "".
        time_s: When, media time.
    """

    kind: str
    track_id: int
    zone: str
    time_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that is known of one frame; a stage adds its field with ``dataclasses.replace``.

    Attributes:
        frame: The picture and its times.
        boxes: What the detector found, with the detector's own scores.
        poses: What the pose estimator found and pose NMS kept.
        tracks: Who it is.
        events: What happened.
        drawn: (H, W, 3) uint8 BGR picture with the overlay, or None.
        timings: Seconds that each stage took, by its name.
    """

    frame: Frame
    boxes: Boxes | None = None
    poses: Poses | None = None
    tracks: Tracks | None = None
    events: tuple[Event, ...] = ()
    drawn: Image | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
