"""`doctor --report`: all that a bug report needs, no secrets, and no file replaced unasked."""

import re
import tomllib
from pathlib import Path

import pytest

from realtime_pose.cli import main
from realtime_pose.commands import machine_checks
from realtime_pose.commands.finding import Finding, State
from realtime_pose.redaction import anonymize

SETTINGS = """\
[source]
uri = "rtsp://anna:s3cret@camera.local/live?token=t0ken"
credentials_file = "{home}/login"
"""


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """Findings of a machine without a camera; the checks of this one take seconds and have tests of their own."""
    found = [Finding("Python", State.OK, "3.11"), Finding("cameras", State.WARN, "none found", "connect one")]
    monkeypatch.setattr(machine_checks, "check_machine", lambda _: tuple(found))
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "annas-home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def write_report(folder: Path, *flags: str) -> str:
    assert main(["doctor", "--report", str(folder / "report.txt"), *flags]) == 0
    return (folder / "report.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_report_of_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real checks, of this machine."""
    main(["doctor", "--report", str(tmp_path / "report.txt")])
    report = (tmp_path / "report.txt").read_text(encoding="utf-8")
    for topic in ("Python", "NVIDIA driver", "default networks", "cameras", "H.264 encoders", "weights"):
        assert topic in report
    printed, messages = capsys.readouterr()
    assert "report.txt" in messages
    assert re.search(r"^OK +Python", printed, re.MULTILINE), "a line for each finding"


def test_the_report_has_the_findings_with_their_fixes(
    findings: list[Finding], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = write_report(tmp_path)
    assert capsys.readouterr().out in report
    assert "WARN  cameras: none found\n      fix: connect one\n" in report


def test_the_report_has_the_settings_of_the_file(findings: list[Finding], tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[track]\ntrail_length = 77\n", encoding="utf-8")
    report = write_report(tmp_path, "--config", str(file), "--preset", "fast")
    settings = tomllib.loads(report.partition("## Settings\n")[2].partition("## Log")[0])
    assert settings["track"]["trail_length"] == 77
    assert settings["pose"]["model"] == "movenet-lightning"


def test_the_report_has_optional_packages_and_variables(
    findings: list[Finding], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    report = write_report(tmp_path)
    assert "matplotlib: " in report
    assert "QT_QPA_PLATFORM=offscreen" in report


def test_the_report_has_no_secrets(
    findings: list[Finding], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://berta:pa55@proxy:8080")
    findings.append(Finding("weights folder", State.OK, f"{home}/.cache is writable, {tmp_path}/x/annas-home/y too"))
    file = tmp_path / "my.toml"
    file.write_text(SETTINGS.format(home=home), encoding="utf-8")
    report = write_report(tmp_path, "--config", str(file))
    for secret in ("anna", "s3cret", "t0ken", "berta", "pa55"):
        assert secret not in report
    assert "rtsp://***@camera.local/live?token=***" in report
    assert "~/.cache is writable" in report
    assert 'credentials_file = "~/login"' in report


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("/home/anna", "~"),
        ("/home/anna2/x", "/home/anna2/x"),
        ("/home/anna-b", "/home/anna-b"),
        ("/run/media/anna/disk", "/run/media/***/disk"),
        ("http://anna@host/a b@c", "http://***@host/a ***@c"),
        ("rtsp://anna:p@ss@host", "rtsp://***@host"),
    ],
)
def test_names_are_hidden(text: str, shown: str) -> None:
    assert anonymize(text, home=Path("/home/anna")) == shown


def test_a_user_without_a_home() -> None:
    assert anonymize("/x/y", home=None) == "/x/y"
    assert anonymize("/x/y", home=Path("/")) == "/x/y"


def test_a_home_of_windows_in_toml() -> None:
    """TOML writes a backslash as two."""
    assert anonymize(r'a = "C:\\Users\\anna\\b"', home=Path(r"C:\Users\anna")).count("anna") == 0


def test_an_existing_file_is_replaced_only_with_overwrite(
    findings: list[Finding], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.txt"
    path.write_text("mine", encoding="utf-8")
    assert main(["doctor", "--report", str(path)]) == 1
    assert path.read_text(encoding="utf-8") == "mine"
    shown = capsys.readouterr()
    assert "--overwrite" in shown.err
    assert not shown.out, "the file is checked before the machine"
    assert "Findings" in write_report(tmp_path, "--overwrite")


def test_the_file_of_settings_is_never_replaced(findings: list[Finding], tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("", encoding="utf-8")
    assert main(["doctor", "--report", str(file), "--config", str(file), "--overwrite"]) == 1
    assert file.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["missing/report.txt", "."])
def test_a_report_that_cannot_be_written(
    name: str, findings: list[Finding], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--report", str(tmp_path / name)]) == 1
    shown = capsys.readouterr()
    assert str(tmp_path) in shown.err
    assert not shown.out
