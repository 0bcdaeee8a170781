"""The contract of every sink: any one thread, a second close, clear errors, and no lost scene."""

import shutil
import threading
from pathlib import Path

import pytest

from benchmarks.support.readers.sink_readers import READERS, SILENT, video_times
from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader, Sink
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink, started_recorder

RUN = RunHeader("still", COCO17, {"detector": "0" * 64})


def open_sink(path: Path, *, may_replace: bool = False) -> Sink:
    if path.suffix == ".mp4":
        return started_recorder(path, RecordConfig(), rate_hz=30.0, may_replace=may_replace)
    return open_pose_sink(path, RUN, may_replace=may_replace)


@pytest.fixture(params=[".mp4", *READERS])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(READERS))
def pose_suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def frames_in(path: Path) -> int:
    return len(video_times(path) if path.suffix == ".mp4" else READERS[path.suffix](path))


def six_scenes() -> list[Scene]:
    """Six scenes: two people, one, nobody, and the same again."""
    tracks = [people([[5, 5, 25, 45], [30, 5, 60, 40]]), people([[6, 5, 26, 45]]), nobody()]
    return [scene(tracks[index % 3], index=index) for index in range(6)]


@pytest.mark.parametrize("count", [0, 1, 6])
def test_written_scenes_can_be_read_back(pose_suffix: str, tmp_path: Path, count: int) -> None:
    path = tmp_path / f"out{pose_suffix}"
    scenes = six_scenes()[:count]
    sink = open_sink(path)
    for written in scenes:
        sink.write(written)
    sink.close()
    counts = [(written.frame.index, len(written.tracks or ())) for written in scenes]
    assert READERS[pose_suffix](path) == [
        (index, count) for index, count in counts if count or pose_suffix not in SILENT
    ]


def test_close_twice_and_no_write_afterwards(suffix: str, tmp_path: Path) -> None:
    sink = open_sink(tmp_path / f"out{suffix}")
    sink.write(six_scenes()[0])
    sink.close()
    sink.close()
    with pytest.raises(SinkError, match="closed"):
        sink.write(six_scenes()[1])
    assert frames_in(tmp_path / f"out{suffix}") == 1


def test_an_older_file_is_replaced_only_if_it_may_be(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"older and longer than anything that comes" * 1000)
    before = path.read_bytes()
    with pytest.raises(SinkError, match="this file exists"):
        open_sink(path)
    assert path.read_bytes() == before
    sink = open_sink(path, may_replace=True)
    assert path.suffix in {".csv", ".json"} or path.read_bytes() == before, "until the first scene"
    sink.write(six_scenes()[0])
    sink.close()
    assert frames_in(path) == 1


def test_a_missing_folder_is_named(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"missing.*does not exist; make it"):
        open_sink(tmp_path / "missing" / f"out{suffix}")


def test_a_file_in_place_of_the_folder(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="cannot be written"):
        open_sink(tmp_path / "file" / f"out{suffix}")


def test_a_folder_that_is_not_writable(suffix: str) -> None:
    """Even root cannot create a file in /proc."""
    with pytest.raises(SinkError, match="proc"):
        open_sink(Path(f"/proc/out{suffix}"))


def test_a_folder_in_place_of_the_file(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"out{suffix}").mkdir()
    with pytest.raises(SinkError, match="got a folder"):
        open_sink(tmp_path / f"out{suffix}")


def test_another_thread_may_write(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    sink = open_sink(path)

    def write() -> None:
        for written in six_scenes():
            sink.write(written)
        sink.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert frames_in(path) == (4 if suffix in SILENT else 6)


def test_a_deleted_folder_is_reported_and_close_does_not_raise(suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    sink = open_sink(folder / f"out{suffix}")
    sink.write(six_scenes()[0])
    shutil.rmtree(folder)
    for written in six_scenes()[1:3]:
        with pytest.raises(SinkError, match="moved or deleted"):
            sink.write(written)
    sink.close()
    sink.close()


@pytest.mark.parametrize("text", ["out.avi", "out", "out.jsonl.gz", ".json"])
def test_an_error_for_an_unknown_suffix_names_all_four(text: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.jsonl .*\.json .*\.txt .*\.csv"):
        open_pose_sink(tmp_path / text, RUN)
    assert not list(tmp_path.iterdir())


def test_a_suffix_in_capitals(tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "OUT.JSON", RUN)
    sink.close()
    assert READERS[".json"](tmp_path / "OUT.JSON") == []
