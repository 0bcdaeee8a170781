"""One way out: takes scenes, sends their images, and begins again when the other side has gone."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from realtime_pose.errors import SinkError
from realtime_pose.publishing.status import Destination, PublicationState, PublicationStatus
from realtime_pose.scene import Image, Scene
from realtime_pose.sources.backoff import Backoff, Timing

_log = logging.getLogger(__name__)


class ImageOutput(Protocol):
    """Takes images of any size, one after another."""

    @property
    def is_connected(self) -> bool:
        """Whether images have arrived at the other side."""

    def write(self, image: Image, *, at_s: float) -> None:
        """Send an image of this time on the monotonic clock; raises SinkError."""

    def close(self) -> None:
        """End it; raises nothing."""

    def interrupt(self) -> None:
        """Let a write that waits return soon; from any thread."""


OpenOutput = Callable[[tuple[int, int]], ImageOutput]  # from width and height of the first image; raises SinkError


class Publication:
    """Sends the image of each scene, from a thread of its own; a failure is a state, and is tried again.

    While it waits for the next attempt, scenes are left out. `is_on` may be set from any thread.

    Args:
        destination: Where it goes.
        open_output: Opens the output.
        make_image: Makes the image of a scene.
        is_on: Whether it sends from the start.
        timing: Clock and randomness.

    Attributes:
        is_on: Whether images are sent.
    """

    def __init__(
        self,
        destination: Destination,
        open_output: OpenOutput,
        make_image: Callable[[Scene], Image],
        *,
        is_on: bool = True,
        timing: Timing | None = None,
    ) -> None:
        self.is_on = is_on
        self._open_output = open_output
        self._make_image = make_image
        self._timing = timing or Timing()
        self._backoff = Backoff(self._timing.rng)
        self._output: ImageOutput | None = None
        self._is_interrupted = False
        self._next_attempt_s = 0.0
        state = PublicationState.CONNECTING if is_on else PublicationState.OFF
        self._status = PublicationStatus(destination, state)

    @property
    def status(self) -> PublicationStatus:
        """What it does now; for any thread."""
        return self._status

    def write(self, scene: Scene) -> Scene:
        """Send the image of a scene, unless the publication is off or waits."""
        now_s = self._timing.now_s()
        if not self.is_on:
            self._end(PublicationState.OFF)
            self._next_attempt_s = now_s  # who switches it on again wants it at once
        elif self._output is not None or now_s >= self._next_attempt_s:
            try:
                self._send(self._make_image(scene), now_s)
            except SinkError as error:
                self._wait(error)
        return scene

    def interrupt(self) -> None:
        """Let a write that waits for the other side return soon; from any thread."""
        self._is_interrupted = True  # before the output is read: it may be opened at this moment
        if (output := self._output) is not None:
            output.interrupt()

    def close(self) -> None:
        """End it for good."""
        self._end(PublicationState.ENDED)

    def _send(self, image: Image, now_s: float) -> None:
        if self._output is None:
            self._set(state=PublicationState.CONNECTING)
            self._output = self._open_output((image.shape[1], image.shape[0]))
            if self._is_interrupted:
                self._output.interrupt()
        self._output.write(image, at_s=now_s)
        self._set(num_frames=self._status.num_frames + 1)
        self._note_connection(self._output)

    def _note_connection(self, output: ImageOutput) -> None:
        """Be live if frames have arrived."""
        if output.is_connected and self._status.state is not PublicationState.LIVE:
            self._backoff.reset()
            _log.info("%s: published", self._status.destination.name)
            self._set(state=PublicationState.LIVE, reason="", num_connections=self._status.num_connections + 1)

    def _wait(self, error: SinkError) -> None:
        """Close the output and try again later."""
        self._end(PublicationState.WAITING)
        if self._status.reason != str(error):  # an attempt after another fails for the same reason
            _log.warning("%s", error)
        self._set(reason=str(error))
        self._next_attempt_s = self._timing.now_s() + self._backoff.next_s(is_refused=False)

    def _end(self, state: PublicationState) -> None:
        if (output := self._output) is not None:
            output.close()
            self._note_connection(output)  # of a short run, all may arrive at its end
            self._output = None
        self._set(state=state)

    def _set(self, **changes: PublicationState | str | int) -> None:
        self._status = replace(self._status, **changes)  # type: ignore[arg-type]
