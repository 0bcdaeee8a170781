"""Kalman filters of boxes: from detections in pixels and steps in seconds to predicted boxes and their covariance.

N tracks, M detections. State x = (cx, cy, w, h) and the four velocities, in frame pixels and px/s. The letters x, P,
F, Q, H, R, S, K and the equations are those of Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking
and Navigation, Wiley 2001: chapter 5 (the filter) and section 6.2 (white-noise acceleration in continuous time, so that
two half steps equal one whole step). The model is a filterpy KalmanFilter. The algebra is filterpy's too, but for all
tracks at once, and without the zeros of its matrices: it gives the same numbers. P is in Joseph's form, which keeps it
positive definite.
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

    All noise scales with the person's height, so that far and near people are filtered alike. Neither F nor the noise
    mixes cx, cy, w and h, so P has only the variance of each, that of its velocity, and the covariance of the two.
    """

    def __init__(self, config: TrackConfig) -> None:
        unit = UnitModel(config)
        unit.step(1.0)
        self._R = unit.filter.R.diagonal()  # (4,) of a person one pixel high, as all that follows
        self._first_P, self._Q = _blocks(unit.filter.P), _blocks(unit.filter.Q)  # (3, 4); Q of one second
        self._position = np.zeros((0, _NUM_MEASURED))
        self._velocity = np.zeros((0, _NUM_MEASURED))
        self._P = np.zeros((3, 0, _NUM_MEASURED))  # variances, covariances with the velocity, its variances

    def __len__(self) -> int:
        """N."""
        return len(self._position)

    @property
    def mean(self) -> Real:
        """(N, 8) states x."""
        return np.concatenate((self._position, self._velocity), axis=1)

    @property
    def covariance(self) -> Real:
        """(N, 8, 8) covariances P, symmetric and positive definite."""
        full = np.zeros((len(self), _NUM_STATES, _NUM_STATES))
        position, velocity = np.arange(_NUM_MEASURED), np.arange(_NUM_MEASURED, _NUM_STATES)
        full[:, position, position], full[:, position, velocity], full[:, velocity, velocity] = self._P
        full[:, velocity, position] = self._P[1]
        return full

    @property
    def xyxy(self) -> Float:
        """(N, 4) estimated boxes, never empty."""
        half = np.maximum(self._position[:, 2:], _MIN_SIDE_PX) / 2
        centre = self._position[:, :2]
        return np.concatenate((centre - half, centre + half), axis=1).astype(np.float32)

    @property
    def velocity(self) -> Float:
        """(N, 2) estimated velocities of the centres, px/s."""
        return self._velocity[:, :2].astype(np.float32)

    @property
    def certainty(self) -> Real:
        """(N,) in (0, 1]: of the predicted centre; 1 if the only error left is that of a detection."""
        variance = self._height2[:, 0] * self._R[0]
        return np.asarray(np.sqrt(variance / (self._P[0, :, 0] + variance)))

    def add(self, xyxy: Float) -> None:
        """Append a filter at rest for each of (M, 4) boxes."""
        z = _measurements(xyxy)
        self._position = np.concatenate((self._position, z))
        self._velocity = np.concatenate((self._velocity, np.zeros_like(z)))
        self._P = np.concatenate((self._P, _height2(z) * self._first_P[:, None]), axis=1)

    def predict(self, dt_s: float) -> None:
        """Predict all filters over a time in seconds, >= 0; 0 changes nothing."""
        # White noise of the acceleration grows with the third, second and first power of the time.
        Q = self._Q * np.array([[dt_s**3], [dt_s**2], [dt_s]])  # noqa: N806 - letters of the source
        position, covariance, velocity = self._P
        # F P F' + Q, written out; with the height of the old state, before it moves.
        moved = np.stack((position + dt_s * (2 * covariance + dt_s * velocity), covariance + dt_s * velocity, velocity))
        self._P = moved + self._height2 * Q[:, None]
        self._position = self._position + dt_s * self._velocity

    def update(self, rows: Int, xyxy: Float) -> None:
        """Correct the filters of these rows (M,) with one box each (M, 4); an outlier counts less.

        If a box deviates more than noise can explain (half a person, another person's arm), R grows until it can.
        """
        position, covariance, velocity = self._P[:, rows]  # (M, 4) each
        R = self._height2[rows] * self._R  # noqa: N806 - letters of the source; (M, 4)
        y = _measurements(xyxy) - self._position[rows]  # innovation (M, 4)
        nis = (y**2 / (position + R)) @ np.ones(_NUM_MEASURED)  # normalized innovation squared (M,)
        R = R * np.maximum(nis / _OUTLIER_NIS, 1)[:, None]  # noqa: N806 - letters of the source
        S = position + R  # noqa: N806 - letters of the source
        gain, velocity_gain = position / S, covariance / S  # K
        self._position[rows] += gain * y
        self._velocity[rows] += velocity_gain * y
        # Joseph's form, (I - K H) P (I - K H)' + K R K': P stays positive definite in spite of rounding.
        rest = 1 - gain
        left = covariance - velocity_gain * position
        self._P[:, rows] = (
            rest**2 * position + gain**2 * R,
            rest * left + gain * velocity_gain * R,
            velocity - velocity_gain * (covariance + left) + velocity_gain**2 * R,
        )

    def transform(self, affine: Float) -> None:
        """Map all filters to another image size by an affine map (2, 3) without rotation."""
        scale = np.tile(np.array([affine[0, 0], affine[1, 1]], np.float64), 2)  # (4,) x, y, x, y
        self._position = self._position * scale
        self._position[:, :2] += affine[:, 2]  # only the centre is a position; the rest are sizes
        self._velocity = self._velocity * scale
        self._P = self._P * scale**2

    def keep(self, rows: Int) -> None:
        """Remove all filters except these rows."""
        self._position, self._velocity, self._P = self._position[rows], self._velocity[rows], self._P[:, rows]

    def mahalanobis2(self, xyxy: Float) -> tuple[Real, Real]:
        """Squared Mahalanobis distances of M boxes (M, 4) from the N predictions: two (N, M) arrays.

        Returns:
            The distance of the box, and that of its position. The position is the centre or, vertically, the top or the
            bottom edge, whichever fits best: half a person shares an edge with the whole person. If the box is the
            track's own, the distances are chi-square distributed with four and with at most two degrees of freedom.
        """
        S = (self._P[0] + self._height2 * self._R)[:, None]  # noqa: N806 - letters of the source; (N, 1, 4)
        y = _measurements(xyxy)[None] - self._position[:, None]  # (N, M, 4)
        normed = y**2 / S
        half = y[..., 3] / 2
        edge = np.minimum(np.abs(y[..., 1] - half), np.abs(y[..., 1] + half))  # (N, M) the nearer of top and bottom
        vertical = np.minimum(normed[..., 1], edge**2 / S[..., 1])
        return normed @ np.ones(_NUM_MEASURED), normed[..., 0] + vertical

    @property
    def _height2(self) -> Real:
        """(N, 1) squared heights in pixels."""
        return _height2(self._position)


def _height2(z: Real) -> Real:
    """(N, 1) squared heights in pixels of (N, 4) boxes: the factor from the unit model to a person."""
    return np.asarray(np.maximum(z[:, 3:], _MIN_SIDE_PX) ** 2)


def _blocks(matrix: Real) -> Real:
    """(3, 4) variances, covariances with the velocity, and variances of the velocity of an 8 x 8 covariance."""
    diagonal = matrix.diagonal()
    return np.stack((diagonal[:_NUM_MEASURED], matrix.diagonal(_NUM_MEASURED), diagonal[_NUM_MEASURED:]))


def _measurements(xyxy: Float) -> Real:
    """(M, 4) measurements z = (cx, cy, w, h) of boxes."""
    boxes = xyxy.astype(np.float64)
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)
