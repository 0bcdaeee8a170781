"""The camera list: names by address, one listing at a time, and a listing that fails."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.camera_list import CameraList
from realtime_pose.app.views.source_box import source_label
from realtime_pose.sources.webcam import Webcam

pytestmark = [pytest.mark.gui]


def test_a_change_is_reported_once(qtbot: QtBot) -> None:
    tasks, changes = BackgroundTasks(), list[dict[str, str]]()
    cameras = CameraList(
        tasks, lambda: (Webcam(2, "Desk camera", "/dev/video2"),), lambda: changes.append(cameras.names)
    )
    for _ in range(2):
        with qtbot.waitSignal(tasks.idle, timeout=2000):
            cameras.refresh()
    assert changes == [{"2": "Desk camera"}]


def test_a_refresh_during_a_listing_does_nothing(qtbot: QtBot) -> None:
    tasks, may_list = BackgroundTasks(), Event()

    def list_slowly() -> Sequence[Webcam]:
        may_list.wait(10)
        return ()

    cameras = CameraList(tasks, list_slowly, lambda: None)
    cameras.refresh()
    cameras.refresh()
    assert len(tasks) == 1
    with qtbot.waitSignal(tasks.idle, timeout=2000):
        may_list.set()


def test_a_listing_that_fails_leaves_no_cameras_and_can_be_repeated(qtbot: QtBot) -> None:
    tasks, attempts = BackgroundTasks(), list[int]()

    def fail_later() -> Sequence[Webcam]:
        attempts.append(1)
        if len(attempts) == 2:
            raise OSError("the list cannot be read")
        return (Webcam(0, "Brio", "/dev/video0"),)

    cameras = CameraList(tasks, fail_later, lambda: None)
    seen = []
    for _ in range(3):
        with qtbot.waitSignal(tasks.idle, timeout=2000):
            cameras.refresh()
        seen.append(cameras.names)
    assert seen == [{"0": "Brio"}, {}, {"0": "Brio"}]


def test_a_camera_is_chosen_also_where_a_file_has_its_number(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").write_text("a file")
    tasks = BackgroundTasks()
    cameras = CameraList(
        tasks, lambda: (Webcam(0, "Brio", "/dev/video0"), Webcam(1, "Desk", "/dev/video1")), lambda: None
    )
    with qtbot.waitSignal(tasks.idle, timeout=2000):
        cameras.refresh()
    assert cameras.names == {"webcam:0": "Brio", "1": "Desk"}
    labels = [source_label(uri, cameras.names) for uri in ("webcam:0", "1", "0", "webcam:2")]
    assert labels == ["Brio (camera 0)", "Desk (camera 1)", "0", "Camera 2"]
