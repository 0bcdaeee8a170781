"""Corrections of ids: which person each appearance belongs to, before and after. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime_pose.config.units import parse_time
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError

_SPLIT = re.compile(r"(\d+)@(.+)", re.ASCII)
_FRAME = re.compile(r"(\d+)f", re.ASCII)
_NAME = re.compile(r"(\d+)=(.+)", re.ASCII | re.DOTALL)
_SAME_S = 1e-6  # times in files are rounded to this


class Appearance(NamedTuple):
    """A person in one frame of a file.

    Attributes:
        track_id: The id.
        frame: Number of the frame, from 0.
        time_s: Its time; None if the format has none.
    """

    track_id: int
    frame: int
    time_s: float | None

    @property
    def place(self) -> str:
        """The frame in words."""
        return f"frame {self.frame}" + ("" if self.time_s is None else f" ({self.time_s:.3f} s)")


class Split(NamedTuple):
    """From a moment on an id belongs to another person.

    Attributes:
        track_id: The id.
        time_s: The moment, in seconds; None: it is given by the frame.
        frame: The first frame of the other person.
        text: What the user wrote.
    """

    track_id: int
    time_s: float | None
    frame: int
    text: str

    def is_reached(self, appearance: Appearance) -> bool:
        """Whether an appearance comes at or after the moment.

        Raises:
            ConfigError: The moment is a time, but the file has none.
        """
        if self.time_s is None:
            return appearance.frame >= self.frame
        if appearance.time_s is None:
            raise ConfigError(
                f"split: expected the number of a frame, because this format has no times, such as "
                f"{self.track_id}@372f, got {self.text!r}"
            )
        return appearance.time_s >= self.time_s - _SAME_S


@dataclass(frozen=True, slots=True)
class IdEdits:
    """What the user wants to change.

    Attributes:
        splits: From when on an id is another person; done first.
        merges: Ids that are one person, who keeps the first of them.
        names: Names by ids, as they are after the other changes.
    """

    splits: Sequence[Split] = ()
    merges: Sequence[Sequence[int]] = ()
    names: Mapping[int, str] = field(default_factory=dict)


def parse_edits(*, merge: Sequence[str], split: Sequence[str], name: Sequence[str]) -> IdEdits:
    """What the user wrote, such as 3,7 and 5@12.4s and 3=Anna.

    Raises:
        ConfigError: A text has another form, or an id has two names.
    """
    names: dict[int, str] = {}
    for text in name:
        track_id, value = _parse_name(text)
        if names.setdefault(track_id, value) != value:
            raise ConfigError(f"name: expected one name for {track_id}, got {names[track_id]!r} and {value!r}")
    return IdEdits([_parse_split(text) for text in split], [_parse_merge(text) for text in merge], names)


def _parse_merge(text: str) -> list[int]:
    ids = [part.strip() for part in text.split(",")]
    if len(ids) < 2 or not all(part.isascii() and part.isdecimal() for part in ids) or len(set(ids)) < len(ids):
        raise ConfigError(f"merge: expected two or more different ids, such as 3,7, got {text!r}")
    return [int(part) for part in ids]


def _parse_split(text: str) -> Split:
    found = _SPLIT.fullmatch(text)
    if found is None:
        raise ConfigError(f"split: expected an id and a moment, such as 5@12.4s, 5@1:30 or 5@372f, got {text!r}")
    track_id, moment = int(found[1]), found[2]
    if frame := _FRAME.fullmatch(moment):
        return Split(track_id, None, int(frame[1]), text)
    return Split(track_id, parse_time(moment, "split"), 0, text)


def _parse_name(text: str) -> tuple[int, str]:
    found = _NAME.fullmatch(text)
    if found is None or not found[2].strip() or not found[2].isprintable():
        raise ConfigError(f"name: expected an id and a name, such as 3=Anna, got {text!r}")
    return int(found[1]), found[2].strip()


class EditedIds:
    """The ids of all appearances of a file after the changes.

    Attributes:
        ids: The new id of each appearance.
        names: All names by the new ids.
        notes: What was changed, in lines.

    Args:
        appearances: All of the file.
        edits: The changes.
        names: The names in the file, by its ids.

    Raises:
        ConfigError: An id is not in the file, a split divides nothing, or two ids that are merged are in one frame.
    """

    def __init__(self, appearances: Sequence[Appearance], edits: IdEdits, names: Mapping[int, str]) -> None:
        self.ids = [appearance.track_id for appearance in appearances]
        self.names = dict(names)
        self.notes: list[str] = []
        self._appearances = appearances
        for track_id in dict.fromkeys(split.track_id for split in edits.splits):
            self._split([split for split in edits.splits if split.track_id == track_id])
        for merge in edits.merges:
            self._merge(merge)
        for track_id, name in edits.names.items():
            self._check_known(track_id, "name")
            self.names[track_id] = name
            self.notes.append(f"{track_id} is called {name}")

    def _split(self, splits: Sequence[Split]) -> None:
        """Give all appearances of one id from each moment on a new id."""
        track_id = splits[0].track_id
        self._check_known(track_id, "split")
        rows = [row for row, each in enumerate(self.ids) if each == track_id]
        # How many of the moments have come: 0 keeps the id.
        stages = {row: sum(split.is_reached(self._appearances[row]) for split in splits) for row in rows}
        counts = Counter(stages.values())
        if any(not counts[stage] for stage in range(len(splits) + 1)):
            first, last = self._appearances[rows[0]], self._appearances[rows[-1]]
            raise ConfigError(
                f"split: expected moments with {track_id} before and after each, got "
                f"{', '.join(split.text for split in splits)}; {track_id} is there from {first.place} to {last.place}"
            )
        free = max(self.ids) + 1
        for row, stage in stages.items():
            self.ids[row] = free + stage - 1 if stage else track_id
        for stage in range(1, len(splits) + 1):
            first = next(self._appearances[row] for row in rows if stages[row] == stage)
            self.notes.append(f"{track_id} is {free + stage - 1} from {first.place} on")

    def _merge(self, merge: Sequence[int]) -> None:
        """Give all these ids the first of them."""
        for track_id in merge:
            self._check_known(track_id, "merge")
        kept, *others = merge
        self._check_never_together(merge)
        for track_id in others:
            self.notes.append(f"{track_id} is {kept} now, in {counted(self.ids.count(track_id), 'entry', 'entries')}")
            name = self.names.pop(track_id, "")
            if name and self.names.setdefault(kept, name) != name:
                self.notes.append(f"{kept} keeps the name {self.names[kept]}, not {name}")
        self.ids = [kept if track_id in others else track_id for track_id in self.ids]

    def _check_never_together(self, merge: Sequence[int]) -> None:
        """Raise ConfigError if two of these ids are in one frame."""
        by_frame: dict[int, set[int]] = {}
        first: Appearance | None = None
        for track_id, appearance in zip(self.ids, self._appearances, strict=True):
            if track_id in merge:
                together = by_frame.setdefault(appearance.frame, set())
                together.add(track_id)
                first = appearance if first is None and len(together) > 1 else first
        if first is not None:
            count = sum(len(together) > 1 for together in by_frame.values())
            ids = " and ".join(map(str, sorted(by_frame[first.frame])))
            raise ConfigError(
                f"merge: {ids} cannot be one person: both are in {first.place}, and together in "
                f"{counted(count, 'frame')}; split one of them first"
            )

    def _check_known(self, track_id: int, name: str) -> None:
        if track_id not in self.ids:
            known = sorted(set(self.ids))
            listed = ", ".join(map(str, known[:20])) + (", ..." if len(known) > 20 else "")
            raise ConfigError(f"{name}: expected an id of the file ({listed}), got {track_id}")


def summarize(edited: EditedIds, appearances: Sequence[Appearance]) -> list[str]:
    """A table of the persons, one a line: id, name, number of frames, and from when to when."""
    rows: dict[int, list[Appearance]] = {}
    for track_id, appearance in zip(edited.ids, appearances, strict=True):
        rows.setdefault(track_id, []).append(appearance)
    width = max([4, *map(len, edited.names.values())])
    lines = [f"{'id':>6}  {'name':<{width}}  {'frames':>7}  from - to"]
    for track_id in sorted(rows):
        seen = sorted(rows[track_id], key=lambda each: each.frame)
        count = len({each.frame for each in seen})
        name = edited.names.get(track_id, "")
        lines.append(f"{track_id:>6}  {name:<{width}}  {count:>7}  {_moment(seen[0])} - {_moment(seen[-1])}")
    return lines


def _moment(appearance: Appearance) -> str:
    return f"frame {appearance.frame}" if appearance.time_s is None else f"{appearance.time_s:.3f} s"
