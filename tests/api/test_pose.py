"""`Pose` and `Tracker` with the shipped networks, on the first images of the demo clip."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import realtime_pose as rp
from realtime_pose.config import PoseConfig
from realtime_pose.errors import ConfigError, MissingWeightsError, SourceOpenError
from realtime_pose.models import load

pytestmark = [pytest.mark.slow]

NUM_PEOPLE = 3  # in the first image of the demo clip


@pytest.fixture(scope="module")
def pose() -> Iterator[rp.Pose]:
    yield rp.Pose(pose="movenet-lightning")
    rp.unload()


@pytest.fixture(scope="module")
def images(demo_clip: Path) -> list[NDArray[np.uint8]]:
    """Every second image of the first ones, half as large."""
    with av.open(str(demo_clip)) as container:
        frames = [
            frame.to_ndarray(format="bgr24") for _, frame in zip(range(8), container.decode(video=0), strict=False)
        ]
    return [np.asarray(cv2.resize(frame, None, fx=0.5, fy=0.5), np.uint8) for frame in frames[::2]]


def test_people_in_one_image(pose: rp.Pose, images: list[NDArray[np.uint8]]) -> None:
    people = pose(images[0])
    assert len(people) == NUM_PEOPLE
    assert people.ids.tolist() == [1, 2, 3]
    assert not people.is_tracked
    assert (np.diff(people.scores) <= 0).all(), "best first"
    assert people.image.shape == images[0].shape
    assert people.skeleton is pose.skeleton
    inside = (people["left_hip"][:, :2] >= people.boxes[:, :2]) & (people["left_hip"][:, :2] <= people.boxes[:, 2:])
    assert inside.all()


def test_each_form_of_an_image_gives_the_same_people(
    pose: rp.Pose, images: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    path = tmp_path / "street.png"
    cv2.imwrite(str(path), images[0])
    expected = pose(images[0])
    for image in (path, path.read_bytes()):
        assert np.array_equal(pose(image).keypoints, expected.keypoints)
    assert pose(path).source == "street.png"


def test_a_batch_and_a_folder_keep_the_order(pose: rp.Pose, images: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    single = [pose(image).keypoints for image in images[:2]]
    for number in (0, 1):
        cv2.imwrite(str(tmp_path / f"{10 - number}.png"), images[number])
    (tmp_path / "notes.txt").write_text("no image")
    batch = pose.batch(images[:2])
    assert all(np.array_equal(people.keypoints, alone) for people, alone in zip(batch, single, strict=True))
    folder = list(pose.folder(tmp_path))
    assert [(people.source, people.index) for people in folder] == [("9.png", 0), ("10.png", 1)]
    assert np.array_equal(folder[0].keypoints, single[1])


def test_a_picture_of_a_folder_that_cannot_be_read_is_left_out_with_a_warning(
    pose: rp.Pose, images: list[NDArray[np.uint8]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), images[0])
    (tmp_path / "b.png").write_bytes(b"no image")
    found = list(pose.folder(tmp_path))
    assert [(people.source, people.image_id) for people in found] == [("a.png", 1), ("c.png", 3)]
    assert "b.png: expected an image, but it cannot be decoded" in caplog.text


def test_patterns_lists_and_ids_of_annotations(pose: rp.Pose, images: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), images[0])
    truth = tmp_path / "truth.json"
    truth.write_text('{"images": [{"id": 139, "file_name": "b.png"}]}')
    assert [people.source for people in pose.folder(tmp_path / "*.png")] == ["a.png", "b.png"]
    assert [people.source for people in pose.folder([tmp_path / "b.png", tmp_path / "a.png"])] == ["b.png", "a.png"]
    found = list(pose.folder(tmp_path, annotations=truth))
    assert [(people.source, people.image_id) for people in found] == [("b.png", 139)]
    assert found[0].to_dict()["image_id"] == 139
    for table in (found[0].to_pandas(), found[0].angles_to_pandas()):
        assert list(table.columns[:3]) == ["source", "image_id", "frame"]
        assert set(table.image_id) == {139}
    assert pose(images[0]).image_id is None
    with pytest.raises(SourceOpenError, match="got an empty list"):
        next(pose.folder([]))
    with pytest.raises(SourceOpenError, match="expected a folder of pictures"):
        next(pose.folder("demo"))


def test_watch_takes_single_pictures_and_track_a_video(
    pose: rp.Pose, images: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), images[0])
    config = rp.Config(pose=PoseConfig(model="movenet-lightning"))
    scenes = list(rp.watch(tmp_path, config=config))
    assert [(scene.frame.source, scene.tracks.seen.ids.tolist()) for scene in scenes] == [
        ("a.png", [1, 2, 3]),
        ("b.png", [1, 2, 3]),
    ]
    assert np.allclose(scenes[0].tracks.poses.keypoints, pose(images[0]).keypoints, atol=0.5)
    named = [scene.frame.source for scene in rp.watch([tmp_path / "b.png", tmp_path / "a.png"], config=config)]
    assert named == ["b.png", "a.png"]
    people = list(rp.track(tmp_path, pose="movenet-lightning"))
    assert [(each.time_s, each.image_id, each.is_tracked) for each in people] == [
        (0.0, None, True),
        (pytest.approx(1 / 30), None, True),
    ]


def test_several_threads_may_call_it(pose: rp.Pose, images: list[NDArray[np.uint8]]) -> None:
    expected = [pose(image).keypoints for image in images[:4]]
    with ThreadPoolExecutor(4) as executor:
        found = list(executor.map(lambda image: pose(image).keypoints, images[:4]))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_an_image_without_people(pose: rp.Pose) -> None:
    assert len(pose(np.zeros((1, 1, 3), np.uint8))) == 0
    assert len(pose(np.zeros((240, 320, 3), np.uint8))) == 0


def test_the_same_networks_are_loaded_once(pose: rp.Pose, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("a network was loaded again")

    monkeypatch.setattr(load, "_make_backend", fail)
    again, tracker = rp.Pose(pose="movenet-lightning"), rp.Tracker(pose="movenet-lightning")
    assert again.skeleton == tracker.skeleton == pose.skeleton


def test_ids_stay_with_people(images: list[NDArray[np.uint8]]) -> None:
    tracker = rp.Tracker(pose="movenet-lightning")
    found = [tracker(image, time_s=index / 30) for index, image in enumerate(images)]
    assert len(found[-1]) == NUM_PEOPLE
    assert sorted(found[-1].ids.tolist()) == sorted(found[-2].ids.tolist())
    assert [people.index for people in found] == list(range(len(images)))
    assert found[-1].is_tracked
    tracker.reset()
    assert tracker(images[0], time_s=0.0).index == 0


def test_people_are_followed_between_two_looks_of_the_detector(images: list[NDArray[np.uint8]]) -> None:
    tracker, every = rp.Tracker(pose="movenet-lightning", detect_every=3), rp.Tracker(pose="movenet-lightning")
    for index, image in enumerate(images):
        followed, detected = tracker(image, time_s=index / 30), every(image, time_s=index / 30)
        assert followed.ids.tolist() == detected.ids.tolist()
        assert np.abs(followed.scores - detected.scores).max() < 0.25
        height = (detected.boxes[:, 3] - detected.boxes[:, 1])[:, None]
        distance = np.linalg.norm(followed.keypoints - detected.keypoints, axis=-1) / height
        assert np.median(distance) < 0.02
    assert [people.index for people in rp.track("demo", pose="movenet-lightning", detect_every=2, end_s=0.1)][:2] == [
        0,
        1,
    ]


@pytest.mark.parametrize("interval", [0, 2.5, "often"])
def test_a_wrong_interval_is_an_error(interval: int | str) -> None:
    with pytest.raises(ConfigError, match="detect-every: expected"):
        rp.Tracker(pose="movenet-lightning", detect_every=interval)
    with pytest.raises(ConfigError, match="detect-every: expected"):
        rp.track("demo", detect_every=interval)


def test_without_a_time_the_clock_counts(images: list[NDArray[np.uint8]]) -> None:
    tracker = rp.Tracker(pose="movenet-lightning")
    times_s = [tracker(images[0]).time_s for _ in range(3)]
    assert times_s[0] == 0.0
    assert times_s[0] < times_s[1] < times_s[2]


@pytest.mark.parametrize("time_s", [0.5, 0.2, float("nan"), float("inf")])
def test_a_time_that_is_not_later_is_an_error(images: list[NDArray[np.uint8]], time_s: float) -> None:
    tracker = rp.Tracker(pose="movenet-lightning")
    tracker(images[0], time_s=0.5)
    with pytest.raises(ConfigError, match=r"time_s: expected a time after 0.5 s"):
        tracker(images[0], time_s=time_s)
    assert len(tracker(images[0], time_s=0.6)) == NUM_PEOPLE, "it goes on"


def test_wrong_choices(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="preset: expected fast, balanced, accurate"):
        rp.Pose(preset="best")
    with pytest.raises(ConfigError, match="expected a preset or a config, got both"):
        rp.Pose(preset="fast", config=rp.Config())
    with pytest.raises((MissingWeightsError, ConfigError)):
        rp.Pose(pose="no-such-network")
    with pytest.raises(SourceOpenError):
        next(rp.Pose(pose="movenet-lightning").folder(tmp_path / "missing"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(rp.Pose, "unknown choice presett: did you mean 'preset'", id="Pose"),
        pytest.param(rp.Tracker, "did you mean 'preset'", id="Tracker"),
        pytest.param(lambda **choices: rp.track("demo", **choices), "did you mean 'preset'", id="track"),
        pytest.param(lambda **choices: next(rp.watch("demo", **choices)), "expected one of start_s, end_s", id="watch"),
    ],
)
def test_a_misspelt_choice_is_an_error(call: Callable[..., object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call(presett="fast")


def test_a_choice_of_videos_is_none_of_single_images() -> None:
    with pytest.raises(ConfigError, match="unknown choice detect_every"):
        rp.Pose(detect_every=3)  # type: ignore[call-arg] # the mistake that is tested


class TestTrack:
    def test_a_file_gives_every_frame(self, demo_clip: Path) -> None:
        config = rp.Config(max_frames=8)
        indices = [people.index for people in rp.track(demo_clip, config=config, pose="movenet-lightning")]
        assert indices == list(range(8))

    def test_own_images(self, images: list[NDArray[np.uint8]]) -> None:
        found = list(rp.track((image for image in images), pose="movenet-lightning"))
        assert [people.index for people in found] == list(range(len(images)))
        assert found[1].time_s == pytest.approx(1 / 30)
        assert len(found[-1]) == NUM_PEOPLE

    def test_an_error_in_own_images_reaches_the_loop(self, images: list[NDArray[np.uint8]]) -> None:
        def broken() -> Iterator[NDArray[np.uint8]]:
            yield images[0]
            yield np.zeros((4, 4, 2), np.uint8)

        with pytest.raises(SourceOpenError, match=r"got uint8 \(4, 4, 2\)"):
            list(rp.track(broken(), pose="movenet-lightning"))

    def test_leaving_the_loop_ends_all_threads(self, images: list[NDArray[np.uint8]]) -> None:
        before = set(threading.enumerate())
        with rp.track(images * 10, pose="movenet-lightning") as stream:
            next(stream)
        stream.close()
        assert not [thread for thread in set(threading.enumerate()) - before if thread.name != "network"]

    def test_a_wrong_choice_is_an_error(self) -> None:
        with pytest.raises(ConfigError, match="on_lost: expected wait, end, raise, got 'stop'"):
            rp.track("demo", on_lost="stop")

    async def _collect(self, images: list[NDArray[np.uint8]]) -> tuple[list[int], int]:
        import asyncio

        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        indices = [people.index async for people in rp.track(images, pose="movenet-lightning")]
        ticking.cancel()
        return indices, ticks

    def test_an_asynchronous_loop_does_not_block_the_others(self, images: list[NDArray[np.uint8]]) -> None:
        import asyncio

        indices, ticks = asyncio.run(self._collect(images))
        assert indices == list(range(len(images)))
        assert ticks > len(images)
