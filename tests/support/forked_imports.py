"""What a program has imported when it is forked: the import of this module opens nothing and starts no thread."""

import gc
from importlib import import_module

from realtime_pose.cli import parse

for name in (
    "realtime_pose.app.application",
    "realtime_pose.app.real_pipeline",
    "realtime_pose.appearance.clothes",
    "realtime_pose.appearance.people",
    "realtime_pose.commands.live",
    "realtime_pose.commands.process",
    "realtime_pose.commands.process_runs",
    "realtime_pose.commands.process_sinks",
    "realtime_pose.models._openvino",
    "realtime_pose.models.openvino_backend",
    "realtime_pose.pipeline.build",
    "realtime_pose.recording.audio_buffer",
    "realtime_pose.recording.audio_file",
    "realtime_pose.tracking.outliers",
    "realtime_pose.tracking.recovery",
    "realtime_pose.tracking.smooth",
    "tests.support.fakes.fake_pipeline",
):
    import_module(name)
parse(["live", "demo"])  # tyro imports its parts at the first use
gc.freeze()
