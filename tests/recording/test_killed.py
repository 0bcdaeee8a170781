"""What is left of segments, a pre-roll and a ledger when the process is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

from realtime_pose.recording.retention import RecordingIndex
from tests.support.sink_readers import video_times

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.targets import SegmentSeries
from realtime_pose.recording.recorder import Recorder
from tests.support.stills import nobody, scene
folder, seconds, settings = Path(sys.argv[1]), float(sys.argv[2]), eval(sys.argv[3])
config = RecordConfig(path=folder, **settings)
sink = Recorder(SegmentSeries(folder, config), config, context=RecordingContext(30.0, is_live=True))
if not config.waits:
    sink.start()
for index in range(round(seconds * 30)):
    if config.waits and index == 90:
        sink.start()
    sink.write(scene(nobody(), index=index, time_s=index / 30))
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path, seconds: float, **settings: str) -> list[Path]:
    """The videos that a recorder leaves which is killed after so much media time, in the order of their making."""
    run = [sys.executable, "-c", KILLED, str(folder), str(seconds), repr(settings)]
    done = subprocess.run(run, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    return [file.path for file in RecordingIndex(folder, "").recorded() if file.path.suffix == ".mp4"]


@pytest.mark.parametrize("seconds", [2.5, 7.9])
def test_of_segments_all_but_the_last_two_seconds_plays(tmp_path: Path, seconds: float) -> None:
    paths = killed(tmp_path, seconds, segment="2s")
    counts = [len(video_times(path)) for path in paths]
    assert counts[:-1] == [60] * (len(counts) - 1)
    assert seconds - 2 < sum(counts) / 30 <= seconds
    for path in paths[:-1]:
        with av.open(str(path)) as container:
            assert container.streams.video[0].frames == 60  # finished: an ordinary MP4


def test_of_a_preroll_that_was_just_begun(tmp_path: Path) -> None:
    (path,) = killed(tmp_path, 5.0, preroll="2s")
    times = video_times(path)
    assert times[0] == 0
    assert times[-1] > 2 + 2 - 1.1  # the pre-roll, and what came since, but for the last second


def test_poses_beside_a_clean_picture_lose_nothing(tmp_path: Path) -> None:
    (path,) = killed(tmp_path, 3.0, segment="10min", picture="clean")
    assert len(path.with_suffix(".jsonl").read_text().splitlines()) == 91  # a header and a line a frame
    assert len(video_times(path)) >= 60


def test_a_killed_recorder_is_gone_on_from(tmp_path: Path) -> None:
    """The next run takes names that are free, keeps the cut file in its ledger, and deletes it in its turn."""
    first = killed(tmp_path, 2.5, segment="10min")
    both = killed(tmp_path, 2.5, segment="10min")
    assert both[0] == first[0]
    assert len(both) == 2
    index = RecordingIndex(tmp_path, "", keep_bytes=1)
    assert index.prune(0.0, sparing=()) == both
