"""Networks shared by several streams: each stream gives exactly what it gives alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.scene import Scene

pytestmark = [pytest.mark.slow]

COUNT = 8


@pytest.fixture(scope="module")
def two_clips(demo_clip: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The start of the demo clip and of another view of the same people."""
    folder = tmp_path_factory.mktemp("clips")
    other = shared_data / "data" / "videos" / "pose2sim_multiperson_cam02.mp4"
    return (
        clips.shorten(demo_clip, folder / "first.mp4", count=COUNT),
        clips.shorten(other, folder / "second.mp4", count=COUNT),
    )


def track(config: Config, clip: Path, networks: Networks) -> list[Scene]:
    own = Config(detect=config.detect, pose=config.pose, source=SourceConfig(uri=str(clip)))
    return list(build(own, networks=networks).scenes())


def assert_same(first: list[Scene], second: list[Scene]) -> None:
    assert len(first) == len(second) == COUNT
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.boxes.xyxy, other.boxes.xyxy)
        assert np.array_equal(one.tracks.ids, other.tracks.ids)
        assert np.array_equal(one.tracks.poses.keypoints, other.tracks.poses.keypoints)
        assert np.array_equal(one.tracks.poses.score, other.tracks.poses.score)


class Alone:
    """Two streams, one after the other, with networks that other streams may use too."""

    def __init__(self, two_clips: tuple[Path, Path], passes: int) -> None:
        self.config = Config(
            detect=DetectConfig(size="small"), pose=PoseConfig(model="movenet-lightning", passes=passes)
        )
        self.networks = load_networks(self.config)
        self.tracked = [track(self.config, clip, self.networks) for clip in two_clips]


@pytest.fixture(scope="module", params=[1, 2], ids="{} passes".format)
def alone(request: pytest.FixtureRequest, two_clips: tuple[Path, Path]) -> Alone:
    return Alone(two_clips, request.param)


def test_two_streams_at_once_give_what_each_gives_alone(alone: Alone, two_clips: tuple[Path, Path]) -> None:
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(lambda clip: track(alone.config, clip, alone.networks), two_clips))
    for before, now in zip(alone.tracked, together, strict=True):
        assert_same(before, now)
    assert sum(len(scene.tracks.seen) for scene in together[0]) > COUNT  # people were found at all


def test_a_stream_starts_without_the_tracks_of_an_earlier_one(alone: Alone, two_clips: tuple[Path, Path]) -> None:
    again = track(alone.config, two_clips[0], alone.networks)
    assert_same(alone.tracked[0], again)
    assert again[0].tracks.ids.min() == 1
