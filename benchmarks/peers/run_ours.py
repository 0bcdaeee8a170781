"""Runs `realtime-pose live` and measures the time from the end of loading until the recording is closed.

python benchmarks/peers/run_ours.py RESULT.json live VIDEO --headless --record OUT.mp4 ...        (called by compare.py)
"""

import json
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from realtime_pose import cli
from realtime_pose.config import Config
from realtime_pose.pipeline import build as pipeline_build
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline


def main() -> None:
    """Run the command line; write its frames, wall time and core time."""
    built: list[tuple[float, float, Pipeline]] = []

    def timed_build(config: Config, **options: Any) -> Pipeline:
        pipeline = build(config, **options)
        built.append((time.perf_counter(), time.process_time(), pipeline))
        return pipeline

    with patch.object(pipeline_build, "build", timed_build):
        code = cli.main(sys.argv[2:])
    # the models are loaded when build returns
    started, core_started, pipeline = built[0]
    result = {
        "frames": pipeline.report().num_frames,
        "seconds": time.perf_counter() - started,
        "core_seconds": time.process_time() - core_started,
    }
    Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")
    sys.exit(code)


if __name__ == "__main__":
    main()
