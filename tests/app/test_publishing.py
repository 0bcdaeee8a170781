"""The picture out of the window: the keys C and U, their buttons, the badges, and what fails."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from PyQt5.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.publishing import Destination, Publication, PublicationKind, make_publications
from realtime_pose.scene import Image
from tests.support.fakes.loopback_device import FakeLoopback
from tests.support.fakes.number_output import NumberOutput
from tests.support.fakes.parts import FakeSource
from tests.support.fakes.pipelines import endless_frames, make_parts, make_settings
from tests.support.fakes.window_driver import WindowDriver, click, press
from tests.support.gui_watchdog import GuiWatchdog
from tests.support.people.stills import scene

pytestmark = [pytest.mark.gui]

TIMEOUT_MS = 20_000
MAX_BLOCKED_S = 0.05

SERVER = Destination("rtmp://host/live/***", PublicationKind.STREAM)


class Server:
    """Takes images while it is up."""

    def __init__(self) -> None:
        self.is_up = True
        self.is_connected = True

    def open(self, wh: tuple[int, int]) -> "Server":
        return self

    def write(self, image: Image, *, at_s: float) -> None:
        if not self.is_up:
            raise SinkError("rtmp://host/live/***: expected a server that takes a stream, but Connection refused")

    def close(self) -> None: ...

    def interrupt(self) -> None: ...


def publication_to(server: Server, *, is_on: bool = True) -> Publication:
    return Publication(SERVER, server.open, lambda each: each.frame.image, is_on=is_on)


@pytest.fixture
def camera(driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLoopback:
    """A virtual camera that nobody has asked for, in an open window."""
    device = FakeLoopback(tmp_path / "video10", monkeypatch)
    monkeypatch.setattr("realtime_pose.publishing.outputs.loopback_devices", lambda: [device.path])
    driver.open()
    driver.show_scene()
    driver.pipeline.publications = make_publications(Config(), lambda each: each.frame.image, rate_hz=30)
    return device


def badges(driver: WindowDriver) -> list[str]:
    driver.wait_for_tick()
    return driver.window.widgets.badges.texts


def send(driver: WindowDriver) -> None:
    for publication in driver.pipeline.publications:
        publication.write(scene(image=np.full((48, 64, 3), 90, np.uint8)))


def test_the_button_shows_the_picture_to_other_programs_and_hides_it_again(
    driver: WindowDriver, camera: FakeLoopback
) -> None:
    driver.window.resize(2200, 600)
    button = driver.window.widgets.controls.buttons["virtual_camera"]
    assert not button.isChecked()
    click(button)
    send(driver)
    assert badges(driver) == ["◉ Virtual camera"]
    assert button.isChecked()
    assert len(camera.images()) == 1
    click(button)
    send(driver)
    assert badges(driver) == []
    assert not button.isChecked()
    assert len(camera.images()) == 1


def test_the_camera_stays_on_for_the_next_source(driver: WindowDriver, camera: FakeLoopback) -> None:
    driver.press(Qt.Key.Key_C)
    driver.open("rtsp://cam/2")
    driver.pipeline.publications = make_publications(Config(), lambda each: each.frame.image, rate_hz=30)
    driver.wait_for_tick()
    send(driver)
    assert badges(driver)[-1] == "◉ Virtual camera"


def test_a_camera_that_fails_says_why(driver: WindowDriver, camera: FakeLoopback) -> None:
    camera.kept_wh = (1280, 720)
    driver.press(Qt.Key.Key_C)
    send(driver)
    assert badges(driver) == ["Virtual camera: failed"]
    assert "another program uses it" in driver.window.widgets.toast.message


@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param(Qt.Key.Key_C, "modprobe v4l2loopback", id="no camera"),
        pytest.param(Qt.Key.Key_U, "--publish", id="no server"),
    ],
)
def test_what_is_missing_is_said(driver: WindowDriver, key: Qt.Key, words: str) -> None:
    driver.open()
    driver.show_scene()
    driver.press(key)
    assert words in driver.window.widgets.toast.message
    assert badges(driver) == []


def test_the_stream_of_the_command_line_is_on_and_a_failure_is_shown_until_it_goes_on(driver: WindowDriver) -> None:
    server = Server()
    driver.open()
    driver.show_scene()
    publication = publication_to(server)
    driver.pipeline.publications = (publication,)
    assert badges(driver) == ["Stream: connecting"]
    send(driver)
    assert badges(driver) == ["◉ Stream"]
    server.is_up = False
    send(driver)
    assert badges(driver) == ["Stream: no connection"]
    toast = driver.window.widgets.toast
    assert toast.is_error
    assert "Connection refused" in toast.message
    server.is_up, server.is_connected, publication._next_attempt_s = True, False, 0.0
    send(driver)
    assert badges(driver) == ["Stream: no connection"], "an attempt is no success"
    server.is_connected = True
    send(driver)
    assert badges(driver) == ["◉ Stream"]
    assert not toast.isVisible()


def test_a_failure_is_told_once_and_can_be_switched_off(driver: WindowDriver) -> None:
    server = Server()
    server.is_up = False
    driver.open()
    driver.show_scene()
    driver.pipeline.publications = (publication_to(server),)
    send(driver)
    driver.wait_for_tick()
    toast = driver.window.widgets.toast
    click(toast)
    send(driver)
    assert badges(driver) == ["Stream: no connection"]
    assert not toast.isVisible()
    driver.press(Qt.Key.Key_U)
    send(driver)
    assert badges(driver) == []
    assert not driver.window.actions_by_name["publish"].isChecked()


def test_a_server_that_hangs_blocks_neither_the_window_nor_its_end(qtbot: QtBot, tmp_path: Path) -> None:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    output = NumberOutput(hangs=True)
    publication = Publication(SERVER, output.open, lambda each: each.frame.image)

    def build(config: Config) -> Pipeline:
        parts = make_parts(FakeSource(endless_frames(), is_live=True))
        return Pipeline(replace(parts, publications=(publication,)), make_settings())

    window = Window(Config(), build=build, cameras=list)
    window.show()
    qtbot.waitExposed(window)
    window.open("rtsp://fake/")
    qtbot.waitUntil(lambda: bool(output.numbers) and window.bridge.scene is not None, timeout=TIMEOUT_MS)
    watchdog = GuiWatchdog()
    for _ in range(4):
        press(window.widgets.view, Qt.Key.Key_U)
        qtbot.wait(300)
    assert watchdog.longest_s < MAX_BLOCKED_S
    started_s = monotonic()
    window.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED, timeout=TIMEOUT_MS)
    assert monotonic() - started_s < 2.5
