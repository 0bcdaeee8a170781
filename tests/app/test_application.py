"""The window as a program: with and without a display, ended by a signal, and with a source that hangs."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic

import pytest

from benchmarks.support.servers.x_server import x_server
from realtime_pose._cv2 import cv2
from realtime_pose.app import display_problem, has_display, run_window
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.gui, pytest.mark.process]

HEAD = """
import sys, threading
import realtime_pose.app as app
from realtime_pose.config import Config, SourceConfig
config = Config(source=SourceConfig(uri=sys.argv[1]))
"""

# Opens the real window on the real pipeline. After 4 tracked frames it takes two screenshots and closes.
SHOW = """
from dataclasses import replace
from realtime_pose.config import PoseConfig
config = replace(config, pose=PoseConfig(model="movenet-lightning"))
import realtime_pose.app.window as module
from PyQt5.QtWidgets import QApplication
class Observed(module.Window):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.resize(800, 600)
        self.move(0, 0)
        self.bridge.ticked.connect(self.observe)
    def observe(self):
        report = self.bridge.report
        if self.bridge.phase.value == "failed":
            self.close()
        if self.widgets.view.image is None or report.num_frames < 4:
            return
        self.grab().save(sys.argv[2])
        QApplication.primaryScreen().grabWindow(0).save(sys.argv[3])
        self.close()
module.Window = Observed
import realtime_pose.app.application as application
application.Window = Observed
code = app.run_window(config)
left = [thread.name for thread in threading.enumerate() if thread.is_alive() and thread.name in
        {"capture", "detect", "pose", "track", "sinks", "display"}]
print("left:", left)
sys.exit(code)
"""

FAKE = """
from tests.support.fakes.fake_pipeline import FakeBuild
build = FakeBuild()
"""

WAIT = """
def wait_before_build(config):
    print("building", flush=True)
    threading.Event().wait(30 if config.source.uri == "hangs" else 0)
build.before_build = wait_before_build
code = app.run_window(config, build=build)
print("calls:", [pipeline.calls for pipeline in build.pipelines])
sys.exit(code)
"""


@pytest.fixture(scope="module")
def x_display() -> Iterator[str]:
    with x_server() as name:
        yield name


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """The environment without a display, and with a settings folder of its own."""
    environ = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    root = str(Path(__file__).resolve().parents[2])
    return {**environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONPATH": root, **more}


def start(code: str, *arguments: str, environ: Mapping[str, str]) -> ForkedProgram:
    return ForkedProgram(*arguments, code=code, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(code: str, *arguments: str, environ: Mapping[str, str], head: str = HEAD) -> subprocess.CompletedProcess[str]:
    program = start(head + code, *arguments, environ=environ)
    printed, errors = program.communicate(timeout=90)
    return subprocess.CompletedProcess(arguments, program.wait(), printed, errors)


def test_the_real_window_shows_the_demo_on_a_real_screen(x_display: str, tmp_path: Path) -> None:
    window_png, screen_png = tmp_path / "window.png", tmp_path / "screen.png"
    environ = environment(tmp_path, DISPLAY=x_display, QT_QPA_PLATFORM="xcb")
    ended = run(SHOW, "demo", str(window_png), str(screen_png), environ=environ)
    assert ended.returncode == 0, ended.stderr
    assert "left: []" in ended.stdout
    window, screen = cv2.imread(str(window_png)), cv2.imread(str(screen_png))
    assert window is not None
    assert screen is not None
    assert window.shape == (600, 800, 3)
    assert screen.shape == (800, 1280, 3)
    middle = window[150:450, 300:500]
    assert middle.std() > 20  # a photograph, not the dark background
    assert window[300, 20].max() < 40  # the background beside the portrait image
    assert cv2.absdiff(screen[150:450, 300:500], middle).mean() < 25  # the screen shows what Qt painted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_stops_the_pipeline(tmp_path: Path, number: signal.Signals) -> None:
    code = "import os; from PyQt5.QtCore import QTimer\n" + FAKE
    code += f"""
import realtime_pose.app.application as application
class Signalled(application.Window):
    def open(self, uri):
        super().open(uri)
        self.bridge.ticked.connect(lambda: self.bridge.report and os.kill(os.getpid(), {int(number)}))
application.Window = Signalled
"""
    ended = run(code + WAIT, "demo", environ=environment(tmp_path, QT_QPA_PLATFORM="offscreen"))
    assert ended.returncode == 0, ended.stderr
    assert "calls: [['start', 'stop']]" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_the_program_ends_while_a_source_hangs_at_opening(tmp_path: Path) -> None:
    environ = environment(tmp_path, QT_QPA_PLATFORM="offscreen")
    program = start(HEAD + FAKE + WAIT, "hangs", environ=environ)
    assert program.stdout is not None
    assert program.stdout.readline() == "building\n"
    start_s = monotonic()
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=20)
    assert program.returncode == 0, errors
    assert monotonic() - start_s < 4


def test_closing_on_a_failed_source_is_exit_code_1(tmp_path: Path) -> None:
    code = """
from realtime_pose.errors import SourceOpenError
import realtime_pose.app.application as application
def fail(config):
    raise SourceOpenError("no such file")
class ClosesOnError(application.Window):
    def _on_phase_changed(self):
        super()._on_phase_changed()
        if self.bridge.error:
            self.close()
application.Window = ClosesOnError
sys.exit(app.run_window(config, build=fail))
"""
    ended = run(code, "gone.mp4", environ=environment(tmp_path, QT_QPA_PLATFORM="offscreen"))
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize(("words", "model"), [("", "movenet-lightning"), ("--pose movenet-thunder", "movenet-thunder")])
def test_the_command_hands_on_what_the_user_has_given(tmp_path: Path, words: str, model: str) -> None:
    """The window has kept another pose estimator than the default one."""
    code = """
import sys
from PyQt5.QtCore import QSettings
from realtime_pose.cli import main
from realtime_pose.errors import SourceOpenError
import realtime_pose.app.application as application
import realtime_pose.app.real_pipeline as real_pipeline
kept = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "realtime-pose", "window")
kept.setValue("preferences/pose.model", '"movenet-lightning"')
kept.sync()
def show(config):
    print("pose:", config.pose.model)
    raise SourceOpenError("that is all")
class ClosesOnError(application.Window):
    def _on_phase_changed(self):
        super()._on_phase_changed()
        if self.bridge.error:
            self.close()
real_pipeline.build_pipeline, application.Window = show, ClosesOnError
sys.exit(main(sys.argv[1:]))
"""
    environ = environment(tmp_path, QT_QPA_PLATFORM="offscreen")
    ended = run(code, "live", "demo", *words.split(), environ=environ, head="")
    assert (ended.returncode, ended.stdout) == (1, f"pose: {model}\n")


def test_no_variable_means_no_display() -> None:
    assert display_problem({}) == "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    assert not has_display({"DISPLAY": ""})


def test_a_platform_without_a_screen_counts_as_a_display(tmp_path: Path) -> None:
    assert has_display(environment(tmp_path, QT_QPA_PLATFORM="offscreen"))


def test_a_running_x_server_is_a_display(x_display: str, tmp_path: Path) -> None:
    assert has_display(environment(tmp_path, DISPLAY=x_display, QT_QPA_PLATFORM=""))


def test_a_display_that_does_not_answer_is_an_error_and_no_abort(tmp_path: Path) -> None:
    environ = environment(tmp_path, DISPLAY=":4242", QT_QPA_PLATFORM="xcb")
    assert re.search(r"could not connect to display :4242", display_problem(environ))
    ended = run("app.run_window(config)", "demo", environ=environ)
    assert ended.returncode == 1
    assert "RealtimePoseError: no window can be shown" in ended.stderr
    assert "--headless" in ended.stderr


def test_run_window_raises_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.app.display_problem", lambda: "no display: nothing is set")
    with pytest.raises(RealtimePoseError, match=r"no display: nothing is set; .*--headless"):
        run_window(Config(), build=lambda _: pytest.fail("must not be built"))


def test_qt_starts_even_if_cv2_was_imported_first(x_display: str, tmp_path: Path) -> None:
    code = "import cv2, sys, realtime_pose.app as app; from PyQt5.QtWidgets import QApplication; QApplication([])"
    environ = environment(tmp_path, DISPLAY=x_display, QT_QPA_PLATFORM="xcb")
    assert subprocess.run([sys.executable, "-c", code], env=environ, check=False).returncode == 0


def test_importing_the_package_does_not_import_qt() -> None:
    code = "import sys, realtime_pose.app; sys.exit('PyQt5' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
