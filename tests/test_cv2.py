"""OpenCV's import: a missing system library is named with the command that installs it, never a traceback."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process]

MISSING = "libxcb.so.1: cannot open shared object file: No such file or directory"


@pytest.fixture
def broken_cv2(tmp_path: Path) -> Path:
    """A folder with a cv2 whose import fails as it does on a bare machine."""
    (tmp_path / "cv2.py").write_text(f"raise ImportError({MISSING!r})\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    prelude = f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    command = [sys.executable, "-c", prelude + textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command", [["live", "demo", "--headless"], ["eval", "coco", "--annotations", "a.json", "--images", "b"]]
)
def test_the_command_line_says_what_to_install(broken_cv2: Path, command: list[str]) -> None:
    done = run(broken_cv2, f"from realtime_pose.cli import main; sys.exit(main({command!r}))")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "libxcb.so.1" in done.stderr
    assert "install" in done.stderr
    assert "libxcb" in done.stderr.rpartition("with:")[2]


def test_the_package_can_be_imported(broken_cv2: Path) -> None:
    done = run(broken_cv2, "import realtime_pose; print(realtime_pose.Config().max_frames)")
    assert (done.returncode, done.stdout.strip()) == (0, "0")


def test_a_program_gets_one_error_of_ours(broken_cv2: Path) -> None:
    code = """
        import realtime_pose
        try:
            next(realtime_pose.watch("demo"))
        except realtime_pose.RealtimePoseError as error:
            print(type(error).__name__, error)
    """
    done = run(broken_cv2, code)
    assert done.stdout.startswith("MissingLibraryError OpenCV cannot be loaded (libxcb.so.1")


def test_another_import_error_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('numpy is too old')\n", encoding="utf-8")
    done = run(tmp_path, "import realtime_pose._cv2")
    assert "ImportError: numpy is too old" in done.stderr
