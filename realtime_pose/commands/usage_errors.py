"""Wrong usage of the command line in a line or two: the error text of tyro without its box, and which help to read."""

import difflib
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from realtime_pose.commands.help_pages import ALL, COMMANDS, DAILY, find_command
from realtime_pose.commands.terminal import PROGRAM
from realtime_pose.errors import ConfigError
from realtime_pose.redaction import redact_url

# As tyro says it: the words in the form of a Python tuple.
_CHOICE = re.compile(r"invalid choice ('.*?') for argument '(.*?)'\. Expected one of \((.*?),?\)\.")
_MAX_LENGTH = 300  # characters: tyro lists all flags of all commands for some errors


def check_first_word(args: Sequence[str]) -> None:
    """Raise ConfigError unless the first argument is a command or asks for help; the message says how to go on."""
    commands = list(dict.fromkeys(command.split()[0] for command in COMMANDS))
    first = args[0] if args else ""
    if first in {*commands, *DAILY, *ALL}:
        return
    advice = ""
    if not args or first.startswith("-") or _may_be_source(first):
        command = next((word for word in args if word in commands), "live")
        words = [redact_url(word) for word in args if word != command]
        advice = f"; try: {shlex.join([PROGRAM, command, *words])}"
    elif nearest := difflib.get_close_matches(first, commands, n=1):
        advice = f"; did you mean {nearest[0]!r}?"
    got = repr(redact_url(first)) if args else "nothing"
    raise ConfigError(f"expected a command first ({', '.join(commands)}), got {got}{advice}\nSee {_help_command([])}.")


def _may_be_source(word: str) -> bool:
    """Whether this looks like a file, a folder, an address, the number of a webcam, or the demo."""
    return word == "demo" or word.isdecimal() or bool(set(word) & set("./:\\")) or Path(word).exists()


def summarize_usage_error(text: str, args: Sequence[str]) -> str:
    r"""What tyro printed about these arguments, in one line; and the help to read. Neither may hold a password.

    >>> print(summarize_usage_error("-----------\nUnrecognized options: --ot\n-----------", ["eval", "coco", "--ot"]))
    Unrecognized options: --ot
    See realtime-pose eval coco --help.
    """
    # tyro draws its box with these characters, or in ASCII if the terminal has no others.
    lines = [re.sub(r"[╭╮╰╯│─]+|-{8,}", " ", line).strip() for line in text.splitlines()]
    sentences = [line for line in lines if line and not line.startswith(("For full helptext", PROGRAM))]
    words = " ".join(sentences[1:] or sentences).split()  # the first is the title of the box
    message = " ".join(words)
    message = _CHOICE.sub(_describe_choice, message)
    # A ConfigError of our own, raised while tyro built a dataclass.
    message = re.sub(r"^Error parsing __tyro-dummy-inner__\S*: ", "", message)
    return f"{message[:_MAX_LENGTH]}\nSee {_help_command(args)}.".lstrip()


def _describe_choice(said: re.Match[str]) -> str:
    got, flag, words = said.groups()
    expected = words.replace("'", "")
    return f"{flag}: expected {expected}, got {got}"


def _help_command(args: Sequence[str]) -> str:
    """The command that shows the page of the command in these arguments, as far as they name one."""
    return " ".join([PROGRAM, *find_command(args).split(), DAILY[-1]])
