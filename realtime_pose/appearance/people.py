"""People who are known again: tracks with their looks in; which new tracks are people who were here before, out.

Each person keeps the mean of the looks and their spread, over the whole time that the person was seen. A new track is
compared with all who are not in the image. It gets an old id only if one person fits, nobody else fits nearly as well,
and the clothes are not of a kind that many people wear.
F features. Nothing is written anywhere, and people who have been away for too long are forgotten.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realtime_pose.appearance.clothes import IS_LIGHT, NUM_FEATURES, PART_OF_FEATURE, Appearance
from realtime_pose.config import TrackConfig
from realtime_pose.geometry import iou
from realtime_pose.scene import Int, Tracks, TrackState

Real = NDArray[np.float64]

_LOOK_S = 0.09  # time between two looks at a person; those between are nearly the same
_MAX_OVERLAP = 0.1  # IoU with another person; above it the clothes may be those of the other
_MIN_LOOKS = 4  # of a new person, before the comparison
_MIN_KNOWN_LOOKS = 8  # of a person who left
_LATEST_S = 3.0  # a track that was not recognized in this time keeps its id
_MIN_STD = np.where(IS_LIGHT, 9.0, 5.0)  # (F,) other light, other posture: nobody looks the same to the last unit
_EXPOSURE = (0.8, 1.25)  # a camera may make everything brighter or darker by so much
_LIGHT_CHANGE = 0.1  # beyond that, other light changes a feature by this share of its value
_MAX_NORMED = 4.0  # a single feature cannot decide alone: its normed squared difference counts as no more
_DOUBT = 2.0  # a match is doubtful if anybody else is within this multiple of the limit
# Too many people wear black, grey or white: torso and upper legs need some features with more colour.
_MIN_COLOUR = 20.0
_MIN_COLOURED = 3
_CAN_COLOUR = ~IS_LIGHT & (PART_OF_FEATURE < 2)  # (F,)
_NUM_PARTS = int(PART_OF_FEATURE.max()) + 1


@dataclass(slots=True, eq=False)
class _Person:
    """Looks of one person: counts, sums and sums of squares of the features (F,), and when the last one was."""

    first_s: float
    last_s: float
    looks: int = 0
    looked_s: float = -np.inf
    is_settled: bool = False  # old, or decided: the id does not change any more
    count: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))
    mean: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))
    square: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))

    def add(self, features: Real, is_known: NDArray[np.bool_]) -> None:
        """One more look; Welford's update."""
        self.looks += 1
        self.count += is_known
        step = np.where(is_known, features - self.mean, 0)
        self.mean += step / np.maximum(self.count, 1)
        self.square += step * np.where(is_known, features - self.mean, 0)

    def take_over(self, newer: "_Person") -> None:
        """Add the looks of a track that turned out to be this person."""
        total = np.maximum(self.count + newer.count, 1)
        step = newer.mean - self.mean
        self.square += newer.square + step**2 * self.count * newer.count / total
        self.mean += step * newer.count / total
        self.count += newer.count
        self.looks += newer.looks
        self.last_s, self.looked_s, self.is_settled = newer.last_s, newer.looked_s, True

    @property
    def is_distinct(self) -> bool:
        """Whether few people look like this."""
        is_coloured = _CAN_COLOUR & (self.count >= _MIN_LOOKS) & (np.abs(self.mean) > _MIN_COLOUR)
        return int(is_coloured.sum()) >= _MIN_COLOURED

    def difference(self, other: "_Person") -> float:
        """How different two persons look: the mean normed squared difference; infinite if too little is known."""
        is_common = (self.count >= _MIN_LOOKS) & (other.count >= _MIN_LOOKS)
        if len(np.unique(PART_OF_FEATURE[is_common])) < _NUM_PARTS:
            return np.inf
        first, second = self.mean[is_common], other.mean[is_common]
        gain = np.clip(float(first @ second) / max(float(first @ first), 1e-9), *_EXPOSURE)
        first = gain * first
        floor = _MIN_STD[is_common] + _LIGHT_CHANGE * np.maximum(np.abs(first), np.abs(second))
        variance = (self.square + other.square)[is_common] / (self.count + other.count)[is_common]
        return float(np.minimum((first - second) ** 2 / (floor**2 + variance), _MAX_NORMED).mean())


class KnownPeople:
    """Everybody of one stream, present or away; for one thread.

    Args:
        config: Limits.
    """

    def __init__(self, config: TrackConfig) -> None:
        self._config = config
        self._people: dict[int, _Person] = {}

    def __len__(self) -> int:
        """How many people are known, here or away."""
        return len(self._people)

    def due(self, tracks: Tracks, *, time_s: float) -> Int:
        """(M,) rows of the tracks to look at in this frame: detected, alone in their boxes, not looked at just now."""
        xyxy = tracks.poses.boxes.xyxy
        is_here = tracks.state != TrackState.LOST
        overlap = iou(xyxy, xyxy[is_here])  # (N, L)
        overlap[is_here] -= np.eye(int(is_here.sum()), dtype=np.float32)  # with itself
        is_due = (tracks.detection >= 0) & (overlap.max(axis=1, initial=0) <= _MAX_OVERLAP)
        known = [self._people.get(track_id) for track_id in tracks.ids.tolist()]
        is_due &= np.array([each is None or time_s - each.looked_s >= _LOOK_S for each in known], np.bool_)
        return np.flatnonzero(is_due)

    def update(self, tracks: Tracks, rows: Int, looks: Appearance, *, time_s: float) -> dict[int, int]:
        """The people who were known again in this frame: their old ids by the ids of their tracks.

        Args:
            tracks: All tracks of this frame.
            rows: (M,) those that were looked at.
            looks: Of these M.
            time_s: Media time.
        """
        looked = tracks.ids[rows].tolist()
        for row, track_id in enumerate(looked):
            person = self._people.setdefault(track_id, _Person(time_s, time_s))
            person.add(looks.features[row].astype(np.float64), looks.is_known[row])
            person.looked_s = time_s
        # A lost track may be somebody who is seen again elsewhere.
        present = set(tracks.ids[tracks.state != TrackState.LOST].tolist())
        self._forget(present, time_s)
        old_ids: dict[int, int] = {}
        for track_id in looked:
            old_id = self._recognize(track_id, present, time_s)
            if old_id is not None:
                self._people[old_id].take_over(self._people.pop(track_id))
                present.add(old_id)
                old_ids[track_id] = old_id
        return old_ids

    def _forget(self, present: set[int], time_s: float) -> None:
        """Note who is here; forget those who have been away for too long, or were hardly seen."""
        for track_id in present & self._people.keys():
            self._people[track_id].last_s = time_s
        for track_id in self._people.keys() - present:
            person = self._people[track_id]
            if time_s - person.last_s > self._config.remember_s or person.looks < _MIN_KNOWN_LOOKS:
                del self._people[track_id]

    def _recognize(self, track_id: int, taken: set[int], time_s: float) -> int | None:
        """The id that this person had before; None if there is none, or it is doubtful."""
        person = self._people[track_id]
        if person.is_settled or person.looks < _MIN_LOOKS:
            return None
        person.is_settled = time_s - person.first_s > _LATEST_S
        if not person.is_distinct:
            return None
        others = {other: person.difference(self._people[other]) for other in self._people if other != track_id}
        away = {other: each for other, each in others.items() if other not in taken}
        if not away:
            return None
        best = min(away, key=lambda other: away[other])
        second = min((each for other, each in others.items() if other != best), default=np.inf)
        limit = self._config.max_clothes_difference
        is_clear = away[best] <= limit and second > _DOUBT * limit
        return best if is_clear else None
