"""Help pages: the words of a command in, out comes its page with what one uses daily, or the examples of this page.

A page is a text file in the folder ``help``. It is written by hand, so that it fits on one screen: 80 columns and at
most 40 lines. ``--help-all`` shows what the parser knows instead: every option with its default.
"""

from collections.abc import Sequence
from importlib import resources

from realtime_pose.commands.terminal import PROGRAM

# In the order in which messages list them.
COMMANDS = (
    "live",
    "process",
    "render",
    "ids",
    "convert",
    "doctor",
    "fit nms",
    "fit pgpg",
    "fit sstn",
    "label",
    "train",
    "export",
    "eval coco",
    "eval mot",
    "eval tracker",
    "eval mpii",
    "weights list",
    "weights fetch",
    "weights verify",
    "weights add",
    "weights quantize",
    "completion",
)
DAILY, ALL = ("-h", "--help"), ("--help-all",)
_EXAMPLES = "\nExamples:\n"


def find_command(args: Sequence[str]) -> str:
    """The command or group of commands that the first of these arguments name, as far as they name one; else "".

    >>> find_command(["eval", "coco", "--plot", "x"]), find_command(["weights", "fetsh"]), find_command(["demo"])
    ('eval coco', 'weights', '')
    """
    words = list(args[:2])
    while words and not commands_of(" ".join(words)):
        words.pop()
    return " ".join(words)


def commands_of(name: str) -> tuple[str, ...]:
    """The commands of a group; the command itself, if this is one; all for "".

    >>> commands_of("eval"), commands_of("live")
    (('eval coco', 'eval mot', 'eval tracker', 'eval mpii'), ('live',))
    """
    words = name.split()
    return tuple(command for command in COMMANDS if command.split()[: len(words)] == words)


def page(name: str) -> str:
    """The page of a command or group; of the program for ""."""
    file = name.replace(" ", "_") or PROGRAM
    return (resources.files(__package__) / "help" / f"{file}.txt").read_text(encoding="utf-8").rstrip("\n")


def examples(name: str) -> str:
    """The examples at the end of a page, with their heading."""
    _, heading, lines = page(name).partition(_EXAMPLES)
    return f"{heading}{lines}".strip("\n")
