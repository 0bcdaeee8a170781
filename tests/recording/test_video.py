"""The recorded video: times, sizes, colours, and what is left after a kill or on a full disk."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.clips import BLUE, GREEN, RED, pattern_image
from benchmarks.support.full_disk import limit_file_size
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import ENCODERS, working_encoders
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, scene
from tests.support.recorders import started_recorder

pytestmark = [pytest.mark.process]

Image = NDArray[np.uint8]
ROOT = Path(__file__).resolve().parents[2]
CONFIG = RecordConfig()


def record(path: Path, *scenes: Scene, rate_hz: float | None = 30.0) -> Recorder:
    recorder = started_recorder(path, CONFIG, rate_hz=rate_hz)
    for still in scenes:
        recorder.write(still)
    recorder.close()
    return recorder


def frames(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def duration_s(path: Path) -> float:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float((stream.duration or 0) * (stream.time_base or 0))


def noise(wh: tuple[int, int], seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (wh[1], wh[0], 3), dtype=np.uint8)


def test_the_demo_clip_keeps_its_frames_times_and_duration(demo_clip: Path, tmp_path: Path) -> None:
    times = video_times(demo_clip)
    stills = [scene(index=index, time_s=time_s) for index, time_s in enumerate(times)]
    record(tmp_path / "a.mp4", *stills, rate_hz=60.0)
    assert video_times(tmp_path / "a.mp4") == pytest.approx(times, abs=1e-5)
    assert duration_s(tmp_path / "a.mp4") == pytest.approx(100 / 60, abs=1e-4)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].frames == 100  # an ordinary MP4, once it is closed


@pytest.mark.parametrize("rate_hz", [25.0, None])
def test_variable_frame_rates_are_kept_across_fragments(tmp_path: Path, rate_hz: float | None) -> None:
    times = [0.0, 0.033, 0.07, 0.1, 0.5, 0.533, 1.2, 2.9, 2.94, 4.0, 4.25]
    stills = [scene(index=index, time_s=time_s) for index, time_s in enumerate(times)]
    record(tmp_path / "a.mp4", *stills, rate_hz=rate_hz)
    assert video_times(tmp_path / "a.mp4") == pytest.approx(times, abs=1e-5)
    assert duration_s(tmp_path / "a.mp4") == pytest.approx(4.25 + (0.04 if rate_hz else 0.25), abs=1e-3)


def test_times_count_from_the_first_scene(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", scene(time_s=77.5), scene(index=1, time_s=77.6))
    assert video_times(tmp_path / "a.mp4") == pytest.approx([0, 0.1], abs=1e-5)


def test_times_that_do_not_increase_are_moved_by_a_tick_and_counted(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.1, 0.05, 0.2]
    recorder = record(tmp_path / "a.mp4", *(scene(index=index, time_s=time_s) for index, time_s in enumerate(times)))
    assert video_times(tmp_path / "a.mp4") == pytest.approx([0, 0.1, 0.1 + 1 / 90000, 0.1 + 2 / 90000, 0.2], abs=1e-7)
    assert recorder.num_moved == 2


@pytest.mark.parametrize(
    ("wh", "stored"),
    [
        ((1, 1), (2, 2)),
        ((2, 2), (2, 2)),
        ((16, 9), (16, 10)),
        ((33, 48), (34, 48)),
        ((1, 40), (2, 40)),
        ((32, 18), (32, 18)),
    ],
)
def test_any_size(tmp_path: Path, wh: tuple[int, int], stored: tuple[int, int]) -> None:
    still = np.full((wh[1], wh[0], 3), (30, 90, 160), np.uint8)
    record(tmp_path / "a.mp4", *(scene(index=index, image=still) for index in range(3)))
    images = frames(tmp_path / "a.mp4")
    assert [image.shape for image in images] == [(stored[1], stored[0], 3)] * 3
    assert np.abs(images[0].astype(int) - (30, 90, 160)).max() <= 8  # also the added row and column


def test_colours_are_kept_and_tagged(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4", scene(image=pattern_image(0, (64, 48))))
    (image,) = frames(tmp_path / "a.mp4")
    for corner, colour in (((12, 16), RED), ((12, 48), GREEN), ((36, 16), BLUE)):
        assert np.abs(image[corner].astype(int) - colour).max() <= 12
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        tags = (context.pix_fmt, context.color_range, context.colorspace, context.color_primaries, context.color_trc)
        assert tags == ("yuv420p", 1, 6, 1, 1)  # limited range, BT.601's matrix (cv2's), BT.709's primaries and curve
        assert context.name == "h264"


def test_the_image_that_is_made_of_a_scene_is_recorded(tmp_path: Path) -> None:
    drawn = np.full((48, 64, 3), 200, np.uint8)
    target, context = SingleFile(tmp_path / "a.mp4", CONFIG), RecordingContext(30.0)
    recorder = Recorder(target, CONFIG, context=context, make_image=lambda scene, kind: drawn)
    recorder.start()
    recorder.write(scene(image=np.zeros((48, 64, 3), np.uint8)))
    recorder.close()
    assert frames(tmp_path / "a.mp4")[0].mean() == pytest.approx(200, abs=4)


@pytest.mark.parametrize(
    ("later", "dark"),
    [((48, 64), (slice(None), slice(0, 12))), ((128, 48), (slice(0, 10), slice(None))), ((32, 24), None)],
    ids=["taller", "wider", "smaller of the same aspect"],
)
def test_a_size_change_is_letterboxed_into_the_first_size(tmp_path: Path, later: tuple[int, int], dark: Any) -> None:
    white = [np.full((wh[1], wh[0], 3), 235, np.uint8) for wh in ((64, 48), later, (64, 48))]
    record(tmp_path / "a.mp4", *(scene(index=index, image=image) for index, image in enumerate(white)))
    first, second, third = frames(tmp_path / "a.mp4")
    assert first.shape == second.shape == third.shape == (48, 64, 3)
    assert second[24, 32].min() > 220
    assert dark is None or second[dark].max() < 30
    assert first.min() > 220
    assert third.min() > 200


def test_without_a_scene_no_file_is_left(tmp_path: Path) -> None:
    record(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.avi", "a", "a.mp4.txt"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SinkError, match=r"expected a path that ends with \.mp4"):
        started_recorder(tmp_path / name, CONFIG, rate_hz=30)
    assert not list(tmp_path.iterdir())


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ConfigError, match="ultrafast, superfast"):
        RecordConfig(encoder_preset="fastest")


def test_working_encoders_are_found_by_trying() -> None:
    assert "libx264" in working_encoders()
    assert set(working_encoders()) <= set(ENCODERS)


def test_a_size_that_no_encoder_takes_is_an_error(tmp_path: Path) -> None:
    recorder = started_recorder(tmp_path / "a.mp4", CONFIG, rate_hz=30)
    with pytest.raises(SinkError, match="20000x2 frame was not encoded"):
        recorder.write(scene(image=np.zeros((2, 20000, 3), np.uint8)))
    recorder.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    recorder = started_recorder(path, CONFIG, rate_hz=10)
    stills = [scene(index=index, time_s=index / 10, image=noise((160, 120), index)) for index in range(60)]
    written = 0
    with limit_file_size(200_000):
        with pytest.raises(SinkError, match=r"writing stopped .*check the disk"):  # noqa: PT012 - any of them may fail
            for still in stills:
                recorder.write(still)
                written += 1
        with pytest.raises(SinkError, match="writing stopped"):
            recorder.write(stills[-1])
        recorder.close()
        recorder.close()
    kept = video_times(path)
    assert 10 <= len(kept) < 60
    assert len(kept) >= written - 11  # a second of frames, and the one that failed
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == len(kept)  # cut at a whole fragment: no error at the end


def test_a_disk_that_fills_up_at_the_end_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    recorder = started_recorder(path, CONFIG, rate_hz=10)
    for index in range(25):
        recorder.write(scene(index=index, time_s=index / 10, image=noise((160, 120), index)))
    with limit_file_size(path.stat().st_size + 100), pytest.raises(SinkError, match="writing stopped"):
        recorder.close()
    recorder.close()
    assert len(video_times(path)) == 20


def test_a_deleted_recording_is_an_error_at_the_end(tmp_path: Path) -> None:
    recorder = started_recorder(tmp_path / "a.mp4", CONFIG, rate_hz=30)
    recorder.write(scene())
    (tmp_path / "a.mp4").unlink()
    with pytest.raises(SinkError, match="moved or deleted"):
        recorder.close()
    recorder.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from threading import Event
import numpy as np
from realtime_pose.config import RecordConfig
from tests.support.recorders import started_recorder
from tests.support.people.stills import scene
path, rate_hz, seconds = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
recorder = started_recorder(path, RecordConfig(), rate_hz=None)
image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
for index in range(round(seconds * rate_hz)):
    recorder.write(scene(index=index, time_s=index / rate_hz, image=image))
    if len(sys.argv) > 4:
        Event().wait(1 / rate_hz)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("rate_hz", "seconds", "paced"),
    [(30.0, 2.5, ["paced"]), (30.0, 9.9, []), (2.0, 10.0, []), (0.7, 20.0, []), (240.0, 3.0, [])],
    ids=["30 fps, paced by the clock", "30 fps", "2 fps", "0.7 fps", "240 fps"],
)
def test_a_killed_recording_loses_less_than_two_seconds(
    tmp_path: Path, rate_hz: float, seconds: float, paced: list[str]
) -> None:
    """The recorder, the encoder and the muxer use media time only, so most cases write as fast as they can: a process
    that writes at the pace of the clock leaves the same file."""
    path = tmp_path / "a.mp4"
    run = [sys.executable, "-c", KILLED, str(path), str(rate_hz), str(seconds), *paced]
    process = subprocess.run(run, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    times = video_times(path)
    assert times[0] == 0
    assert np.diff(times) == pytest.approx(1 / rate_hz, abs=1e-4)
    assert seconds - (times[-1] + 1 / rate_hz) < 2


def sync_times(path: Path, monkeypatch: pytest.MonkeyPatch, *, is_live: bool) -> dict[str, list[float]]:
    """Media times at which the files and the folder were forced to the disk, during a recording of five seconds."""
    synced: list[tuple[int, float]] = []
    now_s, fsync = [0.0], os.fsync

    def noting_fsync(number: int) -> None:
        fsync(number)
        synced.append((os.fstat(number).st_ino, now_s[0]))

    monkeypatch.setattr(os, "fsync", noting_fsync)
    context = RecordingContext(rate_hz=10.0, is_live=is_live, run=RunHeader("door", COCO17, {}))
    config = RecordConfig(picture="clean")
    recorder = Recorder(SingleFile(path, config), config, context=context)
    recorder.start()
    for index in range(50):
        now_s[0] = index / 10
        recorder.write(scene(nobody(), index=index, time_s=now_s[0]))
    recorder.close()
    names = {each.stat().st_ino: each.suffix for each in (path, path.with_suffix(".jsonl"), path.parent)}
    found: dict[str, list[float]] = {name: [] for name in names.values()}
    for inode, time_s in synced:
        found[names[inode]].append(time_s)
    return found


def test_a_recording_of_a_camera_is_forced_to_the_disk_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sync_times(tmp_path / "a.mp4", monkeypatch, is_live=True)
    for ending in (".mp4", ".jsonl"):
        assert np.diff([0.0, *found[ending]]).max() < 1.5, ending
        assert found[ending][-1] == 4.9, f"{ending} at the end"
    assert found[""], "the folder, which holds the names"
    assert max(found[""]) < 1.5


def test_a_recording_of_a_file_is_not_forced_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sync_times(tmp_path / "a.mp4", monkeypatch, is_live=False) == {".mp4": [], ".jsonl": [], "": []}
