"""Calls one library on one image again and again: milliseconds of each call, and of its networks, as JSON.

    python benchmarks/peers/run_calls.py JOB.json RESULT.json        (called by overhead.py)

JOB.json names the library (ours or rtmlib), the two networks with their input sizes, the image and the number of calls.
It needs only what both environments have. The networks are timed where both libraries call ONNX Runtime; the time of
runs side by side counts once.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import onnxruntime

_WARM_UP_CALLS = 5

Call = Callable[[Any], int]


class RunTimer:
    """Measures when the networks run, in any thread: replaces ``run`` of the sessions of ONNX Runtime."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._lock = threading.Lock()
        run = onnxruntime.InferenceSession.run

        def timed_run(session: Any, *arguments: Any) -> Any:
            started_s = time.perf_counter()
            outputs = run(session, *arguments)
            with self._lock:
                self._spans.append((started_s, time.perf_counter()))
            return outputs

        onnxruntime.InferenceSession.run = timed_run

    def take_s(self) -> float:
        """Seconds in which at least one network ran, since the last call of this method."""
        spans, self._spans = self._spans, []
        return covered_s(spans)


def covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds that are covered by at least one of these spans, each a start and an end.

    >>> covered_s([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    covered, end_s = 0.0, float("-inf")
    for start_s, stop_s in sorted(spans):
        covered += max(0.0, stop_s - max(start_s, end_s))
        end_s = max(end_s, stop_s)
    return covered


def load_ours(job: dict[str, Any]) -> Call:
    """``Pose()(image)`` with the two networks; it gives the number of persons."""
    rp: Any = import_module("realtime_pose")
    config: Any = import_module("realtime_pose.config")
    pose = rp.Pose(
        config=rp.Config(
            detect=config.DetectConfig(model=job["detector"], size=str(job["detector_wh"][0]), threshold=0.3),
            pose=config.PoseConfig(model=job["pose"]),
            device=config.DeviceConfig(device="cpu", engine="onnxruntime"),
        )
    )
    return lambda image: len(pose(image))


def load_rtmlib(job: dict[str, Any]) -> Call:
    """``Body()(image)`` with the two networks, as ``Custom``, which takes any family; the number of persons."""
    rtmlib: Any = import_module("rtmlib")
    script: Any = import_module("run_rtmlib")  # beside this script, which rtmlib's own Python runs too
    body = rtmlib.Custom(**script.network_arguments(job), backend="onnxruntime", device="cpu")
    return lambda image: len(body(image)[0])


def main() -> None:
    """Run the job and write its result."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    timer = RunTimer()
    call = {"ours": load_ours, "rtmlib": load_rtmlib}[job["library"]](job)
    image = cv2.imread(job["image"])
    for _ in range(_WARM_UP_CALLS):
        call(image)
    timer.take_s()
    call_ms, network_ms, persons = [], [], 0
    for _ in range(job["calls"]):
        started_s = time.perf_counter()
        persons = call(image)
        call_ms.append(1000 * (time.perf_counter() - started_s))
        network_ms.append(1000 * timer.take_s())
    result = {"call_ms": call_ms, "network_ms": network_ms, "persons": persons}
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
