"""Tracks in, the same tracks with steadier keypoints out: one One-Euro filter a keypoint, with the real time step.

N tracks, K keypoints. Positions in frame pixels, speeds in body heights (box heights) per second, so that near and far
people are smoothed alike. Source: Casiez, Roussel, Vogel, 1 Euro Filter, CHI 2012, algorithm 1 and the equations beside
it. Ours takes one speed for x and y, so that no direction is preferred, and weighs by the keypoint's score.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import SmoothConfig
from realtime_pose.scene import Int, Tracks

Real = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _Memory:
    """What is remembered of N tracks: ids (N,), filtered xy and speed (N, K, 2), age_s (N, K) of the evidence."""

    ids: Int
    xy: Real
    speed: Real
    age_s: Real

    def put(self, rows: Int, other: "_Memory", source: Int) -> None:
        """Overwrite rows (M,) by another's rows source (M,)."""
        self.xy[rows] = other.xy[source]
        self.speed[rows] = other.speed[source]
        self.age_s[rows] = other.age_s[source]


class Smoother:
    """Smooths the keypoints of one stream's tracks; remembers them by track id.

    A keypoint scored below full_score is followed the less, the lower its score, and moves along with its person
    meanwhile; the longer it was not to be seen, the more its next good measurement counts. Boxes and scores stay as
    they are. Where time stands still or goes backwards, or after a gap, smoothing starts afresh.
    """

    def __init__(self, config: SmoothConfig) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._time_s = -math.inf
        self._memory: _Memory | None = None

    def smooth(self, tracks: Tracks, *, time_s: float) -> Tracks:
        """The tracks with smoothed keypoints; ids that are not among them are forgotten.

        Args:
            tracks: N tracks, any order, with finite keypoints. Not changed.
            time_s: Media time in seconds.
        """
        dt_s = time_s - self._time_s
        self._time_s = time_s
        fresh = _fresh(tracks)
        known, now = self._memory, fresh
        if known is not None and 0 < dt_s <= self._config.max_gap_s:
            _, rows, source = np.intersect1d(tracks.ids, known.ids, assume_unique=True, return_indices=True)
            now = self._step(tracks, known, rows=rows, source=source, dt_s=dt_s)
        self._memory = now
        return replace(tracks, poses=replace(tracks.poses, keypoints=now.xy.astype(np.float32)))

    def _step(self, tracks: Tracks, known: _Memory, *, rows: Int, source: Int, dt_s: float) -> _Memory:
        """Memory of all tracks after a step; rows of tracks are source in what is known, the others begin."""
        config, poses = self._config, tracks.poses
        now = _fresh(tracks)
        height = np.maximum(poses.boxes.xyxy[rows, 3] - poses.boxes.xyxy[rows, 1], 1.0)[:, None, None]  # (M, 1, 1)
        trust = np.clip(poses.score[rows] / config.full_score, 0, 1)[..., None]  # (M, K, 1)
        age_s = known.age_s[source][..., None] + dt_s
        carried = known.xy[source] + (1 - trust) * tracks.velocity[rows, None] * dt_s

        offset = now.xy[rows] - carried  # (M, K, 2)
        weight = trust * _alpha(config.speed_cutoff_hz, age_s)
        speed = known.speed[source] + weight * (offset / (age_s * height) - known.speed[source])
        cutoff_hz = config.min_cutoff_hz + config.beta * np.linalg.norm(speed, axis=-1, keepdims=True)
        xy = carried + trust * _alpha(cutoff_hz, age_s) * offset

        stepped = _Memory(tracks.ids[rows], xy, speed, ((1 - trust) * age_s)[..., 0])
        now.put(rows, stepped, np.arange(len(rows)))
        return now


def _fresh(tracks: Tracks) -> _Memory:
    """Memory of tracks that are seen for the first time."""
    xy = tracks.poses.keypoints.astype(np.float64)
    return _Memory(tracks.ids, xy, np.zeros_like(xy), np.zeros(xy.shape[:2]))


def _alpha(cutoff_hz: Real | float, dt_s: Real) -> Real:
    """Smoothing factor of a first-order low-pass: 1 / (1 + tau / T_e), tau = 1 / (2 pi f_c)."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff_hz * dt_s)))
