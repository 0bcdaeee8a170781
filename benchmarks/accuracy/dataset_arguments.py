"""What the accuracy benchmarks are asked on the command line, and the JSON file that they write."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from realtime_pose.config import DetectConfig


def dataset_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser for an annotation file, its images, the detectors, and the JSON file."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detector", nargs="+", default=[DetectConfig().model])
    parser.add_argument("--json", type=Path)
    return parser


def write_json(path: Path | None, entries: Sequence[dict[str, Any]]) -> None:
    """Write the figures to the file that was asked for, if any."""
    if path is not None:
        path.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
