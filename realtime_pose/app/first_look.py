"""What this computer has for a first start: cameras, graphics processors, and what runs the networks."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.app.translation import tr
from realtime_pose.config import Config
from realtime_pose.errors import RealtimePoseError
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.sources.webcam import Webcam
from realtime_pose.system import has_cuda_driver


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What was found.

    Attributes:
        cameras: Those that may be opened.
        camera_problem: Why there is none; "" if there is one.
        processor: Which graphics processor there is.
        engine: Where the networks run, and what runs them; or why they do not.
        networks: The networks, loaded: the first source finds them so. None if they cannot be loaded.
    """

    cameras: tuple[Webcam, ...]
    camera_problem: str
    processor: str
    engine: str
    networks: Networks | None = None

    @property
    def has_networks(self) -> bool:
        """Whether the networks run."""
        return self.networks is not None


def look_around(
    config: Config, list_cameras: Callable[[], Sequence[Webcam]], load: Callable[[Config], Networks] = load_networks
) -> FirstLook:
    """What this computer has; takes seconds, because the networks are loaded. Off the GUI thread.

    Args:
        config: Names the networks.
        list_cameras: Lists the cameras.
        load: Loads the networks.
    """
    cameras = tuple(list_cameras())
    forbidden = [camera for camera in cameras if not _may_open(camera)]
    allowed = tuple(camera for camera in cameras if camera not in forbidden)
    problem = ""
    if forbidden and not allowed:
        names = ", ".join(camera.name for camera in forbidden)
        problem = tr("{names}: no permission. Run: sudo usermod -aG video $USER, then log in again").format(names=names)
    elif not cameras:
        problem = tr("No camera is connected, or another program hides it.")
    processor = tr("NVIDIA, with its driver") if has_cuda_driver() else tr("none with CUDA: the processor computes")
    try:
        networks = load(config)
    except RealtimePoseError as error:
        return FirstLook(allowed, problem, processor, str(error))
    info = networks.info
    parts = (
        f"{info.specs[stage].name}: {info.devices[stage]}, {engine.title}" for stage, engine in info.engines.items()
    )
    return FirstLook(allowed, problem, processor, "\n".join(parts), networks)


def _may_open(camera: Webcam) -> bool:
    """Whether this user may open a camera; only Linux has device files with permissions."""
    is_file = bool(camera.path) and Path(str(camera.path)).exists()
    return not is_file or os.access(str(camera.path), os.R_OK | os.W_OK)
