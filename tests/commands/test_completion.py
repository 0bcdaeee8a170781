"""`completion`: the scripts are those of the shells, and the Tab key offers commands, options and files."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest

from realtime_pose.cli import main
from tests.support.made_once import made_once

pytestmark = [pytest.mark.process]

# What bash does when the Tab key is pressed: it calls the function with the words, and reads COMPREPLY.
PRESS_TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function_name=$(complete -p realtime-pose | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function_name"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def write_script(shell: str, path: Path) -> Path:
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        assert main(["completion", shell]) == 0
    return path


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made_once(tmp_path_factory, "completion", lambda made: write_script("bash", made / "script.bash"))
    return folder / "script.bash"


def complete(script: Path, *words: str) -> set[str]:
    """What bash offers after these words, the last of which is not complete."""
    command = ["bash", "-c", PRESS_TAB, "bash", str(script), "realtime-pose", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=script.parent)
    return set(done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("li",), {"live"}),
        (("eval", "c"), {"coco"}),
        (("live", "--save-p"), {"--save-poses"}),
        (("eval", "coco", "--anno"), {"--annotations"}),
        (("live", "--record", "scr"), {"script.bash"}),
        (("live", "--preset", ""), {"fast", "balanced", "accurate"}),
        (("process", "--record-as", "c"), {"clean"}),
    ],
)
def test_bash_completes(words: tuple[str, ...], offered: set[str], bash_script: Path) -> None:
    assert complete(bash_script, *words) == offered


@pytest.mark.parametrize("command", ["live", "process", "render"])
def test_bash_offers_options_only(command: str, bash_script: Path) -> None:
    """A description that had two lines would be offered too."""
    options = complete(bash_script, command, "")
    assert "--debug" in options
    assert all(option.startswith("-") and " " not in option for option in options)


@pytest.mark.parametrize(
    ("shell", "first"), [("zsh", "#compdef realtime-pose"), ("fish", "complete --no-files --command")]
)
def test_other_shells_get_a_script(shell: str, first: str, tmp_path: Path) -> None:
    script = write_script(shell, tmp_path / f"script.{shell}")
    assert first in script.read_text(encoding="utf-8")
    if program := shutil.which(shell):  # few machines have all shells
        subprocess.run([program, "-n", str(script)], timeout=60, check=True)


def test_an_unknown_shell_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "shell: expected bash, zsh, fish, got 'tcsh'" in capsys.readouterr().err
