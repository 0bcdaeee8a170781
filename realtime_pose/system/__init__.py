"""What only one operating system has, each with its counterpart on the others."""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

TRIGGER_SIGNAL: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""The signal that triggers a recording in a run without a window; None on Windows, which has no such signal."""


_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows ends the process instead


def termination_signals() -> list[signal.Signals]:
    """The signals that ask this process to end: SIGTERM, and SIGHUP when its terminal is closed.

    SIGHUP is left out if it is ignored, as under nohup: the process is meant to outlive its terminal.
    """
    is_hangup_used = _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN
    return [signal.SIGTERM, *([_HANGUP] if _HANGUP is not None and is_hangup_used else [])]


def sync_folder(folder: Path) -> None:
    """Make the disk store the file names of a folder, so that a power cut does not lose a new file.

    Does nothing on Windows, which cannot open a folder as a file, and on a file system that refuses.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_CUDA_DRIVER = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}


def has_cuda_driver() -> bool:
    """Whether the NVIDIA driver's library can be loaded.

    Without it, a CUDA session takes seconds to fail.
    """
    try:
        ctypes.CDLL(_CUDA_DRIVER.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return False
    return True


_LINUX_CPUS = Path("/sys/devices/system/cpu")


def num_physical_cores() -> int:
    """CPU cores that this process may use; the hardware threads of one core count once.

    Linux and Windows: the cores in the affinity of this process. macOS has no affinity. If the system does not give the
    cores, the logical processors are counted.
    """
    if sys.platform == "darwin":
        count = _num_macos_cores()
    elif sys.platform == "win32":
        count = _num_windows_cores()
    else:
        count = _num_linux_cores()
    return count or os.cpu_count() or 1


def _num_linux_cores() -> int:
    """Distinct groups of hardware threads in sysfs; 0 without an affinity."""
    if not hasattr(os, "sched_getaffinity"):
        return 0
    cores = set()
    for number in os.sched_getaffinity(0):
        siblings = _LINUX_CPUS / f"cpu{number}" / "topology" / "thread_siblings_list"
        cores.add(siblings.read_text(encoding="ascii") if siblings.is_file() else str(number))
    return len(cores)


def _num_macos_cores() -> int:
    """The value of sysctl hw.physicalcpu; 0 if it fails."""
    count, size = ctypes.c_int(0), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int))
    sysctl = ctypes.CDLL(None).sysctlbyname
    sysctl(b"hw.physicalcpu", ctypes.byref(count), ctypes.byref(size), None, ctypes.c_size_t(0))
    return count.value


class _WindowsProcessor(ctypes.Structure):
    """SYSTEM_LOGICAL_PROCESSOR_INFORMATION: the logical processors (mask) that share a core, a cache or a package."""

    _fields_ = (("mask", ctypes.c_size_t), ("relationship", ctypes.c_int), ("details", ctypes.c_uint64 * 2))


_RELATION_PROCESSOR_CORE = 0


def _kernel32() -> Any:
    """The Windows library with the functions on processors."""
    if sys.platform == "win32":
        return ctypes.WinDLL("kernel32")
    raise OSError("expected Windows")


def _num_windows_cores() -> int:
    """Entries of GetLogicalProcessorInformation that are cores in the affinity of this process; 0 if it fails."""
    kernel32 = _kernel32()
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p  # a handle, which does not fit an int
    process = ctypes.c_void_p(kernel32.GetCurrentProcess())
    affinity, of_system = ctypes.c_size_t(0), ctypes.c_size_t(0)
    kernel32.GetProcessAffinityMask(process, ctypes.byref(affinity), ctypes.byref(of_system))
    length = ctypes.c_ulong(0)
    kernel32.GetLogicalProcessorInformation(None, ctypes.byref(length))  # sets the length that it needs
    entries = (_WindowsProcessor * (length.value // ctypes.sizeof(_WindowsProcessor)))()
    if not kernel32.GetLogicalProcessorInformation(entries, ctypes.byref(length)):
        return 0
    cores = (entry for entry in entries if entry.relationship == _RELATION_PROCESSOR_CORE)
    return sum(bool(core.mask & affinity.value) for core in cores)
