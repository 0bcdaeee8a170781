"""Smoothing: tracks in, the same tracks with steadier keypoints out. One One-Euro filter per keypoint, in real time.

N tracks, K keypoints. Positions in frame pixels, speeds in body heights (box heights) per second, so that near and far
people are smoothed alike. Source: Casiez, Roussel, Vogel, 1 Euro Filter, CHI 2012, algorithm 1 and the equations beside
it. Four differences: x and y share one speed, so that no direction is preferred; the keypoint's score is a weight; the
cut-off rises with the square of the speed (noise has a small speed, so it opens the filter far less than motion does);
outliers are held.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import SmoothConfig
from realtime_pose.scene import Int, Tracks
from realtime_pose.tracking.outliers import JumpState, Measurement

Real = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _FilterState:
    """State of the filters of N tracks.

    Attributes:
        ids: (N,) track ids.
        xy: (N, K, 2) filtered positions.
        speed: (N, K, 2) filtered speeds, body heights per second.
        elapsed_s: (N, K) since the last good measurement.
        score: (N, K) faded scores.
        jumps: What is known of outliers.
    """

    ids: Int
    xy: Real
    speed: Real
    elapsed_s: Real
    score: Real
    jumps: JumpState

    def copy_rows(self, rows: Int, other: "_FilterState") -> None:
        """Overwrite rows (M,) with the M rows of another state."""
        self.xy[rows] = other.xy
        self.speed[rows] = other.speed
        self.elapsed_s[rows] = other.elapsed_s
        self.score[rows] = other.score
        self.jumps.copy_rows(rows, other.jumps)


class Smoother:
    """Smooths the keypoints of one stream's tracks, which it knows by track id.

    A keypoint scored below full_score follows its measurement less and moves with its person instead. After a longer
    time without a good measurement, the next good one counts more. A score never falls faster than from 1 to 0 within
    fade_s, so that a hidden keypoint fades and does not blink. A keypoint that jumps further than a body moves is an
    outlier (`outliers`): it stays with its person and fades, until the jump has lasted. Boxes stay as they are.
    Smoothing starts again if the time does not rise, after a gap, and if the image changes its size.

    Attributes:
        config: Cut-offs and times; a new one acts from the next frame on.
    """

    def __init__(self, config: SmoothConfig) -> None:
        self.config = config
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._time_s = -math.inf
        self._frame_wh: tuple[int, int] | None = None
        self._state: _FilterState | None = None

    def smooth(self, tracks: Tracks, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """The tracks with smoothed keypoints; all other ids are forgotten.

        Args:
            tracks: N tracks, any order, with finite keypoints. Not changed.
            time_s: Media time in seconds.
            frame_wh: Width and height of the image, if known.
        """
        dt_s = time_s - self._time_s
        is_same_size = frame_wh == self._frame_wh
        self._time_s, self._frame_wh = time_s, frame_wh
        old, new = self._state, _initial_state(tracks, self.config)
        if old is not None and is_same_size and 0 < dt_s <= self.config.max_gap_s:
            _, rows, old_rows = np.intersect1d(tracks.ids, old.ids, assume_unique=True, return_indices=True)
            new.copy_rows(rows, self._filter(tracks.take(rows), _take(old, old_rows), dt_s))
        self._state = new
        poses = replace(tracks.poses, keypoints=new.xy.astype(np.float32), score=new.score.astype(np.float32))
        return replace(tracks, poses=poses)

    def _filter(self, tracks: Tracks, old: _FilterState, dt_s: float) -> _FilterState:
        """The state of M tracks after a step in seconds; row i of both is the same track."""
        config = self.config
        measurement = _measurement(tracks, config, dt_s)
        jumps, is_held, is_moved = old.jumps.judge(measurement, dt_s, config)
        height = measurement.height[:, None, None]
        trust = (measurement.trust * ~is_held)[..., None]  # (M, K, 1)
        elapsed_s = old.elapsed_s[..., None] + dt_s  # (M, K, 1)
        # The part of a keypoint that is not trusted moves with its person.
        predicted = old.xy + (1 - trust) * measurement.shift[:, None]  # (M, K, 2)

        offset = measurement.xy - predicted
        speed_gain = trust * _alpha(config.speed_cutoff_hz, elapsed_s)
        speed = old.speed + speed_gain * (offset / (elapsed_s * height) - old.speed)
        cutoff_hz = config.min_cutoff_hz + config.beta * (speed**2).sum(-1, keepdims=True)  # (M, K, 1)
        xy = predicted + trust * _alpha(cutoff_hz, elapsed_s) * offset
        speed[is_moved], xy[is_moved] = 0, measurement.xy[is_moved]  # the jump was no motion

        measured_score = np.where(is_held & (measurement.trust >= 1), 0, tracks.poses.score).astype(np.float64)
        score = np.maximum(measured_score, old.score - dt_s / config.fade_s)
        return _FilterState(tracks.ids, xy, speed, ((1 - trust) * elapsed_s)[..., 0], score, jumps)


def _measurement(tracks: Tracks, config: SmoothConfig, dt_s: float) -> Measurement:
    """The keypoints of N tracks, a step in seconds after the last ones."""
    poses = tracks.poses
    return Measurement(
        poses.keypoints.astype(np.float64),
        np.clip(poses.score.astype(np.float64) / config.full_score, 0, 1),
        np.maximum(poses.boxes.xyxy[:, 3] - poses.boxes.xyxy[:, 1], 1.0).astype(np.float64),
        tracks.velocity.astype(np.float64) * dt_s,
    )


def _initial_state(tracks: Tracks, config: SmoothConfig) -> _FilterState:
    """State of tracks in their first frame."""
    measurement = _measurement(tracks, config, 0.0)
    xy, score = measurement.xy, tracks.poses.score.astype(np.float64)
    jumps = JumpState.at_start(measurement)
    return _FilterState(tracks.ids, xy, np.zeros_like(xy), np.zeros_like(score), score, jumps)


def _take(state: _FilterState, rows: Int) -> _FilterState:
    """A copy of these rows."""
    return _FilterState(
        state.ids[rows],
        state.xy[rows],
        state.speed[rows],
        state.elapsed_s[rows],
        state.score[rows],
        state.jumps.take(rows),
    )


def _alpha(cutoff_hz: Real | float, dt_s: Real) -> Real:
    """Smoothing factor of a first-order low-pass: 1 / (1 + tau / T_e), tau = 1 / (2 pi f_c)."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff_hz * dt_s)))
