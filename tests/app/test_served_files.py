"""A video file on a web server in the window: the seek bar where the server sends parts, else the reason."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config, SourceConfig
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, build_numbered, number_of, write_numbered_clip
from tests.support.fakes.window_driver import press
from tests.support.gui_watchdog import assert_never_blocked
from tests.support.servers.web import serving_folder, serving_parts

pytestmark = [pytest.mark.gui, pytest.mark.server]

TIMEOUT_MS = 20_000

OpenWindow = Callable[[str], Window]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4").parent


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenWindow]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    windows: list[Window] = []

    def open_window(uri: str) -> Window:
        window = Window(Config(source=SourceConfig(uri=uri)), build=build_numbered, cameras=list)
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.widgets.view.setFocus()
        window.open(uri)
        qtbot.waitUntil(lambda: window.bridge.scene is not None, timeout=TIMEOUT_MS)
        return window

    yield open_window
    for window in windows:
        window.close()
        bridge = window.bridge
        qtbot.waitUntil(lambda: bridge.phase is Phase.CLOSED and not len(bridge.tasks), timeout=TIMEOUT_MS)  # noqa: B023


def wait_for_frame(qtbot: QtBot, window: Window, index: int) -> None:
    bridge = window.bridge
    qtbot.waitUntil(lambda: bridge.scene is not None and bridge.scene.frame.index == index, timeout=TIMEOUT_MS)


def test_a_served_file_is_played_as_a_file(open_window: OpenWindow, qtbot: QtBot, folder: Path) -> None:
    with serving_parts(folder) as (address, _):
        window = open_window(f"{address}/numbers.mp4")
        player, bridge = window.bridge.player, window.bridge
        assert window.widgets.playback.isVisible()
        assert not window.widgets.no_replay.isVisible()
        qtbot.waitUntil(lambda: (line := player.timeline) is not None and line.is_complete, timeout=TIMEOUT_MS)
        press(window.widgets.view, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: bridge.is_paused, timeout=TIMEOUT_MS)

        def act() -> None:
            for index in (23, 7, 15):
                window.widgets.playback.seek_bar.sought.emit((index + 0.5) / RATE_HZ)
                wait_for_frame(qtbot, window, index)
                assert bridge.scene is not None
                assert number_of(bridge.scene.frame.image) == index
                assert bridge.scene.tracks.ids.tolist() == [1]
            press(window.widgets.view, Qt.Key.Key_Comma)
            wait_for_frame(qtbot, window, 14)

        assert_never_blocked("seek and step", act)


def test_a_server_that_sends_whole_files_only_gives_a_reason_and_no_bar(
    open_window: OpenWindow, qtbot: QtBot, folder: Path
) -> None:
    with serving_folder(folder) as address:
        window = open_window(f"{address}/numbers.mp4")
        note = window.widgets.no_replay
        qtbot.waitUntil(note.isVisible, timeout=TIMEOUT_MS)
        assert note.text().startswith("No seek bar: the server sends only the whole file.")
        assert not window.widgets.playback.isVisible()
        press(window.widgets.view, Qt.Key.Key_F)
        qtbot.waitUntil(lambda: not note.isVisible(), timeout=TIMEOUT_MS)
        report = window.bridge.report
        assert report is not None
        qtbot.waitUntil(lambda: window.bridge.phase is Phase.ENDED, timeout=TIMEOUT_MS)
        assert window.bridge.report is not None
        assert window.bridge.report.num_frames == COUNT
