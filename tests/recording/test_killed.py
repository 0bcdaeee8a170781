"""What is left of segments, a pre-roll and the index when the process is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.recording.retention import RecordingIndex

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.targets import SegmentSeries
from realtime_pose.recording.recorder import Recorder
from tests.support.people.stills import nobody, scene
folder, seconds, settings = Path(sys.argv[1]), float(sys.argv[2]), eval(sys.argv[3])
config = RecordConfig(path=folder, **settings)
recorder = Recorder(SegmentSeries(folder, config), config, context=RecordingContext(30.0, is_live=True))
if not config.waits:
    recorder.start()
for index in range(round(seconds * 30)):
    if config.waits and index == 90:
        recorder.start()
    recorder.write(scene(nobody(), index=index, time_s=index / 30))
os.kill(os.getpid(), signal.SIGKILL)
"""


def record_and_kill(folder: Path, seconds: float, **settings: str) -> list[Path]:
    """Record so many seconds of media time, kill the process, and return the videos it leaves, oldest first."""
    run = [sys.executable, "-c", KILLED, str(folder), str(seconds), repr(settings)]
    process = subprocess.run(run, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    return [file.path for file in RecordingIndex(folder, "").recorded() if file.path.suffix == ".mp4"]


@pytest.mark.parametrize("seconds", [2.5, 7.9])
def test_segments_lose_less_than_two_seconds(tmp_path: Path, seconds: float) -> None:
    paths = record_and_kill(tmp_path, seconds, segment="2s")
    counts = [len(video_times(path)) for path in paths]
    assert counts[:-1] == [60] * (len(counts) - 1)
    assert seconds - 2 < sum(counts) / 30 <= seconds
    for path in paths[:-1]:
        with av.open(str(path)) as container:
            assert container.streams.video[0].frames == 60  # finished: an ordinary MP4


def test_a_recording_just_started_keeps_its_preroll(tmp_path: Path) -> None:
    (path,) = record_and_kill(tmp_path, 5.0, preroll="2s")
    times = video_times(path)
    assert times[0] == 0
    assert times[-1] > 2 + 2 - 1.1  # the pre-roll and 2 s more, without the last second


def test_poses_beside_a_clean_video_are_complete(tmp_path: Path) -> None:
    (path,) = record_and_kill(tmp_path, 3.0, segment="10min", picture="clean")
    assert len(path.with_suffix(".jsonl").read_text().splitlines()) == 91  # a header and a line a frame
    assert len(video_times(path)) >= 60


def test_the_next_run_knows_the_files_of_a_killed_one(tmp_path: Path) -> None:
    """It uses free names, has the cut-off file in its index, and deletes it when its turn comes."""
    first = record_and_kill(tmp_path, 2.5, segment="10min")
    both = record_and_kill(tmp_path, 2.5, segment="10min")
    assert both[0] == first[0]
    assert len(both) == 2
    index = RecordingIndex(tmp_path, "", keep_bytes=1)
    assert index.prune(0.0, in_use=()) == both
