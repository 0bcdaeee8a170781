"""People who are known again: tracks with their looks in; which tracks are people who were here before, out.

A new track is compared with all who are not in the image. It gets an old id only if one person fits, nobody else fits
nearly as well, and the looks are not of a kind that many people have. A track that was hidden or not detected may be
another person afterwards. So its next looks are compared with those before: if they are certainly of another person,
the track gets a new id, and if they are doubtful, they are not added. Nothing is written anywhere, and people who have
been away for too long are forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.appearance.looks import Appearance, Describer, Looks
from realtime_pose.config import TrackConfig
from realtime_pose.geometry import iou
from realtime_pose.scene import Int, Tracks, TrackState

_MAX_OVERLAP = 0.1  # IoU with another person; above it the looks may be those of the other
_UNWATCHED_S = 0.3  # a person who was hidden or not detected for longer may be another one afterwards
_FIRST_LOOKS = 2  # of a new track, before the first comparison
_MIN_LOOKS = 4  # fewer looks need a smaller difference, in proportion
_LATEST_S = 3.0  # a track that was not recognized in this time keeps its id
_DOUBT = 2.0  # a match is doubtful if anybody else is within this multiple of the limit


@dataclass(slots=True, eq=False)
class _Person:
    """A person, here or away.

    Attributes:
        looks: Those that are certainly of this person.
        first_s: When the track began.
        here_s: When the person was last here.
        watched_s: When the person was last detected alone.
        looked_s: When the last look was.
        unsure: Looks since the person was not watched; None if the person was watched all the time.
        is_settled: Old, or decided: nobody is looked for any more.
    """

    looks: Looks
    first_s: float
    here_s: float
    watched_s: float
    looked_s: float = -np.inf
    unsure: Looks | None = None
    is_settled: bool = False


class KnownPeople:
    """Everybody of one stream, present or away; for one thread.

    Args:
        config: How long people are remembered.
        describer: Looks at people.
    """

    def __init__(self, config: TrackConfig, describer: Describer) -> None:
        self.describer = describer
        self._rules = describer.rules
        self._remember_s = config.remember_s
        self._people: dict[int, _Person] = {}

    def __len__(self) -> int:
        """How many people are known, here or away."""
        return len(self._people)

    def watch(self, tracks: Tracks, *, time_s: float, wh: tuple[int, int]) -> Int:
        """(M,) rows of the tracks to look at in this frame, of an image of this width and height.

        They are detected, alone in their boxes, and were not looked at just now.
        """
        is_watched = _is_alone(tracks) & (tracks.detection >= 0)
        looked_s = np.full(len(tracks), -np.inf)
        for row in np.flatnonzero(is_watched).tolist():
            person = self._people.get(int(tracks.ids[row]))
            if person is not None:
                if time_s - person.watched_s > _UNWATCHED_S:
                    person.unsure = self.describer.no_looks()
                person.watched_s = time_s
                looked_s[row] = person.looked_s + self._interval_s(person)
        is_due = is_watched & (looked_s <= time_s) & self.describer.can_see(tracks.poses, wh)
        rows = np.flatnonzero(is_due)
        return np.sort(rows[np.argsort(looked_s[rows], kind="stable")[: self._rules.most]])

    def _interval_s(self, person: _Person) -> float:
        is_new = not person.is_settled or person.unsure is not None
        return self._rules.new_s if is_new else self._rules.known_s

    def update(
        self, tracks: Tracks, rows: Int, looks: Appearance, *, time_s: float, new_id: Callable[[], int]
    ) -> dict[int, int]:
        """The tracks that turned out to be somebody else in this frame: their right ids by the present ones.

        Args:
            tracks: All tracks of this frame.
            rows: (M,) those that were looked at.
            looks: Of these M.
            time_s: Media time.
            new_id: Makes an id that nobody has had.
        """
        looked = tracks.ids[rows].tolist()
        for row, track_id in enumerate(looked):
            person = self._people.setdefault(
                track_id, _Person(self.describer.no_looks(), first_s=time_s, here_s=time_s, watched_s=time_s)
            )
            added = person.looks if person.unsure is None else person.unsure
            added.add(looks.features[row], looks.is_known[row])
            person.looked_s = time_s
        # A lost track may be somebody who is seen again elsewhere.
        present = set(tracks.ids[tracks.state != TrackState.LOST].tolist())
        self._forget(present, time_s)
        right_ids = {track_id: self._identify(track_id, present, time_s, new_id) for track_id in looked}
        return {track_id: right_id for track_id, right_id in right_ids.items() if right_id != track_id}

    def _forget(self, present: set[int], time_s: float) -> None:
        """Note who is here; forget those who have been away for too long, or were hardly seen."""
        for track_id in present & self._people.keys():
            self._people[track_id].here_s = time_s
        for track_id in self._people.keys() - present:
            person = self._people[track_id]
            if time_s - person.here_s > self._remember_s or person.looks.count < self._rules.enough:
                del self._people[track_id]

    def _identify(self, track_id: int, present: set[int], time_s: float, new_id: Callable[[], int]) -> int:
        """The right id of a track that was looked at; ``present`` is kept up to date."""
        if self._is_another(self._people[track_id]):
            present.remove(track_id)
            track_id = self._separate(track_id, new_id(), time_s)
            present.add(track_id)
        old_id = self._recognize(track_id, present, time_s)
        if old_id is None:
            return track_id
        newer, old = self._people.pop(track_id), self._people[old_id]
        old.looks.merge(newer.looks)
        old.here_s, old.watched_s, old.looked_s, old.is_settled = time_s, time_s, newer.looked_s, True
        old.unsure = None
        present.remove(track_id)
        present.add(old_id)
        return old_id

    def _is_another(self, person: _Person) -> bool:
        """Whether a track is certainly another person than before; if it is certainly the same one, the looks count."""
        if person.unsure is None or person.unsure.count < _MIN_LOOKS:
            return False
        difference = person.looks.difference(person.unsure)
        if self._rules.other <= difference < np.inf:
            return True
        is_same = difference <= self._rules.same or person.looks.count < _MIN_LOOKS
        if is_same:
            person.looks.merge(person.unsure)
        person.unsure = None if is_same else self.describer.no_looks()
        return False

    def _separate(self, track_id: int, new_id: int, time_s: float) -> int:
        """Give the latest looks of a track to a new person; the new id."""
        before = self._people[track_id]
        looks, before.unsure = before.unsure or self.describer.no_looks(), None
        self._people[new_id] = _Person(looks, first_s=time_s, here_s=time_s, watched_s=time_s, looked_s=time_s)
        return new_id

    def _recognize(self, track_id: int, taken: set[int], time_s: float) -> int | None:
        """The id that this person had before; None if there is none, or it is doubtful."""
        person = self._people[track_id]
        if person.is_settled or person.looks.count < _FIRST_LOOKS:
            return None
        person.is_settled = time_s - person.first_s > _LATEST_S
        if not person.looks.is_distinct:
            return None
        others = {
            other: person.looks.difference(each.looks) for other, each in self._people.items() if other != track_id
        }
        away = {other: each for other, each in others.items() if other not in taken}
        if not away:
            return None
        best = min(away, key=lambda other: away[other])
        second = min((each for other, each in others.items() if other != best), default=np.inf)
        limit = self._rules.same * min(person.looks.count / _MIN_LOOKS, 1)
        is_clear = away[best] <= limit and second > _DOUBT * self._rules.same
        return best if is_clear else None


def _is_alone(tracks: Tracks) -> NDArray[np.bool_]:
    """(N,) whether no other person who is here overlaps the box."""
    xyxy = tracks.poses.boxes.xyxy
    is_here = tracks.state != TrackState.LOST
    overlap = iou(xyxy, xyxy[is_here])  # (N, L)
    overlap[is_here] -= np.eye(int(is_here.sum()), dtype=np.float32)  # with itself
    return np.asarray(overlap.max(axis=1, initial=0) <= _MAX_OVERLAP)
