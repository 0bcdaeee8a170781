"""People in the window: lock, inset, hide, name and list, by clicks and keys, live and in files."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QSettings, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.config import Config, Viewport
from realtime_pose.pipeline.pipeline import Pipeline
from tests.support.clips.numbered_clip import COUNT, write_numbered_clip
from tests.support.fakes.people_driver import PeopleDriver, build_file, build_live
from tests.support.fakes.window_driver import click, press, write
from tests.support.gui_watchdog import assert_never_blocked

pytestmark = [pytest.mark.gui]


@pytest.fixture
def make_driver(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., PeopleDriver]]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    drivers: list[PeopleDriver] = []

    def make(build: Callable[[Config], Pipeline], uri: str) -> PeopleDriver:
        drivers.append(PeopleDriver(qtbot, build, uri))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()


@pytest.fixture(params=["file", "live", "paused file"])
def driver(
    request: pytest.FixtureRequest, make_driver: Callable[..., PeopleDriver], numbered_clip: Path
) -> PeopleDriver:
    if request.param == "live":
        return make_driver(build_live, "rtsp://fake/")
    driver = make_driver(lambda config: build_file(config, numbered_clip), str(numbered_clip))
    if request.param == "paused file":
        driver.wait(lambda: driver.bridge.scene is not None and driver.bridge.scene.frame.index > 1)
        driver.press(Qt.Key.Key_Space)
        driver.wait(lambda: driver.bridge.is_paused)
    else:
        driver.press(Qt.Key.Key_L)
    return driver


def test_a_click_locks_a_person_and_the_picture_follows(driver: PeopleDriver) -> None:
    before = driver.bridge.settings.viewport
    driver.click_on(2)
    assert driver.locked() == 2
    assert driver.bridge.settings.viewport.zoom > 1
    driver.settle()
    drawn = driver.bridge.drawn
    assert drawn is not None
    at, size = driver.middle_of(2), driver.view.size()
    assert driver.view.rect().contains(at)
    assert abs(at.y() - size.height() / 2) < 0.1 * size.height()
    assert "Following 2" in driver.badges
    point = driver.view.to_image(QPointF(at))
    inside, outside = drawn.image[round(point.y()), round(point.x())], drawn.image[5, -5]
    assert int(outside.max()) < 0.6 * int(inside.max())  # the grey around the person is darker
    driver.click_on(2)
    assert driver.locked() is None
    assert driver.bridge.settings.viewport == before


def test_in_the_zoomed_and_mirrored_picture_a_click_means_who_is_seen_there(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_M)
    driver.press(Qt.Key.Key_Plus)
    driver.settle()
    right, left = driver.middle_of(1), driver.middle_of(2)
    assert right.x() < left.x()  # the picture is mirrored
    click(driver.view, right)
    assert driver.locked() == 1
    driver.settle()
    driver.press(Qt.Key.Key_Escape)
    assert driver.locked() is None
    assert driver.bridge.settings.viewport == Viewport(zoom=1.25, is_mirrored=True)


def test_a_click_beside_everybody_lets_go_and_a_double_click_changes_nothing(driver: PeopleDriver) -> None:
    driver.click_on(1)
    driver.settle()
    click(driver.view, QPoint(3, driver.view.height() // 2))
    assert driver.locked() is None
    driver.settle()
    at = driver.middle_of(1)
    none = Qt.KeyboardModifier.NoModifier
    click(driver.view, at)
    QTest.mouseDClick(driver.view, Qt.MouseButton.LeftButton, none, at)  # type: ignore[call-overload]
    assert driver.locked() is None
    driver.wait(driver.window.isFullScreen)


def test_a_drag_locks_nobody(driver: PeopleDriver) -> None:
    start, left, none = QPointF(driver.middle_of(1)), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    end = start + QPointF(60, 0)
    for kind, point, button, pressed in (
        (QEvent.Type.MouseButtonPress, start, left, left),
        (QEvent.Type.MouseMove, end, none, left),
        (QEvent.Type.MouseButtonRelease, end, left, none),
    ):
        keys = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(driver.view, QMouseEvent(kind, point, button, Qt.MouseButtons(pressed), keys))
    assert driver.locked() is None


def test_v_shows_the_locked_person_in_a_corner_and_all_of_the_picture(driver: PeopleDriver) -> None:
    driver.click_on(2)
    driver.settle()
    driver.press(Qt.Key.Key_V)
    driver.settle()
    drawn = driver.bridge.drawn
    assert drawn is not None
    assert drawn.inset is not None
    assert driver.bridge.settings.viewport.zoom == 1
    driver.press(Qt.Key.Key_V)
    driver.settle()
    drawn = driver.bridge.drawn
    assert drawn is not None
    assert drawn.inset is None
    assert driver.bridge.settings.viewport.zoom > 1


def test_v_without_a_locked_person_takes_the_largest_and_a_click_on_the_inset_follows(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_V)
    driver.settle()
    assert driver.locked() == 1
    driver.press(Qt.Key.Key_V)
    assert driver.locked() is None
    driver.click_on(2)
    driver.press(Qt.Key.Key_V)
    driver.settle()
    rect = driver.view._inset.rect(driver.view.size())
    assert not rect.isEmpty()
    click(driver.view, rect.center().toPoint())
    assert driver.locked() == 2
    assert not driver.bridge.settings.people.has_inset


def test_the_list_has_everybody_with_the_time_and_its_buttons_act(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_P)
    assert driver.panel.isVisible()
    driver.wait(lambda: [row[0] for row in driver.texts()] == ["1", "2"])
    assert all(row[1].startswith("00:0") for row in driver.texts())
    driver.panel.list.setCurrentItem(driver.panel.list.topLevelItem(1))
    click(driver.panel.buttons["lock"])
    assert driver.locked() == 2
    driver.wait(lambda: driver.panel.buttons["lock"].text() == "Let go")
    click(driver.panel.buttons["hide"])  # nobody follows a person who is not drawn
    assert driver.locked() is None
    assert driver.bridge.settings.people.hidden == {2}
    driver.wait(lambda: driver.panel.buttons["hide"].text() == "Show")
    driver.settle()
    click(driver.view, driver.middle_of(2))
    assert driver.locked() is None  # a hidden person is not clicked
    driver.press(Qt.Key.Key_P)
    assert not driver.panel.isVisible()


def test_the_selected_row_can_be_read_and_buttons_without_one_look_disabled(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_P)
    driver.wait(lambda: len(driver.texts()) == 2)
    button, people = driver.panel.buttons["hide"], driver.panel.list
    disabled = lightest(button)
    people.setCurrentItem(people.topLevelItem(0))
    driver.qtbot.waitUntil(button.isEnabled)
    assert lightest(button) - disabled > 60
    row = people.visualItemRect(people.topLevelItem(0))
    assert lightest(people.viewport(), row) > 200, "light text, as in the other rows"


def lightest(widget: QWidget | None, rect: QRect | None = None) -> int:
    """The lightness of the lightest pixel, from 0 to 255."""
    assert widget is not None
    image = (widget.grab() if rect is None else widget.grab(rect)).toImage()
    places = product(range(image.width()), range(image.height()))
    return max(image.pixelColor(x, y).lightness() for x, y in places)


def test_a_name_is_typed_in_the_list_and_drawn(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_P)
    driver.wait(lambda: len(driver.texts()) == 2)
    driver.panel.list.setCurrentItem(driver.panel.list.topLevelItem(0))
    click(driver.panel.buttons["name"])
    editor = driver.panel.list.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    write(editor, "Sara K")  # S and K are commands elsewhere
    assert not driver.bridge.is_recording_busy
    press(editor, Qt.Key.Key_Return)
    driver.wait(lambda: driver.bridge.settings.people.names == {1: "Sara K"})
    driver.wait(lambda: driver.texts()[0][0] == "Sara K")
    driver.wait(lambda: driver.bridge.scene is not None and driver.bridge.scene.names == {1: "Sara K"})
    driver.click_on(1)
    driver.wait(lambda: "Following Sara K" in driver.badges)


def test_escape_ends_the_typing_of_a_name_without_a_change(driver: PeopleDriver) -> None:
    driver.press(Qt.Key.Key_P)
    driver.wait(lambda: len(driver.texts()) == 2)
    driver.panel.start_naming(1)
    editor = driver.panel.list.findChild(QLineEdit)
    assert editor is not None
    write(editor, "X")
    press(editor, Qt.Key.Key_Escape)
    driver.wait(lambda: driver.panel.list.state() != QAbstractItemView.State.EditingState)
    assert driver.bridge.settings.people.names == {}


def test_the_menu_of_a_right_click_locks_hides_and_shows_all(driver: PeopleDriver) -> None:
    def choose(point: QPoint, text: str) -> None:
        driver.view.menu_asked.emit(driver.view.to_image(point), driver.view.mapToGlobal(point))
        (menu,) = (each for each in driver.view.findChildren(QMenu) if each.isVisible())
        next(action for action in menu.actions() if action.text() == text).trigger()
        menu.close()
        QApplication.sendPostedEvents()

    choose(driver.middle_of(1), "Follow 1")
    assert driver.locked() == 1
    driver.settle()
    choose(driver.middle_of(1), "Let 1 go")
    driver.settle()
    choose(driver.middle_of(2), "Hide 2")
    assert driver.bridge.settings.people.hidden == {2}
    driver.settle()
    choose(driver.place_of(0.45, 0.5), "Show hidden people: 1")
    assert driver.bridge.settings.people.hidden == frozenset()
    driver.settle()
    choose(driver.middle_of(2), "Name 2 …")
    assert driver.panel.isVisible()
    assert driver.panel.list.findChild(QLineEdit) is not None


def test_a_new_source_forgets_people_and_keeps_the_inset(
    make_driver: Callable[..., PeopleDriver], numbered_clip: Path
) -> None:
    driver = make_driver(lambda config: build_file(config, numbered_clip), str(numbered_clip))
    driver.press(Qt.Key.Key_V)
    driver.window._people.rename(1, "Anna")
    driver.window._people.toggle_hidden(2)
    driver.window.open(str(numbered_clip))
    people = driver.bridge.settings.people
    assert (people.locked, people.hidden, people.names, people.has_inset) == (None, frozenset(), {}, True)


def test_names_are_written_into_the_files_beside_their_ids_in_all_frames(
    make_driver: Callable[..., PeopleDriver], numbered_clip: Path, tmp_path: Path
) -> None:
    outputs = [tmp_path / "a.jsonl", tmp_path / "a.csv", tmp_path / "a.json", tmp_path / "a.txt"]
    driver = make_driver(lambda config: build_file(config, numbered_clip, *outputs), str(numbered_clip))
    driver.wait(lambda: (line := driver.bridge.player.timeline) is not None and line.is_complete)
    driver.window._people.rename(2, "Änna")
    driver.close()
    lines = [json.loads(line) for line in outputs[0].read_text(encoding="utf-8").splitlines()]
    people = [person for line in lines if "people" in line for person in line["people"]]
    assert {(person["track_id"], person.get("name")) for person in people} == {(1, None), (2, "Änna")}
    assert len([line for line in lines if "people" in line]) == COUNT
    table = [line.split(",") for line in outputs[1].read_text(encoding="utf-8").splitlines()]
    assert table[0][-1] == "name"
    assert {(row[2], row[-1]) for row in table[1:]} == {("1", ""), ("2", "Änna")}
    results = json.loads(outputs[2].read_text(encoding="utf-8"))
    assert {(result["track_id"], result.get("name")) for result in results} == {(1, None), (2, "Änna")}


def test_the_gui_is_never_blocked_by_locks_lists_and_insets(
    make_driver: Callable[..., PeopleDriver], tmp_path: Path
) -> None:
    large = write_numbered_clip(tmp_path / "large.mp4", count=20, wh=(1280, 720))
    driver = make_driver(lambda config: build_file(config, large), str(large))
    driver.press(Qt.Key.Key_L)
    driver.wait(lambda: (line := driver.bridge.player.timeline) is not None and line.is_complete)

    def act() -> None:
        for key in (Qt.Key.Key_P, Qt.Key.Key_V, Qt.Key.Key_V, Qt.Key.Key_P, Qt.Key.Key_P):
            driver.press(key)
            driver.qtbot.wait(150)
        for person in (1, 2):
            driver.window._people.lock(person)
            driver.qtbot.wait(200)
            driver.window._people.lock(None)

    assert_never_blocked("people", act)
