"""Tracks in, the same tracks with steadier keypoints out: one One-Euro filter a keypoint, with the real time step.

N tracks, K keypoints. Positions in frame pixels, speeds in body heights (box heights) per second, so that near and far
people are smoothed alike. Source: Casiez, Roussel, Vogel, 1 Euro Filter, CHI 2012, algorithm 1 and the equations beside
it. Ours takes one speed for x and y, so that no direction is preferred, weighs by the keypoint's score, and lets the
cut-off rise with the square of the speed: noise, whose speed is small, then opens the filter far less than motion does.
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
    """What is remembered of N tracks: ids (N,), filtered xy and speed (N, K, 2), age_s and score (N, K)."""

    ids: Int
    xy: Real
    speed: Real
    age_s: Real
    score: Real

    def put(self, rows: Int, other: "_Memory", source: Int) -> None:
        """Overwrite rows (M,) by another's rows source (M,)."""
        self.xy[rows] = other.xy[source]
        self.speed[rows] = other.speed[source]
        self.age_s[rows] = other.age_s[source]
        self.score[rows] = other.score[source]


class Smoother:
    """Smooths the keypoints of one stream's tracks; remembers them by track id.

    A keypoint scored below full_score is followed the less, the lower its score, and moves along with its person
    meanwhile; the longer it was not to be seen, the more its next good measurement counts. Its score never falls faster
    than from 1 to 0 within fade_s, so that what is hidden fades and does not blink. Boxes stay as they are. Where time
    stands still or goes backwards, after a gap, or where the picture changes size, smoothing starts afresh.

    Attributes:
        config: Cut-offs and times; another one acts from the next frame on.
    """

    def __init__(self, config: SmoothConfig) -> None:
        self.config = config
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._time_s = -math.inf
        self._frame_wh: tuple[int, int] | None = None
        self._memory: _Memory | None = None

    def smooth(self, tracks: Tracks, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """The tracks with smoothed keypoints; ids that are not among them are forgotten.

        Args:
            tracks: N tracks, any order, with finite keypoints. Not changed.
            time_s: Media time in seconds.
            frame_wh: Width and height of the picture, where known.
        """
        dt_s = time_s - self._time_s
        is_same_picture = frame_wh == self._frame_wh
        self._time_s, self._frame_wh = time_s, frame_wh
        fresh = _fresh(tracks)
        known, now = self._memory, fresh
        if known is not None and is_same_picture and 0 < dt_s <= self.config.max_gap_s:
            _, rows, source = np.intersect1d(tracks.ids, known.ids, assume_unique=True, return_indices=True)
            now = self._step(tracks, known, rows=rows, source=source, dt_s=dt_s)
        self._memory = now
        poses = replace(tracks.poses, keypoints=now.xy.astype(np.float32), score=now.score.astype(np.float32))
        return replace(tracks, poses=poses)

    def _step(self, tracks: Tracks, known: _Memory, *, rows: Int, source: Int, dt_s: float) -> _Memory:
        """Memory of all tracks after a step; rows of tracks are source in what is known, the others begin."""
        config, poses = self.config, tracks.poses
        now = _fresh(tracks)
        height = np.maximum(poses.boxes.xyxy[rows, 3] - poses.boxes.xyxy[rows, 1], 1.0)[:, None, None]  # (M, 1, 1)
        trust = np.clip(poses.score[rows] / config.full_score, 0, 1)[..., None]  # (M, K, 1)
        age_s = known.age_s[source][..., None] + dt_s
        carried = known.xy[source] + (1 - trust) * tracks.velocity[rows, None] * dt_s

        offset = now.xy[rows] - carried  # (M, K, 2)
        weight = trust * _alpha(config.speed_cutoff_hz, age_s)
        speed = known.speed[source] + weight * (offset / (age_s * height) - known.speed[source])
        cutoff_hz = config.min_cutoff_hz + config.beta * (speed**2).sum(-1, keepdims=True)
        xy = carried + trust * _alpha(cutoff_hz, age_s) * offset

        score = np.maximum(now.score[rows], known.score[source] - dt_s / config.fade_s)
        stepped = _Memory(tracks.ids[rows], xy, speed, ((1 - trust) * age_s)[..., 0], score)
        now.put(rows, stepped, np.arange(len(rows)))
        return now


def _fresh(tracks: Tracks) -> _Memory:
    """Memory of tracks that are seen for the first time."""
    xy = tracks.poses.keypoints.astype(np.float64)
    return _Memory(tracks.ids, xy, np.zeros_like(xy), np.zeros(xy.shape[:2]), tracks.poses.score.astype(np.float64))


def _alpha(cutoff_hz: Real | float, dt_s: Real) -> Real:
    """Smoothing factor of a first-order low-pass: 1 / (1 + tau / T_e), tau = 1 / (2 pi f_c)."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff_hz * dt_s)))
