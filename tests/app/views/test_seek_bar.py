"""The seek bar: places and pixels, lanes of people, and the text under the mouse."""

import pytest
from PyQt5.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.playback import Timeline, format_place
from realtime_pose.app.views.seek_bar import SeekBar, lanes
from realtime_pose.pipeline.stays import Stay
from tests.support.fakes.window_driver import click

pytestmark = [pytest.mark.gui]

LINE = Timeline(first_s=10.0, analysed_s=40.0, end_s=110.0, is_complete=False)


@pytest.fixture
def bar(qtbot: QtBot) -> SeekBar:
    bar = SeekBar(format_place)
    qtbot.addWidget(bar)
    bar.resize(516, bar.sizeHint().height())
    bar.show_line(LINE, (Stay(1, 12.0, 20.0), Stay(2, 15.0, 30.0)))
    bar.show()
    return bar


def test_places_and_pixels_are_each_others_inverse(bar: SeekBar) -> None:
    for place in (10.0, 47.5, 110.0):
        assert bar.place_at(bar.x_of(place)) == pytest.approx(place)
    assert bar.place_at(-50) == 10.0
    assert bar.place_at(5000) == 110.0


def test_a_click_tells_its_place_and_a_right_click_nothing(bar: SeekBar) -> None:
    sought: list[float] = []
    bar.sought.connect(sought.append)
    point = QPoint(round(bar.x_of(60.0)), 10)
    click(bar, point, Qt.MouseButton.RightButton)
    click(bar, point)
    assert sought == [pytest.approx(60.0, abs=0.2)]


@pytest.mark.parametrize(
    ("place", "text"),
    [(11.0, "00:11"), (13.0, "00:13 · ID 1"), (17.0, "00:17 · ID 1, 2"), (60.0, "01:00 · not analysed yet")],
)
def test_the_text_says_the_time_and_who_is_there(bar: SeekBar, place: float, text: str) -> None:
    assert bar.text_at(place) == text


def test_people_at_the_same_time_have_lanes_of_their_own_and_a_crowd_fills_them() -> None:
    stays = [Stay(number, 0.1 * number, 9.0) for number in range(1, 7)]
    assert lanes(stays) == [0, 1, 2, 3, -1, -1]
    assert lanes([*stays[:1], Stay(8, 9.5, 10.0)]) == [0, 0]


def test_without_a_file_nothing_is_shown_and_a_click_goes_nowhere(qtbot: QtBot) -> None:
    bar = SeekBar(format_place)
    qtbot.addWidget(bar)
    bar.show()
    sought: list[float] = []
    bar.sought.connect(sought.append)
    click(bar)
    assert sought == []
    assert not bar.grab().isNull()
