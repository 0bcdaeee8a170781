"""Where system packages are missing, the tests that need them are skipped with the install line, and fail in CI."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from benchmarks.support import needs
from benchmarks.support.servers.rtsp_server import RtspServer
from benchmarks.support.servers.x_server import x_server
from realtime_pose.system import packages
from tests.conftest import skip_without_packages
from tests.support.servers.rtmp_server import RtmpServer

pytestmark = [pytest.mark.process]
ROOT = Path(__file__).resolve().parents[2]
BARE_SYSTEM = """
from realtime_pose.system import packages
packages.missing = lambda groups: [need for group in groups for need in packages.GROUPS[group]]
"""
Server = Callable[[Path], AbstractContextManager[object]]
SERVERS: dict[str, Server] = {
    "display": lambda _: x_server(),
    "rtsp": RtspServer,
    "rtmp": lambda folder: RtmpServer(folder, folder),
}


@pytest.fixture
def _bare_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system on which no package is installed."""
    monkeypatch.setattr(
        packages, "missing", lambda groups: [need for group in groups for need in packages.GROUPS[group]]
    )
    needs._missing.cache_clear()
    yield
    needs._missing.cache_clear()


@pytest.mark.usefixtures("_bare_system")
@pytest.mark.parametrize("group", SERVERS)
@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_server_without_its_packages_skips_the_test_or_fails_it_in_ci(
    group: str, ci: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome) as raised, skip_without_packages(), SERVERS[group](tmp_path):
        pytest.fail("the server started")  # another message
    missing = packages.GROUPS[group]
    assert str(raised.value).startswith(f"missing: {missing[0].name}")
    assert str(raised.value).endswith(packages.install_line(missing))


@pytest.mark.parametrize(("ci", "code", "count"), [("", 0, "skipped"), ("true", 1, "error")])
def test_without_libraries_the_tests_of_the_window_do_not_abort(ci: str, code: int, count: str, tmp_path: Path) -> None:
    (tmp_path / "bare_system.py").write_text(BARE_SYSTEM, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "bare_system", "-p", "no:cacheprovider", "-q", "--color=no"]
    command += [f"--basetemp={tmp_path / 'tests'}", "tests/app/views/test_status_bar.py"]
    environment = os.environ | {
        "CI": ci,
        "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))),
        "PYTEST_ADDOPTS": "",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert count in done.stdout.splitlines()[-1]
    assert f"missing: libEGL.so.1, {packages.GROUPS['window'][1].name}" in done.stdout
    assert packages.install_line(packages.GROUPS["window"]) in done.stdout


@pytest.mark.parametrize("group", packages.GROUPS)
def test_nothing_is_required_where_all_is_installed(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda _: [])
    needs._missing.cache_clear()
    needs.require(group)
    needs._missing.cache_clear()


def test_a_system_without_terminals_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[int, int]:
        raise OSError(19, "No such device")

    monkeypatch.setenv("CI", "")
    monkeypatch.setattr("os.openpty", refuse)
    with pytest.raises(pytest.skip.Exception, match="mount devpts on /dev/pts"), skip_without_packages():
        needs.open_terminal()
