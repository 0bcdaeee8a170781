"""How fast is this checkout compared with another one: the default pair on a video with a recording, and the start?

    python benchmarks/checkouts.py --other FOLDER VIDEO [--rounds 5] [--json PATH] [-- FLAG ...]

FOLDER is a checkout of another commit (git worktree add). Both run in turn, each run in its own process, with the
Python of this script. The rate is taken from the end of loading until the recording is closed. A start is a whole run
of one frame, first with an empty cache folder, then again. FLAGs go to `live` in both. Prints Markdown.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RUN = Path(__file__).resolve().parent / "peers" / "run_ours.py"
HERE = Path(__file__).resolve().parents[1]
COLUMNS = {
    "rate_hz": "frames/s",
    "core_ms": "core-ms per frame",
    "first_start_s": "first start, s",
    "second_start_s": "second start, s",
}


def run_once(checkout: Path, video: str, flags: Sequence[str], folder: Path) -> dict[str, float]:
    """The figures of one round of a checkout."""
    recording = folder / "recording.mp4"
    figures = {}
    cache = tempfile.mkdtemp(dir=folder)  # empty: the networks are compiled
    for key in ("first_start_s", "second_start_s"):
        started = time.perf_counter()
        run(checkout, cache, folder, ["live", video, "--headless", "--max-frames", "1", *flags])
        figures[key] = time.perf_counter() - started
    result = run(checkout, cache, folder, ["live", video, "--headless", "--record", str(recording), *flags])
    recording.unlink()  # older commits do not know --overwrite
    figures["rate_hz"] = result["frames"] / result["seconds"]
    figures["core_ms"] = 1000 * result["core_seconds"] / result["frames"]
    return figures


def run(checkout: Path, cache: str, folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """The timings of one run of a checkout."""
    result = folder / "result.json"
    environment = {**os.environ, "PYTHONPATH": str(checkout), "XDG_CACHE_HOME": cache}
    command = [sys.executable, str(RUN), str(result), *arguments]
    subprocess.run(command, check=True, cwd=checkout, env=environment, capture_output=True)
    loaded: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return loaded


def table(rounds: Sequence[dict[str, dict[str, float]]]) -> str:
    """Medians of all rounds, with minimum and maximum; the last row has the ratios, each of one round."""
    names = list(rounds[0])
    lines = [f"| | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name in names:
        cells = (summary([figures[name][key] for figures in rounds], digits=1) for key in COLUMNS)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    this, other = names
    ratios = (summary([figures[this][key] / figures[other][key] for figures in rounds], digits=2) for key in COLUMNS)
    lines.append(f"| ratio | {' | '.join(ratios)} |")
    return "\n".join(lines)


def summary(values: Sequence[float], *, digits: int) -> str:
    """The median, with minimum and maximum."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("flags", nargs="*")
    parser.add_argument("--other", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts = {"this checkout": HERE, "the other": options.other.resolve()}
    video = str(Path(options.video).resolve())
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            figures = {}
            for name in sorted(checkouts, reverse=bool(number % 2)):  # the order changes with each round
                figures[name] = run_once(checkouts[name], video, options.flags, Path(folder))
                print(name, {key: round(value, 2) for key, value in figures[name].items()}, file=sys.stderr)
            rounds.append({name: figures[name] for name in checkouts})
    print(table(rounds))
    if options.json:
        options.json.write_text(json.dumps(rounds, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
