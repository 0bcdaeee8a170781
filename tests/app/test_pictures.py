"""What the window says about single pictures: their names, and nothing over the only one."""

from dataclasses import replace

import pytest
from PyQt5.QtWidgets import QLabel

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.picture import Picture
from realtime_pose.sources import SourceInfo
from tests.support.fakes.fake_pipeline import FakeSource, make_report, make_scene
from tests.support.fakes.window_driver import WindowDriver
from tests.support.people.stills import scene as still_scene

pytestmark = [pytest.mark.gui]


def show_pictures(driver: WindowDriver, count: int) -> None:
    """Show the last one of a number of pictures, and end."""
    driver.open("photos")
    driver.pipeline.source = FakeSource(
        SourceInfo("photos", is_live=False, wh=(64, 48), rate_hz=None, num_frames=count, is_pictures=True)
    )
    driver.pipeline.reported = make_report(num_frames=count, dropped={})
    still = still_scene(index=count - 1)
    still = replace(still, frame=replace(still.frame, picture=Picture("a.jpg", count)))
    drawn = replace(make_scene(still.frame.image), scene=still)
    with driver.qtbot.waitSignal(driver.window.bridge.scene_changed, timeout=2000):
        driver.pipeline.shown.put(drawn)
    driver.qtbot.waitUntil(lambda: driver.state_text == f"Picture {count} of {count}: a.jpg")
    driver.pipeline.has_ended = True
    driver.qtbot.waitUntil(lambda: driver.window.bridge.phase is Phase.ENDED)
    driver.wait_for_tick()


def test_after_the_last_of_several_they_can_be_shown_again(driver: WindowDriver) -> None:
    show_pictures(driver, 3)
    assert driver.message.title == "photos has ended"
    assert driver.message.detail == "3 pictures."


def test_nothing_lies_over_the_only_one(driver: WindowDriver) -> None:
    show_pictures(driver, 1)
    assert driver.window.widgets.card.message is None or not driver.window.widgets.card.isVisible()
    assert driver.state_text == "Ended"


def test_the_list_of_people_says_that_there_is_none(driver: WindowDriver) -> None:
    show_pictures(driver, 3)
    driver.window.actions_by_name["people"].trigger()
    panel = driver.window.widgets.people
    assert "nobody is tracked" in "".join(label.text() for label in panel.findChildren(QLabel))
    assert panel.list.topLevelItemCount() == 0
