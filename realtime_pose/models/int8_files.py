"""The int8 file of a network: named in the manifest, or made by the user and recorded beside the network's file.

The record is `FILE.int8.toml` beside `FILE.onnx`; `weights quantize` writes both.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import tomli_w

from realtime_pose.config.toml_dataclass import from_table, to_table
from realtime_pose.errors import ConfigError
from realtime_pose.files import atomic
from realtime_pose.models.manifest import Int8File, ModelSpec


def find_int8(spec: ModelSpec, path: Path) -> ModelSpec | None:
    """The entry of a network's int8 graph; None if there is none.

    Args:
        spec: The entry of the network.
        path: Its own file.

    Raises:
        ConfigError: The record beside the file is wrong.
    """
    made = spec.int8 or _load_record(path)
    if made is None:
        return None
    return replace(spec, file=made.file, url="", sha256=made.sha256, bytes=made.bytes, int8=None)


def record_path(path: Path) -> Path:
    """Where the int8 graph of this file is recorded."""
    return path.with_suffix(".int8.toml")


def save_record(path: Path, made: Int8File) -> None:
    """Record the int8 graph of a network's file, beside this file.

    Raises:
        SinkError: The record cannot be written.
    """
    atomic.write(record_path(path), tomli_w.dumps(to_table(made)))


def _load_record(path: Path) -> Int8File | None:
    record = record_path(path)
    if not record.is_file():
        return None
    try:
        made = from_table(Int8File, tomllib.loads(record.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ConfigError) as error:
        raise ConfigError(f"{record}: expected the record of an int8 file, but {error}; delete it") from error
    return replace(made, file=str(path.resolve().with_name(made.file)))
