"""The states of a live source between its scenes: told as they come, also while no scene comes, down to JSON lines."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.channels import Queue
from realtime_pose.config import Config, PoseConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.status_updates import with_status_updates
from realtime_pose.scene import Scene
from realtime_pose.sources import SourceState, SourceStatus, StreamSource
from realtime_pose.sources.backoff import Timing
from tests.sources.test_stream import AWAY, REFUSED, Played, config, connecting
from tests.support.fakes import FakeSource, frame

SILENT = SourceStatus(SourceState.STALLED, "no picture came for 1 s")


class Told(FakeSource):
    """A source whose states are those of a list, one a look, the last for ever."""

    def __init__(self, *states: SourceStatus) -> None:
        super().__init__([], is_live=True)
        self.left = list(states)

    @property
    def status(self) -> SourceStatus:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def test_a_state_is_told_once_and_what_differs_in_numbers_only_is_none() -> None:
    live, late = SourceStatus(SourceState.LIVE), SourceStatus(SourceState.STALLED, "pictures come 1.2 s late")
    source = Told(live, SILENT, SILENT, late, replace(late, reason="pictures come 3.4 s late"), live)
    told: list[SourceStatus] = []
    scenes: Queue[Scene] = Queue(9)
    for index in range(7):
        scenes.put(Scene(frame(index)))
    scenes.close()
    assert [scene.frame.index for scene in with_status_updates(scenes, source, told.append)] == list(range(7))
    assert told == [live, SILENT, late, live]


def test_a_state_is_told_while_no_scene_comes_and_the_last_one_after_them() -> None:
    source, scenes = Told(SILENT), Queue[Scene](1)
    told: list[SourceStatus] = []
    heard = threading.Event()

    def tell(status: SourceStatus) -> None:
        told.append(status)
        heard.set()

    taking = threading.Thread(target=lambda: list(with_status_updates(scenes, source, tell)))
    taking.start()
    assert heard.wait(2.0)
    source.left = [SourceStatus(SourceState.ENDED)]
    scenes.close()
    taking.join(2.0)
    assert [status.state for status in told] == [SourceState.STALLED, SourceState.ENDED]


class Gated:
    """Waits of a source that last until they are let go, one by one."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)

    def __call__(self, stop: threading.Event, _: float) -> bool:
        while not stop.is_set():
            if self.gate.acquire(timeout=0.02):
                return False
        return True


@pytest.fixture
def gated() -> Iterator[Gated]:
    """Let go at the end, whatever happened."""
    waits = Gated()
    yield waits
    waits.gate.release(99)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]


def comes(path: Path, is_so: Callable[[list[str]], bool]) -> bool:
    """Whether the states in the file are so within ten seconds."""
    pause = threading.Event()
    return any(
        is_so([line["state"] for line in lines_of(path) if "state" in line]) or pause.wait(0.05) for _ in range(200)
    )


def test_json_lines_hold_each_state_and_its_reason_while_the_camera_is_away(tmp_path: Path, gated: Gated) -> None:
    path = tmp_path / "poses.jsonl"
    played = connecting(REFUSED, Played(pictures=80), AWAY, Played())
    patient = config(read_timeout_s=9.0, stalled_s=5.0)
    source = StreamSource("cam", played, patient, timing=Timing(wait=gated))
    settings = Config(source=patient, pose=PoseConfig(model="movenet-lightning"), save_poses=(path,))
    pipeline = build(settings, source=source)
    pipeline.start()
    assert comes(path, lambda states: states[-1:] == ["auth_failed"])
    gated.gate.release()
    assert comes(path, lambda states: states[-2:] == ["live", "reconnecting"])
    gated.gate.release()
    assert comes(path, lambda states: states[-1:] == ["reconnecting"] and len(states) == 4)
    gated.gate.release()
    assert comes(path, lambda states: states[-1:] == ["live"])
    pipeline.stop()
    lines = lines_of(path)
    states = [line for line in lines if "state" in line]
    assert [line["state"] for line in states] == [
        "auth_failed",
        "live",
        "reconnecting",
        "reconnecting",
        "live",
        "ended",
    ]
    reasons = [line.get("reason", "").split(";")[0] for line in states]
    assert reasons[0] == "the server does not accept user and password"
    assert reasons[2:4] == ["the stream broke off", "Connection refused"]
    assert not any(reasons[row] for row in (1, 4, 5))
    assert [line["size"] for line in lines if "schema" in line] == [None, [8, 8]]
    assert states[0]["time_s"] is None
    times_s = [line["time_s"] for line in states[2:]]
    assert times_s == sorted(times_s)
    assert times_s[0] >= max(line["time_s"] for line in lines[: lines.index(states[2])] if "frame" in line)
