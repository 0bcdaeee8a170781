"""What has failed among the sinks of a writer: a sink that fails is closed, its error is kept, and the others go on.

A sink that has lost one picture has not failed.
"""

import logging
from collections.abc import Callable

from realtime_pose.errors import LostPictureError, ReaderGoneError, SinkError
from realtime_pose.sinks import Sink

_log = logging.getLogger(__name__)


class SinkFailures:
    """The failures of sinks so far.

    Attributes:
        first: The first failure of a sink; None if there is none.
        is_reader_gone: Whether a pipe failed because the program that read it has ended.
    """

    def __init__(self) -> None:
        self.first: SinkError | None = None
        self.is_reader_gone = False
        self._messages: list[str] = []

    @property
    def messages(self) -> tuple[str, ...]:
        """Error messages of failed sinks and of lost pictures, oldest first."""
        return tuple(self._messages)

    def attempt(self, sink: Sink, write: Callable[[], None]) -> bool:
        """Write to a sink; on failure keep the error, close the sink, return False."""
        try:
            write()
        except LostPictureError as error:
            self._tell(error)
        except SinkError as error:
            self._add(error)
            self.close(sink)
            return False
        return True

    def close(self, sink: Sink) -> bool:
        """Close a sink; on failure keep the error and return False."""
        try:
            sink.close()
        except SinkError as error:
            self._add(error)
            return False
        return True

    def _add(self, error: SinkError) -> None:
        self.first = self.first or error
        self.is_reader_gone |= isinstance(error, ReaderGoneError)
        self._tell(error)

    def _tell(self, error: SinkError) -> None:
        # A sink that failed in a write raises the same error again when it is closed.
        if str(error) not in self._messages:
            self._messages.append(str(error))
            # A reader that has seen enough, such as `head`, is nothing to complain about.
            _log.log(logging.INFO if isinstance(error, ReaderGoneError) else logging.ERROR, "%s", error)
