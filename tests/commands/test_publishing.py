"""The command ``live`` with a virtual camera and with a server: the summary, the exit code, and no secret anywhere."""

from pathlib import Path

import pytest

from benchmarks.support import clips
from benchmarks.support.servers.rtsp_server import free_port
from realtime_pose.cli import main
from tests.support.fakes.loopback_device import FakeLoopback
from tests.support.servers.rtsp_recorder import RtspRecorder

QUICK = ("--headless", "--preset", "fast", "--detector-size", "64", "--debug")
SECRET, KEY = "s3cr3t/w#r:d%", "k3y-0f-m1ne"


@pytest.mark.slow
def test_a_virtual_camera_has_the_pictures_and_the_summary_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    device = FakeLoopback(tmp_path / "video10", monkeypatch)
    clip = clips.video(tmp_path / "clip.mp4", count=20, wh=(160, 120))
    assert main(["live", str(clip), "--virtual-camera", str(device.path), *QUICK]) == 0
    assert device.images()
    assert f"published to {device.path}: " in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_of_which_nothing_was_published_fails_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    device = FakeLoopback(tmp_path / "video10", monkeypatch)
    device.kept_wh = (1280, 720)
    clip, poses = clips.video(tmp_path / "clip.mp4", count=20, wh=(160, 120)), tmp_path / "poses.jsonl"
    code = main(["live", str(clip), "--virtual-camera", str(device.path), "--save-poses", str(poses), *QUICK])
    assert code == 1
    assert "not published: " in capsys.readouterr().err
    assert len(poses.read_text("utf-8").splitlines()) > 5, "the poses are complete"


@pytest.mark.server
@pytest.mark.parametrize("is_there", [True, False])
def test_no_secret_of_a_server_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str], *, is_there: bool) -> None:
    clip = clips.video(tmp_path / "clip.mp4", count=20, wh=(160, 120))
    with RtspRecorder(tmp_path / "taken.h264", user=f"anna:{SECRET}") as server:
        refused = f"rtmp://anna:{SECRET}@127.0.0.1:{free_port()}/live/{KEY}"
        address = server.with_login(f"anna:{SECRET}") if is_there else refused
        code = main(["live", str(clip), "--publish", address, *QUICK])
    shown = "".join(capfd.readouterr())
    assert code == int(not is_there)
    assert ("published to rtsp://anna:***@127.0.0.1" if is_there else "not published: rtmp://anna:***@") in shown
    assert not any(secret in shown for secret in (SECRET, "s3cr3t", KEY))
