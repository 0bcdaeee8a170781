"""What `process` does with each scene beside the files of the pipeline: persons are counted, pictures published."""

from pathlib import Path

from realtime_pose.commands.finished_files import FinishedFiles, Origin
from realtime_pose.commands.process_job import PictureJob
from realtime_pose.errors import SinkError
from realtime_pose.scene import Scene
from realtime_pose.sources import PictureFile


class PersonCounter:
    """Counts persons: those with different ids in a video, all in single pictures."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._num_in_pictures = 0

    @property
    def count(self) -> int:
        """Persons so far."""
        return self._num_in_pictures + len(self._ids)

    def write(self, scene: Scene) -> None:
        """Count the persons of a scene."""
        ids = scene.tracks.seen.ids.tolist()
        if scene.frame.picture is None:
            self._ids.update(ids)
        else:
            self._num_in_pictures += len(ids)

    def close(self) -> None:
        """Nothing is open."""


class PicturePublisher:
    """Gives each annotated picture its final path as soon as it is written, so that a stop loses only one.

    Args:
        job: The pictures.
        finished: What was made in their folder.
        folder: Where their parts are made.
        again: Whether finished pictures are made again.

    Attributes:
        to_do: The pictures to publish: not those that are finished, or whose file somebody else has made.
        num_finished: Pictures that were finished before, and stay.
        problems: Why pictures are not published.
    """

    def __init__(self, job: PictureJob, finished: FinishedFiles, folder: Path, *, again: bool) -> None:
        self._job, self._finished, self._folder = job, finished, folder
        self.problems: list[str] = []
        self.to_do = [file for file in job.files if self._is_to_do(file, again=again)]
        self.num_finished = len(job.files) - len(self.to_do) - len(self.problems)
        self._to_do_indices = {file.index for file in self.to_do}

    def write(self, scene: Scene) -> None:
        """Publish the picture of a scene, which another sink has just written, or has reported as lost."""
        file = self._job.files[scene.frame.index]
        output = self._job.output(file)
        part = self._folder / output.part
        if file.index not in self._to_do_indices:
            part.unlink(missing_ok=True)
        if not part.exists():
            return
        try:
            self._finished.publish(self._folder, [output], _origin(file))
        except SinkError as error:
            self.problems.append(str(error))

    def close(self) -> None:
        """Nothing is open."""

    def _is_to_do(self, file: PictureFile, *, again: bool) -> bool:
        if not file.path.exists():
            return True  # the source names it as unreadable
        try:
            return not self._finished.is_done(self._job.output(file), _origin(file), again=again) or again
        except SinkError as error:
            self.problems.append(str(error))
            return False


def _origin(file: PictureFile) -> Origin:
    return Origin(file.path, [file.path])
