"""The first start: a page with what was found, that starts the best thing; once, and again when asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from realtime_pose.app import first_start
from realtime_pose.app.first_look import FirstLook, look_around
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.views.first_page import FirstPage
from realtime_pose.app.views.help_dialog import HelpDialog
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.errors import MissingWeightsError
from realtime_pose.pipeline.networks import Networks
from realtime_pose.sources.webcam import Webcam
from tests.support.fakes.window_driver import WindowDriver, click, press
from tests.support.people.scenes import Walker
from tests.support.people.walking_networks import WalkingNetworks

pytestmark = [pytest.mark.gui]

BRIO = Webcam(2, "Brio", "")
NETWORKS = WalkingNetworks((Walker(person_id=1),))


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what is found."""

    def find(*cameras: Webcam, problem: str = "") -> None:
        found = FirstLook(cameras, problem, "none with CUDA", "nanodet-g: CPU, OpenVINO int8", NETWORKS)
        monkeypatch.setattr(first_start, "look_around", lambda *_: found)

    return find


def page_of(driver: WindowDriver) -> FirstPage:
    """The page, when everything was looked for."""
    page = driver.window._first_start.page
    assert page is not None
    driver.qtbot.waitExposed(page)
    driver.qtbot.waitUntil(lambda: page.texts["engine"].text() != "looking …")
    return page


def test_the_page_tells_what_was_found_and_starts_the_camera(driver: WindowDriver, look: Callable[..., None]) -> None:
    look(BRIO)
    driver.window.start("0")
    page = page_of(driver)
    assert not driver.build.pipelines, "nothing starts before the user wants it"
    assert page.texts["camera"].text() == "Brio"
    assert page.texts["engine"].text() == "nanodet-g: CPU, OpenVINO int8"
    assert " x " in page.texts["display"].text()
    assert page.start.text() == "Start with Brio"
    assert page.demo.isVisible()
    press(page.start, Qt.Key.Key_Space)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.RUNNING)
    assert driver.pipeline.config.source.uri == "2"


def test_long_texts_are_shown_in_full(driver: WindowDriver, look: Callable[..., None]) -> None:
    look(problem="No camera is connected, or another program hides it; " * 6)
    driver.window.start("0")
    page = page_of(driver)
    label = page.texts["camera"]
    driver.qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert page.rect().bottom() >= page.start.geometry().bottom()


def test_without_a_camera_it_says_why_and_offers_the_demo(driver: WindowDriver, look: Callable[..., None]) -> None:
    look(problem="No camera is connected.")
    driver.window.start("0")
    page = page_of(driver)
    assert page.texts["camera"].text() == "No camera is connected."
    assert page.start.text() == "Play the demo"
    assert not page.demo.isVisible(), "one button for one thing"
    click(page.start)
    driver.qtbot.waitUntil(lambda: bool(driver.build.pipelines))
    assert driver.pipeline.config.source.uri == "demo"


def test_the_page_offers_a_file_and_an_address(driver: WindowDriver, look: Callable[..., None]) -> None:
    look(BRIO)
    driver.window.start("0")
    page = page_of(driver)
    texts = [button.text() for button in page.findChildren(QPushButton) if button.isVisible()]
    assert texts == ["Start with Brio", "Play the demo", "Open a file …", "Type an address …"]
    click(page.findChildren(QPushButton)[-1])
    driver.qtbot.waitUntil(lambda: not page_is_open(driver))
    assert driver.edit.hasSelectedText() or driver.edit.hasFocus()


def page_is_open(driver: WindowDriver) -> bool:
    return driver.window._first_start.page is not None


def test_closing_the_page_opens_the_default_source(driver: WindowDriver, look: Callable[..., None]) -> None:
    look(BRIO)
    driver.window.start("0")
    press(page_of(driver), Qt.Key.Key_Escape)
    driver.qtbot.waitUntil(lambda: bool(driver.build.pipelines))
    assert driver.pipeline.config.source.uri == "0"


def test_it_is_shown_once_and_again_from_the_help(
    driver: WindowDriver, look: Callable[..., None], qtbot: QtBot
) -> None:
    look(BRIO)
    driver.window.start("0")
    page_of(driver).reject()
    second = Window(Config(), build=driver.build, cameras=lambda: ())
    qtbot.addWidget(second)
    second.start("0")
    assert second._first_start.page is None
    qtbot.waitUntil(lambda: second.bridge.phase is Phase.RUNNING)
    second.close()
    qtbot.waitUntil(lambda: second.bridge.phase is Phase.CLOSED and not len(second.bridge.tasks))
    driver.qtbot.waitUntil(lambda: bool(driver.build.pipelines))
    num_pipelines = len(driver.build.pipelines)
    driver.window.actions_by_name["help"].trigger()
    help_dialog = driver.window.findChild(HelpDialog)
    assert help_dialog is not None
    click(help_dialog.first_page)
    page = page_of(driver)
    page.reject()
    assert len(driver.build.pipelines) == num_pipelines, "closed without a choice, the source goes on"


def test_a_source_of_the_command_line_is_opened_at_once(driver: WindowDriver) -> None:
    driver.window.start("demo")
    assert driver.window._first_start.page is None
    driver.qtbot.waitUntil(lambda: bool(driver.build.pipelines))


def test_the_default_camera_is_opened_at_once_if_it_was_named(driver: WindowDriver, qtbot: QtBot) -> None:
    window = Window(Config(), build=driver.build, cameras=lambda: (), given={"source.uri"})
    qtbot.addWidget(window)
    window.start("0")
    assert window._first_start.page is None
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.RUNNING)
    window.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED and not len(window.bridge.tasks))


def test_a_camera_without_permission_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "video0"
    path.touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    found = look_around(Config(), lambda: [Webcam(0, "Brio", str(path))], lambda _: NETWORKS)
    assert not found.cameras
    assert "Brio: no permission" in found.camera_problem
    assert "usermod" in found.camera_problem


def test_networks_that_cannot_be_loaded_are_told() -> None:
    def load(config: Config) -> Networks:
        raise MissingWeightsError("no weights")

    found = look_around(Config(), lambda: [BRIO], load)
    assert (found.cameras, found.engine, found.has_networks) == ((BRIO,), "no weights", False)
