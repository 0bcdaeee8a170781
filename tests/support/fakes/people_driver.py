"""A real window with two people who stand still, live and from a file, and its user."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.window import Window
from realtime_pose.config import Config
from realtime_pose.geometry import apply_affine
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.reopening import find_reopener
from realtime_pose.scene import Boxes, Frame
from realtime_pose.sinks import RunHeader, parse_pose_target
from realtime_pose.skeletons import COCO17
from realtime_pose.sources import open_source
from tests.support.clips.numbered_clip import config_of
from tests.support.fakes.parts import FakeDetector, FakeSource, frame
from tests.support.fakes.pipelines import make_parts, make_settings
from tests.support.fakes.window_driver import click, press

TIMEOUT_MS = 20_000
LEFT, RIGHT = (0.1, 0.2, 0.3, 0.8), (0.6, 0.1, 0.9, 0.9)  # shares of the frame
SHARES = {1: RIGHT, 2: LEFT}  # ids are given from the best score on


class TwoPeople(FakeDetector):
    """One person in the left half, one in the right half."""

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        width, height = frame.wh
        xyxy = np.array([RIGHT, LEFT], np.float32) * np.array([width, height, width, height], np.float32)
        return Boxes(xyxy, np.array([0.9, 0.8], np.float32))


class PeopleDriver:
    """A visible window with two people, and its user."""

    def __init__(self, qtbot: QtBot, build: Callable[[Config], Pipeline], uri: str) -> None:
        self.qtbot = qtbot
        self.window = Window(Config(), build=build, cameras=list)
        self.window.resize(900, 600)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.view, self.bridge, self.panel = self.window.widgets.view, self.window.bridge, self.window.widgets.people
        self.view.setFocus()
        self.window.open(uri)
        self.wait(lambda: self.bridge.scene is not None and len(self.bridge.scene.tracks.seen) == 2)

    def wait(self, is_done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(is_done, timeout=TIMEOUT_MS)

    def press(self, key: Qt.Key) -> None:
        press(self.view, key)

    def locked(self) -> int | None:
        return self.bridge.settings.people.locked

    @property
    def badges(self) -> list[str]:
        return self.window.widgets.badges.texts

    def place_of(self, share_x: float, share_y: float) -> QPoint:
        """Where a place of the frame lies in the view, as it is shown now."""
        drawn = self.bridge.drawn
        assert drawn is not None
        width, height = drawn.scene.frame.wh
        xy = apply_affine(drawn.to_image, np.array([[share_x * width, share_y * height]], np.float32))[0]
        image_wh = drawn.image.shape[1], drawn.image.shape[0]
        room_wh = self.view.display_wh
        scale = min(room_wh[0] / image_wh[0], room_wh[1] / image_wh[1]) if self.view.is_stretched else 1.0
        corner = [(room - side * scale) / 2 for room, side in zip(room_wh, image_wh, strict=True)]
        return QPoint(round(float(xy[0]) * scale + corner[0]), round(float(xy[1]) * scale + corner[1]))

    def middle_of(self, track_id: int) -> QPoint:
        left, top, right, bottom = SHARES[track_id]
        return self.place_of((left + right) / 2, (top + bottom) / 2)

    def settle(self) -> None:
        """Wait until the picture shows the settings of now."""
        before = self.bridge.drawn
        self.wait(lambda: self.bridge.drawn is not before)
        self.qtbot.wait(100)

    def click_on(self, track_id: int) -> None:
        click(self.view, self.middle_of(track_id))

    def texts(self) -> list[list[str]]:
        """The rows of the list."""
        items = [self.panel.list.topLevelItem(row) for row in range(self.panel.list.topLevelItemCount())]
        return [[item.text(column) for column in range(3)] for item in items if item is not None]

    def close(self) -> None:
        self.window.close()
        self.wait(lambda: self.bridge.phase is Phase.CLOSED and not len(self.bridge.tasks))


def build_file(config: Config, clip: Path, *outputs: Path) -> Pipeline:
    """A pipeline of the clip with two people, which writes these files of poses."""
    config = replace(config, source=config_of(clip).source)
    source = open_source(config.source, config.part)
    parts = make_parts(source, detector=TwoPeople())
    for path in outputs:
        target = parse_pose_target(path)
        output = target.open(may_replace=False)
        parts.writer.add(target.sink(output, RunHeader("clip", COCO17, {})), name=target.name, output=output)
    pipeline = Pipeline(parts, make_settings())
    pipeline.reopener = find_reopener(config, source.info, None)
    return pipeline


def build_live(_: Config) -> Pipeline:
    frames = (replace(frame(index, wh=(160, 120)), captured_s=0.0) for index in count())
    gate = GatedFrames()
    return Pipeline(make_parts(FakeSource(frames, is_live=True, gate=gate.wait), detector=TwoPeople()), make_settings())


class GatedFrames:
    """Lets a frame pass every 30 ms."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def wait(self, _: int) -> None:
        self._never.wait(0.03)
