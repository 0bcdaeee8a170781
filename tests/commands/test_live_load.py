"""A whole live run on a real stream: fresh frames with skeletons, constant memory, and little loss after a kill."""

import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.following import write_standing_people
from benchmarks.support.live_run import run_in_state
from benchmarks.support.readers.sink_readers import video_times
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses
from tests.support.forked_program import start_forked
from tests.support.memory import count_instances

pytestmark = [pytest.mark.server, pytest.mark.process]

BUDGET_S = 0.25
WARM_UP, NUM_SCENES = 10, 30  # scenes


@pytest.mark.parametrize("slower_s", [0.0, 0.1])
def test_the_newest_frame_of_a_1280x720_stream_has_skeletons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slower_s: float
) -> None:
    """At the speed of the networks, and with a pose estimator that takes as long as three frames of the camera.

    The budget is for waiting: age of a frame minus the work on it. The median, because the machine is shared.
    """
    plain, pause = NetworkPoseEstimator.estimate, threading.Event()

    def slowed(self: NetworkPoseEstimator, frame: Frame, boxes: Boxes) -> Poses:
        pause.wait(slower_s)
        return plain(self, frame, boxes)

    monkeypatch.setattr(NetworkPoseEstimator, "estimate", slowed)
    waits_s, num_seen, num_added, before = [], [], 0, count_instances(Frame)
    with RtspServer(write_standing_people(tmp_path, wh=(1280, 720))) as server:
        source = SourceConfig(uri=server.address, pose_budget_ms=0)  # a pose of everybody, however slow the machine is
        pipeline = build(Config(source=source, pose=PoseConfig(model="movenet-lightning")))
        for number, scene in enumerate(pipeline.scenes()):
            if number >= WARM_UP:
                waits_s.append(scene.frame.age_s(time.monotonic()) - sum(scene.timings.values()))
                num_seen.append(0 if scene.tracks is None else len(scene.tracks.seen))
            if number >= WARM_UP + NUM_SCENES:
                # Only once: it visits all objects of Python and stops all threads meanwhile.
                num_added = count_instances(Frame) - before
                break
    assert np.median(waits_s) < BUDGET_S
    assert np.median(num_seen) >= 2
    assert num_added < 30, "only frames in the stages and in the queue before the recording"


def test_a_killed_run_loses_at_most_the_last_two_seconds(tmp_path: Path) -> None:
    with run_in_state("live", tmp_path, num_frames=90, start=start_forked) as run:
        run.stop_s(signal.SIGKILL)
    written_s = run.pose_times_s()
    assert len(written_s) >= 90
    assert written_s[-1] - written_s[0] - video_times(run.video)[-1] < 2
