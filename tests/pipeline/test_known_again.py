"""People who come back: the same id if the clothes agree, a new one if they do not or too many people wear them."""

import numpy as np
import pytest

from benchmarks.support.dressed_people import Clothes, draw_visit
from benchmarks.tracking.returns import NoNetworks
from realtime_pose.appearance.people import KnownPeople
from realtime_pose.config import Config, TrackConfig
from realtime_pose.pipeline.perception import PosedFrame
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import Frame, Poses

RATE_HZ = 10.0
RED = Clothes((40, 40, 190), (40, 40, 190), (120, 60, 30), (120, 60, 30))
GREEN = Clothes((50, 150, 60), (50, 150, 60), (60, 40, 130), (60, 40, 130))
BLACK = Clothes((35, 35, 35), (35, 35, 35), (30, 30, 30), (30, 30, 30))


class _Stream:
    """A stream with visits of people."""

    def __init__(self, config: TrackConfig | None = None) -> None:
        self._state = StreamState(Config(track=config or TrackConfig()), NoNetworks())
        self._rng = np.random.default_rng(3)
        self._time_s = 0.0

    def visit(self, *clothes: Clothes, after_s: float = 0.0, has_poses: bool = True) -> list[int]:
        """The ids at the end of a visit of 1.5 s, from left to right."""
        self._time_s += after_s
        for image, poses, _ in draw_visit(list(clothes), self._rng, num_frames=15):
            self._time_s += 1 / RATE_HZ
            score = poses.score if has_poses else np.zeros_like(poses.score)
            shown = Poses(poses.keypoints, score, poses.boxes, poses.skeleton)
            frame = Frame(image, 0, self._time_s, self._time_s, "visits")
            tracks = self._state.track(PosedFrame(frame, shown.boxes, shown)).tracks.seen
        assert len(set(tracks.ids.tolist())) == len(tracks), "no id is given twice"
        return [int(each) for each in tracks.ids[np.argsort(tracks.poses.boxes.xyxy[:, 0])]]


@pytest.mark.parametrize("after_s", [2.0, 5.0, 20.0, 120.0])
def test_who_comes_back_has_the_same_id(after_s: float) -> None:
    stream = _Stream()
    red, green = stream.visit(RED), stream.visit(GREEN, after_s=10)
    assert red != green
    assert stream.visit(RED, after_s=after_s) == red
    assert stream.visit(GREEN, after_s=20) == green


def test_a_stranger_has_a_new_id() -> None:
    stream = _Stream()
    first = stream.visit(RED)
    assert stream.visit(GREEN, after_s=20) != first


def test_clothes_that_many_people_wear_are_no_proof() -> None:
    stream = _Stream()
    assert stream.visit(BLACK) != stream.visit(BLACK, after_s=20)


def test_two_people_in_the_same_clothes_are_doubtful() -> None:
    stream = _Stream()
    twins = stream.visit(RED, RED)
    assert set(stream.visit(RED, after_s=20)).isdisjoint(twins)


def test_who_is_still_here_is_nobody_who_comes_back() -> None:
    stream = _Stream()
    stream.visit(RED)
    assert len(set(stream.visit(RED, RED, after_s=20))) == 2


@pytest.mark.parametrize(
    ("config", "after_s"), [(TrackConfig(remember_s=0), 20), (TrackConfig(remember_s=30), 40)], ids=["off", "forgotten"]
)
def test_nobody_is_known_again_if_off_or_after_too_long(config: TrackConfig, after_s: float) -> None:
    stream = _Stream(config)
    assert stream.visit(RED) != stream.visit(RED, after_s=after_s)


def test_boxes_alone_are_never_known_again() -> None:
    stream = _Stream()
    assert stream.visit(RED, has_poses=False) != stream.visit(RED, after_s=20, has_poses=False)


def test_the_memory_does_not_grow_with_people_who_were_hardly_seen() -> None:
    people = KnownPeople(TrackConfig())
    stream = _Stream()
    stream._state._people = people
    for _ in range(3):
        stream.visit(GREEN, RED, after_s=10)
    assert len(people) <= 2


def test_streams_share_nobody() -> None:
    first, second = _Stream(), _Stream()
    first.visit(GREEN), first.visit(RED, after_s=10)
    assert second.visit(RED) == [1]
