"""Whether a server sends parts of a file, and whether a file has an index of all of its frames."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.config import Config, SourceConfig
from realtime_pose.pipeline.reopener import NoReplay, Reopener
from realtime_pose.pipeline.reopening import find_reopener
from realtime_pose.sources import open_source, sends_parts
from tests.support.servers.web import (
    closed_port,
    redirecting_to,
    serving_folder,
    serving_parts,
    serving_parts_and_logins,
)

pytestmark = [pytest.mark.server]


def config_of(address: str) -> Config:
    return Config(source=SourceConfig(uri=address))


def reopener_of(address: str) -> Reopener | NoReplay | None:
    config = config_of(address)
    source = open_source(config.source)
    source.close()
    return find_reopener(config, source.info, None)


def test_a_server_is_asked_for_one_byte(tmp_path: Path) -> None:
    clips.video(tmp_path / "a.mp4", count=3)
    with serving_parts(tmp_path) as (address, asked):
        assert sends_parts(SourceConfig(uri=f"{address}/a.mp4"))
        assert asked == ["bytes=0-0"]
        with_login = address.replace("://", "://me:s3cr3t@")
        assert sends_parts(SourceConfig(uri=f"{with_login}/a.mp4"))
    with serving_folder(tmp_path) as address:
        assert not sends_parts(SourceConfig(uri=f"{address}/a.mp4"))
        assert not sends_parts(SourceConfig(uri=f"{address}/missing.mp4"))
    with closed_port() as port:
        assert not sends_parts(SourceConfig(uri=f"http://127.0.0.1:{port}/a.mp4"))


def test_the_password_is_sent_to_its_server_only_and_not_to_where_that_one_points(tmp_path: Path) -> None:
    clips.video(tmp_path / "a.mp4", count=3)
    with serving_parts_and_logins(tmp_path) as (address, logins), redirecting_to(address) as first:
        for server in (address, first):
            assert sends_parts(SourceConfig(uri=f"{server.replace('://', '://me:s3cr3t@')}/a.mp4"))
        assert logins == ["Basic bWU6czNjcjN0", ""]


def test_a_served_file_with_an_index_is_read_from_any_place(tmp_path: Path) -> None:
    clips.video(tmp_path / "a.mp4", count=90, rate_hz=30)
    with serving_parts(tmp_path) as (address, _):
        reopener = reopener_of(f"{address}/a.mp4")
        assert isinstance(reopener, Reopener)
        assert reopener.stated_end_s == pytest.approx(3.0)
        source = reopener.open(2.5)
        frame = next(iter(source))
        source.close()
        assert (frame.index, round(frame.time_s, 3)) == (75, 2.5)


def test_a_file_without_an_index_or_from_a_server_without_parts_says_why(tmp_path: Path) -> None:
    clips.video(tmp_path / "a.mp4", count=30, options={"movflags": "faststart"})
    clips.video(tmp_path / "a.mkv", count=30)
    with serving_parts(tmp_path) as (address, _):
        assert reopener_of(f"{address}/a.mkv") is NoReplay.NO_INDEX
    with serving_folder(tmp_path) as address:
        assert reopener_of(f"{address}/a.mp4") is NoReplay.NO_PARTS


def test_files_of_this_computer_need_no_server(tmp_path: Path) -> None:
    path = clips.video(tmp_path / "a.mkv", count=30)
    assert isinstance(reopener_of(str(path)), Reopener)
    live = replace(open_source(config_of(str(path)).source).info, is_live=True)
    assert find_reopener(config_of(str(path)), live, None) is None
