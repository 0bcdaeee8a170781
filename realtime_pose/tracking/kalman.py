"""Kalman filters of boxes: from detections in pixels and steps in seconds to predicted boxes and their covariance.

N tracks, M detections. State x = (cx, cy, w, h) and the four velocities, in frame pixels and px/s. The letters x, P,
F, Q, H, R, S, K and the equations are those of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking
and Navigation, Wiley 2001: chapter 5 (the filter) and section 6.2 (white-noise acceleration in continuous time, so that
two half steps make one whole). The model is a filterpy KalmanFilter; the algebra is that filter's, for all tracks in
one go: step by step the same numbers, P in Joseph's form, which keeps it positive.
"""

import numpy as np
from filterpy.common import Q_continuous_white_noise
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
_SURPRISE = 16.0  # squared standard deviations (chi-square of four: one box in 300) beyond which a box is trusted less


class UnitModel:
    """The model that all tracks share, for a person one pixel high: covariances grow with the height squared.

    Attributes:
        filter: filterpy's: F and Q of the last step, H, R of a detection, P of a person who was just found.
    """

    def __init__(self, config: TrackConfig) -> None:
        self.filter = KalmanFilter(dim_x=_NUM_STATES, dim_z=_NUM_MEASURED)
        noise = (_SPREAD * config.measurement_std) ** 2
        speed = (_WANDERING * config.start_speed_std) ** 2
        self.filter.H = np.eye(_NUM_MEASURED, _NUM_STATES)
        self.filter.R = np.diag(noise)
        self.filter.P = np.diag(np.concatenate((noise, speed)))
        self._wandering = np.tile((_WANDERING * config.acceleration_std) ** 2, 2)
        self.step(0.0)

    def step(self, dt_s: float) -> None:
        """Set F and Q for a step in seconds, >= 0."""
        noise = Q_continuous_white_noise(2, dt=dt_s, block_size=_NUM_MEASURED, order_by_dim=False)
        self.filter.F = np.eye(_NUM_STATES) + dt_s * np.eye(_NUM_STATES, k=_NUM_MEASURED)
        self.filter.Q = noise * self._wandering


class BoxFilters:
    """One filter a track; rows stand in the order in which they were added.

    All noise grows with the person's height, so that somebody far away and somebody close by are filtered alike.
    """

    def __init__(self, config: TrackConfig) -> None:
        self._model = UnitModel(config)
        self._x = np.zeros((0, _NUM_STATES))
        self._P = np.zeros((0, _NUM_STATES, _NUM_STATES))

    def __len__(self) -> int:
        """N."""
        return len(self._x)

    @property
    def mean(self) -> Real:
        """(N, 8) states x."""
        return self._x.copy()

    @property
    def covariance(self) -> Real:
        """(N, 8, 8) covariances P, symmetric and positive definite."""
        return self._P.copy()

    @property
    def xyxy(self) -> Float:
        """(N, 4) estimated boxes, never empty."""
        half = np.maximum(self._x[:, 2:4], _SHORTEST_PX) / 2
        return np.concatenate((self._x[:, :2] - half, self._x[:, :2] + half), axis=1).astype(np.float32)

    @property
    def velocity(self) -> Float:
        """(N, 2) estimated velocities of the centres, px/s."""
        return self._x[:, 4:6].astype(np.float32)

    @property
    def sharpness(self) -> Real:
        """(N,) in (0, 1]: how sure the predicted centre is; 1 where only the detection's own error is left."""
        variance = _scale2(self._x[:, 3])[:, 0, 0] * self._model.filter.R[0, 0]
        return np.asarray(np.sqrt(variance / (self._P[:, 0, 0] + variance)))

    def add(self, xyxy: Float) -> None:
        """Append a filter for each of (M, 4) boxes: at rest, with its velocity as unsure as people are fast."""
        z = _measured(xyxy)
        self._x = np.concatenate((self._x, np.pad(z, ((0, 0), (0, _NUM_MEASURED)))))
        self._P = np.concatenate((self._P, _scale2(z[:, 3]) * self._model.filter.P))

    def predict(self, dt_s: float) -> None:
        """Move all filters on by a time in seconds, >= 0; 0 changes nothing."""
        self._model.step(dt_s)
        F, Q = self._model.filter.F, self._model.filter.Q  # noqa: N806 - letters of the source
        scale2 = _scale2(self._x[:, 3])
        self._x = self._x @ F.T
        self._P = F @ self._P @ F.T + scale2 * Q

    def update(self, rows: Int, xyxy: Float) -> None:
        """Correct the filters of these rows (M,) by one box each (M, 4); a surprising box counts for less.

        Where a box is farther off than noise can explain (half a person, somebody's arm), R grows until it is not.
        """
        H, x, P = self._model.filter.H, self._x[rows], self._P[rows]  # noqa: N806 - letters of the source
        R = _scale2(x[:, 3]) * self._model.filter.R  # noqa: N806
        PHT = P @ H.T  # noqa: N806
        y = (_measured(xyxy) - x @ H.T)[..., None]  # (M, 4, 1)
        surprise = y.swapaxes(1, 2) @ np.linalg.inv(H @ PHT + R) @ y  # (M, 1, 1)
        R = R * np.maximum(surprise / _SURPRISE, 1)  # noqa: N806
        K = PHT @ np.linalg.inv(H @ PHT + R)  # noqa: N806 - (M, 8, 4)
        I_KH = np.eye(_NUM_STATES) - K @ H  # noqa: N806
        self._x[rows] = x + (K @ y)[..., 0]
        self._P[rows] = I_KH @ P @ I_KH.swapaxes(1, 2) + K @ R @ K.swapaxes(1, 2)

    def move(self, affine: Float) -> None:
        """Bring all into another picture by a map (2, 3) that scales along the axes and shifts."""
        scale = np.tile(np.array([affine[0, 0], affine[1, 1]], np.float64), _NUM_STATES // 2)
        self._x = self._x * scale
        self._x[:, :2] += affine[:, 2]
        self._P = self._P * np.outer(scale, scale)

    def keep(self, rows: Int) -> None:
        """Forget all filters but these rows."""
        self._x, self._P = self._x[rows], self._P[rows]

    def deviations(self, xyxy: Float) -> tuple[Real, Real]:
        """Twice (N, M) squared Mahalanobis distances of M boxes (M, 4) from the N estimated ones.

        Of the whole boxes, then of where they stand: their centres, or, up and down, their upper or lower edges, where
        these agree better, since half a person shares an edge with the whole. Chi-square distributed with four, and at
        most with two, degrees of freedom where a box is its track's.
        """
        H, R = self._model.filter.H, self._model.filter.R  # noqa: N806 - letters of the source
        S = self._P[:, :_NUM_MEASURED, :_NUM_MEASURED] + _scale2(self._x[:, 3]) * R  # noqa: N806 - (N, 4, 4)
        y = _measured(xyxy)[None] - (self._x @ H.T)[:, None]  # (N, M, 4)
        whole = ((y @ np.linalg.inv(S)) * y) @ np.ones(_NUM_MEASURED)
        up_and_down = y[..., 1:2] + y[..., 3:] * np.array([0, -0.5, 0.5])  # (N, M, 3) centre, upper and lower edge
        place = np.stack((y[..., 0], np.abs(up_and_down).min(-1)), axis=-1)
        return whole, ((place @ np.linalg.inv(S[:, :2, :2])) * place) @ np.ones(2)


def _scale2(height: Real) -> Real:
    """(N, 1, 1) squared heights in pixels, by which covariances of the unit model grow."""
    return np.asarray(np.maximum(height, _SHORTEST_PX)[:, None, None] ** 2)


def _measured(xyxy: Float) -> Real:
    """(M, 4) measurements z = (cx, cy, w, h) of boxes."""
    boxes = xyxy.astype(np.float64)
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)
