"""A whole live run of a real stream: fresh pictures with skeletons, flat memory, and a kill that costs little."""

import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses
from tests.pipeline.test_memory import num_of
from tests.support.following import standing_people
from tests.support.live_run import run_in_state
from tests.support.rtsp_server import RtspServer
from tests.support.sink_readers import video_times

BUDGET_S = 0.25
WARM_UP, NUM_SCENES = 10, 30  # scenes


@pytest.mark.parametrize("slower_s", [0.0, 0.1])
def test_of_a_stream_of_1280x720_the_newest_is_shown_with_skeletons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slower_s: float
) -> None:
    """As fast as the networks are, and where poses alone take three of the camera's frames.

    All but the work on a frame is waiting, and of that the budget is the bound; the median, for the machine is shared.
    """
    plain, pause = NetworkPoseEstimator.estimate, threading.Event()

    def slowed(self: NetworkPoseEstimator, frame: Frame, boxes: Boxes) -> Poses:
        pause.wait(slower_s)
        return plain(self, frame, boxes)

    monkeypatch.setattr(NetworkPoseEstimator, "estimate", slowed)
    waits_s, num_seen, num_added, before = [], [], 0, num_of(Frame)
    with RtspServer(standing_people(tmp_path, wh=(1280, 720))) as server:
        pipeline = build(Config(source=SourceConfig(uri=server.address), pose=PoseConfig(model="movenet-lightning")))
        for number, scene in enumerate(pipeline.scenes()):
            if number >= WARM_UP:
                waits_s.append(scene.frame.age_s(time.monotonic()) - sum(scene.timings.values()))
                num_seen.append(0 if scene.tracks is None else len(scene.tracks.seen))
            if number >= WARM_UP + NUM_SCENES:
                num_added = num_of(Frame) - before  # once: it looks at all that Python holds, and holds up all threads
                break
    assert np.median(waits_s) < BUDGET_S
    assert np.median(num_seen) >= 2
    assert num_added < 30, "pictures under way, and those of a queue before the recording"


def test_of_a_run_that_is_killed_all_but_the_last_two_seconds_plays(tmp_path: Path) -> None:
    with run_in_state("live", tmp_path, num_frames=90) as run:
        run.ended_s(signal.SIGKILL)
    written_s = run.posed_s()
    assert len(written_s) >= 90
    assert written_s[-1] - written_s[0] - video_times(run.video)[-1] < 2
