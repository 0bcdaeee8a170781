"""Publications of a pipeline: what they get, that they hold up nobody, and that they end with it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.reopening import find_reopener
from realtime_pose.publishing import Destination, Publication, PublicationKind, PublicationState
from realtime_pose.sources import open_source
from tests.support.clips.numbered_clip import COUNT, RATE_HZ, config_of, write_numbered_clip
from tests.support.fakes.number_output import NumberOutput
from tests.support.fakes.pipelines import make_parts, make_settings

DEADLINE_S = 20.0
SETTINGS = replace(make_settings(), display_wh=(160, 120))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_clip(tmp_path_factory.mktemp("clip") / "numbers.mp4")


def build(clip: Path, output: NumberOutput) -> Pipeline:
    config = config_of(clip)
    source = open_source(config.source, config.part)
    server = Destination("out", PublicationKind.STREAM)
    publication = Publication(server, output.open, lambda scene: scene.frame.image)
    parts = replace(make_parts(source), publications=(publication,))
    pipeline = Pipeline(parts, SETTINGS)
    pipeline.reopener = find_reopener(config, source.info, None)
    return pipeline


@pytest.fixture
def in_window(clip: Path) -> Iterator[tuple[Pipeline, NumberOutput]]:
    output = NumberOutput()
    pipeline = build(clip, output)
    yield pipeline, output
    pipeline.stop()


def test_a_file_is_published_while_it_is_analysed(clip: Path) -> None:
    output = NumberOutput()
    pipeline = build(clip, output)
    pipeline.start()
    assert pipeline.wait(DEADLINE_S)
    pipeline.stop()
    assert output.numbers == sorted(output.numbers)
    assert output.numbers[-1] == COUNT - 1, "the last picture stays, so it must not be lost"
    assert pipeline.report().publications[0].state is PublicationState.ENDED


def test_a_window_publishes_what_it_shows_of_a_file(in_window: tuple[Pipeline, NumberOutput]) -> None:
    pipeline, output = in_window
    replay = pipeline.open_replay()
    assert replay is not None
    pipeline.start()
    assert pipeline.wait(DEADLINE_S), "the analysis ends although the publication goes on"
    assert not output.numbers
    for number in (10, 4, 27):
        replay.show(number / RATE_HZ, SETTINGS)
        assert output.wait_for_last(number)
    num_sent = len(output.numbers)
    assert output.wait_for(lambda numbers: len(numbers) > num_sent), "a pause: the picture is sent again"
    assert output.numbers[-1] == 27
    assert pipeline.report().is_ended


def test_a_server_that_hangs_costs_no_frame_and_no_time(clip: Path) -> None:
    output = NumberOutput(hangs=True)
    pipeline = build(clip, output)
    scenes = pipeline.scenes()
    assert [next(scenes).frame.index for _ in range(COUNT)] == list(range(COUNT))
    started_s = time.monotonic()
    scenes.close()
    assert time.monotonic() - started_s < 2
    assert len(output.numbers) <= 2, "the last one may have waited in the mailbox"
    assert pipeline.publications[0].status.state is PublicationState.ENDED
