"""Wrong usage of the command line, in a line or two: what tyro prints in a box, and which help to read."""

import re
from collections.abc import Sequence

PROGRAM = "realtime-pose"
_COMMANDS = (
    *("live", "process", "doctor", "fit", "eval coco", "eval mot", "eval tracker"),
    *("weights list", "weights fetch", "weights verify", "weights add"),
)


def shortened(text: str, args: Sequence[str]) -> str:
    r"""What tyro prints of these arguments, over many lines and ruled in ASCII where need be; with passwords masked.

    >>> print(shortened("-----------\nUnrecognized options: --ot\n-----------", ["eval", "coco", "--ot"]))
    Unrecognized options: --ot
    See realtime-pose eval coco --help.
    """
    from realtime_pose.sources.address import redact_url  # brings all sources with it

    lines = [re.sub(r"[╭╮╰╯│─]+|-{8,}", " ", line).strip() for line in text.splitlines()]
    sentences = [line for line in lines if line and not line.startswith(("For full helptext", PROGRAM))]
    words = " ".join(sentences[1:] or sentences).split()
    message = " ".join(redact_url(word) for word in words)
    message = re.sub(r"^Error parsing __tyro-dummy-inner__\S*: ", "", message)  # our own words follow
    return f"{message[:300]}\nSee {_help_on(args)}.".lstrip()


def _help_on(args: Sequence[str]) -> str:
    """What shows the flags of the command that these arguments name, as far as they name one."""
    words = list(args[:2])
    while words and not any(command.split()[: len(words)] == words for command in _COMMANDS):
        words.pop()
    return " ".join([PROGRAM, *words, "--help"])
