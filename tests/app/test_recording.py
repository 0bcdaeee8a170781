"""The red dot of a recording: it shows the length and the size that the file has."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic

import av
import pytest
from PyQt5.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.card_messages import format_size
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.playback import format_place
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig
from realtime_pose.scene import Frame
from tests.support.fakes.parts import FakeSource, frame
from tests.support.fakes.pipelines import make_pipeline
from tests.support.fakes.window_driver import press

pytestmark = [pytest.mark.gui]

TIMEOUT_MS = 20_000
BADGE = re.compile(r"● REC (\d\d):(\d\d) · ([\d.]+) MB")


def noisy_frames() -> Iterator[Frame]:
    """A camera whose pictures cannot be packed well, 100 in a second, with the times of 10 in a second."""
    pause = Event()
    for index in count():
        pause.wait(0.01)
        still = frame(index, wh=(320, 240), time_s=index / 10)
        image = still.image.copy()
        image[:] = (index * 37 % 256, index * 91 % 256, index * 53 % 256)
        image[index % 240] = 255
        yield replace(still, image=image, captured_s=monotonic())


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    config = Config(record=RecordConfig(path=tmp_path / "asked.mp4"))
    shown = Window(config, build=lambda _: make_pipeline(FakeSource(noisy_frames(), is_live=True)), cameras=list)
    shown.bridge.outputs.folder = tmp_path
    shown.show()
    qtbot.waitExposed(shown)
    shown.open("rtsp://fake/")
    qtbot.waitUntil(lambda: shown.bridge.scene is not None, timeout=TIMEOUT_MS)
    yield shown
    shown.close()
    qtbot.waitUntil(lambda: shown.bridge.phase is Phase.CLOSED and not len(shown.bridge.tasks), timeout=TIMEOUT_MS)


def shown_lengths(window: Window) -> list[tuple[int, float]]:
    """Seconds and megabytes of the dot; nothing before the first picture is in the file."""
    found = [BADGE.fullmatch(text) for text in window.widgets.badges.texts]
    return [(60 * int(each[1]) + int(each[2]), float(each[3])) for each in found if each is not None]


def test_the_dot_grows_with_the_file_and_never_says_more_than_the_file_has(window: Window, qtbot: QtBot) -> None:
    press(window.widgets.view, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(shown_lengths(window)), timeout=TIMEOUT_MS)
    path = window.bridge.recorder.path
    assert path is not None
    seen: list[tuple[int, float]] = []

    def has_grown() -> bool:
        seen.extend(shown_lengths(window))
        return bool(seen) and seen[-1][0] >= seen[0][0] + 3

    qtbot.waitUntil(has_grown, timeout=TIMEOUT_MS)
    assert seen == sorted(seen)
    press(window.widgets.view, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.widgets.toast.message == f"Saved {path}", timeout=TIMEOUT_MS)
    with av.open(str(path)) as container:
        assert container.duration is not None
        length_s = container.duration / av.time_base
    assert seen[-1][0] <= length_s
    assert seen[-1][1] <= path.stat().st_size / 1e6 + 0.1
    assert not shown_lengths(window)


def test_the_dot_is_what_the_recorder_reports(window: Window, qtbot: QtBot) -> None:
    press(window.widgets.view, Qt.Key.Key_R)

    def agrees() -> bool:
        recorder = window.bridge.recorder
        text = f"● REC {format_place(recorder.length_s)} · {format_size(recorder.length_bytes)}"
        return recorder.length_s > 1 and text in window.widgets.badges.texts

    qtbot.waitUntil(agrees, timeout=TIMEOUT_MS)
