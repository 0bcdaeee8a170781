"""Opens one source after another off the GUI thread: stops the pipeline that is replaced, then builds the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.live_pipeline import LivePipeline
from realtime_pose.config import Config
from realtime_pose.errors import SinkError
from realtime_pose.sinks.named_files import add_names


@dataclass(frozen=True, slots=True)
class Known:
    """What the window knows of a pipeline that is to be stopped.

    Attributes:
        errors: What the user knows already of what went wrong.
        names: Names that the user gave to people; they are written into the finished files.
    """

    errors: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)


class SourceOpening:
    """Builds the pipeline of the newest request, when earlier ones have stopped: both may need the same camera.

    Each request has a number. A pipeline whose source was replaced while it was built is stopped and dropped.

    Args:
        build: Makes a pipeline from a configuration.
        tasks: Runs what takes long.
        on_built: Gets the pipeline of the newest request.
        on_failed: Gets the reason why there is none.
        on_stop_error: Gets what went wrong in a pipeline while it was stopped; the name of its source comes first.

    Attributes:
        run: Number of the newest request.
    """

    def __init__(
        self,
        build: Callable[[Config], LivePipeline],
        tasks: BackgroundTasks,
        *,
        on_built: Callable[[LivePipeline], None],
        on_failed: Callable[[str], None],
        on_stop_error: Callable[[str], None],
    ) -> None:
        self.run = 0
        self._build, self._tasks = build, tasks
        self._on_built, self._on_failed, self._on_stop_error = on_built, on_failed, on_stop_error
        self._requested: Config | None = None  # waits until earlier pipelines have stopped
        self._num_stopping = 0
        self._stopped: list[LivePipeline] = []  # kept for the next one, which may use the same networks
        self._num_naming = 0  # of these, those whose files get names

    @property
    def is_writing_names(self) -> bool:
        """Whether names of people have still to be written into files."""
        return self._num_naming > 0

    def request(self, make_config: Callable[[int], Config], old: LivePipeline | None, known: Known) -> None:
        """Build a pipeline in place of another.

        Args:
            make_config: The configuration for a run of this number.
            old: The pipeline that is replaced; None for none.
            known: What the window knows of the old one.
        """
        self.run += 1
        self._requested = make_config(self.run)
        if old is not None:
            self.stop(old, known)
        self._build_requested()

    def cancel(self) -> None:
        """Drop what was requested, also a pipeline that is being built."""
        self.run += 1
        self._requested = None

    def stop(self, pipeline: LivePipeline, known: Known | None = None) -> None:
        """Stop a pipeline that is not shown any more, off the GUI thread; its files are finished then."""
        name, known = pipeline.source.info.name, known or Known()
        self._num_stopping += 1
        self._num_naming += bool(known.names)

        def finish(errors: tuple[str, ...]) -> None:
            self._num_stopping -= 1
            self._num_naming -= bool(known.names)
            for error in errors[len(known.errors) :]:
                self._on_stop_error(f"{name}: {error}")
            self._build_requested()

        def stop() -> tuple[str, ...]:
            pipeline.stop()
            if self._requested is not None:
                self._stopped.append(pipeline)
            report = pipeline.report()
            return (*report.sink_errors, *_write_names(report.written, known.names))

        self._tasks.start(stop, on_done=finish, on_failed=lambda error: finish((*known.errors, error)))

    def _build_requested(self) -> None:
        """Build the source that was asked for last, if nothing is being stopped."""
        if self._requested is None or self._num_stopping:
            return
        config, self._requested = self._requested, None
        stopped, self._stopped = self._stopped, []
        self._tasks.start(
            partial(self._build_after, stopped, config),
            on_done=partial(self._accept, self.run),
            on_failed=partial(self._fail, self.run),
        )

    def _build_after(self, stopped: list[LivePipeline], config: Config) -> LivePipeline:
        """A new pipeline; earlier ones are freed then, in this thread: it takes a tenth of a second."""
        try:
            return self._build(config)
        finally:
            stopped.clear()

    def _accept(self, run: int, pipeline: LivePipeline) -> None:
        """Hand on a pipeline; stop it instead if another source was opened meanwhile."""
        if run == self.run:
            self._on_built(pipeline)
        else:
            self.stop(pipeline)

    def _fail(self, run: int, error: str) -> None:
        if run == self.run:
            self._on_failed(error)


def _write_names(outputs: Sequence[str], names: Mapping[int, str]) -> tuple[str, ...]:
    """Write the names of people into all finished files of poses; what went wrong, in words."""
    errors = []
    for path in map(Path, outputs if names else ()):
        try:
            add_names(path, names)
        except SinkError as error:
            errors.append(str(error))
    return tuple(errors)
