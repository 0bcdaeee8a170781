"""The boxes of a whole sequence in one table: frame, id, place and score of true, detected or tracked boxes.

Pixels of the frame as in `scene`, but in double precision, so that the scorer gets the numbers of the file unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Int

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TrackedBoxes:
    """R boxes of one sequence. Row i of each array is one box.

    Attributes:
        frame: (R,) int64, from 0, never falling.
        ids: (R,) int64 ids of the persons; -1: unknown.
        xyxy: (R, 4) float64: left, top, right, bottom.
        score: (R,) float64 in [0, 1].
    """

    frame: Int
    ids: Int
    xyxy: Real
    score: Real

    def __post_init__(self) -> None:
        """Raise ValueError if the shapes do not fit or the frames fall."""
        shapes = [array.shape for array in (self.frame, self.ids, self.xyxy, self.score)]
        count = len(self.frame)
        if shapes != [(count,), (count,), (count, 4), (count,)]:
            raise ValueError(f"expected frame, ids, xyxy, score of shapes (R,), (R,), (R, 4), (R,), got {shapes}")
        if np.any(np.diff(self.frame) < 0):
            raise ValueError("frame: expected numbers that never fall; sort the rows")

    def __len__(self) -> int:
        """R."""
        return len(self.frame)

    @classmethod
    def empty(cls) -> Self:
        """No box."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0))

    def take(self, rows: Int | NDArray[np.bool_]) -> "TrackedBoxes":
        """These rows, by index or mask."""
        return TrackedBoxes(self.frame[rows], self.ids[rows], self.xyxy[rows], self.score[rows])

    def in_frame(self, index: int) -> "TrackedBoxes":
        """The boxes of one frame."""
        first, end = np.searchsorted(self.frame, (index, index + 1)).tolist()
        return self.take(np.arange(first, end))

    @property
    def num_frames(self) -> int:
        """Number of frames up to the last one with a box."""
        return int(self.frame[-1]) + 1 if len(self) else 0


def concatenate(tables: Sequence[TrackedBoxes]) -> TrackedBoxes:
    """All rows in one table, sorted by frame; ids stay as they are."""
    if not tables:
        return TrackedBoxes.empty()
    frame = np.concatenate([each.frame for each in tables])
    order = np.argsort(frame, kind="stable")  # stable: within a frame the tables keep their order
    return TrackedBoxes(
        frame[order],
        np.concatenate([each.ids for each in tables])[order],
        np.concatenate([each.xyxy for each in tables])[order],
        np.concatenate([each.score for each in tables])[order],
    )


def perturb(boxes: TrackedBoxes, rng: np.random.Generator, *, jitter: float, drop: float) -> TrackedBoxes:
    """Boxes as a worse detector would give them.

    Args:
        boxes: R boxes.
        rng: Source of the random numbers.
        jitter: Standard deviation of each edge, as a share of the box's width or height.
        drop: Share of the boxes that are dropped at random.
    """
    kept = boxes.take(rng.random(len(boxes)) >= drop)
    wh = kept.xyxy[:, 2:] - kept.xyxy[:, :2]  # (R, 2)
    jittered = kept.xyxy + rng.normal(0, 1, kept.xyxy.shape) * jitter * np.tile(wh, 2)  # (R, 4)
    # Strong jitter can put the left edge right of the right one.
    low, high = np.minimum(jittered[:, :2], jittered[:, 2:]), np.maximum(jittered[:, :2], jittered[:, 2:])
    return TrackedBoxes(kept.frame, kept.ids, np.concatenate((low, high), axis=1), kept.score)
