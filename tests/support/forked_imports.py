"""What a program has imported when it is forked: the import of this module opens nothing and starts no thread."""

import gc

import realtime_pose.app.application
import realtime_pose.app.real_pipeline
import realtime_pose.commands.live
import realtime_pose.commands.process
import realtime_pose.models._openvino
import realtime_pose.models.openvino_backend
import realtime_pose.pipeline.build
import tests.support.fakes.fake_pipeline  # noqa: F401 - programs of the tests import it
from realtime_pose.cli import parse

parse(["live", "demo"])  # tyro imports its parts at the first use
gc.freeze()
