"""Scenes to shots: drawn where the overlay is recorded, and encoded in each kind of picture."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from av.video.stream import VideoStream

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.recording.encoder import Encoder
from realtime_pose.recording.preroll import EncodedFrame, without_picture
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.scene import NO_OUTAGE, Scene


class SceneEncoder:
    """The encoders of one recorder, an encoder a kind of picture.

    Args:
        config: What is recorded, and how well.
        clock: Of the recorder; tells when key frames are due.
        draw: From a scene to the same with its overlay drawn.
        is_live: Whether the preset may be changed on the way.
    """

    def __init__(
        self, config: RecordConfig, clock: TickClock, *, draw: Callable[[Scene], Scene], is_live: bool
    ) -> None:
        self._config = config
        self._clock = clock
        self._draw = draw
        self._is_live = is_live
        self._kinds = RECORDED_IMAGES[config.picture]
        self._encoders: dict[str, Encoder] = {}
        self._num_gaps = 0  # of the source, up to the last scene

    @property
    def templates(self) -> Mapping[str, VideoStream]:
        """What the packets of each kind are."""
        return {kind: encoder.stream for kind, encoder in self._encoders.items()}

    def encode(self, scene: Scene, ticks: int, *, is_key: bool) -> EncodedFrame:
        """The scene, encoded; a key frame where one is due or asked for.

        Raises:
            SinkError: It cannot be encoded.
        """
        is_key = is_key or self._clock.is_key_due(ticks)
        if is_key:
            self._clock.note_key(ticks)
        packets = {}
        for kind in self._kinds:
            drawn = self._draw(scene).drawn if kind == "overlay" else None
            image = scene.frame.image if drawn is None else drawn
            packets[kind] = self._encoder(kind, (image.shape[1], image.shape[0])).encode(image, ticks, is_key=is_key)
        begins = all(kind and kind[0].is_keyframe for kind in packets.values())
        poses = without_picture(self._without_old_gap(scene)) if "clean" in self._kinds else None
        return EncodedFrame(ticks, self._clock.step, packets, is_key=begins, scene=poses)

    def skip(self, scene: Scene) -> None:
        """Know of a scene that is not recorded: a gap of the source before it is no news to the next that is."""
        self._num_gaps = scene.frame.outage.number

    def use_faster_preset(self) -> str:
        """Encode faster and worse from the next shot on; the preset's name, "" where there is no faster one."""
        names = [encoder.use_faster_preset() for encoder in self._encoders.values()]
        if any(names):
            self._clock.note_key(-(1 << 62))  # the next shot begins a new run of the encoder
        return max(names, default="")

    def finish(self) -> EncodedFrame | None:
        """What the encoders still held back; None for nothing."""
        packets = {kind: encoder.finish() for kind, encoder in self._encoders.items()}
        if not any(packets.values()):
            return None
        return EncodedFrame(self._clock.latest, self._clock.step, packets, is_key=False)

    def _without_old_gap(self, scene: Scene) -> Scene:
        """Of a gap only the first scene after it tells, lest each file begin with the last gap of the source."""
        before, self._num_gaps = self._num_gaps, scene.frame.outage.number
        if self._num_gaps > before:
            return scene
        return replace(scene, frame=replace(scene.frame, outage=NO_OUTAGE))

    def _encoder(self, kind: str, wh: tuple[int, int]) -> Encoder:
        """The encoder of a kind of picture, made for the first."""
        if kind not in self._encoders:
            self._encoders[kind] = Encoder(
                wh, self._config, rate_hz=self._clock.rate_hz, is_self_contained=self._is_live
            )
        return self._encoders[kind]
