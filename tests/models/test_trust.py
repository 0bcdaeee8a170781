"""Trust on first use: the first download without a published SHA-256 is recorded, and checked from then on."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_pose.cli import main
from realtime_pose.errors import ChecksumError, WeightsError
from realtime_pose.models import trust, weights
from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from realtime_pose.models.fetch import fetch
from realtime_pose.models.manifest import Manifest, load_manifest
from tests.support.models.weights_files import CONTENT, Server, entry, graph, serving, silent

pytestmark = [pytest.mark.server]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as state:
        yield state


def test_the_first_download_is_recorded_and_checked_later(server: Server, cache: Path) -> None:
    spec = entry(server.url, sha256="", bytes=0)
    path = fetch(spec, silent)
    assert trust.load_record(path) == hashlib.sha256(CONTENT).hexdigest()
    weights.verify(path, spec)
    assert weights.is_here(spec)
    fetch(spec, silent)
    assert len(server.ranges) == 1
    path.write_bytes(CONTENT + b"x")
    with pytest.raises(ChecksumError, match=r"expected SHA-256 .* for model m, got"):
        weights.verify(path, spec)


def test_another_file_from_the_same_address_is_refused_later(server: Server, cache: Path) -> None:
    """The record stays when the file is deleted: the second download must be the same file as the first."""
    spec = entry(server.url, sha256="", bytes=0)
    fetch(spec, silent).unlink()
    server.content = CONTENT[::-1]
    with pytest.raises(ChecksumError, match="was deleted"):
        fetch(spec, silent)
    assert not weights.is_here(spec)


def test_only_fetch_adopts_a_file_of_the_user(server: Server, cache: Path) -> None:
    cache.mkdir()
    path = cache / "m.onnx"
    path.write_bytes(CONTENT)
    spec = entry(server.url, sha256="", bytes=0)
    with pytest.raises(ChecksumError, match="expected a SHA-256 recorded at the first fetch"):
        weights.verify(path, spec)
    fetch(spec, silent)
    weights.verify(path, spec)
    assert server.ranges == []


def interrupt_download(server: Server, etag: str) -> str:
    """The error message of a first download, without a checksum, that breaks in the middle."""
    server.cut_at, server.etag = 300_000, etag
    with pytest.raises(WeightsError) as caught:
        fetch(entry(server.url, sha256="", bytes=0), silent)
    server.cut_at = None
    return str(caught.value)


class TestResumeWithoutChecksum:
    """The first download broke before its SHA-256 was recorded: two versions must never be mixed."""

    def test_with_the_same_etag_it_is_resumed(self, server: Server, cache: Path) -> None:
        message = interrupt_download(server, '"v1"')
        kept = (cache / "m.onnx.part").stat().st_size
        assert f"{kept:,} bytes are kept, run the same command again to resume" in message
        assert not trust.load_record(cache / "m.onnx")
        path = fetch(entry(server.url, sha256="", bytes=0), silent)
        assert path.read_bytes() == CONTENT
        assert server.ranges == [None, f"bytes={kept}-"]
        assert sorted(path.name for path in cache.iterdir()) == ["m.onnx", "m.onnx.lock", "m.onnx.sha256"]

    @pytest.mark.parametrize("etag", ["", 'W/"v1"'], ids=["none", "weak"])
    def test_without_a_strong_etag_it_starts_again_and_says_so(self, server: Server, cache: Path, etag: str) -> None:
        message = interrupt_download(server, etag)
        assert "run the same command again to try again" in message
        assert "kept" not in message
        assert [path.name for path in cache.iterdir()] == ["m.onnx.lock"]
        assert fetch(entry(server.url, sha256="", bytes=0), silent).read_bytes() == CONTENT
        assert server.ranges == [None, None]

    @pytest.mark.parametrize("length", [len(CONTENT), 1000], ids=["as long", "shorter than the part"])
    def test_with_another_etag_it_starts_again(self, server: Server, cache: Path, length: int) -> None:
        interrupt_download(server, '"v1"')
        server.content, server.etag = graph(length, first=1), '"v2"'
        path = fetch(entry(server.url, sha256="", bytes=0), silent)
        assert path.read_bytes() == server.content
        assert [wanted is None for wanted in server.ranges] == [True, False, True]

    def test_a_server_error_keeps_the_part(self, server: Server, cache: Path) -> None:
        interrupt_download(server, '"v1"')
        kept = (cache / "m.onnx.part").read_bytes()
        server.status, server.knows_range = 503, False
        with pytest.raises(WeightsError, match=r"the server answered 503.*to resume"):
            fetch(entry(server.url, sha256="", bytes=0), silent)
        assert (cache / "m.onnx.part").read_bytes() == kept

    def test_a_part_without_an_etag_is_not_used(self, server: Server, cache: Path) -> None:
        cache.mkdir()
        (cache / "m.onnx.part").write_bytes(b"older" * 1000)
        server.etag = '"v1"'
        assert fetch(entry(server.url, sha256="", bytes=0), silent).read_bytes() == CONTENT
        assert server.ranges == [None]

    def test_a_record_counts_as_a_checksum(self, server: Server, cache: Path) -> None:
        """The file was deleted, its record was not: a resumed download is compared with it."""
        spec = entry(server.url, sha256="", bytes=0)
        fetch(spec, silent).unlink()
        (cache / "m.onnx.part").write_bytes(CONTENT[:1000])
        assert fetch(spec, silent).read_bytes() == CONTENT
        assert server.ranges == [None, "bytes=1000-"]


class TestFirstDownloadIsNoGraph:
    """The first download is trusted, so it must not be the page of a proxy or half a file."""

    @pytest.mark.parametrize(
        "content", [b"<html>log in</html>", CONTENT[:1000], b""], ids=["page", "truncated", "empty"]
    )
    def test_it_is_deleted_and_the_right_file_can_be_downloaded(
        self, server: Server, cache: Path, content: bytes
    ) -> None:
        server.content = content
        with pytest.raises(ChecksumError, match=r"expected an ONNX graph.*was deleted.*check for a proxy"):
            fetch(entry(server.url, sha256="", bytes=0), silent)
        assert [path.name for path in cache.iterdir()] == ["m.onnx.lock"]
        server.content = CONTENT
        assert fetch(entry(server.url, sha256="", bytes=0), silent).read_bytes() == CONTENT

    def test_an_archive_without_a_graph_is_deleted(self, server: Server, cache: Path) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("end2end.onnx", b"a text")
        server.content = packed.getvalue()
        with pytest.raises(ChecksumError, match="expected an ONNX graph"):
            fetch(entry(server.url.replace("m.onnx", "m.zip"), sha256="", bytes=0), silent)
        assert [path.name for path in cache.iterdir()] == ["m.onnx.lock"]

    def test_a_file_of_the_user_is_refused_and_kept(self, server: Server, cache: Path) -> None:
        cache.mkdir()
        (cache / "m.onnx").write_bytes(b"a text")
        with pytest.raises(ChecksumError, match=r"expected an ONNX graph.*put the right file there, or delete it"):
            fetch(entry(server.url, sha256="", bytes=0), silent)
        assert (cache / "m.onnx").read_bytes() == b"a text"
        assert not trust.load_record(cache / "m.onnx")
        assert server.ranges == []


def test_the_record_of_an_archive_is_of_the_network_inside(server: Server, cache: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("deep/end2end.onnx", CONTENT)
    server.content = packed.getvalue()
    spec = entry(server.url.replace("m.onnx", "m.zip"), sha256="", bytes=0)
    path = fetch(spec, silent)
    assert path.read_bytes() == CONTENT
    assert trust.load_record(path) == hashlib.sha256(CONTENT).hexdigest()


def test_the_published_models_are_listed() -> None:
    manifest = load_manifest()
    for name, task in (("yolox-m", "detector"), ("rtmpose-m", "pose"), ("rtmpose-x-halpe26", "pose")):
        spec = manifest.find(name, task=task)
        assert spec.url.startswith("https://")
        assert spec.licence == "Apache-2.0"
    assert manifest.named("rtmpose-x").input.wh == (288, 384)
    assert manifest.named("rtmpose-s-halpe26").skeleton == "halpe26"


def test_all_models_in_the_readme_of_the_test_data_are_listed(shared_data: Path) -> None:
    """The archives, the four ONNX files of YOLOX, and ViTPose; each group follows the address of its folder."""
    readme = (shared_data / "weights" / "README.md").read_text(encoding="utf-8")
    first, _, further = readme.partition("Further published files")
    archives, raw = re.findall(r"https://\S+/(?= )", first)
    one_stage, whole_body = re.findall(r"https://\S+/(?= )", further.partition("ViTPose")[0])
    names, further_names = (set(re.findall(r"[\w-]+\.zip", text)) for text in (first, further))
    assert (len(names), len(further_names)) == (9, 6)
    wanted = {archives + name for name in names} | {f"{raw}yolox_{size}.onnx" for size in ("tiny", "s", "m", "x")}
    wanted |= {(one_stage if name.startswith("rtmo") else whole_body) + name for name in further_names}
    urls = {spec.url for spec in load_manifest().models.values() if spec.url}
    assert {url for url in urls if "ViTPose" not in url} == wanted


@pytest.mark.parametrize("name", [name for name, spec in load_manifest().models.items() if spec.url])
def test_an_entry_matches_the_name_of_its_file(name: str) -> None:
    """Name, input size (height x width in the file name), skeleton, and the sizes of YOLOX."""
    spec = load_manifest().named(name)
    file = spec.url.rsplit("/", 1)[1]
    parts = name.split("-")
    assert re.match(f"{parts[0]}[-_](dw-[lx]-)?{parts[1]}[-._]", file)
    assert ("halpe26" in file) == ("halpe26" in parts) == (spec.skeleton == "halpe26")
    assert ("humanart" in file) == (spec.task == "detector" and "coco" not in parts)
    size = re.search(r"-(\d+)x(\d+)[-_]", file)
    side = 416 if "tiny" in parts else 640
    without_size = (192, 256) if parts[0] == "vitpose" else (side, side)
    assert spec.input.wh == ((int(size[2]), int(size[1])) if size else without_size)


def test_live_downloads_its_models_and_reports_trust_on_first_use(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The download comes before anything else; it is another graph, which the backend reports."""
    known = replace(load_manifest().named("nanodet-g"), int8=None)
    spec = replace(known, name="far", url=server.url, sha256="", bytes=0, file="far.onnx")
    manifest = Manifest({**load_manifest().models, "far": spec})
    monkeypatch.setattr("realtime_pose.models.manifest.load_manifest", lambda: manifest)
    monkeypatch.setattr("realtime_pose.pipeline.networks.load_manifest", lambda: manifest)
    assert main(["live", "demo", "--headless", "--detector", "far"]) == 1
    message = capsys.readouterr().err
    assert "the file is checked against that of the first download" in message
    assert "expects input 'image'" in message


def test_fetch_of_a_file_of_the_user_reports_trust_on_first_use(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is downloaded, so there is no progress bar."""
    cache.mkdir()
    (cache / "m.onnx").write_bytes(CONTENT)
    manifest = Manifest({"m": entry(server.url, sha256="", bytes=0)})
    monkeypatch.setattr("realtime_pose.models.manifest.load_manifest", lambda: manifest)
    assert main(["weights", "fetch", "m"]) == 0
    record = cache / "m.onnx.sha256"
    assert capsys.readouterr().err == (
        f"m: no SHA-256 is published; the file is checked against that of the first download: {record}\n"
    )
    assert server.ranges == []
    assert trust.load_record(cache / "m.onnx")


def test_fetch_without_names_asks_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "fetch"]) == 2
    assert "expected names of models" in capsys.readouterr().err
