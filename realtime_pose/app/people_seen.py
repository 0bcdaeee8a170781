"""Who is there and who was there, with the time for which each person was seen. Pure: scenes and stays come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from realtime_pose.config import PeopleView
from realtime_pose.pipeline.kept_scenes import place_s
from realtime_pose.pipeline.stays import Stay, Stays
from realtime_pose.scene import Scene

_REMEMBERED_S = 600.0  # of a live source: how long people who have gone stay in the list


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person in the list.

    Attributes:
        track_id: Who.
        first_s: Place of the first frame with the person.
        last_s: Place of the last one so far.
        seen_s: How long the person was seen, all stays together.
        is_here: Whether the person is in the picture that is shown.
        colour: Number of the person's colour in the palette; None: that of the id.
    """

    track_id: int
    first_s: float
    last_s: float
    seen_s: float
    is_here: bool
    colour: int | None = None


def list_people(stays: Sequence[Stay], scene: Scene | None) -> list[PersonSeen]:
    """Each person once: first those in this scene, then the others, each by the first frame."""
    here = set() if scene is None else set(scene.tracks.seen.ids.tolist())
    by_id: dict[int, list[Stay]] = {}
    for stay in stays:
        by_id.setdefault(stay.track_id, []).append(stay)
    people = [
        PersonSeen(
            track_id,
            first_s=theirs[0].first_s,
            last_s=theirs[-1].last_s,
            seen_s=sum(stay.last_s - stay.first_s for stay in theirs),
            is_here=track_id in here,
            colour=theirs[-1].colour,
        )
        for track_id, theirs in by_id.items()
    ]
    return sorted(people, key=lambda person: (not person.is_here, person.first_s, person.track_id))


class LiveStays:
    """The stays of the people of a live source, from the scenes that a window shows.

    Attributes:
        latest_s: Place of the newest scene.
        captured_s: When it came in, by the monotonic clock.
    """

    def __init__(self) -> None:
        self.latest_s = 0.0
        self.captured_s = 0.0
        self._stays = Stays()

    def add(self, scene: Scene, people: PeopleView) -> None:
        """Take the next scene; people who went long ago are forgotten, unless they have a name or are hidden."""
        self.latest_s, self.captured_s = place_s(scene.frame), scene.frame.captured_s
        self._stays.add(scene.tracks.seen.ids.tolist(), self.latest_s, colours=scene.colours)
        self._stays.forget(self.latest_s - _REMEMBERED_S, kept={*people.names, *people.hidden})

    def all(self) -> tuple[Stay, ...]:
        """Every stay that is remembered."""
        return self._stays.all()
