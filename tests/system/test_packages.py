"""Missing system packages: found, named for each package manager, installed where that is possible, else told."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import PyQt5
import pytest

from realtime_pose.system import packages
from realtime_pose.system.packages import GROUPS, MANAGERS, Need, install_line, install_line_for, missing, set_up

pytestmark = [pytest.mark.process]

WINDOW = GROUPS["window"]


def fails_for(*names: str) -> Callable[[str], object]:
    """A loader that does not find these libraries."""

    def load(name: str) -> object:
        if name in names:
            raise OSError(f"{name}: cannot open shared object file")
        return object()

    return load


class Machine:
    """A Linux machine whose missing libraries appear when apt-get installs; keeps what was asked and run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lacking: Need, tools: Sequence[str], uid: int) -> None:
        self.lacking, self.questions, self.commands = list(lacking), list[str](), list[Sequence[str]]()
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr("os.geteuid", lambda: uid, raising=False)
        monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}" if name in tools else None)
        monkeypatch.setattr(packages, "is_present", lambda need, *_: need not in self.lacking)

    def set_up(self, *, answer: bool = True) -> int:
        def ask(question: str) -> bool:
            self.questions.append(question)
            return answer

        return set_up(["base", "window"], ask=ask, run=self._run)

    def _run(self, command: Sequence[str]) -> int:
        self.commands.append(command)
        self.lacking = [need for need in self.lacking if not set(need.packages("apt-get")) <= set(command)]
        return 0


@pytest.mark.parametrize("manager", MANAGERS)
def test_each_need_has_a_package_for_each_manager(manager: str) -> None:
    for needs in GROUPS.values():
        assert all(need.packages(manager) for need in needs)


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get install -y --no-install-recommends libegl1"),
        ("dnf", "sudo dnf install -y libglvnd-egl"),
        ("pacman", "sudo pacman -S --needed --noconfirm libglvnd"),
        ("zypper", "sudo zypper install -y Mesa-libEGL1"),
        ("brew", "sudo apt-get install -y --no-install-recommends libegl1"),
    ],
)
def test_the_line_is_of_the_manager_that_is_there(monkeypatch: pytest.MonkeyPatch, manager: str, line: str) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name if name == manager else None)
    assert install_line(WINDOW[:1]) == line


def test_only_what_is_missing_is_named() -> None:
    found = missing(["window"], load=fails_for("libEGL.so.1", "libdbus-1.so.3"))
    assert [need.name for need in found if need.name.startswith("lib")] == ["libEGL.so.1", "libdbus-1.so.3"]


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_wheels_bring_everything_on_other_systems(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert missing(GROUPS, load=fails_for("libEGL.so.1")) == []


def test_root_installs_with_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, *WINDOW[:2], tools=["apt-get"], uid=0)
    assert machine.set_up() == 0
    assert len(machine.questions) == 1
    assert "libEGL.so.1, libfontconfig.so.1" in machine.questions[0]
    assert machine.commands[0] == ["apt-get", "update", "-q"]
    assert machine.commands[1][-2:] == ["libegl1", "libfontconfig1"]


def test_sudo_installs_where_the_user_is_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, WINDOW[0], tools=["apt-get", "sudo"], uid=1000)
    assert machine.set_up() == 0
    assert [command[0] for command in machine.commands] == ["sudo", "sudo"]


@pytest.mark.parametrize(
    ("tools", "uid", "answer"),
    [
        pytest.param(["apt-get"], 1000, True, id="neither root nor sudo"),
        pytest.param(["dnf", "sudo"], 1000, True, id="another package manager"),
        pytest.param(["apt-get", "sudo"], 1000, False, id="the user says no"),
    ],
)
def test_else_the_line_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, tools: list[str], uid: int, answer: bool
) -> None:
    machine = Machine(monkeypatch, WINDOW[0], tools=tools, uid=uid)
    assert machine.set_up(answer=answer) == 0  # the demo runs without a window
    assert machine.commands == []
    text = capsys.readouterr().err
    assert "libEGL.so.1" in text
    assert f"sudo {MANAGERS[tools[0]]}" in text


def test_without_what_opencv_needs_the_set_up_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(monkeypatch, GROUPS["base"][1], tools=["apt-get"], uid=1000)
    assert machine.set_up() == 1
    assert "nothing runs without them" in capsys.readouterr().err


def test_nothing_missing_asks_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine(monkeypatch, tools=["apt-get"], uid=0)
    assert machine.set_up() == 0
    assert machine.questions == machine.commands == []
    assert capsys.readouterr().err == ""


def test_an_import_error_of_a_library_we_do_not_know_has_no_line() -> None:
    assert install_line_for("libunknown.so.7: cannot open shared object file") == ""


def test_it_runs_as_a_program_without_our_packages() -> None:
    command = [sys.executable, "-I", packages.__file__, "base"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_window_has_all_parts_of_libxcb_that_qt_is_linked_to() -> None:
    """On a system with only the packages of this group, one part that nobody named costs the whole window."""
    platform = Path(PyQt5.__file__).parent / "Qt5/plugins/platforms/libqxcb.so"
    linked = subprocess.run(["ldd", platform], capture_output=True, text=True, check=True).stdout
    parts = set(re.findall(r"libxcb-[a-z-]+\.so\.\d", linked)) - {"libxcb-util.so.1"}  # this one is libxcb-image's
    assert "libxcb-shape.so.0" in parts
    assert parts <= {need.name for need in WINDOW}
