"""Flags that several commands share, as annotated types of their dataclass fields."""

from pathlib import Path
from typing import Annotated

import tyro

PresetFlag = Annotated[
    str,
    tyro.conf.arg(
        metavar="fast|balanced|accurate",
        help="Speed or accuracy of the models, overridden by --config and the flags; balanced if not given.",
    ),
]
ConfigFlag = Annotated[
    Path | None, tyro.conf.arg(metavar="FILE.toml", help="Read settings from this file; flags override it.")
]
DebugFlag = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help="Show tracebacks and debug messages.")]
