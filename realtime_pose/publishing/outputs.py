"""The publications that a configuration asks for; all are checked before a network is loaded."""

from collections.abc import Callable
from pathlib import Path

from realtime_pose.config import Config, RecordConfig
from realtime_pose.errors import SinkError, SourceOpenError
from realtime_pose.publishing.camera_output import CameraOutput, check_camera
from realtime_pose.publishing.publication import ImageOutput, Publication
from realtime_pose.publishing.stream_output import StreamOutput
from realtime_pose.scene import Image, Scene
from realtime_pose.sources.endpoint import Endpoint, resolve_endpoint
from realtime_pose.system.video_loopback import loopback_devices


def check_publications(config: Config) -> None:
    """Raise SinkError unless the address can be understood and the device can show images; nothing is sent."""
    if config.publish.url:
        _endpoint(config.publish.url)
    if config.publish.virtual_camera is not None:
        check_camera(config.publish.virtual_camera)


def make_publications(
    config: Config, make_image: Callable[[Scene], Image], *, rate_hz: float
) -> tuple[Publication, ...]:
    """The publications of a run, which begin with its first scene.

    With a window, a virtual camera that nobody asked for is there too, switched off, if the machine has one.

    Args:
        config: All settings.
        make_image: Makes the image of a scene.
        rate_hz: Frames per second of the source; 0 if it states none.

    Raises:
        SinkError: The address cannot be understood.
    """
    publications = []
    if config.publish.url:
        endpoint = _endpoint(config.publish.url)
        publications.append(Publication(endpoint.name, _stream(endpoint, config.record, rate_hz), make_image))
    camera, is_on = config.publish.virtual_camera, True
    if camera is None and not config.headless:
        camera, is_on = next(iter(loopback_devices()), None), False
    if camera is not None:
        publications.append(Publication(str(camera), _camera(camera), make_image, is_on=is_on))
    return tuple(publications)


def _stream(endpoint: Endpoint, config: RecordConfig, rate_hz: float) -> Callable[[tuple[int, int]], ImageOutput]:
    def open_output(wh: tuple[int, int]) -> ImageOutput:
        return StreamOutput(endpoint, wh, config, rate_hz=rate_hz)

    return open_output


def _camera(path: Path) -> Callable[[tuple[int, int]], ImageOutput]:
    def open_output(wh: tuple[int, int]) -> ImageOutput:
        return CameraOutput(path, wh)

    return open_output


def _endpoint(url: str) -> Endpoint:
    """The server; the credentials of the environment belong to the source, and are not sent to it."""
    try:
        return resolve_endpoint(url, transport="tcp", credentials_file=None, environment={})
    except SourceOpenError as error:
        raise SinkError(f"publish: {error}") from error
