"""When people were seen: stays without a gap, from the scenes in their order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

MAX_GAP_S = 1.0  # a person who is away for longer begins a new stay


@dataclass(frozen=True, slots=True)
class Stay:
    """The time for which a person was seen without a gap.

    Attributes:
        track_id: Who.
        first_s: Place of the first frame.
        last_s: Place of the last one so far.
        colour: Number of the person's colour in the palette; None: that of the id.
    """

    track_id: int
    first_s: float
    last_s: float
    colour: int | None = None


class Stays:
    """The stays of all people so far, in the order of their first frames; for one thread, or under a lock."""

    def __init__(self) -> None:
        self._stays: list[Stay] = []
        self._latest: dict[int, int] = {}  # row in _stays, by id

    def all(self) -> tuple[Stay, ...]:
        """Every stay."""
        return tuple(self._stays)

    def add(
        self, ids: Iterable[int], place: float, *, colours: Mapping[int, int], max_gap_s: float = MAX_GAP_S
    ) -> None:
        """These people are seen at this place.

        Args:
            ids: Who.
            place: Where the frame lies on the time line, in seconds.
            colours: Numbers of their colours in the palette; who is not in it has that of the id.
            max_gap_s: A person who is away for longer begins a new stay.
        """
        for track_id in ids:
            row, colour = self._latest.get(track_id), colours.get(track_id)
            if row is not None and place - self._stays[row].last_s <= max_gap_s:
                self._stays[row] = replace(self._stays[row], last_s=place, colour=colour)
                continue
            self._latest[track_id] = len(self._stays)
            self._stays.append(Stay(track_id, place, place, colour))

    def forget(self, before_s: float, *, kept: Collection[int]) -> None:
        """Drop the stays that ended before this place, but not those of the people to keep."""
        self._stays = [stay for stay in self._stays if stay.last_s >= before_s or stay.track_id in kept]
        self._latest = {stay.track_id: row for row, stay in enumerate(self._stays)}
