"""Outliers: keypoints that jump further than a body moves are held, until the jump has lasted.

N tracks, K keypoints; positions in frame pixels. A pose estimator sees the foot of somebody else as a hand for some
frames, and then the hand again. Such a jump is faster than any limb. While it lasts, the measurement is not trusted; if
it stays at its new place for a while, the old place was the wrong one. Only frames that have come are needed, and what
does not jump does not lag.

Where the limits come from: docs/development/tracking.md, "Outliers"; benchmarks/tracking/outliers.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import SmoothConfig
from realtime_pose.scene import Int

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SLACK = 0.1  # jitter of keypoints, in body heights: a jump of this length is none


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """The keypoints of N tracks in one frame.

    Attributes:
        xy: (N, K, 2) as measured.
        trust: (N, K) from 0 to 1.
        height: (N,) body heights.
        shift: (N, 2) movement of the person since the last frame.
    """

    xy: Real
    trust: Real
    height: Real
    shift: Real


@dataclass(slots=True, eq=False)
class JumpState:
    """What is known of the jumps of N tracks.

    Attributes:
        seen_xy: (N, K, 2) last trusted measurements that were no jumps, moved along with their persons.
        unseen_s: (N, K) since then; infinite if there was none.
        jump_xy: (N, K, 2) last measurements that were jumps.
        lasted_s: (N, K) for how long a jump has stayed at its place; 0: no jump.
    """

    seen_xy: Real
    unseen_s: Real
    jump_xy: Real
    lasted_s: Real

    @classmethod
    def at_start(cls, measurement: Measurement) -> "JumpState":
        """The state of tracks in their first frame."""
        xy, unseen_s = measurement.xy.copy(), np.where(measurement.trust >= 1, 0.0, np.inf)
        return cls(xy, unseen_s, xy.copy(), np.zeros_like(unseen_s))

    def take(self, rows: Int) -> "JumpState":
        """A copy of these rows."""
        return JumpState(self.seen_xy[rows], self.unseen_s[rows], self.jump_xy[rows], self.lasted_s[rows])

    def copy_rows(self, rows: Int, other: "JumpState") -> None:
        """Overwrite rows (M,) with the M rows of another state."""
        self.seen_xy[rows], self.unseen_s[rows] = other.seen_xy, other.unseen_s
        self.jump_xy[rows], self.lasted_s[rows] = other.jump_xy, other.lasted_s

    def judge(self, measurement: Measurement, dt_s: float, config: SmoothConfig) -> tuple["JumpState", Mask, Mask]:
        """The next state; (N, K) which keypoints are held as outliers, and which turn out to be at their new place."""
        xy, shift = measurement.xy, measurement.shift[:, None]
        reach = measurement.height[:, None] * (_SLACK + config.max_speed * dt_s)  # (N, 1)
        seen_xy, unseen_s = self.seen_xy + shift, self.unseen_s + dt_s
        is_compared = (measurement.trust > 0) & (unseen_s <= config.outlier_s + dt_s)
        is_jump = is_compared & (_distance(xy, seen_xy) > reach)
        stays = (self.lasted_s > 0) & (_distance(xy, self.jump_xy + shift) <= reach)
        lasted_s = np.where(is_jump, np.where(stays, self.lasted_s, 0) + dt_s, 0)
        is_trusted = measurement.trust >= 1
        is_held = is_jump & ((lasted_s < config.outlier_s) | (~is_trusted & (config.outlier_s > 0)))
        is_seen = ~is_held & is_trusted
        state = JumpState(
            np.where(is_seen[..., None], xy, seen_xy),
            np.where(is_seen, 0, unseen_s),
            xy,
            np.where(is_held, lasted_s, 0),
        )
        return state, np.asarray(is_held), np.asarray(is_jump & ~is_held & (self.lasted_s > 0))


def _distance(first: Real, second: Real) -> Real:
    """(N, K) between points (N, K, 2)."""
    return np.asarray(np.linalg.norm(first - second, axis=-1))
