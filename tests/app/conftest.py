"""Fixtures for the tests of the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from realtime_pose.app import translation
from realtime_pose.sources.webcam import Webcam
from tests.support.fakes.window_driver import WindowDriver


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    """The texts of the window in English, whatever the language of the computer is."""
    monkeypatch.setattr(translation, "system_code", lambda: "en")
    translation.choose_language(translation.SYSTEM)


@pytest.fixture
def cameras() -> tuple[Webcam, ...]:
    return (Webcam(0, "Brio", "/dev/video0"), Webcam(2, "Desk camera", "/dev/video2"))


@pytest.fixture
def driver(qtbot: QtBot, tmp_path: Path, cameras: tuple[Webcam, ...]) -> Iterator[WindowDriver]:
    """A window with settings of its own that writes to ``out``; closed at the end, with all pipelines stopped."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    driver = WindowDriver(qtbot, tmp_path / "out", cameras)
    yield driver
    driver.close()
    assert all(pipeline.calls.count("stop") >= pipeline.calls.count("start") for pipeline in driver.build.pipelines)
