"""The window: keys, sliders, pause, recordings, snapshots, full screen, and what it keeps when it closes."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from realtime_pose._cv2 import cv2
from realtime_pose.app.application import show_exceptions
from realtime_pose.app.keys import KEYS
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.views.help_dialog import HelpDialog
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RenderConfig, SmoothConfig, SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.recording.status import RecorderState, RecorderStatus
from tests.support.fakes.fake_pipeline import gradient_image, make_report
from tests.support.fakes.window_driver import WindowDriver, click, press, press_in

pytestmark = [pytest.mark.gui]


def test_three_scenes_are_shown_in_order(driver: WindowDriver) -> None:
    driver.open()
    view = driver.window.widgets.view
    for index in range(3):
        driver.show_scene(index)
        assert driver.window.bridge.scene is not None
        assert driver.window.bridge.scene.frame.index == index
        assert view.image is not None
        np.testing.assert_array_equal(view.image, gradient_image(view.display_wh))
    assert driver.window.widgets.card.isHidden()


def test_the_pipeline_gets_the_display_size(driver: WindowDriver) -> None:
    driver.open()
    driver.window.resize(900, 700)
    driver.qtbot.waitUntil(lambda: driver.pipeline.settings.display_wh == driver.window.widgets.view.display_wh)


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
def test_a_key_and_its_button_toggle_what_is_drawn(driver: WindowDriver, key: Qt.Key, name: str) -> None:
    driver.open()
    before = getattr(driver.shown, name)
    driver.press(key)
    assert getattr(driver.shown, name) is not before
    button = driver.window.widgets.controls.buttons[name]
    assert button.isChecked() is not before
    click(button)
    assert getattr(driver.shown, name) is before


def test_sliders_act_at_once_and_change_nothing_else(driver: WindowDriver) -> None:
    driver.open()
    controls = driver.window.widgets.controls
    assert driver.pipeline.settings.detector_threshold == Config().detect.threshold
    controls.detector.slider.setValue(71)
    controls.keypoints.slider.setValue(5)
    assert driver.pipeline.settings.detector_threshold == 0.71
    assert driver.shown.keypoint_threshold == 0.05
    assert driver.pipeline.settings.display_wh == driver.window.widgets.view.display_wh


def test_the_smoothing_slider_is_in_hertz_and_never_zero(driver: WindowDriver) -> None:
    driver.open()
    slider = driver.window.widgets.controls.cutoff.slider
    slider.setValue(50)
    assert driver.pipeline.settings.smooth == SmoothConfig(min_cutoff_hz=2.5)
    slider.setValue(-7)  # Qt clips it to the lowest step
    assert driver.pipeline.settings.smooth == SmoothConfig(min_cutoff_hz=0.05)


def test_a_threshold_between_two_steps_is_kept_until_the_slider_moves(qtbot: QtBot, driver: WindowDriver) -> None:
    config = Config(render=RenderConfig(keypoint_threshold=0.123))
    window = Window(config, build=driver.build, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    assert window.bridge.settings.shown.keypoint_threshold == 0.123


def test_space_pauses_and_resumes(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.press(Qt.Key.Key_Space)
    assert driver.pipeline.calls[-1] == "pause"
    assert driver.window.widgets.badges.texts == ["Paused"]
    assert "Paused" in driver.state_text
    driver.press(Qt.Key.Key_Space)
    assert driver.pipeline.calls[-1] == "resume"
    assert driver.window.widgets.badges.texts == []


def test_after_the_end_the_last_image_stays_and_space_plays_again(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.pipeline.has_ended = True
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.ENDED)
    assert driver.window.widgets.view.image is not None
    assert driver.message.title == "Demo clip has ended"
    driver.press(Qt.Key.Key_Space)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)


def test_r_records_to_a_dated_file_and_shows_its_path(driver: WindowDriver, tmp_path: Path) -> None:
    driver.open()
    driver.show_scene()
    driver.wait_for_tick()
    toast, badges = driver.window.widgets.toast, driver.window.widgets.badges
    driver.press(Qt.Key.Key_R)
    driver.qtbot.waitUntil(lambda: badges.texts == ["● REC waits for a picture"])
    recorder = driver.window.bridge.recorder
    path = recorder.path
    assert path is not None
    driver.pipeline.reported = make_report(recorder=replace(recorder, length_s=3.2, length_bytes=1_500_000))
    driver.qtbot.waitUntil(lambda: badges.texts == ["● REC 00:03 · 1.5 MB"])
    assert path.parent == tmp_path / "out"
    assert toast.message == f"Recording to {path}"
    assert driver.window.windowTitle().startswith("● ")
    driver.press(Qt.Key.Key_R)
    driver.qtbot.waitUntil(lambda: toast.message == f"Saved {path}")
    assert badges.texts == []
    assert driver.pipeline.calls == ["start", "start recording", "stop recording"]


@pytest.mark.parametrize("has_empty_file", [False, True])
def test_a_recording_without_a_picture_is_not_called_saved(driver: WindowDriver, *, has_empty_file: bool) -> None:
    driver.open("rtsp://cam/away")
    driver.wait_for_tick()
    driver.pipeline.recording.content = b"" if has_empty_file else None
    toast = driver.window.widgets.toast
    driver.press(Qt.Key.Key_R)
    driver.qtbot.waitUntil(lambda: toast.message.startswith("Recording to"))
    driver.qtbot.waitUntil(lambda: driver.window.widgets.badges.texts == ["● REC waits for a picture"])
    driver.press(Qt.Key.Key_R)
    driver.qtbot.waitUntil(lambda: toast.message == "Nothing was recorded: no picture came between start and stop")


def test_each_file_of_a_series_is_called_saved_when_the_next_one_begins(driver: WindowDriver, tmp_path: Path) -> None:
    driver.open()
    first, second = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(b"a video")
    toast = driver.window.widgets.toast
    for path in (first, second):
        driver.pipeline.reported = make_report(recorder=RecorderStatus(RecorderState.RECORDING, path))
        driver.wait_for_tick()
    driver.qtbot.waitUntil(lambda: toast.message == f"Saved {first}")


def test_a_recording_of_a_replaced_source_is_called_saved_after_its_pipeline_has_stopped(driver: WindowDriver) -> None:
    driver.open("rtsp://cam/1")
    driver.show_scene()
    driver.wait_for_tick()
    driver.press(Qt.Key.Key_R)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.recorder.path is not None)
    path, old, toast = driver.window.bridge.recorder.path, driver.pipeline, driver.window.widgets.toast
    driver.wait_for_tasks()
    old.may_stop.clear()  # it is still finishing its file
    driver.window.open("demo")
    driver.wait_for_tick()
    assert not toast.isVisible()
    old.may_stop.set()
    driver.qtbot.waitUntil(lambda: toast.message == f"Saved {path}")


def test_an_error_of_one_source_is_not_shown_over_the_next(driver: WindowDriver) -> None:
    driver.open("rtsp://cam/1")
    driver.pipeline.reported = make_report(sink_errors=("/rec/a.mp4: the disk is full",))
    toast = driver.window.widgets.toast
    driver.qtbot.waitUntil(lambda: toast.is_error)
    driver.open("demo")
    driver.wait_for_tick()
    assert toast.isHidden()


def test_an_error_that_comes_while_a_replaced_source_stops_names_that_source(driver: WindowDriver) -> None:
    driver.open("rtsp://cam/1")
    driver.wait_for_tick()
    old, toast = driver.pipeline, driver.window.widgets.toast
    old.reported = make_report(sink_errors=("/rec/a.mp4: cannot be finished",))
    driver.window.open("demo")
    driver.qtbot.waitUntil(lambda: toast.is_error)
    assert toast.message == "fake: /rec/a.mp4: cannot be finished"


def test_a_failed_recording_is_shown_and_the_source_goes_on(driver: WindowDriver) -> None:
    driver.open()
    driver.wait_for_tick()
    driver.pipeline.recording.error = "disk full"
    driver.press(Qt.Key.Key_R)
    toast = driver.window.widgets.toast
    driver.qtbot.waitUntil(lambda: toast.is_error)
    assert toast.message == "disk full"
    driver.show_scene()
    driver.press(Qt.Key.Key_S)
    driver.wait_for_tasks()
    assert toast.message == "disk full"  # the success of the snapshot does not replace the error
    driver.press(Qt.Key.Key_Escape)
    assert toast.isHidden()


def test_s_saves_the_image_in_the_size_of_the_source_as_a_new_png_each_time(
    driver: WindowDriver, tmp_path: Path
) -> None:
    driver.open()
    view, full = driver.window.widgets.view, gradient_image((1920, 1080))
    driver.show_scene(snapshot=full)
    assert view.image is not None
    assert view.image.shape < full.shape
    driver.press(Qt.Key.Key_S)
    driver.press(Qt.Key.Key_S)
    driver.wait_for_tasks()
    files = sorted((tmp_path / "out").glob("*.png"))
    assert len(files) == 2
    for file in files:
        np.testing.assert_array_equal(cv2.imread(str(file)), full)
    assert driver.window.widgets.toast.message in {f"Saved {file}" for file in files}


def test_a_failed_snapshot_is_shown(driver: WindowDriver, tmp_path: Path) -> None:
    driver.open()
    driver.show_scene()
    (tmp_path / "out").rmdir()  # no folder, so nothing can be written
    driver.press(Qt.Key.Key_S)
    driver.qtbot.waitUntil(lambda: driver.window.widgets.toast.is_error)
    assert "could not be written" in driver.window.widgets.toast.message


def test_f_enters_full_screen_and_esc_leaves_it(driver: WindowDriver) -> None:
    driver.open()
    driver.press(Qt.Key.Key_F)
    assert driver.window.isFullScreen()
    assert not driver.window.widgets.controls.isVisible()
    driver.press(Qt.Key.Key_B)
    assert driver.shown.boxes  # keys work without visible buttons
    driver.press(Qt.Key.Key_Escape)
    assert not driver.window.isFullScreen()
    assert driver.window.widgets.controls.isVisible()


def test_whoever_changes_full_screen_bars_and_button_follow(driver: WindowDriver) -> None:
    bars = (driver.window.widgets.sources, driver.window.widgets.controls, driver.window.widgets.status)
    button = driver.window.actions_by_name["full_screen"]
    for is_full_screen in (True, False):
        # as the desktop does it
        driver.window.setWindowState(
            Qt.WindowState.WindowFullScreen if is_full_screen else Qt.WindowState.WindowNoState
        )
        assert [bar.isVisible() for bar in bars] == [not is_full_screen] * 3
        assert button.isChecked() == is_full_screen


def test_an_address_typed_in_full_screen_is_text_and_no_commands(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.press(Qt.Key.Key_F)
    driver.window.activateWindow()
    before = (driver.shown, list(driver.pipeline.calls))
    press_in(driver.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    address = "rtsp://kbit h?/s f q"
    for character in address:  # as the window gets them, wherever the focus is
        press_in(driver.window, character)
    assert driver.edit.text() == address
    assert driver.window.widgets.sources.isVisible()
    assert not driver.window.widgets.controls.isVisible()
    assert (driver.shown, driver.pipeline.calls) == before
    press_in(driver.window, Qt.Key.Key_Escape)
    assert not driver.window.widgets.sources.isVisible()
    assert driver.window.isFullScreen()
    press_in(driver.window, Qt.Key.Key_B)  # the keys are commands again
    assert driver.shown.boxes != before[0].boxes


def test_a_key_held_down_is_one_command_but_for_steps_in_a_file(driver: WindowDriver) -> None:
    repeating = {name for name, action in driver.window.actions_by_name.items() if action.autoRepeat()}
    assert repeating == {"step_back", "step_forward", "skip_back", "skip_forward"}


def test_the_help_lists_every_key(driver: WindowDriver) -> None:
    press(driver.window.widgets.view, Qt.Key.Key_Question)
    (dialog,) = (
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, HelpDialog) and widget.isVisible()
    )
    texts = {label.text() for label in dialog.findChildren(QLabel)}
    assert {text for key in KEYS for text in (*key.keys, key.tip)} <= texts
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_q_closes_the_window(driver: WindowDriver) -> None:
    driver.open()
    driver.press(Qt.Key.Key_Q)
    driver.qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert driver.pipeline.calls == ["start", "stop"]


def raise_key_error() -> None:
    raise KeyError("missing")


def test_an_exception_in_a_slot_is_shown_and_the_window_stays(
    driver: WindowDriver, caplog: pytest.LogCaptureFixture
) -> None:
    driver.open()
    with show_exceptions(driver.window.show_error), caplog.at_level(logging.ERROR):
        QTimer.singleShot(0, raise_key_error)
        driver.qtbot.waitUntil(lambda: driver.window.widgets.toast.is_error)
    assert driver.window.widgets.toast.message == "Unexpected KeyError: 'missing'"
    assert "Traceback" in caplog.text
    driver.show_scene()


def test_every_button_has_a_name_and_a_tip_and_a_click_takes_no_focus(driver: WindowDriver) -> None:
    for name, button in driver.window.widgets.controls.buttons.items():
        assert button.text(), name
        assert button.toolTip().endswith("]"), name
        assert not button.icon().isNull(), name
        assert button.focusPolicy() == Qt.FocusPolicy.TabFocus, name


def test_the_window_fits_a_small_screen(driver: WindowDriver) -> None:
    driver.open()
    driver.pipeline.reported = make_report(warning="no CUDA")  # the widest status bar
    driver.wait_for_tick()
    driver.window.resize(800, 600)
    assert (driver.window.width(), driver.window.height()) == (800, 600)


def test_closing_keeps_whether_the_source_had_failed(driver: WindowDriver) -> None:
    driver.open()
    driver.pipeline.failure = SourceOpenError("gone")
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.FAILED)
    driver.window.close()
    driver.qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert driver.window.has_failed


def test_the_last_sources_and_the_geometry_are_remembered(driver: WindowDriver, qtbot: QtBot) -> None:
    driver.open("walk.mp4")
    driver.window.resize(670, 540)
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    reopened = Window(Config(source=SourceConfig(uri="demo")), build=driver.build, cameras=lambda: ())
    reopened.open("demo")
    driver.qtbot.waitUntil(lambda: reopened.bridge.phase is Phase.RUNNING)
    assert reopened.widgets.sources.findData("walk.mp4") >= 0
    assert (reopened.width(), reopened.height()) == (670, 540)
    reopened.close()
    qtbot.waitUntil(lambda: reopened.bridge.phase is Phase.CLOSED)
