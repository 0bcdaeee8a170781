"""What is kept of an analysed file: where people were, when they came and went, and how much memory it takes."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.picture import Picture
from realtime_pose.pipeline.kept_scenes import PICTURE_S, KeptScenes, place_s
from realtime_pose.pipeline.stays import Stay
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
from realtime_pose.skeletons import COCO17
from tests.support.fakes.parts import frame

WH = (1920, 1080)


def scene_of(ids: list[int], index: int = 0, *, x: float = 500.0, wh: tuple[int, int] = WH) -> Scene:
    """People of these ids side by side, in a frame of 30 per second."""
    count = len(ids)
    left = x + 100.0 * np.arange(count, dtype=np.float32)[:, None]
    xyxy = np.concatenate((left, left * 0 + 200, left + 80, left * 0 + 700), axis=1)
    keypoints = np.broadcast_to(left[:, None] + np.linspace(0, 80, 17)[:, None], (count, 17, 2)).astype(np.float32)
    score = np.full(count, 0.875, np.float32)
    poses = Poses(keypoints, np.full((count, 17), 0.6, np.float32), Boxes(xyxy, score), COCO17)
    tracks = Tracks.at_rest(poses, np.array(ids, np.int64))
    trail = np.full((count, 5, 2), np.nan, np.float32)
    return Scene.from_tracks(frame(index, wh=wh), replace(tracks, trail=trail))


def kept_of(*scenes: Scene) -> KeptScenes:
    kept = KeptScenes(COCO17)
    for scene in scenes:
        kept.put(scene)
    return kept


def people_at(kept: KeptScenes, at: Frame) -> Tracks:
    scene = kept.add_people(at)
    assert scene is not None
    assert scene.frame.image is at.image
    return scene.tracks


def test_people_come_back_to_a_quarter_of_a_pixel() -> None:
    scene = scene_of([3, 7])
    found = people_at(kept_of(scene), scene.frame)
    expected = scene.tracks
    np.testing.assert_array_equal(found.ids, [3, 7])
    np.testing.assert_allclose(found.poses.keypoints, expected.poses.keypoints, atol=0.13)
    np.testing.assert_allclose(found.poses.boxes.xyxy, expected.poses.boxes.xyxy, atol=0.13)
    np.testing.assert_allclose(found.poses.score, expected.poses.score, atol=1 / 510)
    np.testing.assert_allclose(found.poses.boxes.score, expected.poses.boxes.score, atol=1 / 510)


def test_keypoints_outside_of_the_image_and_those_that_are_nowhere() -> None:
    scene = scene_of([1])
    keypoints = scene.tracks.poses.keypoints.copy()
    keypoints[0, :3] = np.array([[-900, 50], [4000, 3000], [np.nan, 7]])
    scene = replace(scene, tracks=replace(scene.tracks, poses=replace(scene.tracks.poses, keypoints=keypoints)))
    found = people_at(kept_of(scene), scene.frame).poses.keypoints[0]
    np.testing.assert_allclose(found[:2], [[-900, 50], [4000, 3000]], atol=0.13)
    assert np.isnan(found[2, 0])
    assert found[2, 1] == pytest.approx(7, abs=0.13)


def test_each_frame_keeps_the_guess_scores_of_the_network_that_has_looked_at_it() -> None:
    first, second = scene_of([1]), scene_of([1], 1)
    skeleton = replace(COCO17, guess_scores=(0.4,) * 17)  # as after an exchange of the networks
    poses = replace(second.tracks.poses, skeleton=skeleton)
    second = replace(second, tracks=replace(second.tracks, poses=poses))
    kept = kept_of(first, second)
    assert people_at(kept, first.frame).poses.skeleton.guess_scores == ()
    assert people_at(kept, second.frame).poses.skeleton.guess_scores == skeleton.guess_scores


def test_only_those_who_are_shown_are_kept() -> None:
    scene = scene_of([1, 2, 3])
    state = np.array([TrackState.CONFIRMED, TrackState.TENTATIVE, TrackState.CONFIRMED], np.uint8)
    scene = replace(scene, tracks=replace(scene.tracks, state=state))
    assert people_at(kept_of(scene), scene.frame).ids.tolist() == [1, 3]


def test_trails_are_made_again_from_the_frames_before() -> None:
    scenes = [scene_of([1, 2][: 1 + (index > 1)], index, x=100.0 + 10 * index) for index in range(4)]
    trail = people_at(kept_of(*scenes), scenes[3].frame).trail  # (2, 5, 2)
    np.testing.assert_allclose(trail[0, 1:, 0], [140, 150, 160, 170], atol=0.2)
    assert np.isnan(trail[0, 0]).all()
    np.testing.assert_allclose(trail[1, 3:, 0], [260, 270], atol=0.2)
    assert np.isnan(trail[1, :3]).all()


def test_a_frame_that_was_not_analysed_has_no_people() -> None:
    kept = kept_of(scene_of([1], 0), scene_of([1], 2))
    assert kept.add_people(frame(1, wh=WH)) is None
    assert kept.add_people(frame(3, wh=WH)) is None
    assert kept_of().add_people(frame(0)) is None


def test_places_and_the_newest_scenes() -> None:
    scenes = [scene_of([1], index) for index in range(6)]
    kept = kept_of()
    assert (kept.newest(), kept.span_s, kept.place_until(1.0)) == (None, None, None)
    for scene in scenes:
        kept.put(scene)
    assert kept.span_s == (0.0, 5 / 30)
    assert kept.newest() is scenes[-1]
    assert kept.recent(4 / 30 + 0.01) is scenes[4]
    assert kept.recent(9.0) is None  # not analysed yet
    assert kept.recent(0.0) is None  # without its image any more
    assert kept.place_until(2.5 / 30) == 2 / 30
    assert kept.place_until(9.0) is None  # not analysed yet
    kept.close()
    assert kept.is_complete
    assert kept.place_until(9.0) == 5 / 30  # the last frame of all


def test_stays_end_when_somebody_is_away_for_longer_than_a_second() -> None:
    kept = KeptScenes(COCO17)
    for index in (0, 1, 2, 20, 90, 91):
        kept.put(scene_of([1] if index != 1 else [1, 4], index))
    assert kept.stays == (Stay(1, 0.0, 20 / 30), Stay(4, 1 / 30, 1 / 30), Stay(1, 3.0, 91 / 30))


def test_single_pictures_follow_one_another_and_keep_their_names() -> None:
    picture = Picture("b.jpg", 7)
    scene = scene_of([1], 1)
    still = replace(scene, frame=replace(scene.frame, time_s=0.0, picture=picture))
    assert place_s(still.frame) == PICTURE_S
    shown = replace(scene.frame, time_s=PICTURE_S)  # as it is decoded again
    again = kept_of(still).add_people(shown)
    assert again is not None
    assert again.frame.picture == picture
    assert again.frame.source == "b.jpg"


def test_an_hour_with_two_people_takes_21_megabytes_and_the_oldest_are_forgotten_first() -> None:
    bytes_a_second = 2 * 98 * 30
    assert round(bytes_a_second * 3600 / 1e6) == 21
    kept = KeptScenes(COCO17, max_bytes=10 * bytes_a_second)
    scene = scene_of([1, 2])
    for index in range(60 * 30):
        kept.put(replace(scene, frame=frame(index)))
    assert kept.span_s is not None
    assert kept.span_s[0] > 45  # the last ten seconds, and less than an eighth fewer
    assert kept.span_s[0] < 52
    assert kept.add_people(frame(0)) is None
    assert kept.add_people(frame(1799)) is not None
