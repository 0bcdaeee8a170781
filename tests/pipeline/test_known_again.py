"""People who come back: the same id if the clothes agree, a new one if they do not or too many people wear them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.dressed_people import Clothes, draw_visit
from benchmarks.support.no_networks import NoNetworks
from realtime_pose.appearance.clothes_looks import ClothesDescriber
from realtime_pose.appearance.embeddings import PersonEmbedder
from realtime_pose.appearance.people import KnownPeople
from realtime_pose.config import Config, DeviceConfig, TrackConfig
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pipeline.perception import PosedFrame
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.scene import Float, Frame, Image, Poses
from tests.support.models.graphs import reid_file

pytestmark = [pytest.mark.slow]

RATE_HZ = 10.0
RED = Clothes((40, 40, 190), (40, 40, 190), (120, 60, 30), (120, 60, 30))
GREEN = Clothes((50, 150, 60), (50, 150, 60), (60, 40, 130), (60, 40, 130))
BLACK = Clothes((35, 35, 35), (35, 35, 35), (30, 30, 30), (30, 30, 30))


class _Stream:
    """A stream with visits of people."""

    def __init__(self, config: TrackConfig | None = None, *, reid: PersonEmbedder | None = None) -> None:
        self._state = StreamState(Config(track=config or TrackConfig()), NoNetworks(reid))
        self._rng = np.random.default_rng(3)
        self._time_s = 0.0

    def visit(self, *clothes: Clothes, after_s: float = 0.0, has_poses: bool = True) -> list[int]:
        """The ids at the end of a visit of 1.5 s, from left to right."""
        self._time_s += after_s
        return self._watch(draw_visit(list(clothes), self._rng, num_frames=15, num_noises=2), has_poses=has_poses)

    def stay(self, *clothes: Clothes, num_frames: int) -> list[int]:
        """The ids of people who stand still for this time."""
        return self._watch(draw_visit(list(clothes), np.random.default_rng(1), num_frames=1) * num_frames)

    def _watch(self, shown: list[tuple[Image, Poses, NDArray[np.int64]]], *, has_poses: bool = True) -> list[int]:
        for image, poses, _ in shown:
            self._time_s += 1 / RATE_HZ
            score = poses.score if has_poses else np.zeros_like(poses.score)
            seen = Poses(poses.keypoints, score, poses.boxes, poses.skeleton)
            frame = Frame(image, 0, self._time_s, self._time_s, "visits")
            tracks = self._state.track(PosedFrame(frame, seen.boxes, seen)).tracks.seen
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
    people = KnownPeople(TrackConfig(), ClothesDescriber(0.3))
    stream = _Stream()
    stream._state._people = people
    for _ in range(3):
        stream.visit(GREEN, RED, after_s=10)
    assert len(people) <= 2


def test_streams_share_nobody() -> None:
    first, second = _Stream(), _Stream()
    first.visit(GREEN), first.visit(RED, after_s=10)
    assert second.visit(RED) == [1]


def test_a_track_that_is_another_person_after_a_gap_has_another_id() -> None:
    """The second person stands where the first one was, so the tracker alone gives both one id."""
    stream = _Stream()
    red = stream.visit(RED)
    green = stream.visit(GREEN, after_s=0.5)
    assert green != red
    assert stream.visit(RED, after_s=20) == red
    assert stream.visit(GREEN, after_s=20) == green


def test_the_same_person_keeps_the_id_after_a_gap() -> None:
    stream = _Stream()
    assert stream.visit(RED) == stream.visit(RED, after_s=0.5)


class _CountingEmbedder(PersonEmbedder):
    """Counts the persons of each run."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.counts: list[int] = []

    def embed(self, image: Image, xyxy: Float) -> Float:
        self.counts.append(len(xyxy))
        return super().embed(image, xyxy)


@pytest.fixture
def embedder(tmp_path: Path) -> _CountingEmbedder:
    spec = load_manifest().find(str(reid_file(tmp_path)), task="reid")
    return _CountingEmbedder(load_network(spec, DeviceConfig(device="cpu", engine="onnxruntime")))


def test_a_named_network_knows_people_again_also_in_black(embedder: _CountingEmbedder) -> None:
    stream = _Stream(reid=embedder)
    black, green = stream.visit(BLACK), stream.visit(GREEN, after_s=10)
    assert black != green
    assert stream.visit(BLACK, after_s=20) == black
    assert stream.visit(GREEN, after_s=20) == green


def test_a_named_network_needs_no_keypoints(embedder: _CountingEmbedder) -> None:
    stream = _Stream(reid=embedder)
    black = stream.visit(BLACK, has_poses=False)
    assert stream.visit(GREEN, after_s=10, has_poses=False) != black
    assert stream.visit(BLACK, after_s=20, has_poses=False) == black


def test_the_network_runs_for_new_people_and_rarely_for_known_ones(embedder: _CountingEmbedder) -> None:
    stream = _Stream(reid=embedder)
    stream.stay(RED, GREEN, num_frames=35)
    assert set(embedder.counts) == {2}, "all in one batch"
    assert 10 <= len(embedder.counts) <= 20
    embedder.counts.clear()
    stream.stay(RED, GREEN, num_frames=200)
    assert 3 <= len(embedder.counts) <= 5


def test_the_network_does_not_run_if_nobody_is_remembered(embedder: _CountingEmbedder) -> None:
    stream = _Stream(TrackConfig(remember_s=0), reid=embedder)
    stream.visit(RED)
    assert not embedder.counts
