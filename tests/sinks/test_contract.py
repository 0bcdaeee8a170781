"""What every sink keeps: it takes scenes from one thread, closes twice, refuses in words, and loses nothing."""

import shutil
import threading
from pathlib import Path

import pytest

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader, Sink, open_pose_sink
from realtime_pose.skeletons import COCO17
from tests.support.recorders import started_recorder
from tests.support.sink_readers import READERS, SILENT, video_times
from tests.support.stills import nobody, people, scene

RUN = RunHeader("still", COCO17, {"detector": "0" * 64})


def _open(path: Path) -> Sink:
    if path.suffix == ".mp4":
        return started_recorder(path, RecordConfig(), rate_hz=30.0)
    return open_pose_sink(path, RUN)


@pytest.fixture(params=[".mp4", *READERS])
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(READERS))
def pose_ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def frames_in(path: Path) -> int:
    return len(video_times(path) if path.suffix == ".mp4" else READERS[path.suffix](path))


def seen_then_nobody() -> list[Scene]:
    """Six frames: two people, one, nobody, and so on; the last with nobody."""
    tracks = [people([[5, 5, 25, 45], [30, 5, 60, 40]]), people([[6, 5, 26, 45]]), nobody()]
    return [scene(tracks[index % 3], index=index) for index in range(6)]


@pytest.mark.parametrize("count", [0, 1, 6])
def test_what_was_written_is_read_back(pose_ending: str, tmp_path: Path, count: int) -> None:
    path = tmp_path / f"out{pose_ending}"
    scenes = seen_then_nobody()[:count]
    sink = _open(path)
    for still in scenes:
        sink.write(still)
    sink.close()
    counts = [(still.frame.index, len(still.tracks or ())) for still in scenes]
    assert READERS[pose_ending](path) == [
        (index, count) for index, count in counts if count or pose_ending not in SILENT
    ]


def test_close_twice_and_no_write_afterwards(ending: str, tmp_path: Path) -> None:
    sink = _open(tmp_path / f"out{ending}")
    sink.write(seen_then_nobody()[0])
    sink.close()
    sink.close()
    with pytest.raises(SinkError, match="closed"):
        sink.write(seen_then_nobody()[1])
    assert frames_in(tmp_path / f"out{ending}") == 1


def test_an_older_file_is_replaced(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    path.write_bytes(b"older and longer than anything that comes" * 1000)
    sink = _open(path)
    sink.write(seen_then_nobody()[0])
    sink.close()
    assert frames_in(path) == 1


def test_a_missing_folder_is_named(ending: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"missing.*does not exist; make it"):
        _open(tmp_path / "missing" / f"out{ending}")


def test_a_file_in_the_folders_place(ending: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="cannot be written"):
        _open(tmp_path / "file" / f"out{ending}")


def test_a_folder_that_nobody_can_write_into(ending: str) -> None:
    """Even root makes no file in /proc."""
    with pytest.raises(SinkError, match="proc"):
        _open(Path(f"/proc/out{ending}"))


def test_a_folder_in_the_files_place(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"out{ending}").mkdir()
    with pytest.raises(SinkError, match="got a folder"):
        _open(tmp_path / f"out{ending}")


def test_another_thread_writes(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    sink = _open(path)

    def write() -> None:
        for still in seen_then_nobody():
            sink.write(still)
        sink.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert frames_in(path) == (4 if ending in SILENT else 6)


def test_a_vanished_folder_is_told_and_closing_is_quiet(ending: str, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    sink = _open(folder / f"out{ending}")
    sink.write(seen_then_nobody()[0])
    shutil.rmtree(folder)
    for still in seen_then_nobody()[1:3]:
        with pytest.raises(SinkError, match="moved or deleted"):
            sink.write(still)
    sink.close()
    sink.close()


@pytest.mark.parametrize("text", ["out.avi", "out", "out.jsonl.gz", ".json"])
def test_unknown_endings_name_the_four(text: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.jsonl .*\.json .*\.txt .*\.csv"):
        open_pose_sink(tmp_path / text, RUN)
    assert not list(tmp_path.iterdir())


def test_endings_in_capitals(tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "OUT.JSON", RUN)
    sink.close()
    assert READERS[".json"](tmp_path / "OUT.JSON") == []


def test_scenes_without_a_tracker_are_refused(pose_ending: str, tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / f"out{pose_ending}", RUN)
    with pytest.raises(SinkError, match="expected tracks"):
        sink.write(scene())
    sink.close()
