"""Drawing: exact to a fraction of a pixel, in the right colours and opacity, never on the frame's own memory."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import RenderConfig
from realtime_pose.render import draw
from realtime_pose.render.colours import PALETTE, person_colours
from realtime_pose.render.labels import draw_labels
from realtime_pose.scene import Boxes, Poses, Scene, Tracks, TrackState
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, people, scene

Image = NDArray[np.uint8]

BARE = RenderConfig(skeletons=False, ids=False, hud=False)
SKELETONS = RenderConfig(ids=False, hud=False)
ALSO_DOUBTFUL = replace(SKELETONS, keypoint_threshold=0.1)
ALL = RenderConfig(boxes=True, trails=True)
NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW = 0, 5, 6, 7, 8
LEGS = (13, 15, 16)


def black(wh: tuple[int, int]) -> Image:
    return np.zeros((wh[1], wh[0], 3), np.uint8)


def with_keypoints(points: dict[int, tuple[float, float, float]], wh: tuple[int, int] = (101, 81)) -> Scene:
    """One tall person on black with these keypoints, index to x, y and score; the legs are outside the image."""
    tracks = people([[-20, -200, 120 + wh[0], 400 + wh[1]]], keypoint_score=0)
    xy, score = tracks.poses.keypoints.copy(), tracks.poses.score.copy()
    outside = {index: (float(index), 380.0 + wh[1], 1.0) for index in LEGS}  # a skeleton has three keypoints or more
    for index, (x, y, point_score) in (outside | points).items():
        xy[0, index], score[0, index] = (x, y), point_score
    poses = replace(tracks.poses, keypoints=xy, score=score)
    return scene(replace(tracks, poses=poses), image=black(wh))


def centroid(image: Image) -> tuple[float, float]:
    weight = image.astype(float).sum(axis=2)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return float((weight * columns).sum() / weight.sum()), float((weight * rows).sum() / weight.sum())


def changed(before: Image, after: Image) -> NDArray[np.bool_]:
    return np.asarray((before != after).any(axis=2))


@pytest.mark.parametrize("style", [BARE, ALL], ids=["nothing drawn", "all drawn"])
def test_the_image_is_new_and_the_frame_unchanged(style: RenderConfig) -> None:
    still = scene(people([[5, 5, 40, 45]]))
    before = still.frame.image.copy()
    drawn = draw(still, style, hud=["30 fps"])
    assert not np.shares_memory(drawn, still.frame.image)
    assert drawn.flags.writeable
    np.testing.assert_array_equal(still.frame.image, before)


def test_without_overlay_the_image_is_the_frame() -> None:
    still = scene(people([[5, 5, 40, 45]]))
    np.testing.assert_array_equal(draw(still, BARE), still.frame.image)


@pytest.mark.parametrize(
    ("frame_wh", "room", "expected"),
    [
        ((64, 48), None, (64, 48)),
        ((64, 48), (64, 48), (64, 48)),
        ((64, 48), (32, 32), (32, 24)),
        ((64, 48), (640, 100), (133, 100)),
        ((1088, 1920), (640, 720), (408, 720)),
        ((1920, 1080), (1280, 800), (1280, 720)),
        ((1, 1), (50, 20), (20, 20)),
        ((400, 1), (40, 40), (40, 1)),
        ((64, 48), (0, 0), (1, 1)),
    ],
)
def test_the_size_is_the_largest_that_fits(
    frame_wh: tuple[int, int], room: tuple[int, int] | None, expected: tuple[int, int]
) -> None:
    drawn = draw(scene(nobody(), image=black(frame_wh)), ALL, wh=room)
    assert drawn.shape == (expected[1], expected[0], 3)


@pytest.mark.parametrize(("x", "y"), [(50.0, 40.0), (50.5, 40.0), (50.25, 40.75)])
def test_a_keypoint_is_drawn_at_its_fraction_of_a_pixel(x: float, y: float) -> None:
    drawn = draw(with_keypoints({LEFT_SHOULDER: (x, y, 1)}), SKELETONS)
    assert centroid(drawn) == pytest.approx((x, y), abs=0.15)


@pytest.mark.parametrize("factor", [0.5, 2, 3])
def test_a_keypoint_keeps_its_position_in_a_resized_image(factor: float) -> None:
    still = with_keypoints({LEFT_SHOULDER: (150.0, 100.0, 1)}, wh=(300, 200))
    drawn = draw(still, SKELETONS, wh=(round(300 * factor), round(200 * factor)))
    expected = (150.5 * factor - 0.5, 100.5 * factor - 0.5)  # edges meet edges, so centres move by half a pixel
    assert centroid(drawn) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("room", [(200, 133), (399, 266), (401, 267), (1200, 800)])
def test_the_overlay_matches_the_image_at_any_size(room: tuple[int, int]) -> None:
    image = black((600, 400))
    image[190:211, 290:311] = 255
    spot = scene(nobody(), image=image)
    marked = with_keypoints({LEFT_SHOULDER: (300.0, 200.0, 1)}, wh=(600, 400))
    assert centroid(draw(marked, SKELETONS, wh=room)) == pytest.approx(
        centroid(draw(spot, SKELETONS, wh=room)), abs=0.3
    )


def test_shrinking_averages_pixels() -> None:
    """A fine checkerboard becomes grey, not black or white."""
    image = black((400, 400))
    image[::2, ::2] = image[1::2, 1::2] = 255
    drawn = draw(scene(nobody(), image=image), BARE, wh=(130, 130))
    assert np.abs(drawn.astype(int) - 127).max() < 12


def test_colours_are_bgr() -> None:
    drawn = draw(with_keypoints({NOSE: (50, 40, 1)}), SKELETONS)
    assert tuple(drawn[40, 50]) == (0xFF, 0xFF, 0x00)  # cyan, the first of the palette


def test_left_is_lighter_than_right() -> None:
    drawn = draw(with_keypoints({LEFT_SHOULDER: (70, 40, 1), RIGHT_SHOULDER: (30, 40, 1)}), SKELETONS)
    left, middle, right = (int(drawn[40, x].astype(int).sum()) for x in (70, 50, 30))
    assert left > middle > right


def test_the_same_id_has_the_same_colour_and_neighbours_differ() -> None:
    assert person_colours(3) == person_colours(3)
    assert len({person_colours(track_id).middle for track_id in range(1, len(PALETTE) + 1)}) == len(PALETTE)
    assert person_colours(1) == person_colours(1 + len(PALETTE))


@pytest.mark.parametrize(
    ("first", "second", "is_drawn"),
    [(0.9, 0.9, True), (0.3, 0.9, True), (0.29, 0.9, False), (0.9, 0.0, False)],
    ids=["both", "at the threshold", "one below", "one unseen"],
)
def test_a_limb_needs_both_ends(first: float, second: float, *, is_drawn: bool) -> None:
    drawn = draw(with_keypoints({LEFT_SHOULDER: (20, 40, first), LEFT_ELBOW: (80, 40, second)}), SKELETONS)
    assert bool(drawn[40, 50].any()) == is_drawn


def test_a_limb_fades_with_its_weaker_end() -> None:
    strength = [
        int(
            draw(with_keypoints({LEFT_SHOULDER: (20, 40, 1.0), LEFT_ELBOW: (80, 40, score)}), ALSO_DOUBTFUL)[
                40, 50
            ].max()
        )
        for score in (1.0, 0.5, 0.3, 0.22)
    ]
    assert strength[0] == strength[1] > strength[2] > strength[3] > 0


def test_fading_does_not_change_other_pixels() -> None:
    """Blending a region must not change pixels that were not drawn, not even by rounding."""
    image = np.random.default_rng(0).integers(0, 256, (81, 101, 3), dtype=np.uint8)
    faint = with_keypoints({LEFT_SHOULDER: (20, 10, 0.25), LEFT_ELBOW: (80, 70, 0.25)})
    drawn = draw(replace(faint, frame=replace(faint.frame, image=image)), ALSO_DOUBTFUL)
    rows, columns = np.mgrid[:81, :101]
    far = np.abs(rows - 10 - (columns - 20)) > 8 * np.sqrt(2)  # further than 8 px from the limb
    assert far.sum() > 5000
    np.testing.assert_array_equal(drawn[far], image[far])
    assert changed(image, drawn)[40, 50]


def test_only_confirmed_and_detected_tracks_are_drawn() -> None:
    tracks = people(
        [[5, 30, 25, 90], [45, 30, 65, 90], [85, 30, 105, 90]],
        states=[TrackState.CONFIRMED, TrackState.TENTATIVE, TrackState.CONFIRMED],
        is_detected=[True, True, False],
    )
    columns = np.flatnonzero(draw(scene(tracks, image=black((120, 100))), ALL).any(axis=(0, 2)))
    assert columns.min() < 35
    assert columns.max() < 40


def test_no_tracks_is_not_the_same_as_no_tracker() -> None:
    still = scene(nobody(), image=black((120, 100)))
    assert not draw(replace(still, poses=people([[20, 20, 60, 90]]).poses), ALL).any()


def test_a_box_is_drawn_on_its_edges_if_wanted() -> None:
    still = scene(people([[20, 30, 60, 70]]), image=black((120, 100)))
    assert not draw(still, BARE).any()
    drawn = draw(still, replace(BARE, boxes=True))
    assert centroid(drawn) == pytest.approx((40, 50), abs=0.1)
    assert all(drawn[y, x].any() for x, y in ((20, 50), (60, 50), (40, 30), (40, 70)))


@pytest.mark.parametrize("xyxy", [[40, 50, 80, 95], [-30, -40, 5, 60], [110, 2, 160, 90]], ids=["in", "corner", "edge"])
def test_an_id_is_legible_wherever_the_person_is(xyxy: list[float]) -> None:
    still = scene(people([xyxy], ids=[8]), image=np.full((100, 120, 3), 128, np.uint8))
    drawn = draw(still, replace(BARE, ids=True))
    label = changed(still.frame.image, drawn)
    assert label.sum() > 60
    brightness = drawn[label].astype(int).sum(axis=1)
    assert brightness.max() - brightness.min() > 250  # text on its background
    assert not changed(drawn, draw(still, replace(BARE, ids=True))).any()


def test_a_trail_starts_at_its_first_known_point() -> None:
    trail = np.full((1, 8, 2), np.nan, np.float32)
    trail[0, 4:] = [[40, 50], [60, 50], [80, 50], [100, 50]]
    still = scene(people([[20, 20, 60, 90]], trail=trail), image=black((120, 100)))
    drawn = draw(still, replace(BARE, trails=True))
    assert drawn[50, 50].any()
    assert not drawn[:, :35].any()
    assert int(drawn[50, 95].max()) > int(drawn[50, 45].max())
    assert not draw(still, BARE).any()


@pytest.mark.parametrize("known", [0, 1, 2, 3, 5])
def test_short_trails(known: int) -> None:
    trail = np.full((1, 6, 2), np.nan, np.float32)
    trail[0, 6 - known :] = np.reshape([[20 + 10 * i, 50] for i in range(known)], (known, 2))
    drawn = draw(scene(people([[20, 20, 60, 90]], trail=trail), image=black((120, 100))), replace(BARE, trails=True))
    assert bool(drawn.any()) == (known >= 2)


def test_the_hud_is_in_its_corner_and_can_be_switched_off() -> None:
    still = scene(nobody(), image=np.full((400, 600, 3), 128, np.uint8))
    drawn = draw(still, ALL, hud=["30.0 fps", "2 persons"])
    mask = changed(still.frame.image, drawn)
    assert mask[0, 0]
    assert not mask[200:].any()
    assert not mask[:, 300:].any()
    assert drawn.max() > 230
    assert not changed(still.frame.image, draw(still, replace(ALL, hud=False), hud=["30.0 fps"])).any()
    assert not changed(still.frame.image, draw(still, ALL)).any()


def test_a_long_hud_line_fits_the_width() -> None:
    still = scene(nobody(), image=np.full((300, 200, 3), 128, np.uint8))
    drawn = draw(still, ALL, hud=["rtsp://camera.example/stream  " * 4])
    assert not changed(still.frame.image, drawn)[:, -1].all()
    assert drawn.shape == (300, 200, 3)


RED, BLUE = (0, 0, 250), (250, 0, 0)


def label_sizes(boxes: list[list[float]], wh: tuple[int, int] = (400, 300)) -> tuple[int, int]:
    """Numbers of mainly red and mainly blue pixels; the first label is red, the second blue."""
    image = black(wh)
    draw_labels(image, np.array(boxes, np.float32).reshape(-1, 4), [("one", RED), ("one", BLUE)][: len(boxes)])
    blue, _, red = np.moveaxis(image.astype(int), 2, 0)
    return int((red > blue + 60).sum()), int((blue > red + 60).sum())


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([100, 100, 200, 250], id="the same place"),
        pytest.param([110, 95, 190, 250], id="partly over it"),
        pytest.param([300, 100, 380, 250], id="apart"),
        pytest.param([100, -50, 200, 20], id="above the image"),
    ],
)
def test_no_label_covers_another(second: list[float]) -> None:
    first, other = label_sizes([[100, 100, 200, 250], second])
    assert first == label_sizes([[100, 100, 200, 250]])[0] > 0
    assert other == first


def test_labels_without_boxes_and_in_an_image_too_small_for_them() -> None:
    assert label_sizes([]) == (0, 0)
    label_sizes([[0, 0, 4, 4], [0, 0, 4, 4]], wh=(8, 6))


@pytest.mark.parametrize("wh", [(1, 1), (2, 1), (16, 9), (9, 16), (2000, 3)])
@pytest.mark.parametrize("tracks", [nobody(), people([[0, 0, 8, 8]]), people([[-900, -900, 900, 900]])])
def test_tiny_images(wh: tuple[int, int], tracks: Tracks) -> None:
    drawn = draw(scene(tracks, image=black(wh)), ALL, hud=["30 fps", "", "é"])
    assert drawn.shape == (wh[1], wh[0], 3)


@pytest.mark.parametrize("position", [np.nan, np.inf, -np.inf, 1e9, -1e9])
def test_keypoints_at_any_coordinates(position: float) -> None:
    still = with_keypoints(
        {LEFT_SHOULDER: (position, 40, 1), LEFT_ELBOW: (50, position, 0.3), RIGHT_ELBOW: (50, 40, 1)}
    )
    assert draw(still, ALL)[40, 50].any()


def test_empty_poses_and_boxes() -> None:
    still = scene(image=black((64, 48)))
    assert not draw(replace(still, poses=Poses.empty(COCO17)), ALL).any()
    assert not draw(replace(still, boxes=Boxes.empty()), ALL).any()
