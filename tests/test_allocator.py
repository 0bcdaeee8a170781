"""Memory of pictures that nobody has any more goes back to the system."""

import subprocess
import sys

SCRIPT = """
import threading
from pathlib import Path
import numpy as np
from realtime_pose.pipeline.allocator import keep_memory_flat
assert keep_memory_flat()
def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def work():
    kept = [np.ones((720, 1280, 3), np.uint8) for _ in range(20)]
before = resident()
for _ in range(8):
    thread = threading.Thread(target=work); thread.start(); thread.join()
print(resident() - before)
"""


def test_threads_that_come_and_go_leave_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) < 10_000_000, "of 20 pictures of 2.8 MB in each of 8 threads"
