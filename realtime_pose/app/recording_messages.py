"""The messages when a recording begins and when it has ended, from the reports of the pipeline."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.translation import tr


class RecordingMessages:
    """Follows the path that the recorder writes, and says what became of each.

    Whether a recording has content is asked of the disk, off the GUI thread: a recorder leaves no file, or an empty
    one, if no picture came.

    Args:
        tasks: Looks at the files.
        show: Shows a message.
        show_saved: Says that a file was saved.
    """

    def __init__(
        self, tasks: BackgroundTasks, show: Callable[[str], None], *, show_saved: Callable[[Path], None]
    ) -> None:
        self._tasks, self._show, self._show_saved = tasks, show, show_saved
        self._path: Path | None = None

    def follow(self, bridge: Bridge) -> None:
        """Say what the recorder does and did, as its pipeline reports it."""
        path = bridge.recorder.path
        # Without a path, the file may still be being finished: by the recorder, or by the source before this one.
        is_finishing = bridge.is_recording_busy or bridge.phase in {Phase.OPENING, Phase.CLOSING}
        if path is not None or not is_finishing:
            self.update(path)

    def update(self, path: Path | None) -> None:
        """Take the path that is recorded now; None for none."""
        if path == self._path:
            return
        if self._path is not None:
            self._tasks.start(
                partial(_has_content, self._path), on_done=self._show_end(self._path), on_failed=self._show
            )
        if path is not None:
            self._show(tr("Recording to {path}").format(path=path))
        self._path = path

    def _show_end(self, path: Path) -> Callable[[bool], None]:
        nothing = tr("Nothing was recorded: no picture came between start and stop")
        return lambda has_content: self._show_saved(path) if has_content else self._show(nothing)


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
