"""Fixtures for the tests of the window."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from benchmarks.support import clips
from realtime_pose.app import translation
from realtime_pose.config import Config
from realtime_pose.sources.webcam import Webcam
from tests.support.clips.numbered_clip import write_numbered_clip
from tests.support.fakes.file_driver import FileDriver
from tests.support.fakes.window_driver import WindowDriver
from tests.support.made_once import made_once


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    """The texts of the window in English, whatever the language of the computer is."""
    monkeypatch.setattr(translation, "system_code", lambda: "en")
    translation.choose_language(translation.SYSTEM)


@pytest.fixture
def cameras() -> tuple[Webcam, ...]:
    return (Webcam(0, "Brio", "/dev/video0"), Webcam(2, "Desk camera", "/dev/video2"))


@pytest.fixture(scope="session")
def half_demo(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """All frames of the demo clip at half its width and height: long enough to change something meanwhile."""

    def write(folder: Path) -> None:
        clips.shorten(demo_clip, folder / "half.mp4", count=100)

    return str(made_once(tmp_path_factory, "half_demo", write) / "half.mp4")


@pytest.fixture(scope="session")
def short_demo(demo_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two seconds with the people of the demo clip, in few and smaller frames."""

    def write(folder: Path) -> None:
        clips.shorten(demo_clip, folder / "short.mp4", count=20, rate_hz=10)

    return str(made_once(tmp_path_factory, "short_demo", write) / "short.mp4")


@pytest.fixture
def driver(qtbot: QtBot, tmp_path: Path, cameras: tuple[Webcam, ...]) -> Iterator[WindowDriver]:
    """A window with settings of its own that writes to ``out``; closed at the end, with all pipelines stopped."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    driver = WindowDriver(qtbot, tmp_path / "out", cameras)
    yield driver
    driver.close()
    driver.window.deleteLater()  # a change of the theme in a later test asks all widgets
    assert all(pipeline.calls.count("stop") >= pipeline.calls.count("start") for pipeline in driver.build.pipelines)


@pytest.fixture(scope="session")
def numbered_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("numbered_clip") / "numbers.mp4")


@pytest.fixture
def make_file_driver(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[Config], FileDriver]]:
    """Windows with settings of their own that write to ``out``; closed at the end."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    drivers: list[FileDriver] = []

    def make(config: Config) -> FileDriver:
        drivers.append(FileDriver(qtbot, tmp_path / "out", config))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()
