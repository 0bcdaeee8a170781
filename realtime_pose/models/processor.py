"""Which arithmetic the processor has instructions for."""

from pathlib import Path

from realtime_pose._cv2 import cv2

# OpenCV's numbers of AVX512-VNNI and of the dot product of Arm (CpuFeatures in its cvdef.h); it has no names in Python.
_DOT_PRODUCTS = (23, 101)
_LINUX_FLAGS = Path("/proc/cpuinfo")


def has_int8_instructions() -> bool:
    """Whether the processor multiplies and adds bytes in one instruction; without it int8 saves little time.

    OpenCV does not know AVX-VNNI, the form of laptops without AVX-512; only Linux tells it.
    """
    if any(cv2.checkHardwareSupport(number) for number in _DOT_PRODUCTS):
        return True
    return _LINUX_FLAGS.is_file() and "avx_vnni" in _LINUX_FLAGS.read_text(encoding="utf-8", errors="replace").split()
