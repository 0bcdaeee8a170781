"""A virtual camera shows the images to other programs; what is wrong is said before anything is loaded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import Config, PublishConfig, SourceConfig
from realtime_pose.errors import SinkError
from realtime_pose.publishing import check_publications, make_publications
from realtime_pose.publishing.camera_output import CameraOutput
from realtime_pose.system import video_loopback
from tests.support.fakes.loopback_device import FakeLoopback


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLoopback:
    return FakeLoopback(tmp_path / "video10", monkeypatch)


def plain(value: int, wh: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((wh[1], wh[0], 3), value, np.uint8)


def test_the_device_shows_the_images_in_their_colours(device: FakeLoopback) -> None:
    image = plain(0)
    image[:, :32] = (200, 60, 30)
    output = CameraOutput(device.path, (64, 48))
    output.write(image, at_s=0.0)
    output.write(plain(128), at_s=0.1)
    output.close()
    first, second = device.images()
    assert np.abs(first[10, 10].astype(int) - (200, 60, 30)).max() < 12
    assert np.abs(first[10, 50].astype(int)).max() < 12
    assert np.abs(second.astype(int) - 128).max() < 6


@pytest.mark.parametrize("wh", [(65, 49), (64, 49), (1, 1)])
def test_odd_sizes_are_made_even(device: FakeLoopback, wh: tuple[int, int]) -> None:
    output = CameraOutput(device.path, wh)
    output.write(plain(90, wh), at_s=0.0)
    output.close()
    assert len(device.images()) == 1


def test_an_image_of_another_size_is_letterboxed(device: FakeLoopback) -> None:
    output = CameraOutput(device.path, (64, 48))
    output.write(plain(90, (64, 16)), at_s=0.0)
    output.close()
    (image,) = device.images()
    assert image[24, 32].max() > 80
    assert image[2, 32].max() < 30


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"capabilities": 1}, "takes no images", id="a real webcam"),
        pytest.param({"kept_wh": (1280, 720)}, "another program uses it", id="a size that is kept"),
    ],
)
def test_a_device_that_cannot_be_used_is_an_error(device: FakeLoopback, change: dict[str, object], words: str) -> None:
    for name, value in change.items():
        setattr(device, name, value)
    with pytest.raises(SinkError, match=words) as raised:
        CameraOutput(device.path, (64, 48))
    assert "modprobe v4l2loopback" in str(raised.value)


def test_a_path_without_a_device_is_told_at_the_start(tmp_path: Path) -> None:
    config = Config(publish=PublishConfig(virtual_camera=tmp_path / "video9"))
    with pytest.raises(SinkError, match=r"video9.*No such file"):
        check_publications(config)


@pytest.mark.parametrize("uri", ["10", "webcam:10", "{path}", "{link}"])
def test_the_source_is_not_its_own_camera(device: FakeLoopback, tmp_path: Path, uri: str) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(device.path)
    named = uri.format(path=device.path, link=link)
    config = Config(source=SourceConfig(uri=named), publish=PublishConfig(virtual_camera=device.path))
    with pytest.raises(SinkError, match="another device than the source"):
        check_publications(config)
    check_publications(replace(config, source=SourceConfig(uri="1")))


def test_a_file_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SinkError, match="expected a device of v4l2loopback"):
        check_publications(Config(publish=PublishConfig(virtual_camera=tmp_path / "notes.txt")))
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_without_video4linux_it_is_told(device: FakeLoopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_loopback, "ioctl", None)
    with pytest.raises(SinkError, match="no Video4Linux"):
        check_publications(Config(publish=PublishConfig(virtual_camera=device.path)))


def test_a_window_has_a_camera_that_is_off(device: FakeLoopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.publishing.outputs.loopback_devices", lambda: [device.path])
    (publication,) = make_publications(Config(), lambda scene: scene.frame.image, rate_hz=30)
    assert not publication.is_on
    assert not make_publications(Config(headless=True), lambda scene: scene.frame.image, rate_hz=30)


def test_the_devices_of_this_machine_can_be_listed() -> None:
    assert all(path.parent == Path("/dev") for path in video_loopback.loopback_devices())
