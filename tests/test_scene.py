"""Scene types: their shapes are checked, and nothing in them can be changed."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import ConfigError
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
from realtime_pose.skeletons import BLAZEPOSE33, COCO17, HALPE26

F32 = np.float32


def tracks(states: list[TrackState], detections: list[int]) -> Tracks:
    count = len(states)
    poses = Poses(np.zeros((count, 17, 2), F32), np.zeros((count, 17), F32), boxes(count), COCO17)
    return Tracks(
        ids=np.arange(1, count + 1),
        state=np.array(states, np.uint8),
        velocity=np.zeros((count, 2), F32),
        age_s=np.zeros(count, F32),
        detection=np.array(detections, np.int64),
        trail=np.zeros((count, 3, 2), F32),
        poses=poses,
    )


def boxes(count: int) -> Boxes:
    return Boxes(np.zeros((count, 4), F32), np.zeros(count, F32))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: Boxes(np.zeros((2, 4), np.float64), np.zeros(2, F32)), "xyxy: expected float32", id="float64"
        ),
        pytest.param(lambda: Boxes(np.zeros((2, 5), F32), np.zeros(2, F32)), r"got float32 \(2, 5\)", id="columns"),
        pytest.param(
            lambda: Boxes(np.zeros((2, 4), F32), np.zeros(3, F32)), r"score: expected float32 \(2,\)", id="rows"
        ),
        pytest.param(
            lambda: Poses(np.zeros((1, 16, 2), F32), np.zeros((1, 17), F32), boxes(1), COCO17), "keypoints", id="K"
        ),
        pytest.param(lambda: Frame(np.zeros((4, 4), np.uint8), 0, 0.0, 0.0, ""), "image", id="grey picture"),
        pytest.param(lambda: Boxes([[0, 0, 1, 1]], np.zeros(1, F32)), "got list", id="list"),  # type: ignore[arg-type]
    ],
)
def test_wrong_shapes_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_arrays_are_read_only_and_fields_frozen() -> None:
    some = boxes(2)
    with pytest.raises(ValueError, match="read-only"):
        some.xyxy[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        some.score = np.zeros(2, F32)  # type: ignore[misc]


def test_the_owners_array_stays_writable() -> None:
    xyxy = np.zeros((1, 4), F32)
    Boxes(xyxy, np.zeros(1, F32))
    xyxy[0, 0] = 5
    assert xyxy[0, 0] == 5


@pytest.mark.parametrize("value", [Boxes.empty(), Poses.empty(COCO17), Tracks.empty(COCO17)])
def test_empty_values_have_no_row_and_can_be_taken_from(value: Any) -> None:
    assert len(value) == 0
    assert len(value.take(np.zeros(0, np.int64))) == 0


def test_seen_are_the_confirmed_tracks_with_a_detection() -> None:
    states = [TrackState.CONFIRMED, TrackState.CONFIRMED, TrackState.TENTATIVE, TrackState.LOST]
    assert tracks(states, [0, -1, 1, -1]).seen.ids.tolist() == [1]


def test_taking_rows_keeps_rows_together() -> None:
    some = tracks([TrackState.CONFIRMED] * 3, [2, 1, 0]).take(np.array([2, 0]))
    assert some.ids.tolist() == [3, 1]
    assert some.detection.tolist() == [0, 2]


def test_a_scene_grows_without_changing_what_it_was() -> None:
    scene = Scene(Frame(np.zeros((2, 3, 3), np.uint8), 0, 0.0, 0.0, "x"))
    grown = dataclasses.replace(scene, boxes=boxes(1))
    assert scene.boxes is None
    assert grown.boxes is not None
    assert grown.frame is scene.frame
    assert grown.frame.wh == (3, 2)


def test_poses_are_read_as_another_skeleton_by_the_names_of_keypoints() -> None:
    xy = np.arange(2 * 26 * 2, dtype=F32).reshape(2, 26, 2)
    whole = Poses(xy, np.linspace(0, 1, 52, dtype=F32).reshape(2, 26), boxes(2), HALPE26)
    read = whole.as_skeleton(COCO17)
    assert (read.skeleton, read.boxes) == (COCO17, whole.boxes)
    assert np.array_equal(read.keypoints, xy[:, :17])
    assert np.array_equal(read.score, whole.score[:, :17])
    assert len(Poses.empty(BLAZEPOSE33).as_skeleton(COCO17)) == 0
    with pytest.raises(ConfigError, match="cannot be read as halpe26: it has no head"):
        read.as_skeleton(HALPE26)
