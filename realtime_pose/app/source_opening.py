"""Opens one source after another off the GUI thread: stops the pipeline that is replaced, then builds the next one."""

from collections.abc import Callable
from functools import partial

from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.app.live_pipeline import LivePipeline
from realtime_pose.config import Config


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

    def request(self, make_config: Callable[[int], Config], old: LivePipeline | None, errors: tuple[str, ...]) -> None:
        """Build a pipeline in place of another.

        Args:
            make_config: The configuration for a run of this number.
            old: The pipeline that is replaced; None for none.
            errors: What the user knows already of what went wrong in the old one.
        """
        self.run += 1
        self._requested = make_config(self.run)
        if old is not None:
            self.stop(old, errors)
        self._build_requested()

    def cancel(self) -> None:
        """Drop what was requested, also a pipeline that is being built."""
        self.run += 1
        self._requested = None

    def stop(self, pipeline: LivePipeline, shown_errors: tuple[str, ...] = ()) -> None:
        """Stop a pipeline that is not shown any more, off the GUI thread; its files are finished then."""
        name = pipeline.source.info.name
        self._num_stopping += 1

        def finish(errors: tuple[str, ...]) -> None:
            self._num_stopping -= 1
            for error in errors[len(shown_errors) :]:
                self._on_stop_error(f"{name}: {error}")
            self._build_requested()

        def stop() -> tuple[str, ...]:
            pipeline.stop()
            return pipeline.report().sink_errors

        self._tasks.start(stop, on_done=finish, on_failed=lambda error: finish((*shown_errors, error)))

    def _build_requested(self) -> None:
        """Build the source that was asked for last, if nothing is being stopped."""
        if self._requested is None or self._num_stopping:
            return
        config, self._requested = self._requested, None
        self._tasks.start(
            partial(self._build, config),
            on_done=partial(self._accept, self.run),
            on_failed=partial(self._fail, self.run),
        )

    def _accept(self, run: int, pipeline: LivePipeline) -> None:
        """Hand on a pipeline; stop it instead if another source was opened meanwhile."""
        if run == self.run:
            self._on_built(pipeline)
        else:
            self.stop(pipeline)

    def _fail(self, run: int, error: str) -> None:
        if run == self.run:
            self._on_failed(error)
