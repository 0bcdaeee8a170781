"""Are people who come back known again? Counts right, wrong and missed returns by the time away, and the cost; JSON.

    python benchmarks/tracking/returns.py [--people 12] [--seeds 0 1 2] [--clips FILE...] [--sheets DIR]

Drawn people in clothes visit one after another, alone or two at a time, and return after 2, 5, 20 or 120 s or more.
With --clips the people of real clips do it instead: the first half of a clip, a gap in media time (with a part of
another clip in it), the second half. The truth are the ids of each clip without interruption; --sheets writes images to
check them. A return is right if the person has the old id at the end of the visit, wrong with the id of
another person, and missed with a new id. A stranger who gets an old id is wrong too. Everything after the pose
estimator is the project's own.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.support.clip_people import Clip, Shown, by_person, read_clip, write_sheets
from benchmarks.support.dressed_people import draw_visit, random_clothes
from benchmarks.support.no_networks import NoNetworks
from realtime_pose.appearance.clothes import describe_clothes
from realtime_pose.config import Config, TrackConfig
from realtime_pose.pipeline.networks import load_networks
from realtime_pose.pipeline.perception import PosedFrame
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import Frame

RATE_HZ = 10.0
GAPS_S = (5.0, 20.0, 120.0)
CUT_FRAMES = 20
CUT_S = CUT_FRAMES / RATE_HZ
VISIT_FRAMES = 12
MIN_FRAMES = 10  # in which a person has to be seen in a visit, or the visit does not count


class Reception:
    """Watches visits, and counts what became of the ids."""

    def __init__(self, track: TrackConfig) -> None:
        self._state = StreamState(Config(track=track), NoNetworks())
        self._time_s, self._index = 0.0, 0
        self._owner: dict[int, Any] = {}  # who first had an id
        self._id: dict[Any, int] = {}  # the latest id of a person
        self.counts: dict[str, Counter[str]] = {}

    def visit(self, frames: list[Shown], people: Mapping[int, Any], *, gap_s: float, kind: str) -> None:
        """One visit after a gap in media time; people by their numbers, and others do not count."""
        self._time_s += gap_s
        latest: dict[Any, int] = {}
        num_frames: Counter[Any] = Counter()
        for image, poses, numbers in frames:
            self._time_s, self._index = self._time_s + 1 / RATE_HZ, self._index + 1
            frame = Frame(image, self._index, self._time_s, self._time_s, "visits")
            seen = self._state.track(PosedFrame(frame, poses.boxes, poses)).tracks.seen
            for track_id, row in zip(seen.ids.tolist(), seen.detection.tolist(), strict=True):
                person = people.get(int(numbers[row])) if row >= 0 else None
                if person is not None:
                    latest[person] = track_id
                    num_frames[person] += 1
        for person, track_id in latest.items():
            if num_frames[person] >= MIN_FRAMES:
                self._count(person, track_id, kind)

    def _count(self, person: Any, track_id: int, kind: str) -> None:
        owner, is_return = self._owner.setdefault(track_id, person), person in self._id
        if owner != person:
            outcome = "wrong"
        elif is_return:
            outcome = "right" if self._id[person] == track_id else "missed"
        else:
            outcome = "new"
        self._id.setdefault(person, track_id)
        self.counts.setdefault(kind if is_return else "stranger", Counter())[outcome] += 1


def drawn_visits(reception: Reception, *, seed: int, num_people: int) -> None:
    """Everybody comes once, then returns after each gap."""
    rng = np.random.default_rng(seed)
    wardrobe = [random_clothes(rng) for _ in range(num_people)]
    names = {each: (seed, each) for each in range(num_people)}
    for gap_s in (GAPS_S[0], *GAPS_S):
        order = rng.permutation(num_people).tolist()
        while order:
            people = [order.pop() for _ in range(min(len(order), int(rng.integers(1, 3))))]
            drawn = draw_visit([wardrobe[each] for each in people], rng, num_frames=2 * VISIT_FRAMES + CUT_FRAMES)
            shown = [(image, poses, np.array(people)[places]) for image, poses, places in drawn]
            reception.visit(shown[:VISIT_FRAMES], names, gap_s=gap_s, kind=f"away for {gap_s:g} s")
            # The walk goes on, but nobody is detected for this time.
            reception.visit(shown[-VISIT_FRAMES:], names, gap_s=CUT_S, kind=f"not detected for {CUT_S:g} s")


def clip_visits(reception: Reception, clips: list[Clip], *, seed: int) -> None:
    """Everybody in the first half of a clip comes again in the second half, after each gap."""
    rng = np.random.default_rng(seed)
    for gap_s in (CUT_S, *GAPS_S):
        for place in rng.permutation(len(clips)).tolist():
            clip = clips[place]
            first, second = clip.frames[: len(clip.frames) // 2], clip.frames[len(clip.frames) // 2 :]
            reception.visit(first, clip.people, gap_s=GAPS_S[0], kind="after other clips")
            rest_s = gap_s
            if gap_s == CUT_S:
                second = second[CUT_FRAMES:]  # the walk goes on
            elif len(clips) > 1 and gap_s > GAPS_S[0]:  # with time enough before and after the others
                other = clips[(place + int(rng.integers(1, len(clips)))) % len(clips)]
                between = other.frames[: int(RATE_HZ * gap_s / 2)]
                rest_s = (gap_s - len(between) / RATE_HZ) / 2
                reception.visit(between, other.people, gap_s=rest_s, kind="after other clips")
            kind = f"not detected for {gap_s:g} s" if gap_s == CUT_S else f"away for {gap_s:g} s"
            reception.visit(second, clip.people, gap_s=rest_s, kind=kind)


def summary(counts: dict[str, Counter[str]]) -> dict[str, Any]:
    """Precision and recall over all kinds, and the counts of each."""
    total: Counter[str] = sum(counts.values(), Counter())
    num_returns = sum(sum(each.values()) for kind, each in counts.items() if kind != "stranger")
    given = total["right"] + total["wrong"]
    return {
        "returns": num_returns,
        "precision": round(total["right"] / max(given, 1), 4),
        "recall": round(total["right"] / max(num_returns, 1), 4),
        "kinds": {kind: dict(each) for kind, each in sorted(counts.items())},
    }


def cost_ms() -> float:
    """Mean core milliseconds of a look at one person, of looks at four."""
    rng = np.random.default_rng(0)
    image, poses, _ = draw_visit([random_clothes(rng) for _ in range(2)], rng, num_frames=1)[0]
    four = poses.take(np.array([0, 1, 0, 1]))
    times = []
    for _ in range(500):
        start_s = time.process_time()
        describe_clothes(image, four)
        times.append(1000 * (time.process_time() - start_s) / len(four))
    return round(float(np.mean(times)), 4)


def main() -> None:
    """All seeds, each a stream of its own; the results as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4, 5])
    parser.add_argument("--clips", type=Path, nargs="+", default=[])
    parser.add_argument("--sheets", type=Path)
    options = parser.parse_args()
    networks = load_networks(Config(), is_live=False) if options.clips else None
    read = [read_clip(path, networks, rate_hz=RATE_HZ) for path in options.clips if networks is not None]
    for clip in read if options.sheets is not None else ():
        write_sheets(clip, options.sheets)
    clips = [part for clip in read for part in by_person(clip)]
    counts: dict[str, Counter[str]] = {}
    for seed in options.seeds:
        reception = Reception(TrackConfig())
        if clips:
            clip_visits(reception, clips, seed=seed)
        else:
            drawn_visits(reception, seed=seed, num_people=options.people)
        for kind, each in reception.counts.items():
            counts[kind] = counts.get(kind, Counter()) + each
    people = {clip.name: sorted(clip.people.values()) for clip in read}
    print(json.dumps({"seeds": options.seeds, "clips": people, **summary(counts), "look_ms": cost_ms()}, indent=2))


if __name__ == "__main__":
    main()
