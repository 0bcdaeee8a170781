"""How the command line explains itself: help, version, the first word, closed pipes; no password in any of it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from realtime_pose.cli import main
from realtime_pose.commands.process_exit import BROKEN_PIPE
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
SECRET = "s3cr3t"
ADDRESS = f"rtsp://us:{SECRET}@127.0.0.1:9/x?jwt={SECRET}"


def help_of(args: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leaving:
        main(args)
    assert leaving.value.code == 0
    return capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"realtime-pose {version('realtime-pose')}\n"
    assert "--version" in help_of(["--help"], capsys)


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        (["video.mp4"], "try: realtime-pose live video.mp4"),
        (["a b.mp4", "--headless"], "try: realtime-pose live 'a b.mp4' --headless"),
        (["folder/"], "try: realtime-pose live folder/"),
        (["0"], "try: realtime-pose live 0"),
        (["demo"], "try: realtime-pose live demo"),
        (["rtsp://host/x"], "try: realtime-pose live rtsp://host/x"),
        (["live.mp4"], "try: realtime-pose live live.mp4"),
        (["tests"], "try: realtime-pose live tests"),  # a folder that is here
        (["--headless", "a.mp4"], "try: realtime-pose live --headless a.mp4"),
        (["--out", "o", "process", "a.mp4"], "try: realtime-pose process --out o a.mp4"),
        (["proces", "a.mp4"], "did you mean 'process'?"),
        (["wieghts"], "did you mean 'weights'?"),
        ([], "got nothing; try: realtime-pose live"),
    ],
)
def test_a_first_word_that_is_no_command(args: list[str], advice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 2
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("realtime-pose: expected a command first (live, process, ")
    assert first.endswith(advice)
    assert last == "See realtime-pose --help."


@pytest.mark.parametrize(
    "args",
    [
        ["process", ADDRESS, "--out", "OUT"],
        ["process", "clip.mp4", "--out", f"/dev/null/{ADDRESS}"],
        ["live", ADDRESS, "--headless", "--open-timeout-s", "1"],
        ["live", ADDRESS, "--headless", "--open-timeout-s", "1", "--debug"],
        ["live", "demo", "--headless", "--record", ADDRESS],
        ["live", "demo", "--headless", "--save-poses", f"{ADDRESS}.jsonl"],
        ["live", "rtsp://us@127.0.0.1:9/x", "--headless", "--credentials-file", f"us:{SECRET}"],
        ["live", "rtsp://us@127.0.0.1:9/x", "--headless", "--credentials-file", ADDRESS],
        ["live", "--config", ADDRESS],
        ["live", "--config", "CONFIG", "--help-all"],
        ["live", "--config", "CONFIG", "--nonsense"],
        ["live", "--config", "CONFIG", "--show-config"],
        ["live", "--nonsense", f"rtsp://us:a {SECRET} b@host/x"],
        ["live", "--nonsense", f"rtsp://us:{'a' * 60}{SECRET}{'a' * 60}@host/x"],
        ["live", "--device", ADDRESS],
        ["live", "--segment", ADDRESS, "demo"],
        [ADDRESS],
        ["--headless", ADDRESS],
        ["weights", "add", ADDRESS],
        ["weights", "add", "IMAGE", "--picture", ADDRESS],
        ["weights", "fetch", ADDRESS],
        ["eval", "coco", "--annotations", ADDRESS, "--images", ADDRESS],
        ["eval", "mot", ADDRESS],
        ["fit", "nms", "--annotations", ADDRESS, "--images", ADDRESS],
    ],
)
def test_no_argument_gives_its_password_away(
    args: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[source]\nuri = "{ADDRESS}"\n', encoding="utf-8")
    for name in ("CONFIG", "OUT", "IMAGE"):
        args = [arg.replace(name, str(config if name == "CONFIG" else tmp_path)) for arg in args]
    try:
        code = main(args)
    except SystemExit as leaving:  # help
        code = int(str(leaving.code))
    printed = "".join(capfd.readouterr())
    assert SECRET not in printed, printed
    assert printed.strip()
    assert code == (0 if {"--help-all", "--show-config"} & set(args) else code or None)


def run_into(stdout: int, args: list[str], *, is_buffered: bool) -> tuple[int, str]:
    """The exit code and the messages of a command; if its output is buffered, the interpreter's end is under test."""
    if is_buffered:
        command = [sys.executable, "-m", "realtime_pose", *args]
        done = subprocess.run(
            command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT, timeout=60
        )
        return done.returncode, done.stderr
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = ForkedProgram(*args, env=environ, stdout=stdout, stderr=subprocess.PIPE)
    _, messages = running.communicate(timeout=60)
    return running.wait(), messages


@pytest.mark.parametrize("args", [["weights", "list"], ["live", "--help"], ["doctor", "--help-all"], ["--version"]])
@pytest.mark.parametrize("is_buffered", [True, False])
def test_a_reader_that_has_enough_ends_the_command_quietly(args: list[str], *, is_buffered: bool) -> None:
    """As in ``| head -1`` and ``| true``: no traceback, and the exit code of a program that SIGPIPE has ended."""
    reader, writer = os.pipe()
    os.close(reader)
    result = run_into(writer, args, is_buffered=is_buffered)
    os.close(writer)
    assert result == (BROKEN_PIPE, "")


@pytest.mark.parametrize("args", [["weights", "list"], ["live", "--help"], ["--version"]])
@pytest.mark.parametrize("is_buffered", [True, False])
def test_results_that_cannot_be_written_are_a_failure_in_words(args: list[str], *, is_buffered: bool) -> None:
    with Path("/dev/full").open("wb") as full:
        result = run_into(full.fileno(), args, is_buffered=is_buffered)
    expected = "realtime-pose: standard output: the results cannot be written (No space left on device)\n"
    assert result == (1, expected)


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-"])
def test_commands_without_standard_output_or_error(closed: str) -> None:
    """A run: tests/commands/test_closed_terminal.py."""
    for args, code in (("weights list", 0), ("live --nonsense", 2), ("live --help", 0), ("--version", 0)):
        line = f"{shlex.join([sys.executable, '-m', 'realtime_pose'])} {args} {closed}"
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, cwd=ROOT, timeout=60)
        assert done.returncode == code, args
        assert b"Traceback" not in done.stderr


def test_a_run_goes_on_when_nobody_reads_its_messages(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    poses = tmp_path / "p.jsonl"
    command = [
        "live",
        "demo",
        "--headless",
        "--max-frames",
        "3",
        "--pose",
        "movenet-lightning",
        "--detector-size",
        "64",
        "--save-poses",
        str(poses),
    ]
    running = ForkedProgram(*command, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    assert running.wait(60) == 0
    assert len(poses.read_text(encoding="utf-8").splitlines()) >= 4
