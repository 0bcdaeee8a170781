"""Weights fetched from a real HTTP server: whole or not at all, gone on with, once."""

import hashlib
import io
import resource
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from realtime_pose.errors import ChecksumError, WeightsError
from realtime_pose.models.weights import FOLDER_VARIABLE, fetch
from tests.support.weights_files import CONTENT, Server, entry, put, serving, silent

FETCH = """
import sys
from realtime_pose.errors import WeightsError
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.weights import fetch
url, sha256 = sys.argv[1:]
entry = InputSpec(name="x", wh=(1, 1))
try:
    fetch(ModelSpec(name="m", task="detector", family="f", file="m.onnx", url=url, sha256=sha256, input=entry), max)
except WeightsError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as state:
        yield state


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched weights."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@contextmanager
def files_up_to(limit_bytes: int) -> Iterator[None]:
    """A disk that takes no more of any one file: the system itself refuses to write on."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def archive(*members: str, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as opened:
        for name in members:
            opened.writestr(name, CONTENT)
    return packed.getvalue()


def damaged(packed: bytes, *, at: int = 0) -> bytes:
    """The archive with a packed byte that begins nothing, its table of contents as it was."""
    start = packed.index(b".onnx") + len(b".onnx") + at
    return packed[:start] + b"\xff" + packed[start + 1 :]


def locked(packed: bytes) -> bytes:
    """The archive, as if its member had a password."""
    place = packed.index(b"PK\x01\x02") + 8  # the flags in the table of contents
    return packed[:6] + b"\x01" + packed[7:place] + b"\x01" + packed[place + 1 :]


def test_a_download_is_whole_told_step_by_step_and_silent(
    server: Server, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(entry(server.url), lambda done, total: told.append((done, total)))
    assert path == folder / "m.onnx"
    assert path.read_bytes() == CONTENT
    assert names(folder) == ["m.onnx"]
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)
    assert capfd.readouterr() == ("", "")


def test_what_is_here_is_not_asked_for_again(server: Server, folder: Path) -> None:
    put(folder, "m.onnx", CONTENT)
    told: list[tuple[int, int]] = []
    fetch(entry(server.url), lambda done, total: told.append((done, total)))
    assert told == [(len(CONTENT), len(CONTENT))]
    assert server.ranges == []
    assert [path.name for path in folder.iterdir()] == ["m.onnx"]  # no lock either: the folder may be read-only


def test_a_killed_download_is_gone_on_with(server: Server, folder: Path) -> None:
    server.stall_at = 300_000
    process = run_fetch(server)
    assert server.stalled.wait(30)
    process.kill()
    process.communicate(timeout=10)
    server.stall_at = None
    server.resumed.set()
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert len(server.ranges) == 2
    assert names(folder) == ["m.onnx"]


@pytest.mark.parametrize(
    ("part", "asked", "told"),
    [
        pytest.param(CONTENT[:1000], ["bytes=1000-"], [1000], id="goes on"),
        pytest.param(b"?" * 1000, ["bytes=1000-", None], [1000], id="part of another file"),
        pytest.param(CONTENT + b"?", [f"bytes={len(CONTENT) + 1}-", None], [len(CONTENT) + 1], id="part too long"),
        pytest.param(CONTENT, [f"bytes={len(CONTENT)}-"], [len(CONTENT)], id="part is all"),
        pytest.param(b"", [None], [0], id="part is empty"),
    ],
)
def test_a_part_of_an_earlier_try_is_used(
    server: Server, folder: Path, part: bytes, asked: list[str | None], told: list[int]
) -> None:
    put(folder, "m.onnx.part", part)
    done_first: list[int] = []
    assert fetch(entry(server.url), lambda done, _: done_first.append(done)).read_bytes() == CONTENT
    assert server.ranges == asked
    assert done_first[:1] == told
    assert names(folder) == ["m.onnx"]


def test_a_server_that_cannot_begin_in_the_middle_sends_all(server: Server, folder: Path) -> None:
    put(folder, "m.onnx.part", CONTENT[:1000])
    server.knows_range = False
    told: list[int] = []
    assert fetch(entry(server.url), lambda done, _: told.append(done)).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]
    assert told[0] == 0


def test_a_body_cut_short_is_kept_and_gone_on_with(server: Server, folder: Path) -> None:
    server.cut_at = 300_000
    with pytest.raises(WeightsError, match=r"connection broke; 2\d\d,\d{3} bytes are kept, run the same command"):
        fetch(entry(server.url), silent)
    assert names(folder) == ["m.onnx.part"]
    kept = (folder / "m.onnx.part").read_bytes()
    assert CONTENT.startswith(kept)
    server.cut_at = None
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(kept)}-"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(b"?" * len(CONTENT), r"expected SHA-256 [0-9a-f]{64} for model m, got [0-9a-f]{64}", id="content"),
        pytest.param(b"<html>", r"expected 512,000 bytes for model m, got 6", id="length"),
        pytest.param(b"", r"expected 512,000 bytes for model m, got 0", id="empty"),
    ],
)
def test_a_wrong_file_is_thrown_away(server: Server, folder: Path, wrong: bytes, message: str) -> None:
    server.content = wrong
    with pytest.raises(ChecksumError, match=message + r".*thrown away.*update"):
        fetch(entry(server.url), silent)
    assert names(folder) == []


def test_a_corrupt_file_is_replaced_only_by_the_right_one(server: Server, folder: Path) -> None:
    path = put(folder, "m.onnx", b"?")
    server.status = 404
    with pytest.raises(WeightsError):
        fetch(entry(server.url), silent)
    assert path.read_bytes() == b"?"
    server.status = 200
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT


def test_a_refusal_is_said_without_the_password(server: Server, folder: Path) -> None:
    server.status = 404
    url = server.url.replace("http://", "http://user:secret@")
    with pytest.raises(WeightsError, match=r"the server answered 404.*m\.onnx") as caught:
        fetch(entry(url), silent)
    assert "secret" not in str(caught.value)
    assert names(folder) == []


@pytest.mark.parametrize(("scheme", "message"), [("http", "no connection"), ("ftp", "InvalidSchema")])
def test_nobody_listens(folder: Path, scheme: str, message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(WeightsError, match=message):
        fetch(entry(f"{scheme}://127.0.0.1:{port}/m.onnx"), silent)
    assert names(folder) == []


def test_a_server_that_never_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.download.READ_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(WeightsError, match="no answer within"):
            fetch(entry(f"http://127.0.0.1:{port}/m.onnx"), silent)


def test_threads_that_want_the_same_file_fetch_it_once(server: Server) -> None:
    server.holds_first = True
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: fetch(entry(server.url), silent), range(4)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert server.ranges == [None]


def run_fetch(server: Server) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FETCH, server.url, hashlib.sha256(CONTENT).hexdigest()]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_processes_that_want_the_same_file_fetch_it_once(server: Server, folder: Path) -> None:
    server.holds_first = True
    running = [run_fetch(server) for _ in range(2)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [("", 0)] * 2
    assert server.ranges == [None]
    assert (folder / "m.onnx").read_bytes() == CONTENT


def test_a_full_disk_is_said_and_the_part_is_used_later(server: Server, folder: Path) -> None:
    with files_up_to(50_000), pytest.raises(WeightsError, match=f"no space left.*make room.*{FOLDER_VARIABLE}"):
        fetch(entry(server.url), silent)
    assert (folder / "m.onnx.part").stat().st_size == 50_000
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=50000-"]


def test_a_disk_too_full_to_unpack_keeps_the_archive(server: Server, folder: Path) -> None:
    server.content = archive("end2end.onnx")
    assert len(server.content) < 50_000
    with files_up_to(50_000), pytest.raises(WeightsError, match="no space left"):
        fetch(entry(f"{server.url}.zip"), silent)
    assert names(folder) == ["m.onnx.part"]
    assert fetch(entry(f"{server.url}.zip"), silent).read_bytes() == CONTENT
    assert names(folder) == ["m.onnx"]


def test_a_part_that_cannot_be_written_is_said(server: Server, folder: Path) -> None:
    (folder / "m.onnx.part").mkdir(parents=True)
    with pytest.raises(WeightsError, match=rf"m\.onnx\.part: cannot be written \(Is a directory\).*{FOLDER_VARIABLE}"):
        fetch(entry(server.url), silent)


def test_a_lock_that_is_never_given_back_is_said(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.weights._LOCK_TIMEOUT_S", 0.1)
    folder.mkdir()
    with filelock.FileLock(f"{folder}/m.onnx.lock"), pytest.raises(WeightsError, match="another process"):
        fetch(entry(server.url), silent)
    assert server.ranges == []


def test_a_folder_that_cannot_be_made_is_said(server: Server, folder: Path) -> None:
    folder.write_text("a file stands here")
    with pytest.raises(WeightsError, match=rf"cannot be written.*{FOLDER_VARIABLE}"):
        fetch(entry(server.url), silent)


def test_the_one_network_of_an_archive_is_unpacked(server: Server, folder: Path) -> None:
    server.content = archive("2023/detail.json", "2023/end2end.onnx")
    url = f"{server.url}.zip"
    put(folder, "m.onnx.part", server.content[:100])
    assert fetch(entry(url), silent).read_bytes() == CONTENT
    assert server.ranges == ["bytes=100-"]
    assert names(folder) == ["m.onnx"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(archive(), "one .onnx file inside, got none", id="empty"),
        pytest.param(archive("a.onnx", "b.onnx"), r"got a\.onnx, b\.onnx", id="two"),
        pytest.param(b"<html>", "expected a whole zip archive", id="no archive"),
        pytest.param(archive("a.onnx")[:-30], "expected a whole zip archive", id="cut"),
        pytest.param(damaged(archive("a.onnx")), "expected a whole zip archive, but: Error -3", id="damaged inside"),
        pytest.param(
            damaged(archive("a.onnx", packing=zipfile.ZIP_BZIP2)), "whole zip archive, but: Invalid data", id="bzip2"
        ),
        pytest.param(
            damaged(archive("a.onnx", packing=zipfile.ZIP_LZMA), at=9), "whole zip archive, but: Corrupt", id="lzma"
        ),
        pytest.param(locked(archive("a.onnx")), "expected a whole zip archive, but: .*encrypted", id="encrypted"),
    ],
)
def test_an_archive_that_is_wrong_is_thrown_away(server: Server, folder: Path, content: bytes, message: str) -> None:
    server.content = content
    with pytest.raises(ChecksumError, match=message):
        fetch(entry(f"{server.url}.zip"), silent)
    assert names(folder) == []


def test_a_damaged_part_of_an_archive_is_thrown_away_and_fetched_anew(server: Server, folder: Path) -> None:
    """As of another version: its beginning, on which the end of this one is sewn."""
    server.content = archive("a.onnx")
    put(folder, "m.onnx.part", damaged(server.content)[:1000])
    assert fetch(entry(f"{server.url}.zip"), silent).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]
    assert names(folder) == ["m.onnx"]
