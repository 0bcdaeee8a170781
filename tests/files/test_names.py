"""Names of files: home folders and characters that no output can show."""

from pathlib import Path

import pytest

from realtime_pose.files.names import expand_home, printable


@pytest.mark.parametrize("name", ["~clip.mp4", "~nobody-has-this-name/clip.mp4", "a~b", "", "x" * 5000, "a\0b"])
def test_a_name_with_a_tilde_is_no_home_folder(name: str) -> None:
    assert expand_home(name) == Path(name)


def test_the_home_folder_is_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expand_home("~/clip.mp4") == tmp_path / "clip.mp4"
    assert expand_home("~") == tmp_path


def test_a_file_that_is_there_comes_before_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~root").write_text("a file")
    assert expand_home("~root") == Path("~root")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("Käse 日本.mp4", "Käse 日本.mp4"),
        ("clip\udcff.mp4", r"clip\xff.mp4"),
        ("a\nb\x1b[31m.mp4", r"a\x0ab\x1b[31m.mp4"),
        ("\ud800", r"\ud800"),
    ],
)
def test_every_output_can_show_a_name(name: str, shown: str) -> None:
    assert printable(name) == shown
    assert printable(name).encode("utf-8")
