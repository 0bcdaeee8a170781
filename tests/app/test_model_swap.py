"""Other models in a real window with real networks: the video and a recording go on."""

from pathlib import Path

import av
import pytest
from PyQt5.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from tests.support.fakes.window_driver import press

pytestmark = [pytest.mark.gui, pytest.mark.slow, pytest.mark.loads_networks]

TIMEOUT_MS = 60_000


def test_the_video_and_its_recording_go_on_while_models_are_exchanged(
    qtbot: QtBot, half_demo: str, tmp_path: Path
) -> None:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    path = tmp_path / "asked.mp4"
    window = Window(
        Config(source=SourceConfig(uri=half_demo), record=RecordConfig(path=path)), build=build, cameras=lambda: ()
    )
    window.show()
    qtbot.waitExposed(window)
    window.open(half_demo)
    bridge, control = window.bridge, window.settings
    qtbot.waitUntil(lambda: bridge.scene is not None, timeout=TIMEOUT_MS)
    for name, value in (
        ("pose.model", "movenet-lightning"),
        ("detect.size", "small"),
        ("device.engine", "onnxruntime"),
    ):
        control.change(name, value)
        qtbot.waitUntil(lambda: not control.swap.is_busy, timeout=TIMEOUT_MS)
    assert (bridge.run, bridge.phase) == (1, Phase.RUNNING)
    assert bridge.report is not None
    qtbot.waitUntil(lambda: bridge.report.engines["pose"].name == "onnxruntime", timeout=TIMEOUT_MS)  # type: ignore[union-attr]
    press(window.widgets.view, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: bridge.phase is Phase.CLOSED and not len(bridge.tasks), timeout=TIMEOUT_MS)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
