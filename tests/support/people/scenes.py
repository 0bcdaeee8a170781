"""Synthetic people with ground truth: stick figures that walk, turn, stop, cross, hide each other, enter, leave, fall.

A person is a function of time, so the walk is the same for every frame rate and for dropped frames. COCO-17 keypoints
in frame pixels. A person whose feet are lower in the image is nearer. `truth_at` gives the ground truth. `observe`
gives what a detector and a pose estimator would find: noise, misses, and low scores where a nearer person stands in
front. All random numbers come from a generator that the caller seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import area, bounding_box
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17

Real = NDArray[np.float64]

PICTURE_WH = (1280, 720)
_FALL_S = 0.6  # duration of a fall
_BOX_MARGIN_SHARE = 0.06  # share of the person's height: head and feet reach beyond the keypoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """One person who walks between the left and the right edge of the image.

    Attributes:
        person_id: The true identity.
        height_px: Body height.
        feet_y_px: Vertical position of the feet.
        start_x_px: Horizontal position at time 0.
        speed_px_s: Walking speed; positive: first to the right.
        turns_s: Walking times at which the person turns round, rising.
        stops_s: Start and end of each time span in which the person stands still.
        cadence_hz: Steps of one foot per second; 0: the limbs do not move.
        phase: Phase of the gait in radians.
        present_s: Start and end of the time span in which the person is present.
        falls_s: Time at which the person falls and stays down; infinity: never.
    """

    person_id: int
    height_px: float = 260.0
    feet_y_px: float = 600.0
    start_x_px: float = 640.0
    speed_px_s: float = 0.0
    turns_s: tuple[float, ...] = ()
    stops_s: tuple[tuple[float, float], ...] = ()
    cadence_hz: float = 0.9
    phase: float = 0.0
    present_s: tuple[float, float] = (0.0, float("inf"))
    falls_s: float = float("inf")

    def x_and_heading(self, time_s: float) -> tuple[float, int]:
        """Horizontal position of the feet, and the heading: 1 right, -1 left."""
        walked_s = self.walked_s(time_s)
        turns_s = [0.0, *(turn for turn in self.turns_s if turn < walked_s), walked_s]
        sections_s = np.diff(turns_s)  # durations between two turns
        signs = (-1.0) ** np.arange(len(sections_s))
        path = self.start_x_px + self.speed_px_s * float((sections_s * signs).sum())
        width = float(PICTURE_WH[0])
        folded = path % (2 * width)  # the edges of the image reflect the path
        heading = signs[-1] * np.sign(self.speed_px_s or 1.0) * (1 if folded <= width else -1)
        return min(folded, 2 * width - folded), int(heading)

    def walked_s(self, time_s: float) -> float:
        """Seconds of walking until this time, without stops."""
        return time_s - sum(max(0.0, min(until, time_s) - start) for start, until in self.stops_s)

    def keypoints_at(self, time_s: float) -> Real:
        """(17, 2) true keypoints."""
        x, heading = self.x_and_heading(time_s)
        points = _figure(np.sin(self.phase + 2 * np.pi * self.cadence_hz * self.walked_s(time_s)), heading)
        fallen = float(np.clip((time_s - self.falls_s) / _FALL_S, 0, 1))  # 0: upright, 1: lying
        angle = heading * fallen * np.pi / 2
        rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        points = points @ rotation.T
        return np.stack((x + points[:, 0] * self.height_px, self.feet_y_px - points[:, 1] * self.height_px), axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """N persons at one time, true or observed. Row i of each array is one person.

    Attributes:
        time_s: Media time.
        person_ids: (N,) true identities.
        poses: Their poses; in the ground truth all scores are 1.
    """

    time_s: float
    person_ids: NDArray[np.int64]
    poses: Poses


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """The errors of detector and pose estimator.

    Attributes:
        keypoint_std: Error of a visible keypoint, in body heights; that of a hidden one is four times as large.
        box_std: Error of each box edge, in body heights.
        miss_share: Probability to miss a visible person; it rises to hidden_miss_share with the hidden share.
        hidden_miss_share: Probability to miss a fully hidden person.
    """

    keypoint_std: float = 0.008
    box_std: float = 0.015
    miss_share: float = 0.02
    hidden_miss_share: float = 0.9


PERFECT = Sensor(keypoint_std=0.0, box_std=0.0, miss_share=0.0, hidden_miss_share=0.0)


def crowd(seed: int, *, people: int = 6, speed_px_s: float = 120.0, duration_s: float = 12.0) -> tuple[Walker, ...]:
    """Walkers at random positions who turn about every four seconds; the same seed gives the same crowd."""
    rng = np.random.default_rng(seed)
    walkers = []
    for person_id in range(people):
        turns_s = np.cumsum(rng.exponential(4.0, size=int(duration_s)))
        walkers.append(
            Walker(
                person_id=person_id,
                height_px=float(rng.uniform(220, 300)),
                feet_y_px=float(rng.uniform(560, 640)),
                start_x_px=float(rng.uniform(60, PICTURE_WH[0] - 60)),
                speed_px_s=float(rng.choice((-1, 1)) * rng.uniform(0.7, 1.3) * speed_px_s),
                turns_s=tuple(float(turn) for turn in turns_s if turn < duration_s),
                phase=float(rng.uniform(0, 2 * np.pi)),
            )
        )
    return tuple(walkers)


def frame_times(rate_hz: float, duration_s: float, *, drop_share: float = 0.0, seed: int = 0) -> list[float]:
    """Times of the frames from 0; some are dropped, as by a live source, but never the first."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(rate_hz * duration_s)) / rate_hz
    is_kept = rng.random(len(times)) >= drop_share
    is_kept[:1] = True  # a source always gives its first frame
    return [float(time_s) for time_s in times[is_kept]]


def truth_at(walkers: Sequence[Walker], time_s: float) -> Sight:
    """The true poses of all present people, nearest first."""
    present = [each for each in walkers if each.present_s[0] <= time_s < each.present_s[1]]
    present.sort(key=lambda each: -each.feet_y_px)  # lower in the image is nearer
    keypoints = np.array([each.keypoints_at(time_s) for each in present], np.float32).reshape(-1, len(COCO17), 2)
    margin = np.array([each.height_px for each in present], np.float32)[:, None] * _BOX_MARGIN_SHARE
    xyxy = bounding_box(keypoints) + margin * np.array([-1, -1, 1, 1], np.float32)
    boxes = Boxes(xyxy.astype(np.float32), np.ones(len(present), np.float32))
    poses = Poses(keypoints, np.ones(keypoints.shape[:2], np.float32), boxes, COCO17)
    return Sight(time_s, np.array([each.person_id for each in present], np.int64), poses)


def observe(truth: Sight, rng: np.random.Generator, sensor: Sensor = Sensor()) -> Sight:
    """The detections of these people, in random order."""
    true = truth.poses
    hidden = _hidden_shares(true.boxes.xyxy)  # (N,)
    height = (true.boxes.xyxy[:, 3] - true.boxes.xyxy[:, 1])[:, None, None]
    behind = _is_behind(true)[..., None]  # (N, 17, 1)
    keypoints = true.keypoints + rng.normal(size=true.keypoints.shape) * sensor.keypoint_std * height * (1 + 3 * behind)
    xyxy = true.boxes.xyxy + rng.normal(size=(len(true), 4)) * sensor.box_std * height[..., 0] * (1 + hidden[:, None])
    # noise may exchange the edges of a small box
    low, high = np.minimum(xyxy[:, :2], xyxy[:, 2:]), np.maximum(xyxy[:, :2], xyxy[:, 2:])
    xyxy = np.concatenate((low, high), axis=1)
    score = np.clip(0.9 - 0.5 * hidden + rng.normal(0, 0.05, len(true)), 0.05, 1)  # hidden people score lower
    point_score = np.clip(0.9 - 0.6 * behind[..., 0] + rng.normal(0, 0.05, behind.shape[:2]), 0.05, 1)  # (N, 17)
    miss_probability = sensor.miss_share + (sensor.hidden_miss_share - sensor.miss_share) * hidden
    rows = rng.permutation(np.flatnonzero(rng.random(len(true)) >= miss_probability))
    poses = Poses(
        keypoints.astype(np.float32),
        point_score.astype(np.float32),
        Boxes(xyxy.astype(np.float32), score.astype(np.float32)),
        COCO17,
    )
    return Sight(truth.time_s, truth.person_ids[rows], poses.take(rows))


def _figure(swing: float, heading: int) -> Real:
    """(17, 2) keypoints relative to the point between the feet, x right, y up, in body heights; swing in [-1, 1]."""
    points = np.zeros((17, 2))
    points[:5] = [(0.045, 0.91), (0.03, 0.93), (0.025, 0.93), (-0.01, 0.925), (-0.015, 0.925)]  # nose, eyes, ears
    for side, sign in ((0, 1.0), (1, -1.0)):  # left, right: they swing in opposite directions
        hip = np.array([0.02 * sign, 0.52])
        knee = hip + 0.25 * _down(0.4 * sign * swing)
        ankle = knee + 0.24 * _down(0.4 * sign * swing - 0.35 * max(0.0, -sign * swing))
        shoulder = np.array([0.035 * sign, 0.8])
        elbow = shoulder + 0.16 * _down(-0.35 * sign * swing)
        wrist = elbow + 0.14 * _down(-0.35 * sign * swing + 0.3)
        points[5 + side], points[7 + side], points[9 + side] = shoulder, elbow, wrist
        points[11 + side], points[13 + side], points[15 + side] = hip, knee, ankle
    return points * (heading, 1)  # mirrored when the person walks left


def _down(angle: float) -> Real:
    """Unit vector that points down, rotated forward by an angle in radians."""
    return np.array([np.sin(angle), -np.cos(angle)])


def _hidden_shares(xyxy: NDArray[np.float32]) -> Real:
    """(N,) largest share of each box that one nearer box covers, in [0, 1]; boxes are sorted nearest first."""
    low = np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])  # (N, N, 2), corners of the intersections
    high = np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:])
    share = area(np.concatenate((low, high), axis=-1)) / np.maximum(area(xyxy), 1e-6)[:, None]
    nearer = np.tri(len(xyxy), k=-1, dtype=bool)  # (N, N): column j is nearer than row i
    return np.asarray(np.where(nearer, share, 0).max(axis=1, initial=0), dtype=np.float64)


def _is_behind(poses: Poses) -> NDArray[np.bool_]:
    """(N, 17) whether a keypoint lies in the box of a nearer person."""
    xy, xyxy = poses.keypoints[:, None], poses.boxes.xyxy[None, :, None]  # (N, 1, 17, 2), (1, N, 1, 4)
    inside = ((xy >= xyxy[..., :2]) & (xy <= xyxy[..., 2:])).all(-1)  # (N, N, 17)
    nearer = np.tri(len(poses), k=-1, dtype=bool)[..., None]
    return np.asarray((inside & nearer).any(axis=1))
