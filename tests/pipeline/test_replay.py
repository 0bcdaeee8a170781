"""A file beside its analysis: any place with the people who were found there, and recordings of a stretch of it."""

import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, LiveSettings, make_part
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.images import DrawnScene
from realtime_pose.pipeline.kept_scenes import PICTURE_S
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.replay import NEWEST, Replay
from realtime_pose.recording.status import RecorderState
from realtime_pose.scene import Frame
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, build_numbered, config_of, number_of, write_numbered_clip
from tests.support.fakes.pipelines import make_settings
from tests.support.waiting import becomes_true

pytestmark = [pytest.mark.slow]  # encoders

DEADLINE_S = 20.0
SETTINGS = replace(make_settings(), display_wh=(160, 120))


class Analysis:
    """The analysis of a clip beside its replay. It waits before the frames from ``limit`` on until it is raised."""

    def __init__(self, config: Config, *, limit: int = 10_000) -> None:
        self.limit = limit
        self._changed = threading.Condition()
        self.pipeline: Pipeline = build_numbered(config, self._wait)
        replay = self.pipeline.open_replay()
        assert replay is not None
        self.replay: Replay = replay
        self.pipeline.start()

    def raise_limit(self, limit: int) -> None:
        with self._changed:
            self.limit = limit
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        """Wait until this frame is analysed: two before the limit, since the stages may hold one back."""
        assert becomes_true(
            lambda: (span := self.replay.kept.span_s) is not None and span[1] >= number / RATE_HZ - 1e-6
        )

    def shown(self, *, time_s: float | None = None, settings: LiveSettings = SETTINGS) -> DrawnScene:
        """What is shown for this time."""
        self.replay.show(time_s, settings)
        return self.replay.shown.get(timeout_s=DEADLINE_S)

    def stepped(self, count: int) -> DrawnScene:
        self.replay.step(count, SETTINGS)
        return self.replay.shown.get(timeout_s=DEADLINE_S)

    def close(self) -> None:
        self.raise_limit(10_000)
        self.pipeline.stop()

    def _wait(self, frame: Frame) -> None:
        with self._changed:
            self._changed.wait_for(lambda: frame.index < self.limit, DEADLINE_S)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4")


@pytest.fixture
def analysed(clip: Path) -> "Analysis":
    analysis = Analysis(config_of(clip))
    assert becomes_true(lambda: analysis.replay.kept.is_complete)
    return analysis


def test_every_frame_is_analysed_and_each_place_is_shown_with_its_people(analysed: Analysis) -> None:
    assert analysed.replay.kept.span_s == (0.0, (COUNT - 1) / RATE_HZ)
    for number in (20, 7, 8, 29):
        drawn = analysed.shown(time_s=number / RATE_HZ)
        assert number_of(drawn.image) == number
        assert drawn.is_analysed
        assert drawn.scene.tracks.ids.tolist() == [1]
        assert (drawn.image != drawn.scene.frame.image).any()  # the skeleton is drawn
    analysed.close()


def test_stepping_back_shows_the_people_at_once(analysed: Analysis) -> None:
    analysed.shown(time_s=1.0)
    assert [analysed.stepped(-1).scene.frame.index for _ in range(3)] == [9, 8, 7]
    assert [analysed.stepped(1).scene.frame.index for _ in range(4)] == [8, 9, 10, 11]
    assert analysed.stepped(-10).scene.frame.index == 1
    analysed.close()


def test_the_newest_frame_needs_no_second_decoding(clip: Path) -> None:
    analysis = Analysis(config_of(clip), limit=10)
    analysis.wait_for(8)
    drawn = analysis.shown(time_s=NEWEST)
    assert drawn.scene.frame.index >= 8
    assert analysis.replay._reader._source is None
    analysis.close()


def test_ahead_of_the_analysis_there_are_no_people_until_it_gets_there(clip: Path) -> None:
    analysis = Analysis(config_of(clip), limit=7)
    analysis.wait_for(5)
    ahead = analysis.shown(time_s=2.0)
    assert (ahead.scene.frame.index, ahead.is_analysed, len(ahead.scene.tracks)) == (20, False, 0)
    analysis.raise_limit(10_000)
    analysis.wait_for(20)
    now = analysis.shown()
    assert (now.scene.frame.index, now.is_analysed, len(now.scene.tracks)) == (20, True, 1)
    analysis.close()


def test_the_same_frame_is_drawn_again_only_in_another_style(analysed: Analysis) -> None:
    first = analysed.shown(time_s=1.0)
    analysed.replay.show(1.01, SETTINGS)
    other = analysed.shown(
        settings=replace(SETTINGS, shown=replace(SETTINGS.shown, skeletons=False, hud=False, ids=False))
    )
    np.testing.assert_array_equal(other.image, other.scene.frame.image)
    assert other.scene.frame.index == first.scene.frame.index
    assert analysed.replay.shown.dropped == 0
    analysed.close()


def test_a_snapshot_has_the_size_of_the_frame(analysed: Analysis) -> None:
    drawn = analysed.shown(time_s=0.5, settings=replace(SETTINGS, display_wh=(80, 60)))
    assert drawn.image.shape == (60, 80, 3)
    assert drawn.draw_snapshot().shape == (120, 160, 3)
    analysed.close()


def test_of_a_part_only_the_part_is_shown_with_the_times_of_the_video(clip: Path) -> None:
    part = make_part(start_s=1.0, end_s=2.0, region=(40, 0, 80, 120))
    analysis = Analysis(replace(config_of(clip), part=part))
    assert becomes_true(lambda: analysis.replay.kept.is_complete)
    file = analysis.replay.file
    assert (file.first_s, file.stated_end_s) == (1.0, 2.0)
    first = analysis.shown(time_s=0.0)
    assert (first.scene.frame.index, first.scene.frame.wh) == (10, (80, 120))
    last = analysis.shown(time_s=9.0)
    assert last.scene.frame.index == 19
    analysis.close()


def test_single_pictures_follow_one_another_with_their_names(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("cat.png", "dog.png", "owl.png")]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((48 + 16 * number, 64, 3), 60 * number, np.uint8))
    analysis = Analysis(config_of(*paths))
    assert becomes_true(lambda: analysis.replay.kept.is_complete)
    assert analysis.replay.file.is_pictures
    for number in (2, 0, 1):
        frame = analysis.shown(time_s=number * PICTURE_S + 0.5).scene.frame
        assert frame.picture is not None
        assert (frame.picture.file_name, frame.wh[1]) == (paths[number].name, 48 + 16 * number)
    analysis.close()


def test_a_file_that_is_gone_is_reported_once_and_shown_again_when_it_is_back(tmp_path: Path) -> None:
    path = write_numbered_clip(tmp_path / "a.mp4")
    analysis = Analysis(config_of(path))
    assert becomes_true(lambda: analysis.replay.kept.is_complete)
    moved = path.rename(tmp_path / "b.mp4")
    analysis.replay.show(0.5, SETTINGS)
    failures: list[str] = []

    def has_failed() -> bool:
        failure = analysis.replay.take_failure()
        failures.extend([str(failure)] if failure is not None else [])
        return bool(failures)

    assert becomes_true(has_failed)
    assert "no such file" in failures[0]
    assert analysis.replay.take_failure() is None
    moved.rename(path)
    assert analysis.shown(time_s=0.5).scene.frame.index == 5
    analysis.close()


def test_there_is_no_replay_of_one_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((48, 64, 3), np.uint8))
    pipeline = build_numbered(config_of(tmp_path / "one.png"))
    assert pipeline.open_replay() is None
    pipeline.stop()


def test_a_stop_in_the_middle_ends_all_threads(clip: Path) -> None:
    before = threading.active_count()
    analysis = Analysis(config_of(clip), limit=7)
    analysis.shown(time_s=2.5)
    analysis.close()
    assert becomes_true(lambda: threading.active_count() <= before)


def numbers_in(path: Path) -> list[int]:
    """The numbers of the frames of a recording."""
    with av.open(str(path)) as container:
        return [number_of(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


class TestClips:
    """Recordings of a stretch, from the frame that is shown at the start to the one that is shown at the stop."""

    def test_a_recording_has_every_frame_between_the_two_places(self, analysed: Analysis, tmp_path: Path) -> None:
        clips = analysed.replay.clips
        assert clips is not None
        clips.start(tmp_path / "clip.mp4", 1.0)
        assert analysed.pipeline.report().recorder.state is RecorderState.RECORDING
        clips.allow_until(1.2)
        clips.allow_until(1.5)  # frames in between were left out of the view
        clips.stop(1.5)
        assert numbers_in(tmp_path / "clip.mp4") == list(range(10, 16))
        assert analysed.pipeline.report().recorder.path is None
        analysed.close()

    def test_it_has_the_people_and_waits_for_the_analysis(self, clip: Path, tmp_path: Path) -> None:
        analysis = Analysis(config_of(clip), limit=10)
        analysis.wait_for(8)
        clips = analysis.replay.clips
        assert clips is not None
        clips.start(tmp_path / "clip.mp4", 0.5)
        clips.allow_until(8 / RATE_HZ)
        stopping = threading.Thread(target=clips.stop, args=(13 / RATE_HZ,))
        stopping.start()
        assert analysis.pipeline.report().recorder.is_started
        analysis.raise_limit(10_000)
        analysis.wait_for(13)
        clips.allow_until(13 / RATE_HZ)
        stopping.join(DEADLINE_S)
        assert not stopping.is_alive()
        assert numbers_in(tmp_path / "clip.mp4") == list(range(5, 14))
        with av.open(str(tmp_path / "clip.mp4")) as container:
            image = next(container.decode(video=0)).to_ndarray(format="bgr24")
        assert int(image[20:100, 40:100].max()) > 150  # the skeleton in it
        analysis.close()

    def test_it_ends_with_the_file(self, analysed: Analysis, tmp_path: Path) -> None:
        clips = analysed.replay.clips
        assert clips is not None
        clips.start(tmp_path / "clip.mp4", 2.5)
        clips.allow_until(99.0)
        assert becomes_true(lambda: not clips.recorder.is_started)
        assert numbers_in(tmp_path / "clip.mp4") == list(range(25, COUNT))
        analysed.close()

    def test_closing_keeps_what_was_recorded(self, analysed: Analysis, tmp_path: Path) -> None:
        clips = analysed.replay.clips
        assert clips is not None
        clips.start(tmp_path / "clip.mp4", 0.0)
        clips.allow_until(0.5)
        analysed.close()
        assert numbers_in(tmp_path / "clip.mp4") == list(range(6))

    def test_a_path_that_cannot_be_written_is_an_error_and_nothing_runs(
        self, analysed: Analysis, tmp_path: Path
    ) -> None:
        clips = analysed.replay.clips
        assert clips is not None
        with pytest.raises(SinkError):
            clips.start(tmp_path, 0.0)  # a folder
        assert not clips.recorder.is_started
        analysed.close()

    def test_a_recording_that_ends_before_it_began_leaves_no_video(self, analysed: Analysis, tmp_path: Path) -> None:
        clips = analysed.replay.clips
        assert clips is not None
        clips.start(tmp_path / "clip.mp4", 2.0)
        clips.stop(1.0)  # the user went back meanwhile
        path = tmp_path / "clip.mp4"
        assert not path.exists() or path.stat().st_size == 0
        analysed.close()
