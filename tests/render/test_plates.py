"""Plates: beside their persons, over no head and over no other plate, also in a crowd."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import RenderConfig
from realtime_pose.render import draw
from realtime_pose.render.certainty import certainty
from realtime_pose.render.plates import Plate, draw_plates, head_boxes
from realtime_pose.scene import Poses, Tracks
from realtime_pose.skeletons import generic_skeleton
from tests.support.people.stills import people, scene

COLOURS = [(10 + 8 * number, 250 - 8 * number, 40 + 5 * (number % 7)) for number in range(30)]


def standing(boxes: list[list[float]]) -> Poses:
    """Persons whose faces are in the upper tenth of their boxes, in the middle."""
    poses = people(boxes).poses
    keypoints = poses.keypoints.copy()
    for row, (left, top, right, bottom) in enumerate(boxes):
        for index, shift in enumerate((0, 0.02, -0.02, 0.04, -0.04)):
            height = bottom - top
            keypoints[row, index] = ((left + right) / 2 + shift * height, top + 0.07 * height)
    return replace(poses, keypoints=keypoints)


def covered(poses: Poses, wh: tuple[int, int]) -> NDArray[np.int64]:
    """(H, W): 1 where a plate is, 0 elsewhere; -1 where a plate is on a head."""
    image = np.zeros((wh[1], wh[0], 3), np.uint8)
    certain = certainty(poses)
    draw_plates(image, poses, certain, [Plate("88", colour) for colour in COLOURS[: len(poses)]])
    heads = head_boxes(poses, certain).round().astype(int)
    is_plate = np.asarray(image.any(axis=2))
    result = np.asarray(is_plate, np.int64).copy()
    for left, top, right, bottom in heads.tolist():
        region = is_plate[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        result[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = np.where(region, -1, 0)
    return result


def plate_pixels(poses: Poses, wh: tuple[int, int]) -> list[int]:
    """Pixels of each plate that are seen when all are drawn, by their colours."""
    image = np.zeros((wh[1], wh[0], 3), np.uint8)
    draw_plates(image, poses, certainty(poses), [Plate("88", colour) for colour in COLOURS[: len(poses)]])
    shades = [np.rint(np.array(colour) * 0.85).astype(int) for colour in COLOURS[: len(poses)]]
    drawn = image[image.any(axis=2)].astype(int)  # (N, 3): the rest is black
    return [int((np.abs(drawn - shade).max(axis=1) <= 1).sum()) for shade in shades]


def test_a_plate_stands_above_its_person() -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    poses = standing([[100, 100, 160, 250]])
    draw_plates(image, poses, certainty(poses), [Plate("8", (200, 100, 50))])
    rows, columns = np.nonzero(image.any(axis=2))
    assert rows.max() <= 100
    assert columns.mean() == pytest.approx(130, abs=2)


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param([[100, 100, 160, 250], [110, 110, 170, 260]], id="one before the other"),
        pytest.param([[100, 30, 160, 180], [100, 190, 160, 340]], id="a head under the feet of another"),
        pytest.param([[100, -20, 160, 130]], id="at the upper edge"),
        pytest.param([[100, 60, 160, 210], [105, 60, 165, 210], [110, 60, 170, 210]], id="three in one place"),
    ],
)
def test_plates_cover_no_head(boxes: list[list[float]]) -> None:
    poses = standing(boxes)
    assert (covered(poses, (400, 400)) >= 0).all()
    alone = plate_pixels(standing([[100, 100, 160, 250]]), (400, 400))[0]
    assert min(plate_pixels(poses, (400, 400))) > 0.8 * alone, "each plate can be read whole"


@pytest.mark.slow
def test_a_crowd_of_thirty() -> None:
    rng = np.random.default_rng(3)
    left = np.concatenate([np.linspace(20, 1800, 15), np.linspace(60, 1850, 15)]) + rng.uniform(-20, 20, 30)
    top = np.concatenate([np.full(15, 200), np.full(15, 330)]) + rng.uniform(-25, 25, 30)
    order = np.argsort(top)
    poses = standing([[x, y, x + 90, y + 300] for x, y in zip(left[order], top[order], strict=True)])
    assert (covered(poses, (1920, 1080)) >= 0).all()
    sizes = plate_pixels(poses, (1920, 1080))
    assert min(sizes) > 0.5 * max(sizes)


@pytest.mark.slow
def test_plates_are_smaller_in_a_crowd() -> None:
    few, many = (
        [[60.0 + 90 * (number % 20), 300, 120 + 90 * (number % 20), 500] for number in range(n)] for n in (2, 20)
    )
    assert plate_pixels(standing(many), (1920, 1080))[0] < 0.8 * plate_pixels(standing(few), (1920, 1080))[0]


def test_a_plate_that_is_far_away_has_a_line_to_its_head() -> None:
    boxes = [[200.0, 200, 260, 350]] * 8
    image = np.zeros((600, 600, 3), np.uint8)
    poses = standing(boxes)
    draw_plates(image, poses, certainty(poses), [Plate("88", (200, 100, 50))] * 8)
    assert image[120:199].any()
    head = head_boxes(poses, certainty(poses))[0]
    near_head = image[round(head[1]) - 6 : round(head[1]), round(head[0]) : round(head[2])]
    assert near_head.any(), "the end of a line"


def test_the_head_of_a_person_seen_from_behind_is_the_top_of_the_box() -> None:
    poses = people([[100, 100, 160, 250]]).poses
    head = head_boxes(poses, np.zeros_like(poses.score))[0]
    assert head[1] == 100
    assert head[3] < 130
    unknown = Poses(np.zeros((1, 3, 2), np.float32), np.ones((1, 3), np.float32), poses.boxes, generic_skeleton(3))
    np.testing.assert_allclose(head_boxes(unknown, unknown.score)[0], head)


def test_names_and_ids_are_drawn_for_skeletons_only() -> None:
    tracks: Tracks = people([[20, 60, 60, 180]], ids=[5])
    still = scene(tracks, image=np.zeros((200, 200, 3), np.uint8))
    style = RenderConfig(skeletons=False, hud=False)
    plain, named = draw(still, style), draw(replace(still, names={5: "Maria"}), style)
    assert named.any(axis=2).sum() > plain.any(axis=2).sum() > 0
    doubtful = replace(tracks, poses=replace(tracks.poses, score=np.zeros_like(tracks.poses.score)))
    assert not draw(replace(still, tracks=doubtful), style).any()
