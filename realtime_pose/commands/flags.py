"""Flags that several commands share, as annotated types of their dataclass fields."""

from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.config import PRESETS, RECORDED_IMAGES, X264_PRESETS
from realtime_pose.config.choices import one_of

PresetFlag = Annotated[
    str,
    one_of(PRESETS),
    tyro.conf.arg(help="Speed or accuracy of the models, overridden by --config and the flags; balanced if not given."),
]
RecordAsFlag = Annotated[
    str,
    one_of(RECORDED_IMAGES),
    tyro.conf.arg(
        name="record-as",
        help="Videos: overlay: with the skeletons; clean: the original picture, with its poses in a .jsonl file; both.",
    ),
]
QualityFlag = Annotated[
    int, tyro.conf.arg(help="Constant rate factor of the encoder: lower means better quality and larger files.")
]
EncoderPresetFlag = Annotated[
    str, one_of(X264_PRESETS), tyro.conf.arg(help="Speed preset of libx264: a slower one makes smaller files.")
]
ConfigFlag = Annotated[
    Path | None, tyro.conf.arg(metavar="FILE.toml", help="Read settings from this file; flags override it.")
]
DebugFlag = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help="Show tracebacks and debug messages.")]
