"""User and password of a camera: typed into the card, and kept in the keyring only where the user says so."""

import logging
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.window import Window
from realtime_pose.app.window_settings import WindowSettings
from realtime_pose.config import Config
from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.sources import SourceState, SourceStatus
from realtime_pose.sources.reasons import SourceReason
from tests.support.fakes.fake_pipeline import FakeBuild, make_report
from tests.support.fakes.window_driver import WindowDriver, click, press, press_in, write

pytestmark = [pytest.mark.gui]

CAMERA = "rtsp://127.0.0.1:8554/live"
SECRET = "p@ss/w#rd"
OPENED = "rtsp://me:p%40ss%2Fw%23rd@127.0.0.1:8554/live"


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets all at the end."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        del self.kept[service, username]

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    """The keyring of this computer, in memory."""
    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def refuse(driver: WindowDriver, uri: str = CAMERA) -> None:
    """Let a camera refuse the access, and wait for the fields."""
    driver.open(uri)
    status = SourceStatus(SourceState.AUTH_FAILED, Reason(SourceReason.UNAUTHORIZED))
    driver.pipeline.reported = make_report(source=status)
    driver.qtbot.waitUntil(driver.window.widgets.card.login.isVisible)


def type_login(driver: WindowDriver, *, is_kept: bool) -> None:
    login = driver.window.widgets.card.login
    write(login.user, "me")
    write(login.password, SECRET)
    if is_kept:
        press(login.is_kept, Qt.Key.Key_Space)
    press(login.password, Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.uri == OPENED)


def all_text(driver: WindowDriver, tmp_path: Path) -> str:
    """What the window shows, logs and keeps in its settings."""
    window = driver.window
    settings = "".join(path.read_text() for path in (tmp_path / "settings").rglob("*") if path.is_file())
    rows = [window.widgets.sources.itemText(row) for row in range(window.widgets.sources.count())]
    return "\n".join(
        [
            settings,
            *WindowSettings().recent,
            *rows,
            window.windowTitle(),
            window.reports.log.text,
            driver.edit.text(),
            driver.state_text,
        ]
    )


def test_a_camera_that_refuses_access_gets_user_and_password(
    driver: WindowDriver, memory: MemoryKeyring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refuse(driver)
    assert driver.window.widgets.card.login.user.hasFocus()
    type_login(driver, is_kept=False)
    driver.show_scene()
    driver.wait_for_tasks()
    assert not memory.kept, "nobody asked for it"
    for text in (all_text(driver, tmp_path), caplog.text):
        assert SECRET not in text
        assert "p%40ss" not in text


def test_what_is_typed_is_not_lost_while_the_camera_is_tried_again(driver: WindowDriver) -> None:
    refuse(driver, "rtsp://me@127.0.0.1/live")
    login = driver.window.widgets.card.login
    assert login.user.text() == "me"
    assert login.password.hasFocus()
    write(login.password, "half")
    driver.pipeline.reported = make_report(source=SourceStatus(SourceState.RECONNECTING))
    driver.wait_for_tick()
    driver.wait_for_tick()
    assert login.isVisible()
    assert login.password.text() == "half"
    assert driver.pipeline.calls[-1] != "pause", "letters are text, and no commands"


def test_a_server_that_is_not_tried_again_asks_too_and_another_source_ends_that(driver: WindowDriver) -> None:
    driver.open("http://me@127.0.0.1/live.mjpg")
    status = SourceStatus(SourceState.LOST, Reason(SourceReason.UNAUTHORIZED))
    driver.pipeline.reported = make_report(source=status)
    driver.wait_for_tick()
    driver.pipeline.failure = SourceOpenError("http://me@127.0.0.1/live.mjpg: refused")
    login = driver.window.widgets.card.login
    driver.qtbot.waitUntil(login.isVisible)
    assert driver.message.choices == ("retry", "copy")
    assert driver.message.title == "127.0.0.1/live.mjpg rejects the user name or password"
    assert login.is_in_use
    driver.open("demo")
    assert not login.isVisible()


def test_a_password_is_kept_when_the_camera_has_accepted_it(
    driver: WindowDriver, memory: MemoryKeyring, qtbot: QtBot, tmp_path: Path
) -> None:
    refuse(driver)
    type_login(driver, is_kept=True)
    assert not memory.kept, "not before it was accepted"
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: list(memory.kept.values()) == [SECRET])
    driver.wait_for_tasks()
    assert "keyring" in driver.window.widgets.toast.message
    driver.close()
    assert SECRET not in all_text(driver, tmp_path)
    build = FakeBuild()
    window = Window(Config(), build=build, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    assert "rtsp://me@127.0.0.1:8554/live" in window._window_settings.recent, "it is in the list of the next window"
    window.open(CAMERA)
    qtbot.waitUntil(lambda: bool(build.pipelines))
    assert build.pipelines[0].config.source.uri == OPENED, "the next window needs no password"


def test_an_address_with_a_kept_password_stays_in_the_list_without_it(
    driver: WindowDriver, memory: MemoryKeyring, tmp_path: Path
) -> None:
    refuse(driver)
    type_login(driver, is_kept=True)
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: bool(memory.kept))
    driver.wait_for_tasks()
    driver.open("demo")
    driver.wait_for_tasks()
    assert "rtsp://me@127.0.0.1:8554/live" in all_text(driver, tmp_path)


def test_an_address_with_another_secret_is_not_kept_in_a_form_that_cannot_be_opened(
    driver: WindowDriver, memory: MemoryKeyring
) -> None:
    driver.window.open(f"{CAMERA}?token=t0k3n")
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 1)
    driver.window._logins.submit("me", SECRET, is_kept=True)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: bool(memory.kept))
    driver.wait_for_tasks()
    driver.open("demo")
    driver.close()
    assert WindowSettings().recent == ["demo"]


def test_a_login_without_the_tick_deletes_what_was_kept(driver: WindowDriver, memory: MemoryKeyring) -> None:
    refuse(driver)
    type_login(driver, is_kept=True)
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: bool(memory.kept))
    driver.window._logins.submit("me", "another", is_kept=False)
    driver.qtbot.waitUntil(lambda: not memory.kept)


def test_without_a_keyring_the_password_is_used_and_the_user_is_told(driver: WindowDriver) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    try:
        refuse(driver)
        type_login(driver, is_kept=True)
        driver.show_scene()
        toast = driver.window.widgets.toast
        driver.qtbot.waitUntil(lambda: toast.is_error)
        assert "no keyring" in toast.message
        assert SECRET not in toast.message
    finally:
        keyring.set_keyring(before)


def test_a_keyring_that_fails_says_nothing_of_the_password(driver: WindowDriver, memory: MemoryKeyring) -> None:
    refuse(driver)
    type_login(driver, is_kept=True)
    memory.error = ValueError(f"cannot store {SECRET}")
    driver.show_scene()
    toast = driver.window.widgets.toast
    driver.qtbot.waitUntil(lambda: toast.is_error)
    assert "ValueError" in toast.message
    assert SECRET not in toast.message + driver.window.reports.log.text


def test_a_kept_password_that_the_keyring_does_not_give_is_asked_for(
    driver: WindowDriver, memory: MemoryKeyring
) -> None:
    refuse(driver)
    type_login(driver, is_kept=True)
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: bool(memory.kept))
    driver.wait_for_tasks()
    memory.error = RuntimeError("locked")
    driver.window.open(CAMERA)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 3)
    assert driver.pipeline.config.source.uri == CAMERA, "the camera asks then"
    memory.error, memory.kept = None, {}
    driver.window.open(CAMERA)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 4)
    assert driver.pipeline.config.source.uri == CAMERA


def test_enter_on_the_box_to_tick_connects_and_does_not_change_it(driver: WindowDriver, memory: MemoryKeyring) -> None:
    refuse(driver)
    login = driver.window.widgets.card.login
    write(login.user, "me")
    write(login.password, SECRET)
    login.is_kept.setFocus()
    press_in(driver.window, Qt.Key.Key_Space)
    press_in(driver.window, Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.uri == OPENED)
    assert driver.window.widgets.view.hasFocus(), "keys are commands again"
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    driver.show_scene()
    driver.qtbot.waitUntil(lambda: bool(memory.kept))


def test_trying_again_takes_the_password_that_was_typed(driver: WindowDriver, memory: MemoryKeyring) -> None:
    refuse(driver)
    login = driver.window.widgets.card.login
    write(login.user, "me")
    write(login.password, SECRET)
    click(driver.window.widgets.card.buttons["retry"])
    driver.qtbot.waitUntil(lambda: driver.window.bridge.uri == OPENED)
    assert not memory.kept


def test_an_empty_user_is_no_login(driver: WindowDriver) -> None:
    refuse(driver)
    click(driver.window.widgets.card.login.connect_button)
    assert driver.window.widgets.card.login.user.hasFocus()
    assert len(driver.build.pipelines) == 1
