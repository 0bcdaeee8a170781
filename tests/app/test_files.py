"""Files in the window: seek bar, steps, skips, speed, loop, pause, pictures, recordings, and a GUI that never waits."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PyQt5.QtCore import Qt

from realtime_pose._cv2 import cv2
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.playback import FASTEST
from realtime_pose.config import Config
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, config_of, number_of, write_numbered_clip
from tests.support.fakes.file_driver import FileDriver
from tests.support.gui_watchdog import assert_never_blocked

pytestmark = [pytest.mark.gui]


@pytest.fixture
def driver(make_file_driver: Callable[[Config], FileDriver], numbered_clip: Path) -> FileDriver:
    return make_file_driver(config_of(numbered_clip))


def test_a_file_plays_to_its_end_and_space_plays_it_again_without_a_new_analysis(driver: FileDriver) -> None:
    driver.open()
    bar = driver.window.widgets.playback
    assert bar.isVisible()
    driver.wait_analysed()
    replay = driver.window.bridge.player.replay
    driver.wait(lambda: driver.window.bridge.phase is Phase.ENDED)
    assert driver.index == COUNT - 1
    assert bar.time.text() == "00:03 / 00:03"
    driver.press(Qt.Key.Key_Space)
    driver.wait(lambda: driver.index < COUNT // 2)
    assert driver.window.bridge.player.replay is replay
    assert driver.window.bridge.phase is Phase.RUNNING


def test_commas_and_points_step_by_one_frame_and_pause(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.click_bar(15.5 / COUNT)
    driver.wait_index(15)
    driver.press(Qt.Key.Key_Period)
    driver.wait_index(16)
    for number in (15, 14, 13, 12):
        driver.press(Qt.Key.Key_Comma)
        driver.wait_index(number)
    drawn = driver.window.bridge.drawn
    assert drawn is not None
    assert drawn.is_analysed
    assert drawn.scene.tracks.ids.tolist() == [1]
    assert driver.badges == ["Paused"]


def test_a_step_while_it_plays_pauses_it(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.press(Qt.Key.Key_Comma)
    driver.wait(lambda: driver.window.bridge.is_paused)
    index = driver.settle()
    driver.qtbot.wait(300)
    assert driver.index == index
    assert driver.window.bridge.is_paused


def test_arrows_skip_five_seconds_and_home_goes_to_the_start(
    make_file_driver: Callable[[Config], FileDriver], tmp_path: Path
) -> None:
    driver = make_file_driver(config_of(write_numbered_clip(tmp_path / "long.mp4", count=12 * RATE_HZ)))
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.press(Qt.Key.Key_Home)
    driver.wait_index(0)
    for key, index in ((Qt.Key.Key_Right, 50), (Qt.Key.Key_Right, 100), (Qt.Key.Key_Left, 50)):
        driver.press(key)
        driver.wait_index(index)


def test_a_click_and_a_drag_on_the_bar_go_to_the_place(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.click_bar(0.25)
    driver.wait(lambda: abs(driver.index - COUNT * 0.25) <= 1)
    driver.click_bar(0.25, drag_to=0.75)
    driver.wait(lambda: abs(driver.index - COUNT * 0.75) <= 1)


def test_ahead_of_the_analysis_the_file_is_shown_without_people_and_says_so(driver: FileDriver) -> None:
    driver.open(limit=5)
    driver.pause()
    driver.click_bar(0.9)
    driver.wait(lambda: driver.index >= 26)
    driver.wait(lambda: "Not analysed yet" in driver.badges)
    assert "not analysed yet" in driver.window.widgets.playback.seek_bar.text_at(2.9)
    driver.raise_limit(10_000)
    driver.wait(lambda: "Not analysed yet" not in driver.badges)
    assert driver.window.bridge.scene is not None
    assert len(driver.window.bridge.scene.tracks) == 1


def test_a_pause_does_not_hold_the_analysis(driver: FileDriver) -> None:
    driver.open(limit=5)
    driver.pause()
    driver.raise_limit(10_000)
    driver.wait_analysed()
    assert driver.index < 5


def test_a_slow_analysis_is_followed_and_not_overtaken(driver: FileDriver) -> None:
    driver.open(limit=7)
    driver.wait(lambda: driver.index >= 5)  # the stages may hold one frame back until the next one comes
    driver.qtbot.wait(200)
    assert driver.index <= 6
    driver.wait(lambda: "analysed" in driver.window.widgets.status.state.text())
    driver.raise_limit(10_000)
    driver.wait(lambda: driver.index > 13)


def test_brackets_change_the_speed_and_the_button_shows_it(driver: FileDriver) -> None:
    driver.open()
    playback, speed = driver.window.bridge.player, driver.window.widgets.playback.speed
    assert speed.text() == "1×"
    for key, text in (
        (Qt.Key.Key_BracketRight, "1.5×"),
        (Qt.Key.Key_BracketLeft, "1×"),
        (Qt.Key.Key_BracketLeft, "0.5×"),
    ):
        driver.press(key)
        assert speed.text() == text
    menu = speed.menu()
    assert menu is not None
    menu.actions()[-1].trigger()
    assert playback.playback.speed == FASTEST
    driver.wait(lambda: driver.window.bridge.phase is Phase.ENDED)


def test_a_loop_plays_on_after_the_end(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.press(Qt.Key.Key_L)
    assert driver.window.actions_by_name["loop"].isChecked()
    driver.click_bar(0.95)
    driver.wait(lambda: driver.index > 26)
    driver.wait(lambda: driver.index < 13)
    assert driver.window.bridge.phase is Phase.RUNNING


def test_a_toggle_acts_on_the_paused_picture(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    view = driver.window.widgets.view
    before = view.image
    driver.press(Qt.Key.Key_K)
    driver.wait(lambda: view.image is not before)
    assert before is not None
    assert view.image is not None
    assert (view.image != before).any()


def test_the_bar_marks_where_people_begin_and_end(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    bar = driver.window.widgets.playback.seek_bar
    driver.wait(lambda: bar.line is not None and bar.line.is_complete)
    assert bar.text_at(2.0) == "00:02 · ID 1"
    image = bar.grab().toImage()
    coloured = [x for x in range(image.width()) if image.pixelColor(x, 14).saturation() > 100]
    assert coloured
    assert min(coloured) == pytest.approx(bar.x_of(0), abs=3)
    assert max(coloured) == pytest.approx(bar.x_of((COUNT - 1) / RATE_HZ), abs=3)


def test_r_records_from_the_place_that_is_shown_to_the_place_where_it_ends(driver: FileDriver, tmp_path: Path) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.click_bar(15.5 / COUNT)
    driver.wait_index(15)
    driver.press(Qt.Key.Key_R)
    driver.wait(lambda: any("REC" in badge for badge in driver.badges))
    driver.click_bar(24.5 / COUNT)
    driver.wait_index(24)
    driver.press(Qt.Key.Key_R)
    driver.wait(lambda: driver.window.widgets.toast.message.startswith("Saved"))
    (path,) = (tmp_path / "out").glob("*.mp4")
    with av.open(str(path)) as container:
        numbers = [number_of(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]
    assert numbers == list(range(15, 25))


def test_a_recording_of_the_whole_file_has_every_frame_also_if_it_is_paused(
    make_file_driver: Callable[[Config], FileDriver], numbered_clip: Path, tmp_path: Path
) -> None:
    driver = make_file_driver(config_of(numbered_clip))
    driver.open(limit=7)
    driver.pause()
    pipeline = driver.window.bridge._pipeline
    assert pipeline is not None
    pipeline.recording.start(tmp_path / "all.mp4")
    driver.raise_limit(10_000)
    driver.wait_analysed()
    driver.close()
    with av.open(str(tmp_path / "all.mp4")) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert count >= COUNT - 8


def test_pictures_have_previous_and_next(make_file_driver: Callable[[Config], FileDriver], tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.png" for name in ("cat", "dog", "owl")]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((64, 64, 3), 60 * number, np.uint8))
    driver = make_file_driver(config_of(*paths))
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.press(Qt.Key.Key_Home)
    driver.wait_index(0)
    for key, index in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Period, 2),
        (Qt.Key.Key_Comma, 1),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_Right, 1),
    ):
        driver.press(key)
        driver.wait_index(index)
    assert driver.window.bridge.picture is not None
    assert driver.window.bridge.picture.file_name == "dog.png"
    replay = driver.window.bridge.player.replay
    assert replay is not None
    assert replay.kept.stays, "there are people"
    assert driver.window.bridge.player.stays == (), "a number means another person in each picture"
    time = driver.window.widgets.playback.time
    assert time.text() == "2 / 3"
    for _ in range(3):  # further than the last one
        driver.press(Qt.Key.Key_Right)
    driver.wait_index(2)
    assert time.text() == "3 / 3"
    driver.press(Qt.Key.Key_Space)
    driver.wait(lambda: driver.window.bridge.phase is Phase.ENDED)
    driver.wait(lambda: time.text() == "3 / 3")


def test_the_gui_is_never_blocked_while_it_seeks_steps_and_plays(
    make_file_driver: Callable[[Config], FileDriver], tmp_path: Path
) -> None:
    config = config_of(write_numbered_clip(tmp_path / "large.mp4", count=40, wh=(1280, 720)))
    driver = make_file_driver(config)
    driver.open()
    driver.wait_analysed()

    def act() -> None:
        for share in (0.9, 0.1, 0.5, 0.3, 0.95, 0.05):
            driver.click_bar(share)
            driver.wait_index(40 * share, within=4)
        for _ in range(3):
            driver.press(Qt.Key.Key_Comma)
        driver.press(Qt.Key.Key_Space)
        driver.qtbot.wait(300)

    assert_never_blocked("seek, steps and pause", act)


def test_with_a_recording_that_was_asked_for_r_ends_that_one(
    make_file_driver: Callable[[Config], FileDriver], numbered_clip: Path, tmp_path: Path
) -> None:
    config = config_of(numbered_clip)
    driver = make_file_driver(config)
    driver.open(limit=7)
    pipeline = driver.window.bridge._pipeline
    assert pipeline is not None
    pipeline.recording.start(tmp_path / "all.mp4")
    driver.wait(lambda: driver.window.bridge.recorder.is_started)
    driver.press(Qt.Key.Key_R)
    driver.wait(lambda: not driver.window.bridge.recorder.is_started)
    assert not list((tmp_path / "out").glob("*.mp4"))
