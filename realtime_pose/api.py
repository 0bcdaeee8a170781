"""The pipeline in one call, for programs: a source to an iterator of scenes.

The networks of the last call stay in memory for the next one, so that many short files load them once.
"""

from collections.abc import Iterator
from dataclasses import replace
from os import PathLike

from realtime_pose.config import Config
from realtime_pose.messages.source_messages import SOURCE_WORDS
from realtime_pose.models.network_cache import LOADED
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Networks
from realtime_pose.scene import Scene
from realtime_pose.sources.address import webcam_address

_kept: list[Networks] = []  # the networks of the last call, at most one value


def watch(source: str | PathLike[str] | int, *, config: Config | None = None) -> Iterator[Scene]:
    """Scenes of a source with tracks: every frame of a file, the newest frame of a live source.

    The source is opened and the networks are loaded when the first scene is requested. Everything stops when the
    iteration ends or the loop is left. Recordings and files of poses are written during the iteration. All memory is
    released at its end, but the networks stay loaded until a call with other networks, or `unload`.

    Args:
        source: As on the command line: webcam number, video file, folder of images, URL, or "demo".
        config: All other settings; the source in it is not used.

    Raises:
        RealtimePoseError: The source does not open, weights are missing, or a stage failed.
    """
    config = config or Config()
    uri = webcam_address(source) if isinstance(source, int) else str(source)
    pipeline = build(replace(config, source=replace(config.source, uri=uri)), words=SOURCE_WORDS)
    _kept[:] = [pipeline.networks]
    yield from pipeline.scenes()  # starts the pipeline, and stops it when this generator is closed


def unload() -> None:
    """Free the networks that `watch` keeps; those of a running iteration at its end. The next call loads them again."""
    _kept.clear()
    LOADED.forget()
