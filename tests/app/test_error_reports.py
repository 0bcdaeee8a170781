"""Errors that one can act on: the log, the details for a report, and the folder of what was saved."""

import logging
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import QDesktopServices, QGuiApplication
from PyQt5.QtWidgets import QApplication

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.log_lines import MAX_LINES, LogLines
from realtime_pose.app.views.log_dialog import LogDialog
from realtime_pose.errors import SourceOpenError
from tests.support.fakes.window_driver import WindowDriver, click, press

pytestmark = [pytest.mark.gui]


def clipboard_text() -> str:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    return clipboard.text()


def log_dialog() -> LogDialog:
    (dialog,) = (each for each in QApplication.topLevelWidgets() if isinstance(each, LogDialog) and each.isVisible())
    return dialog


def test_the_last_500_lines_are_kept_without_passwords() -> None:
    log = LogLines()
    for number in range(MAX_LINES + 20):
        log.add(f"line {number} of rtsp://user:secret@host/x")
    lines = log.text.split("\n")
    assert len(lines) == MAX_LINES
    assert lines[-1].endswith(f"line {MAX_LINES + 19} of rtsp://user:***@host/x")
    assert "secret" not in log.text


def test_a_record_is_kept_with_its_traceback_and_a_hint_is_not() -> None:
    log = LogLines()
    logger = logging.getLogger("realtime_pose.test")
    logger.addHandler(log)
    try:
        logger.warning("a warning")
        logger.info("a hint")
        try:
            dict[str, int]()["missing"]
        except KeyError:
            logger.exception("a failure")
    finally:
        logger.removeHandler(log)
    assert "WARNING: a warning" in log.text
    assert "a hint" not in log.text
    assert "Traceback" in log.text
    assert "KeyError: 'missing'" in log.text


def test_an_error_is_copied_with_the_version_and_the_log(driver: WindowDriver) -> None:
    driver.open()
    logging.getLogger("realtime_pose").warning("the disk is slow")
    driver.window.show_error("/rec/a.mp4: the disk is full")
    toast = driver.window.widgets.toast
    assert toast.copy_details.isVisible()
    assert not toast.open_folder.isVisible()
    click(toast.copy_details)
    text = clipboard_text()
    assert text.startswith("/rec/a.mp4: the disk is full\n\nrealtime-pose ")
    assert "WARNING: the disk is slow" in text
    assert toast.is_error  # it is still there to be read


def test_the_error_of_a_source_is_copied_from_its_card(driver: WindowDriver) -> None:
    driver.open("rtsp://user:secret@cam/1")
    driver.pipeline.failure = SourceOpenError("the camera is gone")
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.FAILED)
    card = driver.window.widgets.card
    driver.qtbot.waitUntil(card.isVisible)
    click(card.buttons["copy"])
    assert clipboard_text().startswith("rtsp://user:***@cam/1: the camera is gone\n")
    assert "secret" not in clipboard_text()


def test_after_saving_the_folder_can_be_opened(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    driver.open()
    driver.show_scene()
    driver.press(Qt.Key.Key_S)
    toast = driver.window.widgets.toast
    driver.qtbot.waitUntil(lambda: toast.message.startswith("Saved"))
    click(toast.open_folder)
    assert [url.toLocalFile() for url in opened] == [str(tmp_path / "out")]
    driver.window.reports.show_message("something else")
    assert not toast.open_folder.isVisible()


def test_the_log_is_shown_goes_on_and_is_copied(driver: WindowDriver) -> None:
    driver.open()
    driver.window.show_error("first")
    driver.window.widgets.toast.hide()
    press(driver.window.widgets.view, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    dialog = log_dialog()
    assert "ERROR: first" in dialog.view.toPlainText()
    driver.window.show_error("second")
    driver.qtbot.waitUntil(lambda: "ERROR: second" in dialog.view.toPlainText())
    click(dialog.copy_all)
    assert clipboard_text() == driver.window.reports.log.text
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_closed_window_logs_nothing_more(driver: WindowDriver) -> None:
    driver.open()
    log = driver.window.reports.log
    driver.close()
    count = log.num_added
    logging.getLogger("realtime_pose").warning("later")
    assert log.num_added == count
