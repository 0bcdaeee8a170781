"""The status bar: state, figures and the warning about the device."""

import pytest

from realtime_pose.messages.recorder_messages import note_text
from realtime_pose.models.engine import Engine
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.recording.status import RecorderNote, RecorderState, RecorderStatus
from realtime_pose.sources import NegotiatedFormat, SourceInfo, SourceReason, SourceState, SourceStatus
from tests.support.fakes.fake_pipeline import FakeSource, make_report
from tests.support.fakes.window_driver import WindowDriver

pytestmark = [pytest.mark.gui]


def test_the_figures_of_a_live_source(driver: WindowDriver) -> None:
    driver.open()
    driver.show_scene()
    driver.wait_for_tick()
    figures = {name: label.text() for name, label in driver.window.widgets.status.figures.items()}
    assert figures == {
        "persons": "0 persons",
        "rate": "29.7 fps",
        "latency": "pose 41/55 ms",
        "age": "age 84 ms",
        "dropped": "2 dropped",
        "recorder": "",
        "device": "CPU",
    }
    assert driver.state_text == "Live"
    assert not driver.window.widgets.status.warning.isVisible()


def test_a_file_shows_its_position_and_no_age(driver: WindowDriver) -> None:
    driver.open()
    driver.pipeline.source = FakeSource(SourceInfo("fake", is_live=False, wh=(64, 48), rate_hz=30.0, num_frames=100))
    driver.pipeline.reported = make_report(num_frames=57, dropped={})
    driver.qtbot.waitUntil(lambda: driver.state_text == "Playing, frame 57 of 100")
    assert driver.window.widgets.status.figures["age"].text() == ""
    assert driver.window.widgets.status.figures["dropped"].text() == ""


def test_a_cpu_that_was_not_requested_is_a_red_warning(driver: WindowDriver) -> None:
    driver.open()
    driver.pipeline.reported = make_report(warning="cuda was asked for, but the networks run on the CPU")
    warning = driver.window.widgets.status.warning
    driver.qtbot.waitUntil(warning.isVisible)
    assert warning.text() == "CPU"
    assert "cuda was asked for" in warning.toolTip()


@pytest.mark.parametrize(
    ("devices", "precisions", "text"),
    [
        (("CPU", "CPU"), ("int8", "int8"), "CPU int8"),
        (("CPU", "CPU"), ("int8", "f32"), "CPU int8 + CPU f32"),
        (("INTEL-GPU:0", "INTEL-GPU:0"), ("f16", "f16"), "INTEL-GPU:0 f16"),
        (("INTEL-NPU", "CPU"), ("f16", "bf16"), "INTEL-NPU f16 + CPU bf16"),
    ],
)
def test_the_devices_with_their_precisions(
    driver: WindowDriver, devices: tuple[str, str], precisions: tuple[str, str], text: str
) -> None:
    driver.open()
    stages = ("detect", "pose")
    engines = {stage: Engine("openvino", precision) for stage, precision in zip(stages, precisions, strict=True)}
    driver.pipeline.reported = make_report(devices=dict(zip(stages, devices, strict=True)), engines=engines)
    device = driver.window.widgets.status.figures["device"]
    driver.qtbot.waitUntil(lambda: device.text() == text)
    assert f"pose: {devices[1]}, OpenVINO {precisions[1]}" in device.toolTip()


@pytest.mark.parametrize(
    ("state", "note", "text"),
    [
        (RecorderState.IDLE, NO_REASON, ""),
        (RecorderState.ARMED, NO_REASON, "○ pre-roll"),
        (RecorderState.RECORDING, NO_REASON, "● recording"),
        (RecorderState.RECORDING, Reason(RecorderNote.FRAMES_DROPPED), "● recording !"),
        (RecorderState.ENDING, NO_REASON, "● post-roll"),
        (RecorderState.PAUSED, Reason(RecorderNote.WRITE_FAILED, {"error": "folder gone"}), "■ not recording !"),
    ],
)
def test_the_state_of_the_recorder(driver: WindowDriver, state: RecorderState, note: Reason, text: str) -> None:
    driver.open()
    driver.pipeline.reported = make_report(recorder=RecorderStatus(state, note=note, num_dropped=7))
    driver.show_scene()
    driver.wait_for_tick()
    figures = driver.window.widgets.status.figures
    assert figures["recorder"].text() == text
    assert figures["recorder"].isVisible() == bool(text)
    assert note_text(note) in figures["recorder"].toolTip()
    assert figures["dropped"].text() == "9 dropped"
    assert "recording, which was too slow: 7" in figures["dropped"].toolTip()


def test_the_negotiated_format_is_in_the_tooltip_of_the_state(driver: WindowDriver) -> None:
    driver.open("0")
    negotiated = NegotiatedFormat((640, 480), 30.0, "MJPG", (1280, 720), 30.0)
    driver.pipeline.reported = make_report(source=SourceStatus(SourceState.LIVE, negotiated=negotiated))
    driver.show_scene()
    driver.wait_for_tick()
    lines = ["Live", "The webcam gives 640x480 at 30 fps MJPG; 1280x720 at 30 fps was asked for"]
    assert driver.window.widgets.status.state.toolTip().splitlines()[:2] == lines


def test_rate_and_age_stay_current_while_no_frame_comes(driver: WindowDriver) -> None:
    driver.open("rtsp://cam/1")
    driver.show_scene()
    status = SourceStatus(SourceState.RECONNECTING, Reason(SourceReason.BROKE_OFF), retry_in_s=1.9)
    driver.pipeline.reported = make_report(source=status, rate_hz=0.0, age_s=62.31)
    figures = driver.window.widgets.status.figures
    driver.qtbot.waitUntil(lambda: figures["age"].text() == "age 62.3 s")
    assert figures["rate"].text() == "0.0 fps"
