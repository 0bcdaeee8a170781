"""The window on a real screen with a window manager: its place, full screen, and keys from a real keyboard."""

import json
import os
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from benchmarks.support.servers.x_server import window_manager, x_server
from tests.support.forked_program import ForkedProgram
from tests.support.x_keyboard import XKeyboard

pytestmark = [pytest.mark.gui, pytest.mark.process]

DEADLINE_S = 30

# Opens the window on fakes, and prints its state four times a second.
PROGRAM = """
import json, sys
import realtime_pose.app as app
import realtime_pose.app.application as application
from PyQt5.QtCore import QPoint
from realtime_pose.config import Config, SourceConfig
from tests.support.fakes.fake_pipeline import FakeBuild

build = FakeBuild()

class Observed(application.Window):
    def open(self, uri):
        if not hasattr(self, "opened"):
            self.opened = []
            self.bridge.ticked.connect(self.observe)
        self.opened.append(uri)
        super().open(uri)

    def observe(self):
        widgets, shown = self.widgets, self.bridge.settings.shown
        bars = (widgets.sources, widgets.controls, widgets.status)
        print(json.dumps({
            "phase": self.bridge.phase.value,
            "is_active": self.isActiveWindow(),
            "is_full_screen": self.isFullScreen(),
            "is_button_checked": self.actions_by_name["full_screen"].isChecked(),
            "bars": [bar.isVisible() for bar in bars],
            "bars_end": max(bar.mapToGlobal(bar.rect().bottomRight()).y() for bar in bars),
            "bars_right": max(bar.mapToGlobal(bar.rect().bottomRight()).x() for bar in bars),
            "frame": self.frameGeometry().getRect(),
            "screen": self.screen().availableGeometry().getRect(),
            "text": widgets.sources.currentText(),
            "opened": self.opened,
            "drawn": [shown.skeletons, shown.boxes, shown.ids, shown.trails, shown.hud],
            "calls": [call for pipeline in build.pipelines for call in pipeline.calls],
        }), flush=True)

application.Window = Observed
sys.exit(app.run_window(Config(source=SourceConfig(uri="demo")), build=build))
"""


class RunningWindow:
    """A window in a process of its own.

    Args:
        program: Prints the states of the window.
    """

    def __init__(self, program: ForkedProgram) -> None:
        self.program = program

    def wait_for(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first state from now on for which the condition holds."""
        assert self.program.stdout is not None
        deadline_s, line = monotonic() + DEADLINE_S, ""
        while monotonic() < deadline_s:
            ready, _, _ = select.select([self.program.stdout], [], [], 1)
            if not ready:
                continue
            line = self.program.stdout.readline()
            assert line, "the window has ended"
            state: dict[str, Any] = json.loads(line)
            if condition(state):
                return state
        pytest.fail(f"the window did not reach the state within {DEADLINE_S} s; the last was {line}")


@contextmanager
def running_window(display: str, settings: Path) -> Iterator[RunningWindow]:
    environ = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(settings)}
    program = ForkedProgram(code=PROGRAM, env=environ, stdout=subprocess.PIPE)
    try:
        window = RunningWindow(program)
        window.wait_for(lambda state: state["phase"] == "running" and state["is_active"])
        yield window
    finally:
        program.terminate()
        program.wait(20)
        program.close()


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The display name of a screen with a window manager."""
    with x_server((1280, 720)) as display, window_manager(display):
        yield display


@pytest.fixture
def keyboard(screen: str) -> Iterator[XKeyboard]:
    keyboard = XKeyboard(screen)
    yield keyboard
    keyboard.close()


@pytest.mark.parametrize("wh", [(1280, 720), (800, 480)], ids=str)
def test_the_window_with_its_frame_is_within_a_small_screen(tmp_path: Path, wh: tuple[int, int]) -> None:
    with x_server(wh) as display, window_manager(display):
        for _ in range(2):  # the second time from what was remembered
            with running_window(display, tmp_path) as window:
                state = window.wait_for(lambda state: state["frame"][3] > 0)
                assert state["screen"] == [0, 0, *wh]
                left, top, width, height = state["frame"]
                assert 0 <= left <= left + width <= wh[0]
                assert 0 <= top <= top + height <= wh[1]
                assert state["bars"] == [True] * 3
                assert state["bars_right"] < wh[0]
                assert state["bars_end"] < wh[1]


def test_full_screen_is_one_state_and_typed_text_is_no_command(
    screen: str, keyboard: XKeyboard, tmp_path: Path
) -> None:
    typed = "rtsp://kbit h?/s f q*_"
    with running_window(screen, tmp_path) as window:
        before = window.wait_for(lambda _: True)
        keyboard.press("f")
        state = window.wait_for(lambda state: state["is_full_screen"])
        assert state["bars"] == [False] * 3
        assert state["is_button_checked"]
        keyboard.press("l", "Control_L")
        keyboard.write(typed)
        state = window.wait_for(lambda state: state["text"] == typed)
        assert state["bars"] == [True, False, False]
        assert [state[name] for name in ("drawn", "calls", "opened", "is_full_screen")] == [
            before["drawn"], before["calls"], before["opened"], True,
        ]  # fmt: skip
        keyboard.press("Escape")
        window.wait_for(lambda state: state["bars"] == [False] * 3 and state["is_full_screen"])
        keyboard.press("q")
        assert window.program.wait(20) == 0
    with running_window(screen, tmp_path) as window:
        state = window.wait_for(lambda _: True)
        assert not state["is_full_screen"]
        assert state["bars"] == [True] * 3
        assert not state["is_button_checked"]


def test_f_f11_and_escape_enter_and_leave_full_screen(screen: str, keyboard: XKeyboard, tmp_path: Path) -> None:
    with running_window(screen, tmp_path) as window:
        before = window.wait_for(lambda _: True)
        for enter, leave in (("f", "f"), ("F11", "F11"), ("f", "Escape"), ("F11", "Escape")):
            keyboard.press(enter)
            state = window.wait_for(lambda state: state["is_full_screen"] and state["frame"] == [0, 0, 1280, 720])
            assert state["bars"] == [False] * 3
            assert state["is_button_checked"]
            keyboard.press("b")
            window.wait_for(lambda state: state["drawn"] != before["drawn"])
            keyboard.press("b")
            window.wait_for(lambda state: state["drawn"] == before["drawn"])
            keyboard.press(leave)
            state = window.wait_for(lambda state: not state["is_full_screen"] and state["frame"] == before["frame"])
            assert state["bars"] == [True] * 3
            assert not state["is_button_checked"]
        keyboard.press("Escape")
        keyboard.press("q")
        assert window.program.wait(20) == 0


def test_a_mistyped_password_is_corrected_by_typing_it_again(screen: str, keyboard: XKeyboard, tmp_path: Path) -> None:
    wrong, right = "rtsp://me:wrong@127.0.0.1/live", "rtsp://me:right@127.0.0.1/live"
    with running_window(screen, tmp_path) as window:
        opened = ["demo"]
        for address in (wrong, right, wrong):
            opened.append(address)
            keyboard.press("l", "Control_L")
            keyboard.write(address)
            keyboard.press("Return")
            state = window.wait_for(lambda state: len(state["opened"]) >= len(opened) and state["phase"] == "running")
            assert state["text"] == "rtsp://me:***@127.0.0.1/live"
        state = window.wait_for(lambda state: True)
        assert state["opened"] == opened


def test_a_second_window_opens_beside_the_first(screen: str, tmp_path: Path) -> None:
    for _ in range(2):  # the first time nothing is remembered yet
        with running_window(screen, tmp_path) as first:
            one = first.wait_for(lambda state: state["frame"][3] > 0)["frame"]
            with running_window(screen, tmp_path) as second:
                other = second.wait_for(lambda state: state["frame"][3] > 0)
                left, top, width, height = other["frame"]
                assert (left, top) != (one[0], one[1]), "it must not lie exactly on the first one"
                assert left + width <= other["screen"][2]
                assert top + height <= other["screen"][3]
                first.wait_for(lambda state: state["phase"] == "running")


def test_two_windows_do_not_disturb_each_other(tmp_path: Path) -> None:
    with x_server((3840, 1080)) as display, window_manager(display):
        keyboard = XKeyboard(display)
        with running_window(display, tmp_path) as first:  # its place is remembered
            keyboard.press("q")
            assert first.program.wait(20) == 0
        with running_window(display, tmp_path) as first:
            one = first.wait_for(lambda state: state["frame"][3] > 0)
            with running_window(display, tmp_path) as second:
                other = second.wait_for(lambda state: state["frame"][3] > 0)
                assert not overlap(one["frame"], other["frame"])
                keyboard.press("b")
                second.wait_for(lambda state: state["drawn"] != other["drawn"])
                assert first.wait_for(lambda _: True)["drawn"] == one["drawn"]
                keyboard.press("q")
                assert second.program.wait(20) == 0
            first.wait_for(lambda state: state["is_active"] and state["phase"] == "running")
            keyboard.press("b")
            first.wait_for(lambda state: state["drawn"] != one["drawn"])
            keyboard.press("q")
            assert first.program.wait(20) == 0
        keyboard.close()


def overlap(first: list[int], second: list[int]) -> bool:
    """Whether two rectangles (left, top, width, height) have a pixel in common."""
    return all(first[i] < second[i] + second[i + 2] and second[i] < first[i] + first[i + 2] for i in (0, 1))
