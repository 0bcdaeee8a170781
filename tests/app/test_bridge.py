"""The bridge: which thread runs what, results that come too late, and how everything ends."""

import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, current_thread
from time import monotonic

import pytest
from pytestqt.qtbot import QtBot

from realtime_pose.app.application import show_exceptions
from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.config import Config, PeopleView, RecordConfig
from realtime_pose.errors import SourceError, SourceOpenError, StageError
from tests.support.fakes.fake_pipeline import FakeBuild, FakePipeline, gradient_image, make_report, make_scene

pytestmark = [pytest.mark.gui]

MakeBridge = Callable[..., Bridge]


@pytest.fixture
def make_bridge(qtbot: QtBot) -> Iterator[MakeBridge]:
    bridges: list[Bridge] = []

    def make_bridge(build: Callable[[Config], FakePipeline], config: Config | None = None) -> Bridge:
        bridges.append(Bridge(config or Config(), build))
        return bridges[-1]

    yield make_bridge
    for bridge in bridges:
        bridge.close()
    qtbot.waitUntil(
        lambda: all(bridge.phase is Phase.CLOSED and not len(bridge.tasks) for bridge in bridges), timeout=5000
    )


def open_source(bridge: Bridge, build: FakeBuild, qtbot: QtBot, uri: str = "demo") -> FakePipeline:
    """Open a source, wait until it runs, and return its pipeline."""
    bridge.open(uri)
    qtbot.waitUntil(lambda: bridge.phase is Phase.RUNNING)
    return build.pipelines[-1]


def test_a_source_is_built_off_the_gui_thread_and_started_with_the_settings(
    make_bridge: MakeBridge, qtbot: QtBot
) -> None:
    threads = []
    build = FakeBuild(lambda _: threads.append(current_thread()))
    bridge = make_bridge(build)
    bridge.set_display_wh((640, 480))
    pipeline = open_source(bridge, build, qtbot, "clip.mp4")
    assert threads != [current_thread()]
    assert pipeline.config.source.uri == "clip.mp4"
    assert pipeline.calls == ["start"]
    assert pipeline.settings.display_wh == (640, 480)


def test_only_the_newest_scene_is_fetched(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    indices: list[int] = []
    bridge.scene_changed.connect(lambda: indices.append(bridge.scene.frame.index if bridge.scene else -1))
    with qtbot.waitSignal(bridge.scene_changed, timeout=2000):
        # All before the next poll, because this loop does not run the event loop.
        for index in range(100):
            pipeline.shown.put(make_scene(gradient_image((2, 2)), index))
    assert indices == [99]
    assert pipeline.shown.dropped == 99


def test_settings_are_replaced_as_one_and_kept_for_the_next_source(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    first = open_source(bridge, build, qtbot)
    changed = replace(bridge.settings, detector_threshold=0.9)
    bridge.apply_settings(changed)
    assert first.settings is changed
    assert open_source(bridge, build, qtbot, "other").settings == changed


def test_the_same_size_is_set_only_once(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    before = len(pipeline.history)
    bridge.set_display_wh((10, 10))
    bridge.set_display_wh((10, 10))
    assert len(pipeline.history) == before + 1


def test_another_source_stops_the_first_before_it_is_built(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    order: list[list[list[str]]] = []
    build = FakeBuild()
    build.before_build = lambda _: order.append([list(pipeline.calls) for pipeline in build.pipelines])
    bridge = make_bridge(build)
    open_source(bridge, build, qtbot, "0")
    open_source(bridge, build, qtbot, "1")
    assert order == [[], [["start", "stop"]]]


def test_a_replaced_source_is_freed_off_the_gui_thread_when_the_next_is_built(
    make_bridge: MakeBridge, qtbot: QtBot
) -> None:
    alive, freed_in = list[weakref.ref[FakePipeline]](), list[Thread]()
    num_alive = []  # of earlier pipelines, whose networks the next one may use

    def build(config: Config) -> FakePipeline:
        num_alive.append(sum(earlier() is not None for earlier in alive))
        pipeline = FakePipeline(config)
        alive.append(weakref.ref(pipeline))
        weakref.finalize(pipeline.source, lambda: freed_in.append(current_thread()))
        return pipeline

    bridge = make_bridge(build)
    for uri in ("first.mp4", "second.mp4", "third.mp4"):
        bridge.open(uri)
        qtbot.waitUntil(lambda: bridge.phase is Phase.RUNNING)
    assert num_alive == [0, 1, 1]
    assert len(freed_in) == 2
    assert current_thread() not in freed_in


def test_a_late_pipeline_of_a_replaced_source_is_stopped(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    may_build = Event()

    def wait_if_slow(config: Config) -> None:
        if config.source.uri == "slow":
            may_build.wait(10)

    build = FakeBuild(wait_if_slow)
    bridge = make_bridge(build)
    bridge.open("slow")
    fast = open_source(bridge, build, qtbot, "fast")
    may_build.set()  # only now, when the slow source was replaced
    qtbot.waitUntil(lambda: len(build.pipelines) == 2 and build.pipelines[1].calls == ["stop"])
    assert bridge.phase is Phase.RUNNING
    assert fast.calls == ["start"]


def test_a_late_error_of_a_replaced_source_is_not_shown(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    may_fail = Event()

    def fail_late(config: Config) -> None:
        if config.source.uri == "slow":
            may_fail.wait(10)
            raise SourceOpenError("too late")

    build = FakeBuild(fail_late)
    bridge = make_bridge(build)
    bridge.open("slow")
    open_source(bridge, build, qtbot, "fast")
    with qtbot.waitSignal(bridge.tasks.idle, timeout=2000):
        may_fail.set()
    assert bridge.phase is Phase.RUNNING
    assert bridge.error == ""


def raise_open_error(config: Config) -> None:
    raise SourceOpenError(f"{config.source.uri}: no such file")


def raise_key_error(config: Config) -> None:
    raise KeyError("a bug")


def test_the_reason_why_a_source_does_not_open_is_kept(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    bridge = make_bridge(FakeBuild(raise_open_error))
    bridge.open("gone.mp4")
    qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
    assert bridge.error == "gone.mp4: no such file"


def test_a_bug_while_building_is_shown_and_the_source_has_failed(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    bridge, shown = make_bridge(FakeBuild(raise_key_error)), list[str]()
    with show_exceptions(shown.append):
        bridge.open("demo")
        qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
        qtbot.waitUntil(lambda: bool(shown))
    assert shown == ["Unexpected KeyError: 'a bug'"]
    assert bridge.error == "unexpected KeyError: 'a bug'; report it with what is printed with --debug"


def test_the_first_failure_of_a_stage_is_shown(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    pipeline.failure = SourceError("the camera was unplugged")
    qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
    assert bridge.error == "the camera was unplugged"


def test_a_bug_in_a_stage_is_shown_and_the_source_has_failed(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build, shown = FakeBuild(), list[str]()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    with show_exceptions(shown.append):
        # Not one of our errors: it must reach the hook, and the phase must change all the same.
        pipeline.failure = ZeroDivisionError("division by zero")
        qtbot.waitUntil(lambda: bool(shown))
    assert shown == ["Unexpected ZeroDivisionError: division by zero"]
    assert bridge.phase is Phase.FAILED
    assert bridge.error == "unexpected ZeroDivisionError: division by zero; report it with what is printed with --debug"


def test_an_exception_of_a_library_in_a_stage_is_explained_and_logged(
    make_bridge: MakeBridge, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    pipeline.failure = StageError("capture", ValueError("31 is not a valid Type"))
    qtbot.waitUntil(lambda: bridge.phase is Phase.FAILED)
    assert "the stage 'capture' failed: unexpected ValueError: 31 is not a valid Type" in bridge.error
    assert "ValueError: 31 is not a valid Type" in caplog.text


def test_the_last_scene_still_comes_after_the_end_of_a_source(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    pipeline.has_ended = True
    qtbot.waitUntil(lambda: bridge.phase is Phase.ENDED)
    with qtbot.waitSignal(bridge.scene_changed, timeout=2000):
        pipeline.shown.put(make_scene(gradient_image((2, 2))))


def test_each_failed_sink_is_reported_once(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build, errors = FakeBuild(), list[str]()
    bridge = make_bridge(build)
    bridge.failed.connect(errors.append)
    pipeline = open_source(bridge, build, qtbot)
    pipeline.reported = make_report(sink_errors=("disk full",))
    for _ in range(3):
        with qtbot.waitSignal(bridge.ticked, timeout=2000):
            pass
    pipeline.reported = make_report(sink_errors=("disk full", "folder gone"))
    qtbot.waitUntil(lambda: len(errors) == 2)
    assert errors == ["disk full", "folder gone"]


def test_a_recording_is_started_and_finished_off_the_gui_thread(
    make_bridge: MakeBridge, qtbot: QtBot, tmp_path: Path
) -> None:
    build = FakeBuild()
    bridge = make_bridge(build, Config(record=RecordConfig(path=tmp_path / "a.mp4")))
    pipeline = open_source(bridge, build, qtbot)
    bridge.toggle_recording()
    assert bridge.is_recording_busy
    bridge.toggle_recording()  # ignored while the first is being started
    qtbot.waitUntil(lambda: bridge.recorder.is_started and not bridge.is_recording_busy)
    assert bridge.recorder.path is not None
    assert bridge.recorder.path.parent == tmp_path
    bridge.toggle_recording()
    qtbot.waitUntil(lambda: not bridge.recorder.is_started and not bridge.is_recording_busy)
    assert pipeline.calls == ["start", "start recording", "stop recording"]


def test_a_recording_that_cannot_start_is_reported(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    open_source(bridge, build, qtbot).recording.error = "no such folder"
    with qtbot.waitSignal(bridge.failed, timeout=2000) as failed:
        bridge.toggle_recording()
    assert failed.args == ["no such folder"]
    assert not bridge.is_recording_busy


def test_a_second_run_does_not_overwrite_the_files_of_the_first(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(
        build, Config(record=RecordConfig(path=Path("v/o.mp4")), save_poses=(Path("p.jsonl"), Path("p.csv")))
    )
    assert open_source(bridge, build, qtbot).config.record.path == Path("v/o.mp4")
    second = open_source(bridge, build, qtbot).config
    assert second.record.path == Path("v/o-2.mp4")
    assert second.save_poses == (Path("p-2.jsonl"), Path("p-2.csv"))


def test_pause_reaches_the_pipeline_and_ends_with_the_source(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    bridge.set_paused(is_paused=True)
    bridge.set_paused(is_paused=False)
    bridge.set_paused(is_paused=True)
    assert pipeline.calls == ["start", "pause", "resume", "pause"]
    open_source(bridge, build, qtbot, "other")
    assert not bridge.is_paused


def test_commands_before_a_source_is_open_do_nothing(make_bridge: MakeBridge) -> None:
    bridge = make_bridge(FakeBuild())
    bridge.toggle_recording()
    bridge.set_paused(is_paused=True)
    assert not bridge.is_recording_busy
    assert not bridge.is_live
    assert len(bridge.tasks) == 0


def test_closing_without_a_source_is_immediate(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    bridge = make_bridge(FakeBuild())
    with qtbot.waitSignal(bridge.closed, timeout=500):
        bridge.close()


def test_closing_stops_the_pipeline_and_waits_for_it(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    pipeline = open_source(bridge, build, qtbot)
    pipeline.may_stop.clear()
    bridge.close()
    assert bridge.phase is Phase.CLOSING
    with qtbot.waitSignal(bridge.closed, timeout=1500):
        pipeline.may_stop.set()
    assert pipeline.calls == ["start", "stop"]
    assert len(bridge.tasks) == 0


@pytest.mark.parametrize("names", [{}, {1: "Anna"}])
def test_names_are_being_written_until_the_source_with_these_people_has_stopped(
    make_bridge: MakeBridge, qtbot: QtBot, names: dict[int, str]
) -> None:
    build = FakeBuild()
    bridge = make_bridge(build)
    first = open_source(bridge, build, qtbot)
    bridge.apply_settings(replace(bridge.settings, people=PeopleView(names=names)))
    assert not bridge.is_writing_names
    first.may_stop.clear()
    bridge.open("other.mp4")
    bridge.close()  # the window waits for the names although its present source has no people with a name
    assert bridge.is_writing_names == bool(names)
    first.may_stop.set()
    qtbot.waitUntil(lambda: bridge.phase is Phase.CLOSED)
    assert not bridge.is_writing_names


def test_closing_waits_at_most_two_seconds_for_a_source_that_hangs(make_bridge: MakeBridge, qtbot: QtBot) -> None:
    may_build = Event()

    def hang(_config: Config) -> None:
        may_build.wait(20)

    build = FakeBuild(hang)
    bridge = make_bridge(build)
    bridge.open("rtsp://hangs")
    start_s = monotonic()
    with qtbot.waitSignal(bridge.closed, timeout=4000):
        bridge.close()
    assert 1.8 < monotonic() - start_s < 2.5
    may_build.set()  # the thread still ends, and its pipeline is stopped
    qtbot.waitUntil(lambda: bool(build.pipelines) and build.pipelines[0].calls == ["stop"])
