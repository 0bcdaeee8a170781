"""Kalman filters of boxes: from detections in pixels and steps in seconds to predicted boxes and their covariance.

N tracks, M detections. State x = (cx, cy, w, h) and the four velocities, in frame pixels and px/s. The letters x, P,
F, Q, H, R, S, K and the equations are those of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking
and Navigation, Wiley 2001: chapter 5 (the filter) and section 6.2 (white-noise acceleration in continuous time, so that
two half steps equal one whole step). The model is a filterpy KalmanFilter. The algebra is filterpy's too, but for all
tracks at once: it gives the same numbers, with P in Joseph's form, which keeps it positive definite.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.scene import Float, Int
from realtime_pose.tracking._filterpy import KalmanFilter, Q_continuous_white_noise

Real = NDArray[np.float64]

_NUM_MEASURED = 4  # cx, cy, w, h
_NUM_STATES = 8
_MIN_SIDE_PX = 1.0  # smaller boxes count as this wide and high, so that no variance is 0
# Standard deviations of (cx, cy, w, h) relative to the configured one. Measured on synthetic walkers and on jittered
# boxes of dancers: the size changes more slowly than the centre, and the width swings with every step.
_ACCELERATION_RATIO = np.array([1, 1, 0.15, 0.15])
_MEASUREMENT_RATIO = np.array([1, 1, 2, 1])
# Above this normalized innovation squared (NIS) a box is an outlier and its R grows. NIS is chi-square distributed with
# four degrees of freedom if the box is the track's own: one such box in 300 has more than 16.
_OUTLIER_NIS = 16.0


class UnitModel:
    """The model that all tracks share, for a person one pixel high: covariances scale with the height squared.

    Attributes:
        filter: filterpy's filter: F and Q of the last step, H, R of a detection, P of a new track.
    """

    def __init__(self, config: TrackConfig) -> None:
        self.filter = KalmanFilter(dim_x=_NUM_STATES, dim_z=_NUM_MEASURED)
        measurement_variance = (_MEASUREMENT_RATIO * config.measurement_std) ** 2
        # A new track starts at rest; its true velocity is unknown within the speed of people.
        speed_variance = (_ACCELERATION_RATIO * config.start_speed_std) ** 2
        self.filter.H = np.eye(_NUM_MEASURED, _NUM_STATES)
        self.filter.R = np.diag(measurement_variance)
        self.filter.P = np.diag(np.concatenate((measurement_variance, speed_variance)))  # (8, 8)
        self._acceleration_variance = np.tile((_ACCELERATION_RATIO * config.acceleration_std) ** 2, 2)  # (8,)
        self.step(0.0)

    def step(self, dt_s: float) -> None:
        """Set F and Q for a step in seconds, >= 0."""
        # Order of the state: four positions, then four velocities, so the blocks are not ordered by dimension.
        unit_noise = Q_continuous_white_noise(2, dt=dt_s, block_size=_NUM_MEASURED, order_by_dim=False)  # (8, 8)
        self.filter.F = np.eye(_NUM_STATES) + dt_s * np.eye(_NUM_STATES, k=_NUM_MEASURED)
        self.filter.Q = unit_noise * self._acceleration_variance


class BoxFilters:
    """One filter per track; rows stay in the order in which they were added.

    All noise scales with the person's height, so that far and near people are filtered alike.
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
        half = np.maximum(self._x[:, 2:4], _MIN_SIDE_PX) / 2
        return np.concatenate((self._x[:, :2] - half, self._x[:, :2] + half), axis=1).astype(np.float32)

    @property
    def velocity(self) -> Float:
        """(N, 2) estimated velocities of the centres, px/s."""
        return self._x[:, 4:6].astype(np.float32)

    @property
    def certainty(self) -> Real:
        """(N,) in (0, 1]: of the predicted centre; 1 if the only error left is that of a detection."""
        variance = _height2(self._x[:, 3])[:, 0, 0] * self._model.filter.R[0, 0]
        return np.asarray(np.sqrt(variance / (self._P[:, 0, 0] + variance)))

    def add(self, xyxy: Float) -> None:
        """Append a filter at rest for each of (M, 4) boxes."""
        z = _measurements(xyxy)
        self._x = np.concatenate((self._x, np.pad(z, ((0, 0), (0, _NUM_MEASURED)))))  # velocities 0: (M, 4) to (M, 8)
        self._P = np.concatenate((self._P, _height2(z[:, 3]) * self._model.filter.P))

    def predict(self, dt_s: float) -> None:
        """Predict all filters over a time in seconds, >= 0; 0 changes nothing."""
        self._model.step(dt_s)
        F, Q = self._model.filter.F, self._model.filter.Q  # noqa: N806 - letters of the source
        height2 = _height2(self._x[:, 3])  # of the old state, before it moves
        self._x = self._x @ F.T  # rows are states, so the product is transposed
        self._P = F @ self._P @ F.T + height2 * Q

    def update(self, rows: Int, xyxy: Float) -> None:
        """Correct the filters of these rows (M,) with one box each (M, 4); an outlier counts less.

        If a box deviates more than noise can explain (half a person, another person's arm), R grows until it can.
        """
        H, x, P = self._model.filter.H, self._x[rows], self._P[rows]  # noqa: N806 - letters of the source
        R = _height2(x[:, 3]) * self._model.filter.R  # noqa: N806 - (M, 4, 4)
        PHT = P @ H.T  # noqa: N806 - (M, 8, 4)
        y = (_measurements(xyxy) - x @ H.T)[..., None]  # innovation (M, 4, 1)
        nis = y.swapaxes(1, 2) @ np.linalg.inv(H @ PHT + R) @ y  # normalized innovation squared (M, 1, 1)
        R = R * np.maximum(nis / _OUTLIER_NIS, 1)  # noqa: N806
        K = PHT @ np.linalg.inv(H @ PHT + R)  # noqa: N806 - gain (M, 8, 4)
        I_KH = np.eye(_NUM_STATES) - K @ H  # noqa: N806
        self._x[rows] = x + (K @ y)[..., 0]
        # Joseph's form: P stays symmetric and positive definite in spite of rounding.
        self._P[rows] = I_KH @ P @ I_KH.swapaxes(1, 2) + K @ R @ K.swapaxes(1, 2)

    def transform(self, affine: Float) -> None:
        """Map all filters to another image size by an affine map (2, 3) without rotation."""
        scale = np.tile(np.array([affine[0, 0], affine[1, 1]], np.float64), _NUM_STATES // 2)  # (8,) x, y, x, y, ...
        self._x = self._x * scale
        self._x[:, :2] += affine[:, 2]  # only the centre is a position; the rest are sizes and velocities
        self._P = self._P * np.outer(scale, scale)

    def keep(self, rows: Int) -> None:
        """Remove all filters except these rows."""
        self._x, self._P = self._x[rows], self._P[rows]

    def mahalanobis2(self, xyxy: Float) -> tuple[Real, Real]:
        """Squared Mahalanobis distances of M boxes (M, 4) from the N predictions: two (N, M) arrays.

        Returns:
            The distance of the box, and that of its position. The position is the centre or, vertically, the top or the
            bottom edge, whichever fits best: half a person shares an edge with the whole person. If the box is the
            track's own, the distances are chi-square distributed with four and with at most two degrees of freedom.
        """
        H, R = self._model.filter.H, self._model.filter.R  # noqa: N806 - letters of the source
        # Innovation covariance. H selects the first four states, so H P H' is the upper left block of P.
        S = self._P[:, :_NUM_MEASURED, :_NUM_MEASURED] + _height2(self._x[:, 3]) * R  # noqa: N806 - (N, 4, 4)
        y = _measurements(xyxy)[None] - (self._x @ H.T)[:, None]  # (N, M, 4)
        box2 = ((y @ np.linalg.inv(S)) * y) @ np.ones(_NUM_MEASURED)  # (N, M)
        vertical = y[..., 1:2] + y[..., 3:] * np.array([0, -0.5, 0.5])  # (N, M, 3) centre, top and bottom edge
        position = np.stack((y[..., 0], np.abs(vertical).min(-1)), axis=-1)  # (N, M, 2)
        return box2, ((position @ np.linalg.inv(S[:, :2, :2])) * position) @ np.ones(2)


def _height2(height: Real) -> Real:
    """(N, 1, 1) squared heights in pixels: the factor from the unit model to a person."""
    return np.asarray(np.maximum(height, _MIN_SIDE_PX)[:, None, None] ** 2)


def _measurements(xyxy: Float) -> Real:
    """(M, 4) measurements z = (cx, cy, w, h) of boxes."""
    boxes = xyxy.astype(np.float64)
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)
