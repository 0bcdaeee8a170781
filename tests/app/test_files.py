"""Files in the window: seek bar, steps, skips, speed, loop, pause, pictures, recordings, and a GUI that never waits."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose._cv2 import cv2
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.playback import FASTEST
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.scene import Frame
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, build_numbered, config_of, number_of, write_numbered_clip
from tests.support.fakes.window_driver import press
from tests.support.gui_watchdog import assert_never_blocked

pytestmark = [pytest.mark.gui]

TIMEOUT_MS = 20_000


class FileDriver:
    """A visible window that plays a file with fake models, and its user.

    Attributes:
        limit: Frames from this number on wait before they are analysed.
    """

    def __init__(self, qtbot: QtBot, folder: Path, config: Config) -> None:
        self.qtbot, self.limit = qtbot, 10_000
        self._changed = threading.Condition()
        self._config = config
        self.window = Window(config, build=self._build, cameras=list)
        self.window.bridge.outputs.folder = folder
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.widgets.view.setFocus()

    def open(self, *, limit: int = 10_000) -> None:
        self.raise_limit(limit)
        self.window.open(self._config.source.uri)
        self.wait(lambda: self.window.bridge.scene is not None)

    def raise_limit(self, limit: int) -> None:
        with self._changed:
            self.limit = limit
            self._changed.notify_all()

    @property
    def index(self) -> int:
        """Number of the frame that is shown."""
        scene = self.window.bridge.scene
        return -1 if scene is None else scene.frame.index

    @property
    def badges(self) -> list[str]:
        return self.window.widgets.badges.texts

    def wait(self, is_done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(is_done, timeout=TIMEOUT_MS)

    def wait_index(self, index: float, *, within: float = 0) -> None:
        """Wait until this frame is shown, or one that is not farther away."""
        self.wait(lambda: abs(self.index - index) <= within)

    def wait_analysed(self) -> None:
        self.wait(lambda: (line := self.window.bridge.player.timeline) is not None and line.is_complete)

    def press(self, key: Qt.Key) -> None:
        press(self.window.widgets.view, key)

    def pause(self) -> None:
        self.press(Qt.Key.Key_Space)
        self.wait(lambda: self.window.bridge.is_paused)

    def settle(self) -> int:
        """Number of the frame that stays, when those that were on their way have come."""
        index = -1
        while self.index != index:
            index = self.index
            self.qtbot.wait(300)
        return index

    def click_bar(self, share: float, *, drag_to: float | None = None) -> None:
        """Click on the seek bar at a share of the length of the file, and drag from there."""
        bar = self.window.widgets.playback.seek_bar
        line = self.window.bridge.player.timeline
        assert line is not None
        places = [line.first_s + (line.end_s - line.first_s) * each for each in (share, drag_to) if each is not None]
        x = [bar.x_of(place) for place in places]
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        send_mouse(bar, QEvent.Type.MouseButtonPress, x[0], left, left)
        for moved in x[1:]:
            send_mouse(bar, QEvent.Type.MouseMove, moved, none, left)
        send_mouse(bar, QEvent.Type.MouseButtonRelease, x[-1], left, none)

    def close(self) -> None:
        self.raise_limit(10_000)
        self.window.close()
        self.wait(lambda: self.window.bridge.phase is Phase.CLOSED and not len(self.window.bridge.tasks))

    def _build(self, config: Config) -> Pipeline:
        return build_numbered(config, self._hold)

    def _hold(self, frame: Frame) -> None:
        with self._changed:
            self._changed.wait_for(lambda: frame.index < self.limit, TIMEOUT_MS / 1000)


def send_mouse(widget: QWidget, kind: QEvent.Type, x: float, button: Qt.MouseButton, pressed: Qt.MouseButton) -> None:
    """Send a mouse event to the middle of a widget's height; QTest moves the mouse without its buttons."""
    point = QPointF(x, widget.height() / 2)
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, point, button, Qt.MouseButtons(pressed), keys))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4")


@pytest.fixture
def make_driver(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[Config], FileDriver]]:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    (tmp_path / "out").mkdir()
    drivers: list[FileDriver] = []

    def make(config: Config) -> FileDriver:
        drivers.append(FileDriver(qtbot, tmp_path / "out", config))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(make_driver: Callable[[Config], FileDriver], clip: Path) -> FileDriver:
    return make_driver(config_of(clip))


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
    make_driver: Callable[[Config], FileDriver], tmp_path: Path
) -> None:
    driver = make_driver(config_of(write_numbered_clip(tmp_path / "long.mp4", count=12 * RATE_HZ)))
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
    make_driver: Callable[[Config], FileDriver], clip: Path, tmp_path: Path
) -> None:
    driver = make_driver(config_of(clip))
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


def test_pictures_have_previous_and_next(make_driver: Callable[[Config], FileDriver], tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.png" for name in ("cat", "dog", "owl")]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((64, 64, 3), 60 * number, np.uint8))
    driver = make_driver(config_of(*paths))
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


def test_in_full_screen_the_place_is_shown_for_a_moment(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.press(Qt.Key.Key_F)
    assert not driver.window.widgets.playback.isVisible()
    driver.press(Qt.Key.Key_Home)
    assert any(badge.endswith("/ 00:03") for badge in driver.badges)


def test_the_arrow_keys_move_a_slider_that_has_the_focus(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    index, slider = driver.index, driver.window.widgets.controls.detector.slider
    slider.setFocus()
    value = slider.value()
    press(slider, Qt.Key.Key_Right)
    assert slider.value() == value + 1
    driver.qtbot.wait(100)
    assert abs(driver.index - index) <= 1  # and not five seconds


def test_the_gui_is_never_blocked_while_it_seeks_steps_and_plays(
    make_driver: Callable[[Config], FileDriver], tmp_path: Path
) -> None:
    config = config_of(write_numbered_clip(tmp_path / "large.mp4", count=40, wh=(1280, 720)))
    driver = make_driver(config)
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
    make_driver: Callable[[Config], FileDriver], clip: Path, tmp_path: Path
) -> None:
    config = config_of(clip)
    driver = make_driver(config)
    driver.open(limit=7)
    pipeline = driver.window.bridge._pipeline
    assert pipeline is not None
    pipeline.recording.start(tmp_path / "all.mp4")
    driver.wait(lambda: driver.window.bridge.recorder.is_started)
    driver.press(Qt.Key.Key_R)
    driver.wait(lambda: not driver.window.bridge.recorder.is_started)
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_the_wheel_zooms_a_drag_pans_and_keys_fit(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    view, bridge = driver.window.widgets.view, driver.window.bridge
    middle = QPointF(view.width() / 2, view.height() / 2)
    wheel = QWheelEvent(
        middle,
        QPointF(view.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButtons(Qt.MouseButton.NoButton),
        Qt.KeyboardModifiers(Qt.KeyboardModifier.NoModifier),
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - Qt's inverted
    )
    before = view.image
    QApplication.sendEvent(view, wheel)
    assert bridge.settings.viewport.zoom == pytest.approx(1.25**2)
    driver.wait(lambda: view.image is not before)
    assert "Zoom 1.6×" in driver.badges
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    send_mouse(view, QEvent.Type.MouseButtonPress, middle.x(), left, left)
    send_mouse(view, QEvent.Type.MouseMove, middle.x() + 60, none, left)
    send_mouse(view, QEvent.Type.MouseButtonRelease, middle.x() + 60, left, none)
    assert bridge.settings.viewport.centre[0] < 0.5
    driver.press(Qt.Key.Key_1)
    assert bridge.settings.viewport.zoom < 1  # the clip is smaller than the window
    driver.wait(lambda: view.image is not None and view.image.shape[:2] == (120, 160))
    driver.press(Qt.Key.Key_0)
    assert bridge.settings.viewport.zoom == 1
    driver.press(Qt.Key.Key_Plus)
    assert bridge.settings.viewport.zoom == 1.25


def test_m_mirrors_the_picture_and_its_snapshot(driver: FileDriver) -> None:
    driver.open()
    driver.wait_analysed()
    driver.pause()
    driver.click_bar(1.5 / COUNT)
    driver.wait_index(1)  # its only white block is at the left
    view = driver.window.widgets.view
    assert view.image is not None
    assert number_of(view.image) == 1
    driver.press(Qt.Key.Key_M)
    driver.wait(lambda: view.image is not None and number_of(view.image) == 2**9)
    drawn = driver.window.bridge.drawn
    assert drawn is not None
    assert number_of(drawn.draw_snapshot()) == 2**9
    assert driver.window.actions_by_name["mirror"].isChecked()
