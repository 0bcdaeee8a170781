"""Downloads from a real HTTP server: complete or not at all, resumed, only once."""

import hashlib
import io
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from benchmarks.support.full_disk import limit_file_size
from realtime_pose.errors import ChecksumError, WeightsError
from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from realtime_pose.models.fetch import fetch
from tests.support.models.weights_files import CONTENT, Server, entry, put, serving, silent

pytestmark = [pytest.mark.server, pytest.mark.process]

FETCH = """
import sys
from realtime_pose.errors import WeightsError
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.fetch import fetch
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


def file_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def make_archive(*members: str, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as opened:
        for name in members:
            opened.writestr(name, CONTENT)
    return packed.getvalue()


def damage(packed: bytes, *, at: int = 0) -> bytes:
    """The archive with one invalid byte in the compressed data; the directory stays intact."""
    start = packed.index(b".onnx") + len(b".onnx") + at
    return packed[:start] + b"\xff" + packed[start + 1 :]


def encrypt(packed: bytes) -> bytes:
    """The archive with the flags of a password set."""
    flags = packed.index(b"PK\x01\x02") + 8  # in the central directory
    return packed[:6] + b"\x01" + packed[7:flags] + b"\x01" + packed[flags + 1 :]


def test_a_download_is_complete_reports_progress_and_prints_nothing(
    server: Server, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reports: list[tuple[int, int]] = []
    path = fetch(entry(server.url), lambda done, total: reports.append((done, total)))
    assert path == folder / "m.onnx"
    assert path.read_bytes() == CONTENT
    assert file_names(folder) == ["m.onnx"]
    assert reports[0] == (0, len(CONTENT))
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert reports == sorted(reports)
    assert capfd.readouterr() == ("", "")


def test_a_present_file_is_not_requested(server: Server, folder: Path) -> None:
    put(folder, "m.onnx", CONTENT)
    reports: list[tuple[int, int]] = []
    fetch(entry(server.url), lambda done, total: reports.append((done, total)))
    assert reports == [(len(CONTENT), len(CONTENT))]
    assert server.ranges == []
    assert [path.name for path in folder.iterdir()] == ["m.onnx"]  # no lock either: the folder may be read-only


def test_a_killed_download_is_resumed(server: Server, folder: Path) -> None:
    server.stall_at = 300_000
    process = run_fetch(server)
    assert server.stalled.wait(30)
    process.kill()
    process.communicate(timeout=10)
    server.stall_at = None
    server.resumed.set()
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert len(server.ranges) == 2
    assert file_names(folder) == ["m.onnx"]


@pytest.mark.parametrize(
    ("part", "ranges", "first_done"),
    [
        pytest.param(CONTENT[:1000], ["bytes=1000-"], [1000], id="resumed"),
        pytest.param(b"?" * 1000, ["bytes=1000-", None], [1000], id="part of another file"),
        pytest.param(CONTENT + b"?", [f"bytes={len(CONTENT) + 1}-", None], [len(CONTENT) + 1], id="part too long"),
        pytest.param(CONTENT, [f"bytes={len(CONTENT)}-"], [len(CONTENT)], id="part is complete"),
        pytest.param(b"", [None], [0], id="part is empty"),
    ],
)
def test_the_part_of_an_earlier_download_is_used(
    server: Server, folder: Path, part: bytes, ranges: list[str | None], first_done: list[int]
) -> None:
    put(folder, "m.onnx.part", part)
    done: list[int] = []
    assert fetch(entry(server.url), lambda num_bytes, _: done.append(num_bytes)).read_bytes() == CONTENT
    assert server.ranges == ranges
    assert done[:1] == first_done
    assert file_names(folder) == ["m.onnx"]


def test_without_range_support_everything_is_downloaded(server: Server, folder: Path) -> None:
    put(folder, "m.onnx.part", CONTENT[:1000])
    server.knows_range = False
    reports: list[int] = []
    assert fetch(entry(server.url), lambda done, _: reports.append(done)).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]
    assert reports[0] == 0


def test_a_broken_download_is_kept_and_resumed(server: Server, folder: Path) -> None:
    server.cut_at = 300_000
    with pytest.raises(
        WeightsError, match=r"connection broke; 2\d\d,\d{3} bytes are kept, run the same command again to resume"
    ):
        fetch(entry(server.url), silent)
    assert file_names(folder) == ["m.onnx.part"]
    kept = (folder / "m.onnx.part").read_bytes()
    assert CONTENT.startswith(kept)
    server.cut_at = None
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(kept)}-"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"?" * len(CONTENT), r"expected SHA-256 [0-9a-f]{64} for model m, got [0-9a-f]{64}", id="content"),
        pytest.param(b"<html>", r"expected 512,000 bytes for model m, got 6", id="length"),
        pytest.param(b"", r"expected 512,000 bytes for model m, got 0", id="empty"),
    ],
)
def test_a_wrong_file_is_deleted(server: Server, folder: Path, content: bytes, message: str) -> None:
    server.content = content
    with pytest.raises(ChecksumError, match=message + r".*was deleted.*update"):
        fetch(entry(server.url), silent)
    assert file_names(folder) == []


def test_a_corrupt_file_is_replaced_only_by_the_right_one(server: Server, folder: Path) -> None:
    path = put(folder, "m.onnx", b"?")
    server.status = 404
    with pytest.raises(WeightsError):
        fetch(entry(server.url), silent)
    assert path.read_bytes() == b"?"
    server.status = 200
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT


def test_an_http_error_is_reported_without_the_password(server: Server, folder: Path) -> None:
    server.status = 404
    url = server.url.replace("http://", "http://user:secret@")
    with pytest.raises(WeightsError, match=r"the server answered 404.*m\.onnx") as caught:
        fetch(entry(url), silent)
    assert "secret" not in str(caught.value)
    assert file_names(folder) == []


@pytest.mark.parametrize(("scheme", "message"), [("http", "no connection"), ("ftp", "InvalidSchema")])
def test_without_a_server_the_connection_fails(folder: Path, scheme: str, message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(WeightsError, match=message):
        fetch(entry(f"{scheme}://127.0.0.1:{port}/m.onnx"), silent)
    assert file_names(folder) == []


def test_a_server_that_never_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.download.READ_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(WeightsError, match="no answer within"):
            fetch(entry(f"http://127.0.0.1:{port}/m.onnx"), silent)


def test_threads_download_the_same_file_once(server: Server) -> None:
    server.holds_first = True
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: fetch(entry(server.url), silent), range(4)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert server.ranges == [None]


def run_fetch(server: Server) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FETCH, server.url, hashlib.sha256(CONTENT).hexdigest()]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_processes_download_the_same_file_once(server: Server, folder: Path) -> None:
    server.holds_first = True
    running = [run_fetch(server) for _ in range(2)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [("", 0)] * 2
    assert server.ranges == [None]
    assert (folder / "m.onnx").read_bytes() == CONTENT


def test_a_full_disk_is_reported_and_the_part_is_used_later(server: Server, folder: Path) -> None:
    with (
        limit_file_size(50_000),
        pytest.raises(WeightsError, match=f"no space left.*free some space.*{FOLDER_VARIABLE}"),
    ):
        fetch(entry(server.url), silent)
    assert (folder / "m.onnx.part").stat().st_size == 50_000
    assert fetch(entry(server.url), silent).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=50000-"]


def test_without_space_to_unpack_the_archive_is_kept(server: Server, folder: Path) -> None:
    server.content = make_archive("end2end.onnx")
    assert len(server.content) < 50_000
    with limit_file_size(50_000), pytest.raises(WeightsError, match="no space left"):
        fetch(entry(f"{server.url}.zip"), silent)
    assert file_names(folder) == ["m.onnx.part"]
    assert fetch(entry(f"{server.url}.zip"), silent).read_bytes() == CONTENT
    assert file_names(folder) == ["m.onnx"]


def test_a_part_that_cannot_be_written_is_reported(server: Server, folder: Path) -> None:
    (folder / "m.onnx.part").mkdir(parents=True)
    with pytest.raises(WeightsError, match=rf"m\.onnx\.part: cannot be written \(Is a directory\).*{FOLDER_VARIABLE}"):
        fetch(entry(server.url), silent)


def test_a_lock_that_is_never_released_is_reported(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_pose.models.fetch._LOCK_TIMEOUT_S", 0.1)
    folder.mkdir()
    with filelock.FileLock(f"{folder}/m.onnx.lock"), pytest.raises(WeightsError, match="another process"):
        fetch(entry(server.url), silent)
    assert server.ranges == []


def test_a_folder_that_cannot_be_created_is_reported(server: Server, folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(WeightsError, match=rf"cannot be written.*{FOLDER_VARIABLE}"):
        fetch(entry(server.url), silent)


def test_the_network_in_an_archive_is_unpacked(server: Server, folder: Path) -> None:
    server.content = make_archive("2023/detail.json", "2023/end2end.onnx")
    url = f"{server.url}.zip"
    put(folder, "m.onnx.part", server.content[:100])
    assert fetch(entry(url), silent).read_bytes() == CONTENT
    assert server.ranges == ["bytes=100-"]
    assert file_names(folder) == ["m.onnx"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(make_archive(), "one .onnx file inside, got none", id="empty"),
        pytest.param(make_archive("a.onnx", "b.onnx"), r"got a\.onnx, b\.onnx", id="two"),
        pytest.param(b"<html>", "expected a complete zip archive", id="no archive"),
        pytest.param(make_archive("a.onnx")[:-30], "expected a complete zip archive", id="cut"),
        pytest.param(
            damage(make_archive("a.onnx")), "expected a complete zip archive, but: Error -3", id="damaged inside"
        ),
        pytest.param(
            damage(make_archive("a.onnx", compression=zipfile.ZIP_BZIP2)),
            "complete zip archive, but: Invalid data",
            id="bzip2",
        ),
        pytest.param(
            damage(make_archive("a.onnx", compression=zipfile.ZIP_LZMA), at=9),
            "complete zip archive, but: Corrupt",
            id="lzma",
        ),
        pytest.param(
            encrypt(make_archive("a.onnx")), "expected a complete zip archive, but: .*encrypted", id="encrypted"
        ),
    ],
)
def test_a_wrong_archive_is_deleted(server: Server, folder: Path, content: bytes, message: str) -> None:
    server.content = content
    with pytest.raises(ChecksumError, match=message):
        fetch(entry(f"{server.url}.zip"), silent)
    assert file_names(folder) == []


def test_a_damaged_part_of_an_archive_is_deleted_and_downloaded_again(server: Server, folder: Path) -> None:
    """The part may be the beginning of another version."""
    server.content = make_archive("a.onnx")
    put(folder, "m.onnx.part", damage(server.content)[:1000])
    assert fetch(entry(f"{server.url}.zip"), silent).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]
    assert file_names(folder) == ["m.onnx"]
