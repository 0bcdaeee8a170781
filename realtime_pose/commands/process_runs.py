"""Runs jobs of `process`, several at a time: each is a generator that makes its files and returns a row of the summary.

One thread looks after all of them: a pipeline has threads of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_pose.commands import terminal
from realtime_pose.commands.finished_files import FinishedFiles
from realtime_pose.commands.process_job import Job, PictureJob, source_bytes
from realtime_pose.commands.process_sinks import PersonCounter, PicturePublisher
from realtime_pose.config import Config
from realtime_pose.counts import counted
from realtime_pose.errors import RealtimePoseError, SinkError, SourceOpenError, WriteError

if TYPE_CHECKING:
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.pipeline.pipeline import Pipeline
    from realtime_pose.pipeline.stats import Report
    from realtime_pose.sinks import Sink
    from realtime_pose.sources import PictureFile, Source

Run = Generator["Pipeline", None, "Row"]  # gives its pipeline again and again while it works


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one job.

    Attributes:
        name: The source.
        where: The results; "" if there are none.
        problem: What is to be told about reading and writing; "" if nothing.
        count: Frames or pictures, with their noun; "" if none was analysed in this run.
        num_persons: Of a video the persons with different ids, of pictures those in all of them.
        duration_s: Seconds that it took.
        is_complete: Whether nothing of the source and of the results is missing.
    """

    name: str
    where: str = ""
    problem: str = ""
    count: str = ""
    num_persons: int = 0
    duration_s: float = 0.0
    is_complete: bool = True

    @property
    def line(self) -> str:
        """What happened, in a line."""
        if not self.where:
            return f"{self.name}: failed: {self.problem}"
        done = self.count or ("finished before" if self.is_complete else "the others were finished before")
        return f"{self.name}: {done}, in {self.where}" + (f"; {self.problem}" if self.problem else "")

    @property
    def result(self) -> str:
        """Where the results are, in a word or two."""
        if not self.where:
            return "failed"
        note = "incomplete" if not self.is_complete else "" if self.count else "finished before"
        return f"{self.where} ({note})" if note else self.where


class Runner:
    """Does jobs with the same networks.

    Args:
        config: Settings of all jobs.
        finished: The files of earlier runs, and of this one.
        again: Whether finished files are made again.
        poll_s: Longest wait for a pipeline before the next one gets its turn.
    """

    def __init__(self, config: Config, finished: FinishedFiles, *, again: bool, poll_s: float) -> None:
        self._config, self._finished, self._again, self._poll_s = config, finished, again, poll_s
        self._networks: Networks | None = None  # loaded when the first job needs them

    def run(self, job: Job) -> Run:
        """Do one job; what goes wrong stands in its row."""
        started_s = time.monotonic()
        try:
            job.check()
            with self._finished.working_on(job.key) as folder:
                if isinstance(job, PictureJob):
                    row = yield from self._make_pictures(job, folder)
                else:
                    row = yield from self._make_video(job, folder)
        except (RealtimePoseError, OSError) as error:
            row = Row(job.name, problem=str(error), is_complete=False)
        return replace(row, duration_s=time.monotonic() - started_s)

    def _make_video(self, job: Job, folder: Path) -> Run:
        # Only now: another run may just have finished it.
        were_done = [self._finished.is_done(output, job.origin, again=self._again) for output in job.outputs]
        if all(were_done) and not self._again:
            return Row(job.name, str(job.where))
        persons = PersonCounter()
        report = yield from self._run_pipeline(job, folder, job.open(self._config), persons)
        # The first file is the one that the user looks at, so it is published last.
        self._finished.publish(folder, job.outputs[::-1], job.origin)
        return _row(job, report, persons)

    def _make_pictures(self, job: PictureJob, folder: Path) -> Run:
        publisher = PicturePublisher(job, self._finished, folder, again=self._again)
        have_poses = [self._finished.is_done(output, job.origin, again=self._again) for output in job.poses]
        # Poses are those of all pictures, also of those that are annotated already.
        files: Sequence[PictureFile] = job.files
        if all(have_poses) and not self._again:
            files, job = publisher.to_do, replace(job, poses=())
        if not files:
            return _row_without_analysis(job, publisher)
        try:
            source = job.open(self._config, files)
        except SourceOpenError as error:  # none of these can be read, but others may be finished
            return _row_without_analysis(job, publisher, str(error).removeprefix(f"{job.name}: "))
        persons = PersonCounter()
        report = yield from self._run_pipeline(job, folder, source, publisher, persons)
        self._finished.publish(folder, job.poses, job.origin)
        return _row(job, report, persons, publisher.problems)

    def _run_pipeline(
        self, job: Job, folder: Path, source: Source | None, *sinks: Sink
    ) -> Generator[Pipeline, None, Report]:
        """Make the files of a job in this folder; what the run reported.

        Raises:
            RealtimePoseError: As `run_pipeline`.
        """
        from realtime_pose.messages.source_messages import SOURCE_WORDS
        from realtime_pose.pipeline.build import build
        from realtime_pose.pipeline.networks import load_networks

        config = job.configure(self._config, folder)
        # State of a stream is not shared: build() makes a new one for each job.
        self._networks = self._networks or load_networks(config, is_live=False)
        pipeline = build(config, source=source, networks=self._networks, words=SOURCE_WORDS)
        for sink in sinks:
            pipeline.recording.add(sink)
        return (yield from run_pipeline(pipeline, self._poll_s))


def run_pipeline(pipeline: Pipeline, poll_s: float) -> Generator[Pipeline, None, Report]:
    """Run a pipeline to its end; its report then.

    Raises:
        RealtimePoseError: A stage failed, no frame could be read, or the results could not be written.
    """
    from realtime_pose.messages.source_messages import describe_source

    pipeline.start()
    try:
        # A result that cannot be written is not worth the time until the end of the file.
        while not (pipeline.wait(poll_s) or pipeline.recording.failures.first):
            yield pipeline
        yield pipeline
    finally:
        pipeline.stop()
    report = pipeline.report()
    failure = pipeline.recording.failures.first
    if isinstance(failure, WriteError):
        # Its own message names the hidden part, of which nothing is kept.
        raise SinkError(f"the result cannot be written ({failure.reason}); {failure.advice}")
    if failure is not None:
        raise failure
    if not report.num_frames:
        raise RealtimePoseError(describe_source(report.source) or "expected a video, but no frame of it can be read")
    return report


def run_all(
    jobs: Sequence[Job], run: Callable[[Job], Run], *, num_workers: int, update: terminal.UpdateProgress
) -> Iterator[Row]:
    """The rows of all jobs, each as soon as it is there; some jobs are done side by side.

    Args:
        jobs: In the order in which they begin.
        run: Begins one.
        num_workers: Most jobs at a time.
        update: Moves the progress bar. The sizes of files measure the work: the number of frames is not known before.
    """
    with ExitStack() as stack:
        waiting = list(reversed(jobs))
        running: dict[Run, tuple[Job, int]] = {}  # with the size of its files
        done_bytes = num_done = 0
        while waiting or running:
            while waiting and len(running) < num_workers:
                job = waiting.pop()
                running[stack.enter_context(closing(run(job)))] = job, source_bytes(job)
            for each, (job, num_bytes) in list(running.items()):
                try:
                    pipeline = next(each)
                except StopIteration as end:
                    del running[each]
                    done_bytes, num_done = done_bytes + num_bytes, num_done + 1
                    update(done_bytes)
                    yield end.value
                else:
                    title = f"{num_done + 1} of {len(jobs)}: {Path(job.name).name}"
                    share, detail = _progress(job, pipeline)
                    update(done_bytes + share * num_bytes, description=title, detail=detail)


def _progress(job: Job, pipeline: Pipeline) -> tuple[float, str]:
    """The share of a job that is done, and its counts as text."""
    report = pipeline.report()
    # The length that a container names may be too short; a source without one stays at 0.
    share = min(1.0, report.num_frames / (pipeline.source.info.num_frames or float("inf")))
    return share, f"{counted(report.num_frames, job.noun)}, {report.rate_hz:.1f} fps"


def _row(job: Job, report: Report, persons: PersonCounter, problems: Sequence[str] = ()) -> Row:
    from realtime_pose.messages.source_messages import describe_source

    lost = (*report.sink_errors, *problems)
    return Row(
        job.name,
        str(job.where),
        problem="; ".join(filter(None, (describe_source(report.source), *lost))),
        count=counted(report.num_frames, job.noun),
        num_persons=persons.count,
        is_complete=report.source.is_complete and not lost,
    )


def _row_without_analysis(job: PictureJob, publisher: PicturePublisher, *problems: str) -> Row:
    """What became of pictures of which none is analysed in this run: finished before, or impossible."""
    problem = "; ".join((*publisher.problems, *problems))
    where = str(job.where) if publisher.num_finished else ""
    return Row(job.name, where, problem, is_complete=not problem)
