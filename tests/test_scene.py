"""Scene types: shapes are checked, arrays are read-only, fields are frozen."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import ConfigError
from realtime_pose.reasons import NO_OUTAGE, Outage, Reason
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
from realtime_pose.skeletons import BLAZEPOSE33, COCO17, HALPE26
from realtime_pose.sources import SourceReason

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
        pytest.param(lambda: Frame(np.zeros((4, 4), np.uint8), 0, 0.0, 0.0, ""), "image", id="grey image"),
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
def test_empty_values_have_no_rows_and_allow_take(value: Any) -> None:
    assert len(value) == 0
    assert len(value.take(np.zeros(0, np.int64))) == 0


def test_seen_are_the_confirmed_tracks_with_a_detection() -> None:
    states = [TrackState.CONFIRMED, TrackState.CONFIRMED, TrackState.TENTATIVE, TrackState.LOST]
    assert tracks(states, [0, -1, 1, -1]).seen.ids.tolist() == [1]


def test_take_keeps_rows_together() -> None:
    some = tracks([TrackState.CONFIRMED] * 3, [2, 1, 0]).take(np.array([2, 0]))
    assert some.ids.tolist() == [3, 1]
    assert some.detection.tolist() == [0, 2]


def test_a_scene_of_tracks_has_their_poses_and_boxes() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, 0.0, 0.0, "x")
    tracks = Tracks.empty(COCO17)
    scene = Scene.from_tracks(frame, tracks)
    assert scene.frame is frame
    assert scene.frame.wh == (3, 2)
    assert scene.poses is tracks.poses
    assert scene.boxes is tracks.poses.boxes


def test_poses_are_converted_to_another_skeleton_by_keypoint_names() -> None:
    xy = np.arange(2 * 26 * 2, dtype=F32).reshape(2, 26, 2)
    halpe = Poses(xy, np.linspace(0, 1, 52, dtype=F32).reshape(2, 26), boxes(2), HALPE26)
    coco = halpe.as_skeleton(COCO17)
    assert (coco.skeleton, coco.boxes) == (COCO17, halpe.boxes)
    assert np.array_equal(coco.keypoints, xy[:, :17])
    assert np.array_equal(coco.score, halpe.score[:, :17])
    assert len(Poses.empty(BLAZEPOSE33).as_skeleton(COCO17)) == 0
    with pytest.raises(ConfigError, match="cannot be read as halpe26: it has no head"):
        coco.as_skeleton(HALPE26)


def test_old_names_work_with_a_warning() -> None:
    outage = Outage(1, 2.0, Reason(SourceReason.BROKE_OFF))
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, 0.0, 0.0, "x", outage)
    with pytest.warns(DeprecationWarning, match=r"Frame\.interruption is now Frame\.outage"):
        assert frame.interruption == "not live for 2.0 s: the stream broke off"  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match=r"Frame\.interruption is now Frame\.outage"):
        assert dataclasses.replace(frame, outage=NO_OUTAGE).interruption == ""  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match=r"Frame\.interruption is now Frame\.outage"):
        assert Frame(frame.image, 0, 0.0, 0.0, "x", interruption=outage).outage is outage  # type: ignore[call-arg]
    poses = Poses.empty(HALPE26)
    with pytest.warns(DeprecationWarning, match=r"Poses\.read_as is now Poses\.as_skeleton"):
        assert poses.read_as(COCO17).skeleton is COCO17  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match=r"Skeleton\.numbers_of is now Skeleton\.indices_of"):
        assert HALPE26.numbers_of(COCO17) == HALPE26.indices_of(COCO17)  # type: ignore[attr-defined]
