"""Encoded frames from scenes: copies what the source sent, or asks for the image of a kind of video and encodes it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.reasons import NO_OUTAGE
from realtime_pose.recording.encoder import Encoder, Packet
from realtime_pose.recording.packet_copier import PacketCopier, begins_with_key
from realtime_pose.recording.preroll import EncodedFrame
from realtime_pose.recording.recorded_frame import RecordedFrame, without_image
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
        self._copier = PacketCopier(clock)
        self._num_outages = 0  # of the source, up to the last scene

    def encodes_images(self, *, is_copied: bool) -> bool:
        """Whether images are encoded while the clean video is copied, or is not."""
        return not is_copied or "overlay" in self._kinds

    def copy(self, recorded: RecordedFrame) -> list[list[Packet]] | None:
        """The packets of the source in parts that begin with key frames; None if its images are encoded."""
        if recorded.packets is None or "clean" not in self._kinds:
            return None
        return self._copier.copy(recorded.packets)

    def copied_frame(self, part: list[Packet]) -> EncodedFrame:
        """A frame of which only the packets are recorded."""
        return self._frame(part[0].pts or 0, {"clean": part}, copied=part)

    def poses_frame(self, scene: Scene) -> EncodedFrame:
        """A frame of which only the poses are recorded."""
        return self._frame(self._clock.to_ticks(scene.frame.time_s), {}, scene=self._poses(scene))

    def encode(
        self, recorded: RecordedFrame, ticks: int, *, is_key: bool, copied: list[Packet] | None = None
    ) -> EncodedFrame:
        """Encode a frame, as a key frame if one is due or requested.

        Args:
            recorded: The frame; without an image nothing is encoded.
            ticks: Its time.
            is_key: Whether a key frame is requested.
            copied: Packets of the source for the clean video, which is not encoded then; None: it is encoded.

        Raises:
            SinkError: It cannot be encoded.
        """
        packets: dict[str, list[Packet]] = {} if copied is None else {"clean": copied}
        is_copied_key = copied is not None and begins_with_key(copied)
        is_key = is_key or is_copied_key or self._clock.is_key_due(ticks)
        kinds = [kind for kind in self._kinds if kind not in packets] if recorded.has_image else []
        if is_key and kinds:
            self._clock.note_key(ticks)
        for kind in kinds:
            image = self._make_image(recorded.scene, kind)
            packets[kind] = self._encoder(kind, (image.shape[1], image.shape[0])).encode(image, ticks, is_key=is_key)
        poses = self._poses(recorded.scene) if recorded.is_analysed else None
        start = copied[0].pts or 0 if is_copied_key and copied is not None else ticks
        return self._frame(start, packets, copied=copied, scene=poses)

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
        return self._frame(self._clock.latest, packets)

    def _frame(
        self,
        ticks: int,
        packets: Mapping[str, list[Packet]],
        *,
        copied: list[Packet] | None = None,
        scene: Scene | None = None,
    ) -> EncodedFrame:
        """The frame of these packets. A copied video decides where a segment may begin, else the encoders do."""
        deciding = packets.values() if copied is None else [copied]
        templates = {kind: encoder.stream for kind, encoder in self._encoders.items()}
        copied_format = self._copier.format if copied is not None else None
        return EncodedFrame(
            ticks,
            self._clock.frame_ticks,
            packets,
            templates if copied_format is None else templates | {"clean": copied_format.template},
            is_key=bool(deciding) and all(begins_with_key(parts) for parts in deciding),
            scene=scene,
            copied_format=None if copied_format is None else copied_format.key,
        )

    def _poses(self, scene: Scene) -> Scene | None:
        """What the poses file gets of a scene; None if there is no such file."""
        return without_image(self._without_known_outage(scene)) if "clean" in self._kinds else None

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
