"""Kalman filters of boxes: from detections in pixels and steps in seconds to predicted boxes and their covariance.

N tracks, M detections. State x = (cx, cy, w, h) and the four velocities, in frame pixels and px/s. The letters x, P,
F, Q, H, R, S and the equations are those of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking
and Navigation, Wiley 2001: chapter 5 (the filter) and section 6.2 (white-noise acceleration in continuous time, so that
two half steps make one whole). filterpy does the algebra, one object a track, 0.05 ms a step; it updates P in Joseph's
form, which keeps P positive.
"""

from typing import Any

import numpy as np
from filterpy.kalman import KalmanFilter
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.scene import Float, Int

Real = NDArray[np.float64]

_NUM_MEASURED = 4  # cx, cy, w, h
_NUM_STATES = 8
_SHORTEST_PX = 1.0  # boxes count as at least so high and wide, so that no variance vanishes
# Measured on synthetic walkers and on jittered boxes of dancers: sizes wander slower than the centre, and the width
# swings with every step.
_WANDERING = np.array([1, 1, 0.15, 0.15])
_SPREAD = np.array([1, 1, 2, 1])
_H = np.eye(_NUM_MEASURED, _NUM_STATES)


class BoxFilters:
    """One filter a track; rows stand in the order in which they were added.

    All noise grows with the person's height, so that somebody far away and somebody close by are filtered alike.
    """

    def __init__(self, config: TrackConfig) -> None:
        self._config = config
        self._filters: list[Any] = []

    def __len__(self) -> int:
        """N."""
        return len(self._filters)

    @property
    def mean(self) -> Real:
        """(N, 8) states x."""
        return np.array([each.x for each in self._filters]).reshape(-1, _NUM_STATES)

    @property
    def covariance(self) -> Real:
        """(N, 8, 8) covariances P, symmetric and positive definite."""
        return np.array([each.P for each in self._filters]).reshape(-1, _NUM_STATES, _NUM_STATES)

    @property
    def xyxy(self) -> Float:
        """(N, 4) estimated boxes, never empty."""
        mean = self.mean
        half = np.maximum(mean[:, 2:4], _SHORTEST_PX) / 2
        return np.concatenate((mean[:, :2] - half, mean[:, :2] + half), axis=1).astype(np.float32)

    @property
    def velocity(self) -> Float:
        """(N, 2) estimated velocities of the centres, px/s."""
        return self.mean[:, 4:6].astype(np.float32)

    @property
    def sharpness(self) -> Real:
        """(N,) in (0, 1]: how sure the predicted centre is; 1 where only the detection's own error is left."""
        variance = self._noise_variance(self.mean[:, 3])[:, 0]
        return np.sqrt(variance / (self.covariance[:, 0, 0] + variance))

    def add(self, xyxy: Float) -> None:
        """Append a filter for each of (M, 4) boxes: at rest, with its velocity as unsure as people are fast."""
        for z in _measured(xyxy):
            new = KalmanFilter(dim_x=_NUM_STATES, dim_z=_NUM_MEASURED)
            speed = _WANDERING * self._config.start_speed_std * max(z[3], _SHORTEST_PX)
            new.x = np.concatenate((z, np.zeros(_NUM_MEASURED)))
            new.P = np.diag(np.concatenate((self._noise_variance(z[3:])[0], speed**2)))
            new.H = _H
            self._filters.append(new)

    def predict(self, dt_s: float) -> None:
        """Move all filters on by a time in seconds, >= 0; 0 changes nothing."""
        F = np.eye(_NUM_STATES) + dt_s * np.eye(_NUM_STATES, k=_NUM_MEASURED)  # noqa: N806 - letter of the source
        block = np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
        Q = np.kron(block, np.diag((_WANDERING * self._config.acceleration_std) ** 2))  # noqa: N806 - as above
        for each in self._filters:
            each.predict(F=F, Q=Q * max(each.x[3], _SHORTEST_PX) ** 2)

    def update(self, rows: Int, xyxy: Float) -> None:
        """Correct the filters of these rows (M,) by one box each (M, 4)."""
        R = self._noise(self.mean[rows, 3])  # noqa: N806 - letter of the source
        for i, (row, z) in enumerate(zip(rows, _measured(xyxy), strict=True)):
            self._filters[row].update(z, R=R[i])

    def keep(self, rows: Int) -> None:
        """Forget all filters but these rows."""
        self._filters = [self._filters[row] for row in rows]

    def distance2(self, xyxy: Float, *, num_measured: int = _NUM_MEASURED) -> Real:
        """(N, M) squared Mahalanobis distances of M boxes (M, 4) from the N estimated ones.

        Of the whole boxes, or of the centres alone with num_measured = 2. Chi-square distributed with so many degrees
        of freedom where a box is its track's.
        """
        mean = self.mean
        S = self.covariance[:, :_NUM_MEASURED, :_NUM_MEASURED] + self._noise(mean[:, 3])  # noqa: N806 - (N, 4, 4)
        y = _measured(xyxy)[None, :, :num_measured] - mean[:, None, :num_measured]  # (N, M, 2 or 4)
        return np.asarray(((y @ np.linalg.inv(S[:, :num_measured, :num_measured])) * y).sum(-1))

    def _noise(self, height: Real) -> Real:
        """(N, 4, 4) covariances R of detections of persons so high (N,)."""
        return self._noise_variance(height)[:, :, None] * np.eye(_NUM_MEASURED)

    def _noise_variance(self, height: Real) -> Real:
        """(N, 4) diagonals of R for persons so high (N,)."""
        scale = np.maximum(height, _SHORTEST_PX)[:, None]
        return np.asarray((_SPREAD * self._config.measurement_std * scale) ** 2)


def _measured(xyxy: Float) -> Real:
    """(M, 4) measurements z = (cx, cy, w, h) of boxes."""
    boxes = xyxy.astype(np.float64)
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)
