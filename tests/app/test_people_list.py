"""The times in the list of people, of a source whose pictures have stopped to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from realtime_pose.pipeline.images import DrawnScene
from tests.support.fakes.window_driver import WindowDriver
from tests.support.people.stills import people, scene

pytestmark = [pytest.mark.gui]


def test_since_is_a_time_of_day_that_stays_while_the_camera_is_away(driver: WindowDriver) -> None:
    driver.open("rtsp://fake/")
    seen = scene(people([(8, 8, 24, 40)]))
    seen = replace(seen, frame=replace(seen.frame, captured_s=monotonic() - 3600))
    with driver.qtbot.waitSignal(driver.window.bridge.scene_changed, timeout=2000):
        driver.pipeline.shown.put(DrawnScene(seen, seen.frame.image, lambda: seen.frame.image))
    now = datetime.now(UTC).astimezone()
    driver.window._panels.callbacks()["people"]()
    item = driver.window.widgets.people.list.topLevelItem(0)
    assert item is not None
    moments = [now - timedelta(seconds=3600 + shift) for shift in range(-5, 6)]
    assert item.text(2) in {moment.strftime("%H:%M:%S") for moment in moments}
