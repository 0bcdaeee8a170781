"""Files of weights: found at their paths, and verified with the manifest."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import realtime_pose
from realtime_pose.errors import ChecksumError, MissingWeightsError, WeightsError
from realtime_pose.models.cache_folder import FOLDER_VARIABLE, cache_folder
from realtime_pose.models.fetch import fetch
from realtime_pose.models.manifest import Manifest, load_manifest, weights_folder
from realtime_pose.models.weights import (
    WeightsState,
    find,
    list_models,
    verify,
    verify_all,
)
from tests.support.models.weights_files import CONTENT, entry, put, silent

pytestmark = [pytest.mark.process]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched weights."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_missing_file_names_the_command() -> None:
    with pytest.raises(MissingWeightsError, match=r"run: realtime-pose weights fetch m$"):
        find(entry("http://127.0.0.1/m.onnx"))
    with pytest.raises(MissingWeightsError, match=r"shipped with realtime_pose.*git checkout -- weights/m\.onnx"):
        fetch(entry(), silent)


def test_a_users_own_file_stays_at_its_path(tmp_path: Path) -> None:
    own = put(tmp_path, "own.onnx", CONTENT)
    spec = entry(file=str(own), sha256="", bytes=0)
    assert fetch(spec, silent) == own
    own.write_bytes(b"")
    assert verify(own, spec) == hashlib.sha256(b"").hexdigest()
    with pytest.raises(ChecksumError, match=r"got 0; .*correct sha256 and bytes in the \.toml beside it"):
        verify(own, entry(file=str(own)))


@pytest.mark.parametrize("wrong", [b"", CONTENT[:-1], CONTENT + b"?", b"?" + CONTENT[1:]])
def test_verify_refuses_any_other_file(tmp_path: Path, wrong: bytes) -> None:
    path = put(tmp_path, "m.onnx", CONTENT)
    verify(path, entry())
    path.write_bytes(wrong)
    with pytest.raises(ChecksumError, match=str(path)):
        verify(path, entry())


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        verify(tmp_path / "nothing", entry())
    with pytest.raises(WeightsError, match="cannot be read"):
        verify(tmp_path, entry(bytes=0))


def test_the_cache_folder_is_the_users_or_the_chosen_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.setenv(FOLDER_VARIABLE, "~/w")
    assert cache_folder() == Path.home() / "w"
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder().parts[-2:] == ("realtime-pose", "weights")
    assert cache_folder().is_relative_to(Path.home())


def test_every_shipped_model_is_present_and_correct() -> None:
    manifest = load_manifest()
    statuses = [status for status in list_models(manifest) if not manifest.models[status.name].url]
    assert [(status.state, status.error) for status in statuses] == [(WeightsState.EMBEDDED, None)] * len(statuses)
    assert {"nanodet-g", "movenet-thunder", "movenet-lightning"} <= {status.name for status in statuses}
    assert all(status.licence == "Apache-2.0" and status.bytes > 0 for status in statuses)


def test_the_readme_states_origin_licence_and_checksum_of_every_shipped_model() -> None:
    readme = (Path(str(weights_folder())) / "README.md").read_text(encoding="utf-8")
    for spec in load_manifest().models.values():
        if not spec.url:
            assert f"| `{spec.name}` | `{spec.file}` | {spec.bytes:,} | {spec.licence} |" in readme
            assert f"{spec.sha256}  {spec.file}" in readme


def test_the_list_shows_the_four_states(folder: Path) -> None:
    url = "http://127.0.0.1/m.onnx"
    specs = [
        entry(name="gone"),
        entry(url, name="later", file="later.onnx"),
        entry(url, name="here", file="here.onnx"),
        entry(url, name="bad", file="bad.onnx"),
    ]
    put(folder, "here.onnx", CONTENT)
    put(folder, "bad.onnx", CONTENT[:-1])
    manifest = Manifest({spec.name: spec for spec in specs})
    states = {status.name: status.state for status in list_models(manifest)}
    assert states == {
        "gone": WeightsState.MISSING,
        "later": WeightsState.MISSING,
        "here": WeightsState.DOWNLOADED,
        "bad": WeightsState.CORRUPT,
    }
    errors = {status.name: status.error for status in verify_all(manifest)}
    assert list(errors) == ["gone", "here", "bad"]
    assert errors["here"] is None
    assert errors["bad"] is not None
    assert errors["bad"].fix == "run: realtime-pose weights fetch bad"
    assert str(errors["bad"]) == f"{errors['bad'].problem}; {errors['bad'].fix}"
    assert list_models(Manifest({})) == verify_all(Manifest({})) == ()


def test_an_installed_package_finds_only_its_own_weights(tmp_path: Path) -> None:
    source = Path(realtime_pose.__file__).parent
    site = tmp_path / "site-packages"
    shutil.copytree(source, site / "realtime_pose", ignore=shutil.ignore_patterns("media", "__pycache__"))
    shutil.copytree(source.parent / "weights", site / "realtime_pose" / "weights")
    put(site / "weights", "manifest.toml", b"another project's")
    code = """
from realtime_pose.models.manifest import load_manifest
from realtime_pose.models.weights import find, verify_all
manifest = load_manifest()
print(*[find(spec) for spec in manifest.models.values() if not spec.url])
print(*[status.error or "" for status in verify_all(manifest)])
"""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", code]
    found = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert found.stderr == ""
    paths = [Path(line) for line in found.stdout.split()]
    assert len(paths) >= 3
    assert {path.parent for path in paths} == {site / "realtime_pose" / "weights"}
