"""The publications that a configuration asks for; all are checked before a network is loaded."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from realtime_pose.config import Config, RecordConfig
from realtime_pose.errors import SinkError, SourceOpenError
from realtime_pose.publishing.camera_output import CameraOutput, check_camera
from realtime_pose.publishing.publication import ImageOutput, Publication
from realtime_pose.publishing.status import Destination, PublicationKind
from realtime_pose.publishing.stream_output import StreamOutput
from realtime_pose.redaction import redact_stream_key, redact_url
from realtime_pose.scene import Image, Scene
from realtime_pose.sources.address import WEBCAM_PREFIX, is_webcam
from realtime_pose.sources.endpoint import PORTS, Endpoint, resolve_endpoint
from realtime_pose.system.video_loopback import loopback_devices


def check_publications(config: Config) -> None:
    """Raise SinkError unless the address can be understood and the device can show images; nothing is sent.

    Neither may be the source itself, which would show itself in itself.
    """
    publish, uri = config.publish, config.source.uri
    if publish.url:
        endpoint = _endpoint(publish.url)
        if _place(endpoint.url) == _place(uri):
            raise SinkError(f"publish: expected another address than that of the source, got {endpoint.name} for both")
    if (camera := publish.virtual_camera) is not None:
        if _is_source(camera, uri):
            raise SinkError(f"virtual camera {camera}: expected another device than the source, which is {uri}")
        check_camera(camera)


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
        SinkError: The address cannot be understood, or the source is also where the pictures are to go.
    """
    check_publications(replace(config, publish=replace(config.publish, virtual_camera=None)))
    publications = []
    if config.publish.url:
        endpoint = _endpoint(config.publish.url)
        server = Destination(endpoint.name, PublicationKind.STREAM)
        publications.append(Publication(server, _stream(endpoint, config.record, rate_hz), make_image))
    camera, is_on = config.publish.virtual_camera, True
    if camera is None and not config.headless:
        camera, is_on = next(iter(loopback_devices()), None), False
    if camera is not None:
        device = Destination(str(camera), PublicationKind.CAMERA)
        publications.append(Publication(device, _camera(camera), make_image, is_on=is_on))
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
        endpoint = resolve_endpoint(url, transport="tcp", credentials_file=None, environment={})
    except SourceOpenError as error:
        # It names the address of a source, in which the last part is no secret.
        reason = str(error).replace(redact_url(url), redact_stream_key(url))
        raise SinkError(f"publish: {reason}") from None
    return replace(endpoint, name=redact_stream_key(url))


def _place(uri: str) -> tuple[str, int, str] | None:
    """Host, port and path of a stream on a server; None for any other address."""
    scheme = uri.partition("://")[0].lower()
    if scheme not in PORTS:
        return None
    try:
        endpoint = resolve_endpoint(uri, transport="tcp", credentials_file=None, environment={})
    except SourceOpenError:  # which is reported when the source is opened
        return None
    host = "127.0.0.1" if endpoint.host == "localhost" else endpoint.host
    return host, endpoint.port, urlsplit(endpoint.url).path.rstrip("/")


def _is_source(device: Path, uri: str) -> bool:
    """Whether the source is this device, by its number or its path, which may be a link."""
    real = device.resolve()
    number = uri.removeprefix(WEBCAM_PREFIX)
    is_number = number.isdecimal() and real.name == f"video{int(number)}"
    return (is_number and is_webcam(uri)) or Path(uri).resolve() == real
