"""The content of results files: every field, the pixel convention, and the state after a killed process."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.support.full_disk import limit_file_size
from benchmarks.support.readers.sink_readers import READERS
from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile
from realtime_pose.messages.source_messages import describe_outage
from realtime_pose.reasons import NO_REASON, Outage, Reason
from realtime_pose.scene import PREDICTED, RECOVERED, Scene, TrackState
from realtime_pose.sinks import RunHeader
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.skeletons import COCO17
from realtime_pose.sources import SourceReason, SourceState
from realtime_pose.sources.status import StatusReporter, StatusTracker
from tests.support.people.stills import K, nobody, people, scene
from tests.support.recorders import open_pose_sink

pytestmark = [pytest.mark.process]

DIGESTS = {"nanodet-g": "ab" * 32, "movenet-thunder": "cd" * 32}
ENGINES = {"nanodet-g": {"engine": "openvino", "precision": "int8", "device": "CPU"}}
RUN = RunHeader("rtsp://camera.example/hall", COCO17, DIGESTS, describe_outage, ENGINES)
STATES = [TrackState.TENTATIVE, TrackState.CONFIRMED, TrackState.CONFIRMED, TrackState.LOST]
FULL_IMAGE = [-0.5, -0.5, 63.5, 47.5]  # a box around all of a 64 x 48 image


def write_scenes(path: Path, *scenes: Any) -> str:
    sink = open_pose_sink(path, RUN)
    for still in scenes:
        sink.write(still)
    sink.close()
    return path.read_text("utf-8")


def four_tracks() -> Any:
    """A tentative track, a confirmed one, a confirmed one that is only predicted, and a lost one."""
    return people(
        [FULL_IMAGE, [1.25, 2, 11.5, 22], [1, 1, 2, 2], [3, 3, 4, 4]],
        ids=[4, 7, 8, 9],
        states=STATES,
        is_detected=[True, True, False, False],
    )


def test_jsonl_header(tmp_path: Path) -> None:
    lines = write_scenes(tmp_path / "a.jsonl", scene(nobody())).splitlines()
    assert json.loads(lines[0]) == {
        "schema": 1,
        "source": "rtsp://camera.example/hall",
        "size": [64, 48],
        "skeleton": {
            "name": "coco17",
            "keypoints": list(COCO17.keypoints),
            "limbs": [list(limb) for limb in COCO17.limbs],
        },
        "models": {"nanodet-g": "ab" * 32, "movenet-thunder": "cd" * 32},
        "engines": ENGINES,
    }
    assert [json.loads(line) for line in lines[1:]] == [{"frame": 0, "time_s": 0.0, "people": []}]


def test_jsonl_people(tmp_path: Path) -> None:
    lines = write_scenes(tmp_path / "a.jsonl", scene(four_tracks(), index=41, time_s=1.2345678)).splitlines()
    frame = json.loads(lines[1])
    assert (frame["frame"], frame["time_s"]) == (41, 1.234568)
    assert [(person["track_id"], person["state"]) for person in frame["people"]] == [(4, "tentative"), (7, "confirmed")]
    person = frame["people"][1]
    assert set(person) == {"track_id", "state", "box", "score", "keypoints"}
    assert person["box"] == [1.25, 2, 11.5, 22]  # in the axes of the scene
    assert person["score"] == pytest.approx(0.7667)
    assert np.shape(person["keypoints"]) == (K, 3)
    assert person["keypoints"][0] == pytest.approx([1.25 + 10.25 / 18, 2 + 20 / 18, 0.9], abs=0.006)


def test_jsonl_marks_a_recovered_pose(tmp_path: Path) -> None:
    tracks = people([(10, 10, 50, 90), (60, 10, 90, 90), (5, 5, 9, 9)])
    recovered = replace(tracks, detection=np.array([0, RECOVERED, PREDICTED]))
    line = json.loads(write_scenes(tmp_path / "p.jsonl", scene(recovered)).splitlines()[1])
    assert [(person["track_id"], person.get("guided")) for person in line["people"]] == [(1, None), (2, True)]


def test_jsonl_rounds_coordinates_and_scores(tmp_path: Path) -> None:
    text = write_scenes(
        tmp_path / "a.jsonl", scene(people([[0.123456, 1 / 3, 22.2222, 33.3333]], keypoint_score=0.123456))
    )
    person = json.loads(text.splitlines()[1])["people"][0]
    assert person["box"] == [0.12, 0.33, 22.22, 33.33]
    assert person["keypoints"][0][2] == 0.1235


def test_jsonl_writes_a_new_header_when_the_size_changes(tmp_path: Path) -> None:
    stills = [scene(nobody(), index=index, wh=wh) for index, wh in enumerate([(64, 48), (64, 48), (48, 64), (64, 48)])]
    lines = [json.loads(line) for line in write_scenes(tmp_path / "a.jsonl", *stills).splitlines()]
    assert [line.get("size") or line["frame"] for line in lines] == [[64, 48], 0, 1, [48, 64], 2, [64, 48], 3]


def scene_after(outage: Outage, index: int) -> Scene:
    """A scene of a frame that came after this outage."""
    still = scene(nobody(), index=index)
    return replace(still, frame=replace(still.frame, outage=outage))


def test_jsonl_writes_each_outage_once_also_if_two_have_the_same_reason(tmp_path: Path) -> None:
    now_s = [0.0]
    reporter = StatusReporter("door", StatusTracker(SourceState.CONNECTING), lambda: now_s[0])
    stills = []
    for index in range(9):
        if index in {3, 6}:
            reporter.report_trouble(SourceState.STALLED, Reason(SourceReason.NO_FRAMES, {"waited_s": 2.0}))
            now_s[0] += 2.0
        reporter.report_live()
        stills.append(scene_after(reporter.outage, index))
    lines = [json.loads(line) for line in write_scenes(tmp_path / "a.jsonl", *stills).splitlines()[1:]]
    reason = "not live for 2.0 s: no picture came for 2 s"
    assert {line["frame"]: line["interruption"] for line in lines if "interruption" in line} == {3: reason, 6: reason}


def test_jsonl_writes_an_outage_whose_first_frame_was_dropped(tmp_path: Path) -> None:
    outage = Outage(1, 2.0, Reason(SourceReason.CONNECTION_REFUSED))
    scenes = [scene(nobody()), scene_after(outage, 5), scene_after(outage, 6)]
    lines = write_scenes(tmp_path / "a.jsonl", *scenes).splitlines()[1:]
    assert ["interruption" in json.loads(line) for line in lines] == [False, True, False]


def test_jsonl_has_a_line_for_each_status_with_words_code_and_values(tmp_path: Path) -> None:
    sink = JsonlSink(OutputFile(tmp_path / "a.jsonl"), RUN)
    silent = Reason(SourceReason.NO_FRAMES, {"waited_s": 1.0})
    sink.write_status("stalled", silent, words="no picture came for 1 s", at_s=1.0)
    sink.write_status("reconnecting", Reason(SourceReason.BROKE_OFF), words="the stream broke off", at_s=2.0)
    sink.write_status("live", NO_REASON, words="", at_s=3.0)
    sink.close()
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()[1:]] == [
        {
            "state": "stalled",
            "time_s": None,
            "reason": "no picture came for 1 s",
            "code": "no_frames",
            "values": {"waited_s": 1.0},
        },
        {"state": "reconnecting", "time_s": None, "reason": "the stream broke off", "code": "broke_off"},
        {"state": "live", "time_s": None},
    ]


def test_jsonl_statuses_are_in_the_order_of_their_times_though_a_frame_came_late(tmp_path: Path) -> None:
    sink = JsonlSink(OutputFile(tmp_path / "a.jsonl"), RUN)
    still = scene(nobody())
    for time_s, captured_s, at_s in ((1.0, 10.0, 12.0), (1.1, 12.5, 12.6), (2.0, 12.7, 14.2)):
        sink.write(replace(still, frame=replace(still.frame, time_s=time_s, captured_s=captured_s)))
        sink.write_status("live", NO_REASON, words="", at_s=at_s)
    sink.close()
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["time_s"] for line in lines if "state" in line] == [3.0, 3.0, 3.5]


def test_coco(tmp_path: Path) -> None:
    results = json.loads(write_scenes(tmp_path / "a.json", scene(four_tracks(), index=3), scene(nobody(), index=4)))
    assert [(person["image_id"], person["category_id"], person["track_id"]) for person in results] == [
        (3, 1, 4),
        (3, 1, 7),
    ]
    assert results[0]["bbox"] == [0, 0, 64, 48]  # the full image; edges are measured from its corner
    assert results[1]["bbox"] == [1.75, 2.5, 10.25, 20]
    assert results[1]["score"] == pytest.approx(0.7667)
    flat = results[1]["keypoints"]
    assert len(flat) == 3 * K
    assert flat[:3] == pytest.approx([1.25 + 10.25 / 18, 2 + 20 / 18, 0.9], abs=0.006)  # not shifted


def test_coco_is_valid_after_every_scene(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    sink = open_pose_sink(path, RUN)
    lengths = [len(json.loads(path.read_text()))]
    for index, tracks in enumerate([nobody(), four_tracks(), nobody(), four_tracks()]):
        sink.write(scene(tracks, index=index))
        lengths.append(len(json.loads(path.read_text())))
    sink.close()
    assert lengths == [0, 0, 2, 2, 4]
    assert len(json.loads(path.read_text())) == 4


def test_mot_counts_from_one(tmp_path: Path) -> None:
    tracks = people([FULL_IMAGE, [1.25, 2, 11.5, 22]], ids=[4, 7])
    assert write_scenes(tmp_path / "a.txt", scene(tracks, index=0)).splitlines() == [
        "1,4,1.00,1.00,64.00,48.00,0.9000,-1,-1,-1",
        "1,7,2.75,3.50,10.25,20.00,0.5000,-1,-1,-1",
    ]


def test_mot_and_csv_hold_confirmed_and_detected_tracks_only(tmp_path: Path) -> None:
    assert [line.split(",")[1] for line in write_scenes(tmp_path / "a.txt", scene(four_tracks())).splitlines()] == ["7"]
    rows = list(csv.DictReader(write_scenes(tmp_path / "a.csv", scene(four_tracks())).splitlines()))
    assert {row["track_id"] for row in rows} == {"7"}


def test_csv(tmp_path: Path) -> None:
    text = write_scenes(tmp_path / "a.csv", scene(people([[1.25, 2, 11.5, 22]], ids=[7]), index=2, time_s=0.5))
    lines = text.splitlines()
    assert lines[0] == "frame,time_s,track_id,keypoint,x,y,score"
    assert lines[1] == "2,0.5,7,nose,1.82,3.11,0.9"
    assert [line.split(",")[3] for line in lines[1:]] == list(COCO17.keypoints)


def test_a_csv_without_people_is_its_header(tmp_path: Path) -> None:
    assert write_scenes(tmp_path / "a.csv", scene(nobody())) == "frame,time_s,track_id,keypoint,x,y,score\n"


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_a_full_disk_is_reported_and_the_file_stays_complete(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    sink = open_pose_sink(path, RUN)
    for index in range(3):
        sink.write(scene(four_tracks(), index=index))
    before = path.read_bytes()
    with limit_file_size(path.stat().st_size + 40), pytest.raises(SinkError, match=r"writing stopped .*check the disk"):
        sink.write(scene(four_tracks(), index=3))
    with pytest.raises(SinkError, match="writing stopped"):  # the disk has space again, but a line is missing
        sink.write(scene(four_tracks(), index=4))
    sink.close()
    assert path.read_bytes() == before
    assert [index for index, _ in READERS[suffix](path)] == [0, 1, 2]


def test_a_full_device(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("/dev/full")
    with pytest.raises(SinkError, match="No space left"):
        open_pose_sink(tmp_path / "a.csv", RUN)


KILLED = """
import os, signal, sys
from pathlib import Path
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import people, scene
from tests.support.recorders import open_pose_sink
sinks = [open_pose_sink(Path(path), RunHeader("still", COCO17, {})) for path in sys.argv[1:]]
for index in range(20):
    for sink in sinks:
        sink.write(scene(people([[1, 2, 11, 22]]), index=index))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_no_scene(tmp_path: Path) -> None:
    paths = {suffix: tmp_path / f"a{suffix}" for suffix in READERS}
    root = Path(__file__).resolve().parents[2]
    run = [sys.executable, "-c", KILLED, *map(str, paths.values())]
    finished = subprocess.run(run, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, timeout=60, check=False)
    assert finished.returncode == -signal.SIGKILL
    for suffix, path in paths.items():
        assert READERS[suffix](path) == [(index, 1) for index in range(20)]


def test_json_lines_count_people_for_whose_poses_there_was_no_time(tmp_path: Path) -> None:
    everybody = scene(people([[10, 10, 20, 30], [30, 10, 40, 30], [50, 10, 60, 30]]))
    crowd = replace(
        everybody, tracks=everybody.tracks.take(np.array([0])), unposed=everybody.boxes.take(np.array([1, 2]))
    )
    text = write_scenes(tmp_path / "p.jsonl", everybody, crowd)
    _, first, second = map(json.loads, text.splitlines())
    assert ("unposed" in first, second["unposed"], len(second["people"])) == (False, 2, 1)
