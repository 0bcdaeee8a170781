"""The last lines of the log, for the window: what the program logged and what the window said, without passwords."""

import importlib.metadata
import logging
import platform
from collections import deque
from datetime import UTC, datetime

from realtime_pose.redaction import redact_text

MAX_LINES = 500
_TITLE = "realtime-pose {version}, Python {python}, {system}"


class LogLines(logging.Handler):
    """Keeps the last lines; for any thread.

    Attributes:
        num_added: Lines since the start, so that a view knows when there are new ones.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self.num_added = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, with its traceback."""
        self.add(self.format(record))

    def add(self, text: str) -> None:
        """Keep a text with the time."""
        time = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        lines = redact_text(text).splitlines()
        # Each of these calls is whole for other threads, so it needs no lock.
        self._lines.extend([f"{time} {lines[0]}", *lines[1:]] if lines else [])
        self.num_added += len(lines)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self._lines.copy())

    def details(self, message: str) -> str:
        """What a report of an error needs: the message, the version, and the log."""
        version = importlib.metadata.version("realtime-pose")
        title = _TITLE.format(version=version, python=platform.python_version(), system=platform.platform())
        return f"{redact_text(message)}\n\n{title}\n\n{self.text}\n"
