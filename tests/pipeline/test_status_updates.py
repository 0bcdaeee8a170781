"""Status updates of a live source: reported between scenes, also while no scene arrives, and written to JSON lines."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.channels import Queue
from realtime_pose.config import Config, PoseConfig
from realtime_pose.messages.source_messages import SOURCE_WORDS
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.status_updates import with_status_updates
from realtime_pose.reasons import Reason
from realtime_pose.scene import Scene
from realtime_pose.sources import SourceReason, SourceState, SourceStatus, StreamSource
from realtime_pose.sources.backoff import Timing
from tests.support.fakes.fake_connection import REFUSED, UNREACHABLE, FakeConnection, connect_in_turn, stream_config
from tests.support.fakes.parts import FakeSource
from tests.support.people.stills import scene

SILENT = SourceStatus(SourceState.STALLED, Reason(SourceReason.NO_FRAMES, {"waited_s": 1.0}))
LIVE = SourceStatus(SourceState.LIVE)


def late(lag_s: float) -> SourceStatus:
    return SourceStatus(SourceState.STALLED, Reason(SourceReason.LATE, {"lag_s": lag_s}))


class ScriptedSource(FakeSource):
    """A source that returns the next status of a list at each read, and the last one for ever."""

    def __init__(self, *statuses: SourceStatus) -> None:
        super().__init__([], is_live=True)
        self.remaining = list(statuses)

    @property
    def status(self) -> SourceStatus:
        return self.remaining.pop(0) if len(self.remaining) > 1 else self.remaining[0]


def test_a_status_is_reported_once_also_if_its_numbers_change() -> None:
    retried = replace(late(3.4), retry_in_s=1.0)
    source = ScriptedSource(LIVE, SILENT, SILENT, late(1.2), late(3.4), retried, LIVE)
    reported: list[SourceStatus] = []
    scenes: Queue[Scene] = Queue(9)
    for index in range(7):
        scenes.put(scene(index=index))
    scenes.close()
    assert [scene.frame.index for scene in with_status_updates(scenes, source, reported.append)] == list(range(7))
    assert reported == [LIVE, SILENT, late(1.2), LIVE]


def test_a_status_is_reported_without_scenes_and_the_last_one_after_all_scenes() -> None:
    source, scenes = ScriptedSource(SILENT), Queue[Scene](1)
    reported: list[SourceStatus] = []
    is_reported = threading.Event()

    def report(status: SourceStatus) -> None:
        reported.append(status)
        is_reported.set()

    consumer = threading.Thread(target=lambda: list(with_status_updates(scenes, source, report)))
    consumer.start()
    assert is_reported.wait(2.0)
    source.remaining = [SourceStatus(SourceState.ENDED)]
    scenes.close()
    consumer.join(2.0)
    assert [status.state for status in reported] == [SourceState.STALLED, SourceState.ENDED]


class GatedWait:
    """The wait before each reconnection: it lasts until the test releases the gate once."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)

    def __call__(self, stop: threading.Event, _: float) -> bool:
        while not stop.is_set():
            if self.gate.acquire(timeout=0.02):
                return False
        return True


@pytest.fixture
def gated_wait() -> Iterator[GatedWait]:
    """Every wait ends with the test."""
    wait = GatedWait()
    yield wait
    wait.gate.release(99)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All complete JSON lines of the file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]


def await_states(path: Path, condition: Callable[[list[str]], bool]) -> bool:
    """Whether the states in the file meet the condition within ten seconds."""
    pause = threading.Event()
    return any(
        condition([line["state"] for line in read_lines(path) if "state" in line]) or pause.wait(0.05)
        for _ in range(200)
    )


@pytest.mark.slow
def test_json_lines_hold_each_state_and_its_reason_during_outages(tmp_path: Path, gated_wait: GatedWait) -> None:
    path = tmp_path / "poses.jsonl"
    connect = connect_in_turn(REFUSED, FakeConnection(num_frames=80), UNREACHABLE, FakeConnection())
    source_config = stream_config(read_timeout_s=9.0, stalled_s=5.0)
    source = StreamSource("cam", connect, source_config, timing=Timing(wait=gated_wait))
    settings = Config(source=source_config, pose=PoseConfig(model="movenet-lightning"), save_poses=(path,))
    pipeline = build(settings, source=source, words=SOURCE_WORDS)
    pipeline.start()
    assert await_states(path, lambda states: states[-1:] == ["auth_failed"])
    gated_wait.gate.release()
    assert await_states(path, lambda states: states[-2:] == ["live", "reconnecting"])
    gated_wait.gate.release()
    assert await_states(path, lambda states: states[-1:] == ["reconnecting"] and len(states) == 4)
    gated_wait.gate.release()
    assert await_states(path, lambda states: states[-1:] == ["live"])
    pipeline.stop()
    lines = read_lines(path)
    states = [line for line in lines if "state" in line]
    assert [line["state"] for line in states] == [
        "auth_failed",
        "live",
        "reconnecting",
        "reconnecting",
        "live",
        "ended",
    ]
    codes = [line.get("code", "") for line in states]
    assert codes == ["unauthorized", "", "broke_off", "connection_refused", "", ""]
    assert [bool(line.get("reason")) for line in states] == [bool(code) for code in codes]
    assert states[3]["reason"].startswith("Connection refused; asked again in ")
    assert [line["size"] for line in lines if "schema" in line] == [None, [8, 8]]
    assert states[0]["time_s"] is None
    times_s = [line["time_s"] for line in states[2:]]
    assert times_s == sorted(times_s)
    assert times_s[0] >= max(line["time_s"] for line in lines[: lines.index(states[2])] if "frame" in line)
