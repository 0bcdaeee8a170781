"""The commands `eval mot` and `eval tracker` as a user runs them: tables, files, pictures, and bad input."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands import eval_arguments
from realtime_pose.commands.eval_mot import TRACKERS
from realtime_pose.evaluate.mot_rows import read_results

CROSSING = [  # two people who pass each other between frames 1 and 40: frame, id, left, top, width, height, score
    f"{frame},{person},{left:g},50,40,100,1"
    for frame in range(1, 41)
    for person, left in ((1, 20 + 6 * frame), (2, 300 - 6 * frame))
]


def sequence(folder: Path, lines: list[str], *, pictures: list[np.ndarray] | None = None) -> Path:
    """A MOTChallenge folder without seqinfo.ini."""
    (folder / "gt").mkdir(parents=True)
    (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if pictures is not None:
        (folder / "img1").mkdir()
        for number, picture in enumerate(pictures, start=1):
            cv2.imwrite(str(folder / "img1" / f"{number:06d}.jpg"), picture)
    return folder


def cells(printed: str) -> dict[str, list[float]]:
    """The numbers of each line of a table, by its name."""
    lines = [line.split() for line in printed.splitlines()[1:]]
    return {" ".join(words[:-8]): [float(word) for word in words[-8:]] for words in lines}


def run(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, list[float]]:
    """The table of a run that must succeed."""
    code = main(["eval", *map(str, args)])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return cells(captured.out)


def fails(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    """Exit code and message of a run that must fail."""
    code = main(["eval", *map(str, args)])
    said = capsys.readouterr().err
    assert code != 0
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 2
    return code, said


class TestTracker:
    def test_true_boxes_score_full_marks(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        table = run(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)
        assert table == {"crossing": [100, 100, 100, 100, 100, 0, 0, 80]}

    def test_worse_boxes_score_less_and_the_same_each_time(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        args = ("tracker", "--gt", folder, "--detections", folder, "--fps", 25, "--jitter", 0.05, "--drop", 0.2)
        first, again = run(capsys, *args), run(capsys, *args)
        assert first == again
        assert first["crossing"][1] < 85
        assert run(capsys, *args, "--seed", 1) != first

    def test_given_detections_are_used_and_results_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:40]) + "\n", encoding="utf-8")
        out = tmp_path / "new" / "out"
        table = run(capsys, "tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25, "--out", out)
        assert table["crossing"][3] == 50  # MOTA: half of the boxes are missed
        lines = (out / "crossing.txt").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "1,1,26.00,50.00,40.00,100.00,1.0000,-1,-1,-1"
        assert len(read_results(out / "crossing.txt")) == 40

    def test_several_sequences_and_all_together(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        sequence(tmp_path / "a", CROSSING)
        sequence(tmp_path / "b", CROSSING[:20])
        table = run(capsys, "tracker", "--gt", tmp_path, "--detections", tmp_path, "--fps", 25)
        assert [row[-1] for row in table.values()] == [80, 20, 100]
        assert list(table) == ["a", "b", "all together"]

    def test_greedy_overlap_loses_who_is_missed_and_ours_does_not(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING[:40])
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:12] + CROSSING[18:40]) + "\n", encoding="utf-8")
        args = ("tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25)
        assert run(capsys, *args)["crossing"][5] == 0
        assert run(capsys, *args, "--tracker", "greedy-iou")["crossing"][5] == 2

    def test_settings_come_from_flags_and_from_a_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        args = ("tracker", "--gt", folder, "--detections", folder, "--fps", 25)
        assert run(capsys, *args, "--track.min-new-score", 1.0, "--jitter", 0.01)["crossing"][3] == 100
        settings = tmp_path / "c.toml"
        settings.write_text("[track]\nconfirm_hits = 30\n", encoding="utf-8")
        worse = run(capsys, *args, "--config", settings, "--drop", 0.3)["crossing"]
        assert worse[0] < run(capsys, *args, "--drop", 0.3)["crossing"][0]


class TestPlots:
    def test_a_switch_is_marked_in_the_timeline_and_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING[:40], pictures=[np.full((200, 320, 3), 128, np.uint8)] * 20)
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:12] + CROSSING[18:40]) + "\n", encoding="utf-8")
        args = ("tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25, "--tracker", "greedy-iou")
        run(capsys, *args, "--plot", tmp_path / "plots")
        assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
            "crossing_switch_000010.jpg", "crossing_timeline.png",
        ]  # fmt: skip
        timeline = cv2.imread(str(tmp_path / "plots" / "crossing_timeline.png"))
        assert timeline is not None
        red = (timeline == (40, 30, 215)).all(axis=2)
        # Two rows, each with a mark where frame 10 begins.
        assert np.flatnonzero(red[64:88].any(axis=0)).mean() == pytest.approx(96 + 9 * 12, abs=2)
        assert red[88:112].any()
        strip = cv2.imread(str(tmp_path / "plots" / "crossing_switch_000010.jpg"))
        assert strip is not None
        assert strip.shape[1] == 5 * (560 + 4)  # frames 6, 9, 10, 11, 12

    def test_without_pictures_and_without_switches(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        run(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25, "--plot", tmp_path / "plots")
        assert [path.name for path in (tmp_path / "plots").iterdir()] == ["crossing_timeline.png"]

    def test_a_switch_without_pictures_is_shown_on_an_even_ground(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING[:40])
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:12] + CROSSING[18:40]) + "\n", encoding="utf-8")
        args = ("tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25, "--tracker", "greedy-iou")
        run(capsys, *args, "--plot", tmp_path / "plots")
        assert (tmp_path / "plots" / "crossing_switch_000010.jpg").stat().st_size > 1000


@pytest.fixture(scope="module")
def demo_pictures(demo_clip: Path) -> list[np.ndarray]:
    """Six frames of the demo clip, at a quarter of their size."""
    with av.open(str(demo_clip)) as container:
        frames = zip(range(6), container.decode(video=0), strict=False)
        return [frame.to_ndarray(format="bgr24")[::2, ::2] for _, frame in frames]


class TestMot:
    @pytest.mark.parametrize("tracker", eval_arguments.TRACKERS)
    def test_the_whole_application_on_pictures(
        self, tracker: str, demo_pictures: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What it gave once is the truth of the second run, which must score full marks."""
        folder = sequence(tmp_path / "demo", ["1,1,1,1,9,9,1"], pictures=demo_pictures)
        flags = ("--fps", 60, "--pose", "movenet-lightning", "--tracker", tracker, "--out", tmp_path / "out")
        args = ("mot", folder, *flags)
        assert run(capsys, *args)["demo"][0] == 0
        results = (tmp_path / "out" / "demo.txt").read_text(encoding="utf-8")
        assert len(results.splitlines()) >= 2 * len(demo_pictures)
        (folder / "gt" / "gt.txt").write_text(results, encoding="utf-8")
        row = run(capsys, *args)["demo"]
        assert row[:6] == [100, 100, 100, 100, 100, 0]
        assert row[-1] == len(results.splitlines())

    def test_a_corrupt_picture_keeps_the_numbers_of_the_others(
        self, demo_pictures: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "demo", ["1,1,1,1,9,9,1"], pictures=demo_pictures)
        (folder / "img1" / "000003.jpg").write_bytes(b"no picture")
        args = ("mot", folder, "--fps", 60, "--pose", "movenet-lightning", "--out", tmp_path / "out")
        assert main(["eval", *map(str, args)]) == 0
        assert "000003.jpg" in capsys.readouterr().err
        assert np.unique(read_results(tmp_path / "out" / "demo.txt").frame).tolist() == [0, 1, 3, 4, 5]


class TestBadInput:
    """Each names what was expected, what came, and what to do."""

    def test_no_sequence(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, said = fails(capsys, "mot")
        assert code == 2
        assert said == "realtime-pose: eval mot: expected one or more folders of MOTChallenge sequences, got none\n"
        code, said = fails(capsys, "tracker", "--gt", "x")
        assert code == 2
        assert "expected both --gt DIR and --detections DIR" in said

    def test_a_missing_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, said = fails(capsys, "mot", tmp_path / "nowhere", "--fps", 25)
        assert code == 1
        assert "nowhere: expected a folder with ground truth, but it is not there" in said

    def test_no_truth_in_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert "expected gt/gt.txt" in fails(capsys, "mot", tmp_path)[1]

    def test_no_pictures_in_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        assert "expected pictures in img1 or img" in fails(capsys, "mot", folder, "--fps", 25)[1]

    def test_no_rate(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        assert "give it with --fps" in fails(capsys, "tracker", "--gt", folder, "--detections", folder)[1]

    def test_wrong_columns(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", ["1,2,3"])
        said = fails(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)[1]
        assert "gt.txt, line 1: expected 7 to 10 columns" in said

    def test_empty_truth(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", [])
        said = fails(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)[1]
        assert "none of its 0 rows is a person that counts" in said

    def test_no_detections(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        said = fails(capsys, "tracker", "--gt", folder, "--detections", tmp_path / "none", "--fps", 25)[1]
        assert "expected the boxes of a in" in said

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            (("--tracker", "bytetrack"), "tracker: expected pose or greedy-iou, got 'bytetrack'"),
            (("--fps", "0"), "fps: expected a rate from 0.01 to 1000, got 0.0"),
            (("--jitter", "2"), "jitter: expected a share from 0 to 1, got 2.0"),
            (("--drop", "1"), "drop: expected a share from 0 up to but not 1, got 1.0"),
        ],
    )
    def test_flags_out_of_range(self, flags: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        code, said = fails(capsys, "tracker", "--gt", "x", "--detections", "x", *flags)
        assert code == 2
        assert message in said

    def test_two_sequences_of_one_name(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pictures = [np.zeros((16, 16, 3), np.uint8)]
        folders = [sequence(tmp_path / parent / "a", CROSSING[:2], pictures=pictures) for parent in ("x", "y")]
        code, said = fails(capsys, "mot", *folders, "--fps", 25, "--out", tmp_path / "out")
        assert code == 2
        assert "names of their own, got a more than once" in said

    def test_results_that_cannot_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        (tmp_path / "file").touch()
        args = ("tracker", "--gt", folder, "--detections", folder, "--fps", 25)
        assert "cannot be made" in fails(capsys, *args, "--out", tmp_path / "file" / "x")[1]
        assert "picture cannot be written" in fails(capsys, *args, "--plot", tmp_path / "file" / "x")[1]

    def test_no_scorer_is_said_before_the_work(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "trackeval.metrics", None)
        code, said = fails(capsys, "tracker", "--gt", tmp_path, "--detections", tmp_path)
        assert code == 1
        assert "pip install 'realtime-pose[eval]'" in said


def test_every_tracker_that_can_be_named_can_be_made() -> None:
    assert tuple(TRACKERS) == eval_arguments.TRACKERS
