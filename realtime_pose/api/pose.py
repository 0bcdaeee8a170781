"""People in single images, and in one's own frames: `Pose` and `Tracker`."""

import logging
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from os import PathLike
from typing import TypedDict, Unpack, cast, get_type_hints

from realtime_pose.api.images import ImageLike, to_image
from realtime_pose.api.people import People
from realtime_pose.api.picture_list import PictureList, open_pictures
from realtime_pose.config import Config, load
from realtime_pose.config.choices import check_names
from realtime_pose.errors import ConfigError
from realtime_pose.messages.source_messages import describe_source
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.perception import estimate_people
from realtime_pose.pipeline.stream_perception import FramePerception
from realtime_pose.pipeline.stream_state import numbered
from realtime_pose.scene import Frame
from realtime_pose.skeletons import Skeleton

_log = logging.getLogger(__name__)


class Choices(TypedDict, total=False):
    """What `Pose`, `Tracker` and `track` take; what is left out is that of the preset or of the configuration.

    Attributes:
        preset: fast, balanced (the default) or accurate; not together with ``config``.
        detector: Name or file of the detector.
        pose: Name or file of the pose estimator.
        sstn: Name or file of a localisation network, which corrects each box before the pose estimator sees it;
            or none.
        device: auto, cpu, cuda, cuda:N, intel-gpu or intel-npu.
        engine: auto, onnxruntime or openvino.
        config: All settings, instead of a preset.
    """

    preset: str
    detector: str
    pose: str
    sstn: str
    device: str
    engine: str
    config: Config


class VideoChoices(Choices, total=False):
    """What `Tracker` and `track` take besides: settings that make no sense for single images.

    Attributes:
        detect_every: The detector looks at every n-th frame, or earlier where it has to; between them people are
            followed. "auto" (the default): at each one, but less often in a live source, if the computer is too slow.
        reid: File of a network for re-identification (.onnx), by which people who come back are known again.
    """

    detect_every: int | str
    reid: str


def check_choices(given: Mapping[str, object], known: type[Choices] | type[VideoChoices]) -> None:
    """Raise ConfigError at a choice that these do not have; a call without a type checker may have any."""
    check_names(given, get_type_hints(known), what="choice ")


def make_config(choices: VideoChoices) -> Config:
    """The configuration with these choices; those of single images are among them.

    Raises:
        ConfigError: A value is unknown, or there are both a preset and a configuration.
    """
    if "preset" in choices and "config" in choices:
        raise ConfigError(
            "expected a preset or a config, got both; load the config with realtime_pose.load(preset=...)"
        )
    config = choices["config"] if "config" in choices else load(preset=choices.get("preset", ""))
    device, track = config.device, config.track
    return replace(
        config,
        track=replace(track, reid=choices.get("reid", track.reid)),
        detect=replace(
            config.detect,
            model=choices.get("detector", config.detect.model),
            detect_every=choices.get("detect_every", config.detect.detect_every),
        ),
        pose=replace(
            config.pose,
            model=choices.get("pose", config.pose.model),
            sstn=choices.get("sstn", config.pose.sstn),
        ),
        device=replace(
            device, device=choices.get("device", device.device), engine=choices.get("engine", device.engine)
        ),
    )


class _WithNetworks:
    """What `Pose` and `Tracker` share: the configuration and the networks, loaded once in this process."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._networks: Networks = load_networks(self._config)

    @property
    def skeleton(self) -> Skeleton:
        """Names and limbs of the keypoints."""
        return self._networks.skeleton


class Pose(_WithNetworks):
    """Finds the people in single images. The networks are loaded once, and shared with all that use the same ones.

    Several threads may call one object.

    Args:
        choices: Preset, networks and device, see `Choices`.

    Raises:
        RealtimePoseError: A setting is unknown, weights are missing, or a network is not usable.
    """

    def __init__(self, **choices: Unpack[Choices]) -> None:
        check_choices(choices, Choices)
        super().__init__(make_config(cast("VideoChoices", choices)))

    def __call__(self, image: ImageLike) -> People:
        """The people in one image, best first.

        Args:
            image: The path of an image file; the content of one; (H, W, 3) uint8 BGR; or a PIL image.

        Raises:
            SourceOpenError: It is no image, or cannot be read.
        """
        return self._find(image, index=0)

    def batch(self, images: Iterable[ImageLike]) -> list[People]:
        """The people in each of these images, in the same order."""
        return [self._find(image, index=index) for index, image in enumerate(images)]

    def folder(
        self,
        folder: PictureList,
        *,
        annotations: str | PathLike[str] | None = None,
    ) -> Iterator[People]:
        """The people in each picture of a folder, in natural order (2 before 10).

        ``source`` is the name of the file, and ``image_id`` its id. A picture that cannot be read is left out and named
        in a warning.

        Args:
            folder: A folder, a pattern such as "pictures/*.jpg", or a list of pictures.
            annotations: A COCO annotation file with the ids of the pictures; None: they are numbered from 1.

        Raises:
            SourceOpenError: The folder cannot be read, or has no picture that can be decoded.
            DatasetError: The annotation file cannot be used.
        """
        source = open_pictures(folder, annotations)
        for frame in source:
            yield self._find_in(frame)
        if problem := describe_source(source.status):
            _log.warning("%s: %s", source.info.name, problem)

    def _find(self, image: ImageLike, *, index: int) -> People:
        pixels, name = to_image(image)
        return self._find_in(Frame(pixels, index, 0.0, time.monotonic(), name))

    def _find_in(self, frame: Frame) -> People:
        detect_config, pose_nms = self._config.detect, self._config.pose_nms
        posed = estimate_people(self._networks, frame, threshold=detect_config.threshold, pose_nms=pose_nms)
        return People(frame, numbered(posed.poses))


class Tracker(_WithNetworks):
    """Follows people through one's own frames: an id stays with a person. For one thread and one stream.

    Args:
        choices: Preset, networks and device, see `Choices`; ``detect_every`` and ``reid``, see `VideoChoices`.

    Raises:
        RealtimePoseError: A setting is unknown, weights are missing, or a network is not usable.
    """

    def __init__(self, **choices: Unpack[VideoChoices]) -> None:
        check_choices(choices, VideoChoices)
        super().__init__(make_config(choices))
        self._num_frames, self._time_s, self._first_s = 0, -math.inf, 0.0
        self.reset()

    def __call__(self, image: ImageLike, *, time_s: float | None = None) -> People:
        """The people in the next frame. A new person is confirmed after a few frames, and is left out until then.

        Args:
            image: As for `Pose`.
            time_s: Time of the frame in seconds, later than the one before; None: the time since the first frame.

        Raises:
            SourceOpenError: It is no image, or cannot be read.
            ConfigError: The time is not later than that of the frame before, or is not finite.
        """
        pixels, name = to_image(image)
        now_s = time.monotonic()
        frame = Frame(pixels, self._num_frames, self._next_time_s(time_s, now_s), now_s, name)
        scene = self._perception.scene(frame)
        self._num_frames, self._time_s = self._num_frames + 1, frame.time_s
        return People(frame, scene.tracks.seen, is_tracked=True)

    def reset(self) -> None:
        """Forget all people; the next frame is the first of another stream."""
        self._perception = FramePerception(self._config, self._networks)
        self._num_frames, self._time_s = 0, -math.inf

    def _next_time_s(self, time_s: float | None, now_s: float) -> float:
        if time_s is None:
            self._first_s = now_s if not self._num_frames else self._first_s
            return max(now_s - self._first_s, self._time_s + 1e-6)
        if not (math.isfinite(time_s) and time_s > self._time_s):
            raise ConfigError(
                f"time_s: expected a time after {self._time_s:.6g} s, of the frame before, got {time_s!r}"
            )
        return time_s
