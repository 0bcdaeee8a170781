"""How many files a behaviour crosses: from a key to the file that is open."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

import realtime_pose
from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig
from realtime_pose.files.output_file import OutputFile
from tests.support.fakes.parts import FakeSource
from tests.support.fakes.pipelines import endless_frames, make_pipeline

PACKAGE = Path(realtime_pose.__file__).parent


def files_on_the_stack() -> list[str]:
    """Files of the package with a function that has not returned yet, outermost first."""
    paths = [Path(step.filename) for step in traceback.extract_stack()]
    return [str(path.relative_to(PACKAGE)) for path in paths if path.is_relative_to(PACKAGE)]


def test_starting_a_recording_crosses_six_files(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file hands the request on to the next one, across the two threads."""
    crossed: list[str] = []

    def watch(owner: type, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            crossed.extend(files_on_the_stack())
            crossed.append(str(Path(original.__code__.co_filename).relative_to(PACKAGE)))
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    config = Config(record=RecordConfig(path=tmp_path / "a.mp4"))
    source = FakeSource(endless_frames(), is_live=True)
    window = Window(config, build=lambda _: make_pipeline(source), cameras=list)
    qtbot.addWidget(window)
    window.open("demo")
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.RUNNING and not len(window.bridge.tasks))
    watch(BackgroundTasks, "start")  # where the GUI thread hands over
    watch(OutputFile, "__init__")
    window.actions_by_name["record"].trigger()
    qtbot.waitUntil(lambda: window.bridge.recorder.is_started)
    files = list(dict.fromkeys(crossed))
    window.bridge.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED and not len(window.bridge.tasks))
    assert files == [
        "app/bridge.py",
        "app/background_tasks.py",
        "pipeline/writer.py",
        "recording/recorder.py",
        "recording/segment.py",
        "files/output_file.py",
    ]
