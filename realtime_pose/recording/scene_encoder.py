"""Encoded frames from scenes: asks for the image of each kind of video, and encodes it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from av.video.stream import VideoStream

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.reasons import NO_OUTAGE
from realtime_pose.recording.encoder import Encoder
from realtime_pose.recording.preroll import EncodedFrame, without_image
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.scene import Image, Scene

MakeImage = Callable[[Scene, str], Image]  # the image of a scene for a kind of video: overlay or clean


class SceneEncoder:
    """The encoders of one recorder, one for each kind of video.

    Args:
        config: What is recorded, and its quality.
        clock: Clock of the recorder; it knows when key frames are due.
        make_image: Returns the image of a scene for each kind of video.
        is_live: Whether the preset may change during the recording.
    """

    def __init__(self, config: RecordConfig, clock: TickClock, *, make_image: MakeImage, is_live: bool) -> None:
        self._config = config
        self._clock = clock
        self._make_image = make_image
        self._is_live = is_live
        self._kinds = RECORDED_IMAGES[config.picture]
        self._encoders: dict[str, Encoder] = {}
        self._num_outages = 0  # of the source, up to the last scene

    @property
    def templates(self) -> Mapping[str, VideoStream]:
        """Template stream for the packets of each kind."""
        return {kind: encoder.stream for kind, encoder in self._encoders.items()}

    def encode(self, scene: Scene, ticks: int, *, is_key: bool) -> EncodedFrame:
        """Encode a scene, as a key frame if one is due or requested.

        Raises:
            SinkError: It cannot be encoded.
        """
        is_key = is_key or self._clock.is_key_due(ticks)
        if is_key:
            self._clock.note_key(ticks)
        packets = {}
        for kind in self._kinds:
            image = self._make_image(scene, kind)
            packets[kind] = self._encoder(kind, (image.shape[1], image.shape[0])).encode(image, ticks, is_key=is_key)
        # The encoder decides in the end: a video may only begin with real key frames.
        are_keys = all(parts and parts[0].is_keyframe for parts in packets.values())
        poses = without_image(self._without_known_outage(scene)) if "clean" in self._kinds else None
        return EncodedFrame(ticks, self._clock.frame_ticks, packets, is_key=are_keys, scene=poses)

    def skip(self, scene: Scene) -> None:
        """Note a scene that is not recorded, so that its outage is not written with a later scene."""
        self._num_outages = scene.frame.outage.number

    def use_faster_preset(self) -> str:
        """Switch to the next faster preset from the next frame on and return its name; "" if there is none."""
        names = [encoder.use_faster_preset() for encoder in self._encoders.values()]
        if any(names):
            self._clock.request_key()  # new codec parameters take effect at a key frame
        return max(names, default="")

    def finish(self) -> EncodedFrame | None:
        """The packets that the encoders still hold; None if there are none."""
        packets = {kind: encoder.finish() for kind, encoder in self._encoders.items()}
        if not any(packets.values()):
            return None
        return EncodedFrame(self._clock.latest, self._clock.frame_ticks, packets, is_key=False)

    def _without_known_outage(self, scene: Scene) -> Scene:
        """The scene, with its outage only if this is the first scene after it.

        Each frame of a source carries its last outage. Without this, every file would begin with an old one.
        """
        before, self._num_outages = self._num_outages, scene.frame.outage.number
        if self._num_outages > before:
            return scene
        return replace(scene, frame=replace(scene.frame, outage=NO_OUTAGE))

    def _encoder(self, kind: str, wh: tuple[int, int]) -> Encoder:
        """The encoder of a kind of video; it is made for the first image."""
        if kind not in self._encoders:
            self._encoders[kind] = Encoder(
                wh, self._config, rate_hz=self._clock.rate_hz, has_inline_parameters=self._is_live
            )
        return self._encoders[kind]
