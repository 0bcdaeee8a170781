"""The command ``completion``: its arguments. The script comes from the parser, in `cli`."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True, slots=True)
class CompletionArguments:
    """Print a script that completes commands and options with the Tab key."""

    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional]
    """The shell for which the script is."""
