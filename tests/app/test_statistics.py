"""The statistics beside the picture: figures, curves, the sentence, and the button that does what it advises."""

from dataclasses import replace

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor

from realtime_pose.app import theme
from realtime_pose.app.settings_rows import PRESET
from realtime_pose.app.views.curve import Curve
from realtime_pose.app.views.statistics_panel import StatisticsPanel
from realtime_pose.pipeline.stats import StageReport
from tests.support.fakes.fake_pipeline import make_report
from tests.support.fakes.window_driver import WindowDriver, click
from tests.support.gui_watchdog import assert_never_blocked

pytestmark = [pytest.mark.gui]

SLOW = {"capture": StageReport(0.03, 0.04, 9), "detect": StageReport(0.01, 0.02, 9), "pose": StageReport(0.09, 0.1, 9)}


@pytest.fixture
def panel(driver: WindowDriver) -> StatisticsPanel:
    driver.open()
    driver.show_scene()
    driver.pipeline.reported = make_report(rate_hz=9.8, stages=SLOW, dropped={"captured": 7, "posed": 0})
    driver.press(Qt.Key.Key_G)
    driver.wait_for_tick()
    return driver.window.widgets.statistics


def test_g_shows_stages_drops_and_why_it_is_slow(driver: WindowDriver, panel: StatisticsPanel) -> None:
    assert panel.isVisible()
    assert driver.window.actions_by_name["statistics"].isChecked()
    assert panel.stages["pose"][1].text() == "90 / 100"
    assert panel.drops.text().splitlines()[0] == "captured: 7"
    assert panel.advice.text() == "9.8 of 30 pictures per second. The poses take 90% of the time."
    assert panel.button.isVisible()
    driver.press(Qt.Key.Key_G)
    assert not panel.isVisible()


def test_the_button_does_what_it_says(driver: WindowDriver, panel: StatisticsPanel) -> None:
    asked: list[tuple[str, object]] = []
    panel.asked.connect(lambda name, value: asked.append((name, value)))
    click(panel.button)
    assert asked == [(PRESET, "fast")]
    driver.qtbot.waitUntil(lambda: not driver.window.settings.swap.is_busy)
    driver.wait_for_tick()
    assert driver.window.bridge.config.pose.model == "movenet-lightning"
    assert not panel.button.isVisible()  # nothing is left to advise


def test_the_panels_take_turns_and_stay_in_another_language(driver: WindowDriver, panel: StatisticsPanel) -> None:
    people = driver.window.widgets.people
    driver.press(Qt.Key.Key_P)
    assert people.isVisible()
    assert not panel.isVisible()
    driver.press(Qt.Key.Key_G)
    assert panel.isVisible()
    assert not people.isVisible()
    driver.window.settings.change("window.language", "de")
    driver.qtbot.waitUntil(driver.window.widgets.statistics.isVisible)
    driver.wait_for_tick()
    assert driver.window.widgets.statistics.advice.text().endswith("Die Posen brauchen 90% der Zeit.")
    driver.window.settings.change("window.language", "en")


def test_the_age_is_shown_for_live_sources_only(driver: WindowDriver, panel: StatisticsPanel) -> None:
    assert panel._age.text() == "Age of the pictures: 84 ms"
    driver.pipeline.source.info = replace(driver.pipeline.source.info, is_live=False)
    driver.wait_for_tick()
    assert not panel._age.isVisible()


def test_a_new_source_begins_with_empty_curves(driver: WindowDriver, panel: StatisticsPanel) -> None:
    driver.open("rtsp://cam/2")
    driver.wait_for_tick()
    assert len(driver.window._panels._statistics._history.rates()) <= 2
    assert panel.isVisible()


def test_a_curve_is_drawn_where_its_values_are(driver: WindowDriver) -> None:
    curve = Curve(60.0)
    driver.qtbot.addWidget(curve)
    curve.resize(200, 64)
    curve.show_points([(60.0, 5.0), (0.0, 5.0)], wished=10.0, description="5")
    image = curve.grab().toImage()
    accent = QColor(theme.ACCENT)
    rows = [
        y for y in range(image.height()) if image.pixelColor(150 * image.width() // 200, y).blue() > accent.blue() - 60
    ]
    assert rows
    assert 25 <= sum(rows) / len(rows) * 64 / image.height() <= 40  # the middle of a scale to 10


def test_the_gui_is_never_blocked_by_the_statistics(driver: WindowDriver, panel: StatisticsPanel) -> None:
    def show_and_hide() -> None:
        for _ in range(4):
            driver.press(Qt.Key.Key_G)
            driver.qtbot.wait(300)

    assert_never_blocked("statistics", show_and_hide)
