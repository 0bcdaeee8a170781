"""Colours of persons: told apart by everybody, never shared by neighbours, kept by their ids."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.config import RenderConfig
from realtime_pose.render import ColourChooser, choose_colours, draw
from realtime_pose.render.colours import PALETTE, own_colour, palette_colours
from realtime_pose.scene import Tracks
from tests.support.colour_vision import VISION, differences, seen_as
from tests.support.people.stills import nobody, people, scene


def row_of_people(ids: list[int], *, step_px: float = 60) -> Tracks:
    """People of 50x150 pixels beside each other."""
    return people([[step_px * place, 20, step_px * place + 50, 170] for place in range(len(ids))], ids=ids)


def test_the_measure_gives_the_published_differences() -> None:
    """Two pairs of the test data of Sharma, Wu and Dalal."""
    first = differences(np.array([[50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485]]))
    second = differences(np.array([[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387]]))
    assert first[0, 1] == pytest.approx(2.0425, abs=1e-4)
    assert second[0, 1] == pytest.approx(1.2644, abs=1e-4)


@pytest.mark.parametrize("vision", VISION)
def test_the_colours_are_told_apart(vision: str) -> None:
    rgb = np.array([[number >> 16, number >> 8 & 255, number & 255] for number in PALETTE], float)
    apart = differences(seen_as(rgb, vision)) + 100 * np.eye(len(PALETTE))
    assert len(PALETTE) >= 12
    assert apart.min() >= 13, "the seven colours of Okabe and Ito reach 10.9"


def test_neighbours_do_not_share_a_colour() -> None:
    ids = [1, 13, 25, 37, 49]  # all have the same colour of their own
    assert {own_colour(number) for number in ids} == {0}
    chosen = choose_colours(row_of_people(ids, step_px=50))
    assert len(set(chosen.values())) == len(ids)


def test_those_who_are_far_apart_keep_their_own() -> None:
    assert choose_colours(row_of_people([1, 13], step_px=600)) == {1: 0, 13: 0}


def test_in_a_crowd_those_who_share_are_far_apart() -> None:
    chosen = choose_colours(row_of_people(list(range(1, 61, 2)), step_px=40))
    numbers = [chosen[track_id] for track_id in range(1, 61, 2)]
    near = [(i, j) for i in range(30) for j in range(i) if 40 * (i - j) < 1.5 * 150]
    assert all(numbers[i] != numbers[j] for i, j in near)


def test_an_id_keeps_its_colour_when_it_moves_leaves_and_returns() -> None:
    chooser = ColourChooser()
    first = dict(chooser.choose(row_of_people([1, 13])))
    assert chooser.choose(row_of_people([13, 1], step_px=900)) == first
    chooser.choose(nobody())
    chooser.choose(row_of_people([2, 3]))
    assert {key: chooser.choose(row_of_people([13, 1]))[key] for key in first} == first


def test_when_two_of_one_colour_meet_the_younger_changes_and_only_once() -> None:
    chooser = ColourChooser()
    assert chooser.choose(row_of_people([1, 13], step_px=900)) == {1: 0, 13: 0}
    met = chooser.choose(row_of_people([1, 13]))
    assert met[1] == 0
    assert met[13] != 0
    assert chooser.choose(row_of_people([1, 13])) is met
    assert chooser.choose(row_of_people([1, 13], step_px=900)) is met


def test_the_memory_does_not_grow_for_ever() -> None:
    chooser = ColourChooser()
    for track_id in range(1, 1200):
        chosen = chooser.choose(people([[0, 0, 50, 100]], ids=[track_id]))
    assert len(chosen) == 1000
    assert 1199 in chosen


def test_a_person_is_drawn_in_the_colour_of_the_scene() -> None:
    still = replace(scene(people([[20, 20, 80, 90]], ids=[1]), image=np.zeros((100, 120, 3), np.uint8)), colours={1: 7})
    drawn = draw(still, RenderConfig(hud=False, boxes=True))
    colours = {tuple(colour) for colour in drawn.reshape(-1, 3).tolist()}
    assert palette_colours(7).middle in colours
    assert palette_colours(0).middle not in colours
