"""Help: a page of one screen for each command, with examples that are right; and all options on request."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from realtime_pose import cli
from realtime_pose.cli import main, parse
from realtime_pose.commands import help_pages
from realtime_pose.commands.help_pages import COMMANDS, commands_of, examples, find_command, page
from realtime_pose.config.renamed import rename_flags

pytestmark = [pytest.mark.slow]  # the parser of all commands takes a tenth of a second each time

GROUPS = ("", "weights", "eval", "fit")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w.-]*")


def shown_help(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as leaving:
        main(args)
    assert leaving.value.code == 0
    return capsys.readouterr().out


# The arguments end with the line, or before a remark or what the shell does with the output.
EXAMPLE = re.compile(r"realtime-pose ([^|>&\")]+?)(?= *$| {3}| [|>&]|\)\")")


def example_commands(name: str) -> list[str]:
    """The arguments of each example of a page."""
    lines = examples(name).splitlines()[1:]
    return [
        match for line in lines for match in re.findall(r"realtime-pose ([^|>&\")]+?)(?= *$| {3}| [|>&]|\)\")", line)
    ]


def test_all_commands_are_known() -> None:
    assert len(COMMANDS) == len(get_args(cli.Command))


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_a_page_fits_on_a_screen_and_has_examples(name: str) -> None:
    lines = page(name).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"usage: realtime-pose {name}")
    assert 2 <= len(example_commands(name)) <= 3


@pytest.mark.parametrize("name", COMMANDS)
def test_all_options_are_shown_and_those_of_the_page_exist(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = shown_help(capsys, *name.split(), "--help-all")
    assert shown.startswith(f"usage: realtime-pose {name}")
    assert set(OPTION.findall(page(name))) <= {*OPTION.findall(shown), "--help", "--help-all"}
    for word_of_python in ("Union", "Annotated", "typing", "NoneType", "dataclass", "Optional"):
        assert word_of_python not in shown + page(name)


@pytest.mark.parametrize("line", [line for name in (*COMMANDS, *GROUPS) for line in example_commands(name)])
def test_examples_are_right(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text("", encoding="utf-8")
    assert rename_flags(shlex.split(line)) == shlex.split(line), "no old names"
    parse(shlex.split(line))


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_help_prints_the_page(name: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown_help(capsys, *name.split(), flag) == page(name) + "\n"


def test_help_is_shown_beside_other_arguments_and_without_the_file_of_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown_help(capsys, "live", "demo", "--config", "nowhere.toml", "--nonsense", "--help") == page("live") + "\n"


def test_all_options_have_the_defaults_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[source]\nuri = "rtsp://me:secret@host/x"\n[track]\ntrail_length = 77\n', encoding="utf-8")
    shown = shown_help(capsys, "live", "--help-all", "--config", str(file))
    assert "77" in shown
    assert "secret" not in shown
    assert shown.rstrip().endswith(examples("live").splitlines()[-1])


def test_all_options_of_a_group_are_those_of_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    shown = shown_help(capsys, "weights", "--help-all")
    assert all(f"usage: realtime-pose {command}" in shown for command in commands_of("weights"))
    assert commands_of("") == COMMANDS


def test_settings_that_are_rarely_used_are_on_no_page() -> None:
    assert "--track." not in "".join(page(name) for name in COMMANDS)


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ([], ""),
        (["demo"], ""),
        (["weights"], "weights"),
        (["weights", "fetsh"], "weights"),
        (["eval", "mot"], "eval mot"),
    ],
)
def test_the_words_name_a_command(args: list[str], name: str) -> None:
    assert find_command(args) == name


def test_pages_are_those_of_the_commands() -> None:
    folder = Path(help_pages.__file__).parent / "help"
    names = {name.replace(" ", "_") or "realtime-pose" for name in (*COMMANDS, *GROUPS)}
    assert {path.stem for path in folder.iterdir()} == names
