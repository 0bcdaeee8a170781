"""The crossing between threads: what runs where, what comes late, how all of it ends."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread
from time import monotonic

import pytest
from pytestqt.qtbot import QtBot

from realtime_pose.app.application import failures_shown
from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.bridge import Bridge, Phase
from realtime_pose.config import Config, RecordConfig
from realtime_pose.errors import SourceLostError, SourceOpenError
from tests.support.fake_pipeline import FakeBuild, FakePipeline, picture, report, scene

Make = Callable[..., Bridge]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Bridge] = []

    def make(build: FakeBuild, config: Config | None = None) -> Bridge:
        made.append(Bridge(config or Config(), build))
        return made[-1]

    yield make
    for bridge in made:
        bridge.close()
    qtbot.waitUntil(lambda: all(it.phase is Phase.CLOSED and not len(it.tasks) for it in made), timeout=5000)


def running(bridge: Bridge, build: FakeBuild, qtbot: QtBot, uri: str = "demo") -> FakePipeline:
    """The pipeline of a bridge that has just opened a source."""
    bridge.open(uri)
    qtbot.waitUntil(lambda: bridge.phase is Phase.RUNNING)
    return build.made[-1]


def test_a_job_works_elsewhere_and_reports_here(qtbot: QtBot) -> None:
    tasks, here = BackgroundTasks(), current_thread()
    threads, words = [], list[str]()

    def work() -> int:
        threads.append(current_thread())
        return 7

    def done(value: int) -> None:
        assert value == 7
        threads.append(current_thread())

    def refuse() -> None:
        raise SourceOpenError("it is not there")

    with qtbot.waitSignal(tasks.idle, timeout=2000):
        tasks.start(work, done=done, failed=words.append)
        tasks.start(refuse, done=lambda _: None, failed=words.append)
    assert threads[0] is not here
    assert threads[1] is here
    assert words == ["it is not there"]
    assert len(tasks) == 0


def test_waiting_for_jobs_ends_at_the_deadline(qtbot: QtBot) -> None:
    tasks, may_go = BackgroundTasks(), Event()
    tasks.start(lambda: may_go.wait(10), done=lambda _: None, failed=lambda _: None)
    started = monotonic()
    assert not tasks.wait(0.1)
    assert monotonic() - started < 1
    with qtbot.waitSignal(tasks.idle, timeout=2000):
        may_go.set()
    assert tasks.wait(1)


def test_a_source_is_built_off_the_gui_thread_and_started_with_the_settings(make: Make, qtbot: QtBot) -> None:
    threads = []
    build = FakeBuild(before=lambda _: threads.append(current_thread()))
    bridge = make(build)
    bridge.set_display_wh((640, 480))
    pipeline = running(bridge, build, qtbot, "clip.mp4")
    assert threads != [current_thread()]
    assert pipeline.config.source.uri == "clip.mp4"
    assert pipeline.calls == ["start"]
    assert pipeline.settings.display_wh == (640, 480)


def test_the_newest_scene_is_pulled_and_older_ones_are_dropped(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    came: list[int] = []
    bridge.scene_came.connect(lambda: came.append(bridge.scene.frame.index if bridge.scene else -1))
    with qtbot.waitSignal(bridge.scene_came, timeout=2000):
        for index in range(100):
            pipeline.shown.put(scene(picture((2, 2)), index))
    assert came == [99]
    assert pipeline.shown.dropped == 99


def test_settings_are_swapped_as_one_and_kept_for_the_next_source(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    first = running(bridge, build, qtbot)
    changed = replace(bridge.settings, detector_threshold=0.9)
    bridge.change(changed)
    assert first.settings is changed
    assert running(bridge, build, qtbot, "other").settings is changed


def test_the_same_size_is_not_told_twice(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    before = len(pipeline.history)
    bridge.set_display_wh((10, 10))
    bridge.set_display_wh((10, 10))
    assert len(pipeline.history) == before + 1


def test_another_source_stops_the_first_before_it_is_built(make: Make, qtbot: QtBot) -> None:
    order: list[list[list[str]]] = []
    build = FakeBuild()
    build.before = lambda _: order.append([list(made.calls) for made in build.made])
    bridge = make(build)
    running(bridge, build, qtbot, "0")
    running(bridge, build, qtbot, "1")
    assert order == [[], [["start", "stop"]]]


def test_a_late_build_of_an_abandoned_source_is_stopped_and_dropped(make: Make, qtbot: QtBot) -> None:
    may_build = Event()
    build = FakeBuild(before=lambda config: None if config.source.uri == "fast" else (may_build.wait(10), None)[1])
    bridge = make(build)
    bridge.open("slow")
    fast = running(bridge, build, qtbot, "fast")
    may_build.set()
    qtbot.waitUntil(lambda: len(build.made) == 2 and build.made[1].calls == ["stop"])
    assert bridge.phase is Phase.RUNNING
    assert fast.calls == ["start"]


def test_a_late_refusal_of_an_abandoned_source_is_not_shown(make: Make, qtbot: QtBot) -> None:
    may_fail = Event()

    def before(config: Config) -> None:
        if config.source.uri == "slow":
            may_fail.wait(10)
            raise SourceOpenError("too late")

    build = FakeBuild(before)
    bridge = make(build)
    bridge.open("slow")
    running(bridge, build, qtbot, "fast")
    with qtbot.waitSignal(bridge.tasks.idle, timeout=2000):
        may_fail.set()
    assert bridge.phase is Phase.RUNNING
    assert bridge.error == ""


def refuse(config: Config) -> None:
    raise SourceOpenError(f"{config.source.uri}: no such file")


def break_down(config: Config) -> None:
    raise KeyError("a bug")


def test_why_a_source_does_not_open_is_kept(make: Make, qtbot: QtBot) -> None:
    bridge = make(FakeBuild(refuse))
    bridge.open("gone.mp4")
    qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
    assert bridge.error == "gone.mp4: no such file"


def test_a_bug_while_building_is_shown_and_ends_the_wait(make: Make, qtbot: QtBot) -> None:
    bridge, shown = make(FakeBuild(break_down)), list[str]()
    with failures_shown(shown.append):
        bridge.open("demo")
        qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
        qtbot.waitUntil(lambda: bool(shown))
    assert shown == ["Unexpected KeyError: 'a bug'"]
    assert "internal error" in bridge.error


def test_the_first_failure_of_a_stage_is_shown(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    pipeline.failure = SourceLostError("the camera was unplugged")
    qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
    assert bridge.error == "the camera was unplugged"


def test_a_bug_in_a_stage_is_shown_and_the_source_counts_as_failed(make: Make, qtbot: QtBot) -> None:
    build, shown = FakeBuild(), list[str]()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    with failures_shown(shown.append):
        pipeline.failure = ZeroDivisionError("division by zero")
        qtbot.waitUntil(lambda: bool(shown))
    assert shown == ["Unexpected ZeroDivisionError: division by zero"]
    assert bridge.phase is Phase.FAILED
    assert "internal error" in bridge.error


def test_the_end_of_a_source_is_a_phase_and_its_last_scene_still_comes(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    pipeline.has_ended = True
    qtbot.waitUntil(lambda: bridge.phase is Phase.ENDED)
    with qtbot.waitSignal(bridge.scene_came, timeout=2000):
        pipeline.shown.put(scene(picture((2, 2))))


def test_a_sink_that_failed_is_told_once(make: Make, qtbot: QtBot) -> None:
    build, told = FakeBuild(), list[str]()
    bridge = make(build)
    bridge.failed.connect(told.append)
    pipeline = running(bridge, build, qtbot)
    pipeline.reported = report(sink_errors=("disk full",))
    for _ in range(3):
        with qtbot.waitSignal(bridge.ticked, timeout=2000):
            pass
    pipeline.reported = report(sink_errors=("disk full", "folder gone"))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == ["disk full", "folder gone"]


def test_a_recording_is_started_and_finished_off_the_gui_thread(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    bridge.record(tmp_path / "a.mp4")
    assert bridge.is_recording_busy
    bridge.record(tmp_path / "b.mp4")  # while the first is being started: nothing
    qtbot.waitUntil(lambda: bridge.recording == str(tmp_path / "a.mp4") and not bridge.is_recording_busy)
    bridge.stop_recording()
    qtbot.waitUntil(lambda: not bridge.recording and not bridge.is_recording_busy)
    assert pipeline.calls == ["start", "record", "finish recording"]


def test_a_recording_that_cannot_start_is_told(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    running(bridge, build, qtbot).recording_error = "no such folder"
    with qtbot.waitSignal(bridge.failed, timeout=2000) as failed:
        bridge.record(Path("/nowhere/a.mp4"))
    assert failed.args == ["no such folder"]
    assert not bridge.is_recording_busy


def test_a_second_run_does_not_write_over_the_files_of_the_first(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build, Config(record=RecordConfig(path=Path("v/o.mp4")), save_poses=(Path("p.jsonl"), Path("p.csv"))))
    assert running(bridge, build, qtbot).config.record.path == Path("v/o.mp4")
    second = running(bridge, build, qtbot).config
    assert second.record.path == Path("v/o-2.mp4")
    assert second.save_poses == (Path("p-2.jsonl"), Path("p-2.csv"))


def test_pausing_reaches_the_pipeline_and_ends_with_the_source(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    bridge.set_paused(is_paused=True)
    bridge.set_paused(is_paused=False)
    bridge.set_paused(is_paused=True)
    assert pipeline.calls == ["start", "pause", "go on", "pause"]
    running(bridge, build, qtbot, "other")
    assert not bridge.is_paused


def test_nothing_can_be_done_before_a_source_is_open(make: Make) -> None:
    bridge = make(FakeBuild())
    bridge.record(Path("a.mp4"))
    bridge.stop_recording()
    bridge.set_paused(is_paused=True)
    assert not bridge.recording
    assert not bridge.is_live
    assert len(bridge.tasks) == 0


def test_closing_without_a_source_is_immediate(make: Make, qtbot: QtBot) -> None:
    bridge = make(FakeBuild())
    with qtbot.waitSignal(bridge.closed, timeout=500):
        bridge.close()


def test_closing_stops_the_pipeline_and_waits_for_it(make: Make, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make(build)
    pipeline = running(bridge, build, qtbot)
    pipeline.may_stop.clear()
    bridge.close()
    assert bridge.phase is Phase.CLOSING
    with qtbot.waitSignal(bridge.closed, timeout=1500):
        pipeline.may_stop.set()
    assert pipeline.calls == ["start", "stop"]
    assert len(bridge.tasks) == 0


def test_closing_waits_two_seconds_at_most_for_a_source_that_hangs(make: Make, qtbot: QtBot) -> None:
    may_build = Event()
    build = FakeBuild(before=lambda _: (may_build.wait(20), None)[1])
    bridge = make(build)
    bridge.open("rtsp://hangs")
    started = monotonic()
    with qtbot.waitSignal(bridge.closed, timeout=4000):
        bridge.close()
    assert 1.8 < monotonic() - started < 2.5
    may_build.set()
    qtbot.waitUntil(lambda: bool(build.made) and build.made[0].calls == ["stop"])
