"""Builds the real pipeline for the window, and keeps Python's garbage collection short from then on."""

import functools
import gc
from typing import TYPE_CHECKING

from realtime_pose.config import Config

if TYPE_CHECKING:
    from realtime_pose.app.live_pipeline import LivePipeline


def build_pipeline(config: Config) -> "LivePipeline":
    """The real pipeline of a configuration. It takes seconds to import, so call it off the GUI thread."""
    from realtime_pose.messages.source_messages import SOURCE_WORDS
    from realtime_pose.pipeline.build import build

    _exempt_modules()
    return build(config, words=SOURCE_WORDS)


@functools.cache  # to count what is left out already takes 10 ms, in which all threads wait
def _exempt_modules() -> None:
    """Let the garbage collection leave out what is there now, once: the imported modules stay until the end.

    A collection stops all threads, also the GUI's. With some hundred thousand objects of modules it takes a tenth of a
    second; without them some milliseconds. It is asked for at the end of each recording and connection.
    """
    if not gc.get_freeze_count():
        gc.freeze()
