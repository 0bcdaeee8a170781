"""The settings dialog: search, values that act at once, models that are exchanged, and what is kept."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from PyQt5.QtCore import QPoint, QSettings, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from realtime_pose.app import theme
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.preferences import with_values
from realtime_pose.app.settings_rows import FOLDER, LANGUAGE, POSE_FILES, PRESET, SNAPSHOTS, THEME
from realtime_pose.app.theme import apply_theme
from realtime_pose.app.views.settings_dialog import SettingsDialog
from realtime_pose.app.window import Window
from realtime_pose.cli import parse
from realtime_pose.commands.live import LiveArguments
from realtime_pose.config import Config, DetectConfig, RecordConfig, RenderConfig
from realtime_pose.errors import ModelError
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.model_exchange import LoadedModels
from realtime_pose.pipeline.networks import NetworkInfo
from realtime_pose.recording.status import RecorderState, RecorderStatus
from realtime_pose.scene import Frame
from tests.support.fakes.fake_pipeline import FakePipeline, make_report
from tests.support.fakes.window_driver import WindowDriver, click, press, press_in, write
from tests.support.people.scenes import Walker
from tests.support.people.walking_networks import WalkingNetworks

pytestmark = [pytest.mark.gui]

SHIPPED = "movenet-lightning"


class FakeExchange:
    """Loads models when it is allowed to."""

    def __init__(self, *, fits: bool = True, error: str = "") -> None:
        self.may_load = Event()
        self.may_load.set()
        self.used: list[Config] = []
        self._fits, self._error = fits, error

    def load(self, config: Config, frame: Frame | None) -> LoadedModels:
        assert self.may_load.wait(5)
        if self._error:
            raise ModelError(self._error)
        networks = WalkingNetworks((Walker(person_id=1),))
        networks.info = NetworkInfo(specs={"pose": load_manifest().find(config.pose.model, task="pose")})
        return LoadedModels(config, networks, self._fits, {"pose": 0.02})

    def use(self, models: LoadedModels) -> None:
        self.used.append(models.config)


@pytest.fixture
def dialog(driver: WindowDriver) -> Iterator[SettingsDialog]:
    """The open dialog of a window whose source runs."""
    driver.open()
    driver.show_scene()
    press_in(driver.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = driver.window.settings.dialog
    assert dialog is not None
    driver.qtbot.waitUntil(lambda: dialog.is_filled)
    yield dialog
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app)


def exchange_in(driver: WindowDriver, exchange: FakeExchange) -> FakeExchange:
    """Let the running pipeline have this exchange."""
    driver.pipeline.models = exchange  # type: ignore[assignment]  # it has the two methods
    return exchange


def control_of(dialog: SettingsDialog, name: str) -> QWidget:
    """What has the focus when this setting is changed."""
    control = dialog.editors[name].focusProxy()
    assert control is not None
    return control


def selected(dialog: SettingsDialog, name: str) -> str:
    box = control_of(dialog, name)
    assert isinstance(box, QComboBox)
    return str(box.currentData())


def choose(dialog: SettingsDialog, name: str, value: str) -> None:
    """Open a list and click on the row of this value."""
    box = control_of(dialog, name)
    assert isinstance(box, QComboBox)
    box.showPopup()
    rows = box.view()
    model = box.model()
    assert rows is not None
    assert model is not None
    index = model.index(box.findData(value), 0)
    rows.scrollTo(index)
    viewport = rows.viewport()
    assert viewport is not None
    click(viewport, rows.visualRect(index).center())


def back_to_window(driver: WindowDriver, dialog: SettingsDialog) -> None:
    dialog.accept()
    driver.window.activateWindow()
    driver.qtbot.waitUntil(driver.window.isActiveWindow)


def visible(dialog: SettingsDialog) -> list[str]:
    return [name for name, editor in dialog.editors.items() if editor.isVisible()]


def test_typing_filters_the_rows(dialog: SettingsDialog) -> None:
    assert len(visible(dialog)) == len(dialog.editors)
    write(dialog.search, "score")
    assert visible(dialog) == ["detect.threshold", "render.keypoint_threshold"]
    first, second = (control_of(dialog, name).mapTo(dialog, QPoint()).y() for name in visible(dialog))
    assert second - first < 100, "few rows stay close together"
    dialog.search.clear()
    write(dialog.search, "movenet")
    assert visible(dialog) == ["pose.model"], "a model is found by its name"
    dialog.search.clear()
    write(dialog.search, "no such thing")
    assert visible(dialog) == []


def test_a_threshold_acts_at_once_and_goes_back_to_its_default(driver: WindowDriver, dialog: SettingsDialog) -> None:
    box = control_of(dialog, "render.keypoint_threshold")
    assert isinstance(box, QDoubleSpinBox)
    assert not dialog.resets["render.keypoint_threshold"].isEnabled()
    box.setFocus()
    box.selectAll()
    write(box, "0.55")
    press(box, Qt.Key.Key_Return)
    assert driver.shown.keypoint_threshold == 0.55
    assert driver.window.widgets.controls.keypoints.slider.value() == 55
    click(dialog.resets["render.keypoint_threshold"])
    assert driver.shown.keypoint_threshold == RenderConfig().keypoint_threshold


def test_a_switch_is_that_of_the_window(driver: WindowDriver, dialog: SettingsDialog) -> None:
    press(control_of(dialog, "render.boxes"), Qt.Key.Key_Space)
    assert driver.shown.boxes
    assert driver.window.actions_by_name["boxes"].isChecked()


def test_another_model_is_loaded_while_the_source_runs_on(driver: WindowDriver, dialog: SettingsDialog) -> None:
    exchange = exchange_in(driver, FakeExchange())
    exchange.may_load.clear()
    choose(dialog, "pose.model", SHIPPED)
    driver.qtbot.waitUntil(lambda: "Loading" in dialog.message.text())
    driver.show_scene(1)
    assert driver.window.bridge.phase is Phase.RUNNING
    driver.wait_for_tick()
    assert any("Loading" in text for text in driver.window.widgets.badges.texts)
    exchange.may_load.set()
    driver.qtbot.waitUntil(lambda: bool(exchange.used))
    assert exchange.used[0].pose.model == SHIPPED
    assert driver.window.bridge.config.pose.model == SHIPPED
    assert len(driver.build.pipelines) == 1, "the source was not opened again"
    driver.qtbot.waitUntil(lambda: dialog.message.text() == "")
    assert dialog.resets["pose.model"].isEnabled()
    (note,) = dialog.editors["pose.model"].findChildren(QLabel)
    driver.qtbot.waitUntil(lambda: "20 ms a person here" in note.text())  # measured while it was loaded


def test_the_row_that_the_keys_have_reached_is_marked(dialog: SettingsDialog) -> None:
    box = control_of(dialog, "detect.size")
    assert isinstance(box, QComboBox)
    box.showPopup()
    rows = box.view()
    assert rows is not None
    viewport = rows.viewport()
    assert viewport is not None
    press(rows, Qt.Key.Key_Down)
    index = rows.currentIndex()
    present, other = (rows.visualRect(place) for place in (index, index.sibling(0, 0)))
    assert present != other
    image = viewport.grab().toImage()
    backgrounds = [image.pixelColor(rect.right() - 4, rect.center().y()) for rect in (present, other)]
    assert backgrounds[0] == QColor(theme.ACCENT_BACKGROUND)
    assert backgrounds[1] != backgrounds[0]
    box.hidePopup()


def test_a_model_that_fails_leaves_the_old_one_and_says_why(driver: WindowDriver, dialog: SettingsDialog) -> None:
    exchange = exchange_in(driver, FakeExchange(error="the file is damaged"))
    choose(dialog, "pose.model", SHIPPED)
    driver.qtbot.waitUntil(lambda: "damaged" in dialog.message.text())
    assert not exchange.used
    assert driver.window.bridge.config.pose.model == Config().pose.model
    assert selected(dialog, "pose.model") == Config().pose.model
    assert driver.window.widgets.toast.is_error
    assert driver.window.settings._preferences.get("pose.model") is None


def test_a_model_with_other_keypoints_opens_the_source_again(driver: WindowDriver, dialog: SettingsDialog) -> None:
    exchange_in(driver, FakeExchange(fits=False))
    choose(dialog, "pose.model", SHIPPED)
    driver.qtbot.waitUntil(lambda: len(driver.build.pipelines) == 2)
    assert driver.pipeline.config.pose.model == SHIPPED


def test_a_recording_is_not_ended_by_a_model_with_other_keypoints(
    driver: WindowDriver, dialog: SettingsDialog, tmp_path: Path
) -> None:
    exchange_in(driver, FakeExchange(fits=False))
    recorder = RecorderStatus(RecorderState.RECORDING, tmp_path / "a.mp4")
    driver.pipeline.reported = make_report(recorder=recorder)
    driver.wait_for_tick()
    choose(dialog, "pose.model", SHIPPED)
    driver.qtbot.waitUntil(lambda: "finish the recording" in dialog.message.text())
    assert len(driver.build.pipelines) == 1
    assert driver.window.bridge.config.pose.model == Config().pose.model


def test_settings_that_do_not_go_together_are_refused(driver: WindowDriver, dialog: SettingsDialog) -> None:
    driver.window.bridge.config = with_values(driver.window.bridge.config, {"device.device": "cuda"})
    driver.window.settings.change("device.engine", "openvino")
    assert "openvino" in dialog.message.text()
    assert driver.window.bridge.config.device.engine == "auto"


def test_a_preset_sets_several_values(driver: WindowDriver, dialog: SettingsDialog) -> None:
    exchange = exchange_in(driver, FakeExchange())
    choose(dialog, PRESET, "fast")
    driver.qtbot.waitUntil(lambda: bool(exchange.used))
    used = exchange.used[0]
    assert (used.detect.size, used.pose.model, used.track.recovery_persons) == ("small", SHIPPED, 0)
    assert selected(dialog, PRESET) == "fast"
    choose(dialog, PRESET, "accurate")
    driver.qtbot.waitUntil(lambda: len(exchange.used) == 2)
    assert (exchange.used[1].detect.size, exchange.used[1].pose.passes) == ("auto", 3)


def test_the_newest_wish_counts_while_another_is_loaded(driver: WindowDriver, dialog: SettingsDialog) -> None:
    exchange = exchange_in(driver, FakeExchange())
    exchange.may_load.clear()
    control = driver.window.settings
    for name, value in (("pose.model", SHIPPED), ("detect.size", "small"), ("detect.size", "large")):
        control.change(name, value)
    exchange.may_load.set()
    driver.qtbot.waitUntil(lambda: len(exchange.used) == 2)
    assert exchange.used[-1].detect.size == "large"
    assert exchange.used[-1].pose.model == SHIPPED, "the wish before is a part of it"


@pytest.mark.parametrize("fits", [True, False])
def test_what_is_changed_while_models_are_loaded_stays_changed(
    driver: WindowDriver, dialog: SettingsDialog, *, fits: bool
) -> None:
    exchange, control = exchange_in(driver, FakeExchange(fits=fits)), driver.window.settings
    exchange.may_load.clear()
    control.change("pose.model", SHIPPED)
    control.change("record.picture", "both")
    control.change("detect.threshold", 0.7)
    exchange.may_load.set()
    driver.qtbot.waitUntil(lambda: not control.swap.is_busy)
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.RUNNING)
    config = driver.window.bridge.config
    assert (config.pose.model, config.record.picture, config.detect.threshold) == (SHIPPED, "both", 0.7)
    assert selected(dialog, "record.picture") == "both"


def test_the_theme_changes_at_once(driver: WindowDriver, dialog: SettingsDialog) -> None:
    dark = theme.PANEL
    choose(dialog, THEME, "light")
    assert dark != theme.PANEL
    image = driver.window.grab().toImage()
    assert image.pixelColor(3, image.height() - 3).lightness() > 200
    driver.show_scene(3)
    assert driver.window.widgets.view.image is not None, "the new view shows the picture"
    click(driver.window.widgets.controls.buttons["boxes"])
    assert driver.shown.boxes, "the new buttons work"
    back_to_window(driver, dialog)
    press_in(driver.window, Qt.Key.Key_B)
    assert not driver.shown.boxes, "a key is a command, and no text for the box of the source"


def test_the_dialog_is_in_the_language_that_was_chosen_in_it(driver: WindowDriver, dialog: SettingsDialog) -> None:
    choose(dialog, LANGUAGE, "de")
    again = driver.window.settings.dialog
    assert again is not None
    assert again is not dialog
    assert again.windowTitle() == "Einstellungen"
    assert again.isVisible()
    driver.qtbot.waitUntil(lambda: again.is_filled)
    assert selected(again, LANGUAGE) == "de"
    again.accept()


def test_files_go_where_the_user_wants(driver: WindowDriver, dialog: SettingsDialog, tmp_path: Path) -> None:
    control, bridge = driver.window.settings, driver.window.bridge
    control.change(FOLDER, str(tmp_path / "videos"))
    assert bridge.outputs.folder == bridge.snapshots.folder == tmp_path / "videos"
    control.change(SNAPSHOTS, str(tmp_path / "pictures"))
    assert (bridge.outputs.folder, bridge.snapshots.folder) == (tmp_path / "videos", tmp_path / "pictures")
    press(control_of(dialog, POSE_FILES), Qt.Key.Key_Space)
    driver.open("another.mp4")
    assert [path.parent for path in driver.pipeline.config.save_poses] == [tmp_path / "videos"]
    assert driver.pipeline.config.save_poses[0].suffix == ".jsonl"


def test_what_is_recorded_holds_for_the_next_source(driver: WindowDriver, dialog: SettingsDialog) -> None:
    choose(dialog, "record.picture", "both")
    driver.open("another.mp4")
    assert driver.pipeline.config.record.picture == "both"


def test_all_is_remembered(driver: WindowDriver, dialog: SettingsDialog, qtbot: QtBot, tmp_path: Path) -> None:
    exchange = exchange_in(driver, FakeExchange())
    control = driver.window.settings
    control.change("pose.model", SHIPPED)
    driver.qtbot.waitUntil(lambda: bool(exchange.used))
    control.change("render.keypoint_threshold", 0.4)
    control.change(THEME, "light")
    control.change(LANGUAGE, "en")
    back_to_window(driver, dialog)
    driver.press(Qt.Key.Key_T)  # a switch of the window
    driver.window.widgets.controls.detector.slider.setValue(44)
    driver.close()
    window = Window(Config(), build=FakePipeline, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    settings = window.bridge.settings
    assert window.bridge.config.pose.model == SHIPPED
    assert (settings.shown.keypoint_threshold, settings.shown.trails, settings.detector_threshold) == (0.4, True, 0.44)
    assert window.settings.theme == "light"


def test_the_command_line_comes_before_what_is_remembered(driver: WindowDriver, qtbot: QtBot) -> None:
    driver.window.settings._preferences.keep({"detect.size": "small", "record.picture": "clean"})
    asked = Config(detect=DetectConfig(size="large"), record=RecordConfig())
    window = Window(asked, build=FakePipeline, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    assert (window.bridge.config.detect.size, window.bridge.config.record.picture) == ("large", "clean")


@pytest.mark.parametrize(("words", "model"), [("", "rtmdet-nano"), ("--detector nanodet-g", "nanodet-g")])
def test_a_flag_comes_before_what_is_remembered_also_with_the_default_value(
    driver: WindowDriver, qtbot: QtBot, words: str, model: str
) -> None:
    driver.window.settings._preferences.keep({"detect.model": "rtmdet-nano"})
    asked = parse(["live", "demo", *words.split()])
    assert isinstance(asked, LiveArguments)
    window = Window(asked.settings, build=FakePipeline, cameras=lambda: (), given=asked.given)
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    assert window.bridge.config.detect.model == model


def test_a_remembered_value_that_is_wrong_is_left_out(driver: WindowDriver, qtbot: QtBot) -> None:
    driver.window.settings._preferences.keep({"detect.size": "enormous", "render.boxes": True})
    settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "realtime-pose", "window")
    settings.setValue("preferences/render.ids", "{no json")
    window = Window(Config(), build=FakePipeline, cameras=lambda: ())
    qtbot.addWidget(window, before_close_func=lambda window: window.bridge.close())
    assert window.bridge.config.detect.size == "auto"
    assert window.bridge.settings.shown.boxes
