"""Wrong usage of the command line in a line or two: the error text of tyro without its box, and which help to read."""

import re
from collections.abc import Sequence

from realtime_pose.commands.terminal import PROGRAM

_COMMANDS = (
    *("live", "process", "doctor", "fit", "eval coco", "eval mot", "eval tracker"),
    *("weights list", "weights fetch", "weights verify", "weights add"),
)
_MAX_LENGTH = 300  # characters: tyro lists all flags of all commands for some errors


def summarize_usage_error(text: str, args: Sequence[str]) -> str:
    r"""What tyro printed about these arguments, in one line, without passwords; and the help to read.

    >>> print(summarize_usage_error("-----------\nUnrecognized options: --ot\n-----------", ["eval", "coco", "--ot"]))
    Unrecognized options: --ot
    See realtime-pose eval coco --help.
    """
    from realtime_pose.sources.address import redact_url  # imports all sources

    # tyro draws its box with these characters, or in ASCII if the terminal has no others.
    lines = [re.sub(r"[╭╮╰╯│─]+|-{8,}", " ", line).strip() for line in text.splitlines()]
    sentences = [line for line in lines if line and not line.startswith(("For full helptext", PROGRAM))]
    words = " ".join(sentences[1:] or sentences).split()  # the first is the title of the box
    message = " ".join(redact_url(word) for word in words)
    # A ConfigError of our own, raised while tyro built a dataclass.
    message = re.sub(r"^Error parsing __tyro-dummy-inner__\S*: ", "", message)
    return f"{message[:_MAX_LENGTH]}\nSee {_help_command(args)}.".lstrip()


def _help_command(args: Sequence[str]) -> str:
    """The command that shows the flags of the command in these arguments, as far as they name one."""
    words = list(args[:2])
    while words and not any(command.split()[: len(words)] == words for command in _COMMANDS):
        words.pop()
    return " ".join([PROGRAM, *words, "--help"])
