"""What a person sees and does: keys, sliders, sources, words, files, and the way out."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QMimeData, QPoint, QSettings, Qt, QTimer, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose._cv2 import cv2
from realtime_pose.app.application import failures_shown
from realtime_pose.app.bridge import Phase
from realtime_pose.app.card_messages import badge_texts, sentence
from realtime_pose.app.help import Help
from realtime_pose.app.keys import KEYS
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig, RenderConfig, SmoothConfig, SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources import SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.webcam import Webcam
from tests.support.fake_pipeline import FakeBuild, FakePipeline, FakeSource, picture, report, scene

NO_CAMERA = "webcam 0: cannot be opened. Webcams found: none. Give a video file, or demo for the shipped clip."


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)  # type: ignore[call-overload]  # the stubs forgot that it is static


def write(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)  # type: ignore[call-arg, arg-type]  # likewise


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]  # likewise


class Desk:
    """A window on fakes, with the hands of its user."""

    def __init__(self, qtbot: QtBot, folder: Path, cameras: Sequence[Webcam] = ()) -> None:
        self.build = FakeBuild()
        config = Config(record=RecordConfig(path=folder / "asked.mp4"))
        self.window = Window(config, build=self.build, cameras=lambda: cameras)
        self.qtbot = qtbot
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.parts.view.setFocus()

    @property
    def pipeline(self) -> FakePipeline:
        return self.build.made[-1]

    @property
    def shown(self) -> RenderConfig:
        return self.pipeline.settings.shown

    @property
    def edit(self) -> QLineEdit:
        edit = self.window.parts.sources.lineEdit()
        assert edit is not None
        return edit

    def open(self, uri: str = "demo") -> None:
        self.window.open(uri)
        self.qtbot.waitUntil(lambda: self.window.bridge.phase is Phase.RUNNING)

    def press(self, key: Qt.Key) -> None:
        press(self.window.parts.view, key)

    def tick(self) -> None:
        with self.qtbot.waitSignal(self.window.bridge.ticked, timeout=2000):
            pass

    def put(self, index: int = 0) -> None:
        with self.qtbot.waitSignal(self.window.bridge.scene_came, timeout=2000):
            self.pipeline.shown.put(scene(picture(self.window.parts.view.space_wh), index))


@pytest.fixture
def cameras() -> tuple[Webcam, ...]:
    return (Webcam(0, "Brio", "/dev/video0"), Webcam(2, "Desk camera", "/dev/video2"))


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, cameras: tuple[Webcam, ...]) -> Iterator[Desk]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    desk = Desk(qtbot, tmp_path / "out", cameras)
    yield desk
    desk.window.close()
    qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.CLOSED and not len(desk.window.bridge.tasks))
    assert all(made.calls.count("stop") >= made.calls.count("start") for made in desk.build.made)


def test_three_scenes_are_shown_in_order(desk: Desk) -> None:
    desk.open()
    view = desk.window.parts.view
    for index in range(3):
        desk.put(index)
        assert desk.window.bridge.scene is not None
        assert desk.window.bridge.scene.frame.index == index
        assert view.picture is not None
        np.testing.assert_array_equal(view.picture, picture(view.space_wh))
    assert desk.window.parts.card.isHidden()


def test_the_pipeline_is_told_the_space_for_the_picture(desk: Desk) -> None:
    desk.open()
    desk.window.resize(900, 700)
    desk.qtbot.waitUntil(lambda: desk.pipeline.settings.display_wh == desk.window.parts.view.space_wh)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (Qt.Key.Key_B, "boxes"),
        (Qt.Key.Key_K, "skeletons"),
        (Qt.Key.Key_I, "ids"),
        (Qt.Key.Key_T, "trails"),
        (Qt.Key.Key_H, "hud"),
    ],
)
def test_a_key_and_its_button_toggle_what_is_drawn(desk: Desk, key: Qt.Key, name: str) -> None:
    desk.open()
    before = getattr(desk.shown, name)
    desk.press(key)
    assert getattr(desk.shown, name) is not before
    button = desk.window.parts.controls.buttons[name]
    assert button.isChecked() is not before
    click(button)
    assert getattr(desk.shown, name) is before


def test_sliders_act_at_once_and_leave_the_rest_alone(desk: Desk) -> None:
    desk.open()
    controls = desk.window.parts.controls
    assert desk.pipeline.settings.detector_threshold == Config().detect.threshold
    controls.detector.slider.setValue(71)
    controls.keypoints.slider.setValue(5)
    assert desk.pipeline.settings.detector_threshold == 0.71
    assert desk.shown.keypoint_threshold == 0.05
    assert desk.pipeline.settings.display_wh == desk.window.parts.view.space_wh


def test_the_slider_of_smoothing_is_in_hertz_and_never_zero(desk: Desk) -> None:
    desk.open()
    slider = desk.window.parts.controls.cutoff.slider
    slider.setValue(50)
    assert desk.pipeline.settings.smooth == SmoothConfig(min_cutoff_hz=2.5)
    slider.setValue(-7)
    assert desk.pipeline.settings.smooth == SmoothConfig(min_cutoff_hz=0.05)


def test_a_threshold_that_no_step_meets_is_kept_until_its_slider_moves(qtbot: QtBot, desk: Desk) -> None:
    config = Config(render=RenderConfig(keypoint_threshold=0.123))
    window = Window(config, build=desk.build, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda it: it.bridge.close())
    assert window.bridge.settings.shown.keypoint_threshold == 0.123


def test_space_pauses_and_goes_on(desk: Desk) -> None:
    desk.open()
    desk.put()
    desk.press(Qt.Key.Key_Space)
    assert desk.pipeline.calls[-1] == "pause"
    assert desk.window.parts.badges.texts == ["Paused"]
    assert "Paused" in desk.window.parts.status.state.text()
    desk.press(Qt.Key.Key_Space)
    assert desk.pipeline.calls[-1] == "go on"
    assert desk.window.parts.badges.texts == []


def test_after_the_end_the_last_picture_stays_and_space_plays_again(desk: Desk) -> None:
    desk.open()
    desk.put()
    desk.pipeline.has_ended = True
    desk.qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.ENDED)
    assert desk.window.parts.view.picture is not None
    words = desk.window.parts.card.words
    assert words is not None
    assert words.title == "Demo clip has ended"
    desk.press(Qt.Key.Key_Space)
    desk.qtbot.waitUntil(lambda: len(desk.build.made) == 2)


def test_r_records_to_a_dated_file_and_says_where(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.tick()
    toast, badges = desk.window.parts.toast, desk.window.parts.badges
    desk.press(Qt.Key.Key_R)
    desk.qtbot.waitUntil(lambda: badges.texts == ["● REC 00:00"])
    path = desk.window.bridge.recording
    assert Path(path).parent == tmp_path / "out"
    assert toast.text() == f"Recording to {path}"
    assert desk.window.windowTitle().startswith("● ")
    desk.press(Qt.Key.Key_R)
    desk.qtbot.waitUntil(lambda: toast.text() == f"Saved {path}")
    assert badges.texts == []
    assert desk.pipeline.calls == ["start", "record", "finish recording"]


def test_a_recording_that_fails_is_told_and_the_picture_goes_on(desk: Desk) -> None:
    desk.open()
    desk.tick()
    desk.pipeline.recording_error = "disk full"
    desk.press(Qt.Key.Key_R)
    toast = desk.window.parts.toast
    desk.qtbot.waitUntil(lambda: toast.is_failure)
    assert toast.text() == "disk full"
    desk.put()
    desk.press(Qt.Key.Key_S)
    desk.qtbot.waitUntil(lambda: not len(desk.window.bridge.tasks))
    assert toast.text() == "disk full"  # the snapshot's success does not cover it
    desk.press(Qt.Key.Key_Escape)
    assert toast.isHidden()


def test_s_saves_the_shown_picture_as_png_each_time_anew(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.put()
    desk.press(Qt.Key.Key_S)
    desk.press(Qt.Key.Key_S)
    desk.qtbot.waitUntil(lambda: not len(desk.window.bridge.tasks))
    files = sorted((tmp_path / "out").glob("*.png"))
    assert len(files) == 2
    for file in files:
        np.testing.assert_array_equal(cv2.imread(str(file)), desk.window.parts.view.picture)
    assert desk.window.parts.toast.text() in {f"Saved {file}" for file in files}


def test_a_snapshot_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.put()
    (tmp_path / "out").rmdir()
    desk.press(Qt.Key.Key_S)
    desk.qtbot.waitUntil(lambda: desk.window.parts.toast.is_failure)
    assert "could not be written" in desk.window.parts.toast.text()


def test_f_fills_the_screen_and_esc_leaves_it(desk: Desk) -> None:
    desk.open()
    desk.press(Qt.Key.Key_F)
    assert desk.window.isFullScreen()
    assert not desk.window.parts.controls.isVisible()
    desk.press(Qt.Key.Key_B)
    assert desk.shown.boxes  # keys act without their buttons
    desk.press(Qt.Key.Key_Escape)
    assert not desk.window.isFullScreen()
    assert desk.window.parts.controls.isVisible()


def test_the_help_lists_every_key(desk: Desk) -> None:
    press(desk.window.parts.view, Qt.Key.Key_Question)
    (dialogue,) = (it for it in QApplication.topLevelWidgets() if isinstance(it, Help) and it.isVisible())
    texts = {label.text() for label in dialogue.findChildren(QLabel)}
    assert {text for key in KEYS for text in (*key.keys, key.tip)} <= texts
    press(dialogue, Qt.Key.Key_Escape)
    assert not dialogue.isVisible()


def test_q_closes_the_window(desk: Desk) -> None:
    desk.open()
    desk.press(Qt.Key.Key_Q)
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())
    assert desk.pipeline.calls == ["start", "stop"]


def test_cameras_are_offered_by_name_beside_the_demo(desk: Desk) -> None:
    desk.open()
    box = desk.window.parts.sources
    desk.qtbot.waitUntil(lambda: box.findData("2") >= 0)
    rows = [box.itemText(row) for row in range(box.count())]
    assert rows[:2] == ["Brio (camera 0)", "Desk camera (camera 2)"]
    assert "Demo clip" in rows
    assert "Open a file …" in rows


def test_choosing_a_row_opens_it_and_gives_the_keys_back(desk: Desk) -> None:
    desk.open()
    box = desk.window.parts.sources
    desk.qtbot.waitUntil(lambda: box.findData("2") >= 0)
    box.setFocus()
    box.activated.emit(box.findData("2"))
    desk.qtbot.waitUntil(lambda: len(desk.build.made) == 2)
    assert desk.pipeline.config.source.uri == "2"
    assert desk.window.parts.view.hasFocus()
    assert box.currentText() == "Desk camera (camera 2)"
    assert desk.window.windowTitle() == "Desk camera (camera 2) – realtime_pose"


def test_without_a_camera_the_list_says_so(qtbot: QtBot, desk: Desk) -> None:
    window = Window(Config(), build=desk.build, cameras=lambda: ())
    window.open("demo")
    assert window.parts.sources.itemText(0) == "No camera found"
    model = window.parts.sources.model()
    assert model is not None
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsEnabled
    window.close()
    qtbot.waitUntil(lambda: window.bridge.phase is Phase.CLOSED)


def test_a_typed_address_opens_and_its_password_is_nowhere_to_be_seen(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    uri = "rtsp://me:secret@10.0.0.9/live"
    desk.window.actions_by_name["address"].trigger()
    assert desk.edit.hasFocus()
    write(desk.edit, uri)
    assert desk.edit.text() == uri  # R, B, S and the others were text, not commands
    assert desk.pipeline.calls == ["start"]
    press(desk.edit, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: len(desk.build.made) == 2)
    assert desk.pipeline.config.source.uri == uri
    desk.tick()
    assert len(desk.build.made) == 2
    box = desk.window.parts.sources
    texts = [box.itemText(row) for row in range(box.count())]
    texts += [desk.edit.text(), desk.window.windowTitle(), desk.window.parts.status.state.text()]
    assert "rtsp://me:***@10.0.0.9/live" in texts
    assert not any("secret" in text for text in texts)
    assert all("secret" not in file.read_text() for file in (tmp_path / "settings").rglob("*") if file.is_file())
    row = box.findText("rtsp://me:***@10.0.0.9/live")
    assert box.itemData(row) == uri  # chosen again, it opens with its password


def test_esc_in_the_box_brings_the_source_and_the_keys_back(desk: Desk) -> None:
    desk.open()
    desk.window.actions_by_name["address"].trigger()
    write(desk.edit, "half an addr")
    desk.tick()
    assert desk.edit.text() == "half an addr"
    press(desk.edit, Qt.Key.Key_Escape)
    assert desk.edit.text() == "Demo clip"
    assert desk.window.parts.view.hasFocus()


def test_an_empty_address_opens_nothing(desk: Desk) -> None:
    desk.open()
    desk.window.actions_by_name["address"].trigger()
    write(desk.edit, "  ")
    press(desk.edit, Qt.Key.Key_Return)
    assert desk.window.bridge.phase is Phase.RUNNING
    assert desk.edit.text() == "Demo clip"


def test_a_dropped_file_is_opened(desk: Desk, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "walk.mp4"))])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, button, none)
    desk.window.dragEnterEvent(enter)
    assert enter.isAccepted()
    desk.window.dropEvent(QDropEvent(QPoint(5, 5), copy, mime, button, none))
    desk.qtbot.waitUntil(lambda: len(desk.build.made) == 1)
    assert desk.pipeline.config.source.uri == str(tmp_path / "walk.mp4")


def test_why_a_source_does_not_open_is_said_with_a_way_out(desk: Desk) -> None:
    def refuse(config: Config) -> None:
        if config.source.uri == "0":
            raise SourceOpenError(NO_CAMERA)

    desk.build.before = refuse
    desk.window.open("0")
    card = desk.window.parts.card
    desk.qtbot.waitUntil(lambda: card.words is not None and card.words.detail == sentence(NO_CAMERA))
    assert "cannot be opened" in card.accessibleName()
    assert NO_CAMERA in desk.window.parts.status.state.text()
    click(card.buttons["demo"])
    desk.qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.RUNNING)
    assert desk.pipeline.config.source.uri == "demo"


def test_opening_says_what_is_being_opened(desk: Desk) -> None:
    desk.window.open("rtsp://me:secret@cam/1")
    words = desk.window.parts.card.words
    assert words is not None
    assert words.title == "Opening cam/1 …"
    desk.qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.RUNNING)


def test_a_lost_source_is_said_over_its_last_picture(desk: Desk) -> None:
    desk.open("0")
    desk.put()
    desk.pipeline.reported = report(source=SourceStatus(SourceState.LOST, "no picture for 5 s"))
    card = desk.window.parts.card
    desk.qtbot.waitUntil(lambda: card.words is not None)
    assert card.words is not None
    assert card.words.detail == "No picture for 5 s"
    assert desk.window.parts.view.picture is not None


def test_the_status_bar_tells_how_it_is_doing(desk: Desk) -> None:
    desk.open()
    desk.put()
    desk.tick()
    figures = {name: label.text() for name, label in desk.window.parts.status.figures.items()}
    assert figures == {
        "persons": "0 persons",
        "rate": "29.7 fps",
        "latency": "pose 41/55 ms",
        "age": "age 84 ms",
        "dropped": "2 dropped",
        "recorder": "",
        "device": "CPU",
    }
    assert desk.window.parts.status.state.text() == "Live"
    assert not desk.window.parts.status.badge.isVisible()


def test_a_file_tells_how_far_it_has_come_and_has_no_age(desk: Desk) -> None:
    desk.open()
    desk.pipeline.source = FakeSource(SourceInfo("fake", is_live=False, wh=(64, 48), rate_hz=30.0, num_frames=100))
    desk.pipeline.reported = report(num_frames=57, dropped={})
    desk.qtbot.waitUntil(lambda: desk.window.parts.status.state.text() == "Playing, frame 57 of 100")
    assert desk.window.parts.status.figures["age"].text() == ""
    assert desk.window.parts.status.figures["dropped"].text() == ""


def test_a_cpu_that_was_not_asked_for_is_a_red_badge(desk: Desk) -> None:
    desk.open()
    desk.pipeline.reported = report(warning="cuda was asked for, but the networks run on the CPU")
    badge = desk.window.parts.status.badge
    desk.qtbot.waitUntil(badge.isVisible)
    assert badge.text() == "CPU"
    assert "cuda was asked for" in badge.toolTip()


def break_down() -> None:
    raise KeyError("missing")


def test_an_exception_in_a_slot_is_shown_and_ends_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.open()
    with failures_shown(desk.window.show_failure), caplog.at_level(logging.ERROR):
        QTimer.singleShot(0, break_down)
        desk.qtbot.waitUntil(lambda: desk.window.parts.toast.is_failure)
    assert desk.window.parts.toast.text() == "Unexpected KeyError: 'missing'"
    assert "Traceback" in caplog.text
    desk.put()


def test_every_button_has_a_name_and_a_tip_and_takes_no_focus(desk: Desk) -> None:
    for name, button in desk.window.parts.controls.buttons.items():
        assert button.accessibleName(), name
        assert button.toolTip().endswith("]"), name
        assert not button.icon().isNull(), name
        assert button.focusPolicy() == Qt.FocusPolicy.NoFocus, name


def test_the_window_fits_a_small_screen(desk: Desk) -> None:
    desk.open()
    desk.pipeline.reported = report(warning="no CUDA")
    desk.tick()
    desk.window.resize(800, 600)
    assert (desk.window.width(), desk.window.height()) == (800, 600)


def test_closing_tells_whether_the_source_had_failed(desk: Desk) -> None:
    desk.open()
    desk.pipeline.failure = SourceOpenError("gone")
    desk.qtbot.waitUntil(lambda: desk.window.bridge.phase is Phase.FAILED)
    desk.window.close()
    desk.qtbot.waitUntil(lambda: not desk.window.isVisible())
    assert desk.window.has_failed


def test_the_last_sources_and_the_place_are_remembered(desk: Desk, qtbot: QtBot) -> None:
    desk.open("walk.mp4")
    desk.window.resize(870, 640)
    desk.window.close()
    qtbot.waitUntil(lambda: not desk.window.isVisible())
    again = Window(Config(source=SourceConfig(uri="demo")), build=desk.build, cameras=lambda: ())
    again.open("demo")
    desk.qtbot.waitUntil(lambda: again.bridge.phase is Phase.RUNNING)
    assert again.parts.sources.findData("walk.mp4") >= 0
    assert (again.width(), again.height()) == (870, 640)
    again.close()
    qtbot.waitUntil(lambda: again.bridge.phase is Phase.CLOSED)


@pytest.mark.parametrize(
    ("state", "note", "text"),
    [
        ("idle", "", ""),
        ("armed", "", "○ pre-roll"),
        ("recording", "", "● recording"),
        ("recording", "encoding is too slow", "● recording !"),
        ("ending", "", "● post-roll"),
        ("paused", "disk nearly full: 12 MB free", "■ not recording !"),
    ],
)
def test_the_status_bar_tells_what_the_recorder_does(desk: Desk, state: str, note: str, text: str) -> None:
    desk.open()
    desk.pipeline.reported = report(recorder=state, recorder_note=note, recorder_dropped=7)
    desk.put()
    desk.tick()
    figures = desk.window.parts.status.figures
    assert figures["recorder"].text() == text
    assert figures["recorder"].isVisible() == bool(text)
    assert note in figures["recorder"].toolTip()
    assert figures["dropped"].text() == "9 dropped"
    assert "recording, which was too slow: 7" in figures["dropped"].toolTip()


def test_a_recorder_that_pauses_says_so_over_the_picture(desk: Desk) -> None:
    desk.open()
    note = "disk nearly full: 12 MB free at /rec, recording goes on above 600 MB; make room"
    desk.pipeline.reported = report(recorder="paused", recorder_note=note)
    desk.put()
    desk.tick()
    assert ("■ Not recording: disk nearly full: 12 MB free", "bad") in badge_texts(desk.window.bridge, 0.0)
