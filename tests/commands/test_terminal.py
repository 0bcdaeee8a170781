"""What is printed where: results to stdout, messages and progress to stderr, progress in a terminal only."""

import sys

import pytest

from realtime_pose.commands import terminal


def make_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the captured stderr count as a wide terminal."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")


def test_results_and_messages_are_separate(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_result("result")
    terminal.echo("message")
    assert capsys.readouterr() == ("result\n", "message\n")


def test_a_failure_has_a_traceback_only_for_debugging(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError("expected a number")
    terminal.report_failure(error, is_debug=False)
    assert capsys.readouterr() == ("", "realtime-pose: expected a number\n")
    terminal.report_failure(error, is_debug=True)
    assert capsys.readouterr().err == "ValueError: expected a number\nrealtime-pose: expected a number\n"


def test_no_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(terminal.track_progress(range(3), "images")) == [0, 1, 2]
    with terminal.progress_bar("file", total=2) as update:
        update(1, detail="half")
    assert capsys.readouterr() == ("", "")


def test_items_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    make_terminal(monkeypatch)
    assert list(terminal.track_progress("abc", "images")) == ["a", "b", "c"]
    shown = capsys.readouterr()
    assert "images" in shown.err
    assert "100%" in shown.err
    assert "3 of 3" in shown.err
    assert shown.out == ""


def test_an_iterator_is_counted_up_to_the_given_total(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_terminal(monkeypatch)
    assert list(terminal.track_progress(iter("ab"), "frames", total=4)) == ["a", "b"]
    shown = capsys.readouterr().err
    assert "50%" in shown
    assert "2 of 4" in shown


def test_texts_stay_until_they_are_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_terminal(monkeypatch)
    with terminal.progress_bar("process") as update:
        update(1, total=4, description="1 of 2: a.mp4", detail="10 fps")
        update(4)
    last = [line for line in capsys.readouterr().err.splitlines() if "%" in line][-1]
    assert "1 of 2: a.mp4" in last
    assert "10 fps" in last
    assert "100%" in last
