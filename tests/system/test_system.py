"""What only one operating system has: the platform is faked where it is another one."""

import ctypes
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from realtime_pose import system
from realtime_pose.system import num_physical_cores


def test_cores_of_this_computer() -> None:
    assert 1 <= num_physical_cores() <= (os.cpu_count() or 1)


def test_linux_counts_hardware_threads_of_a_core_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Four allowed processors: two share a core, one is alone, one has no topology in sysfs."""
    for number, siblings in ((0, "0,4"), (4, "0,4"), (1, "1,5"), (2, "2,6")):
        topology = tmp_path / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(siblings, encoding="ascii")
    monkeypatch.setattr(system, "_LINUX_CPUS", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 4, 1, 9}, raising=False)
    assert num_physical_cores() == 3


def test_macos_asks_sysctl(monkeypatch: pytest.MonkeyPatch) -> None:
    def sysctlbyname(name: bytes, value: Any, *_: object) -> int:
        assert name == b"hw.physicalcpu"
        value._obj.value = 8
        return 0

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(sysctlbyname=sysctlbyname))
    assert num_physical_cores() == 8


@pytest.mark.parametrize(
    ("affinity", "succeeds", "count"),
    [
        pytest.param(0b1111, True, 2, id="all"),
        pytest.param(0b0010, True, 1, id="one hardware thread allowed"),
        pytest.param(0b1111, False, 6, id="the call fails"),
    ],
)
def test_windows_counts_the_cores_in_the_affinity(
    monkeypatch: pytest.MonkeyPatch, affinity: int, count: int, *, succeeds: bool
) -> None:
    """Two cores with two hardware threads each, and a cache, which does not count."""
    processors = (system._WindowsProcessor * 3)(
        *(
            system._WindowsProcessor(mask, relationship)
            for mask, relationship in ((0b0011, 0), (0b1100, 0), (0b1111, 2))
        )
    )

    def set_affinity(_: object, process: Any, of_system: Any) -> int:
        process._obj.value = of_system._obj.value = affinity
        return 1

    def fill(buffer: Any, length: Any) -> int:
        length._obj.value = ctypes.sizeof(processors)
        if buffer is None or not succeeds:
            return 0
        ctypes.memmove(buffer, processors, ctypes.sizeof(processors))
        return 1

    kernel32 = SimpleNamespace(
        GetCurrentProcess=lambda: 1, GetProcessAffinityMask=set_affinity, GetLogicalProcessorInformation=fill
    )
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(ctypes, "WinDLL", lambda _: kernel32, raising=False)
    assert num_physical_cores() == count
