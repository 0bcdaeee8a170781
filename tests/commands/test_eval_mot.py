"""The commands ``eval mot`` and ``eval tracker`` as a user runs them: tables, files, plots, and bad input."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands.eval_mot import TRACKERS, tracker_factory
from realtime_pose.config import TrackConfig
from realtime_pose.evaluate.mot_rows import read_results
from realtime_pose.skeletons import COCO17

pytestmark = [pytest.mark.slow]

CROSSING = [  # two people pass each other in frames 1 to 40: frame, id, left, top, width, height, score
    f"{frame},{person},{left:g},50,40,100,1"
    for frame in range(1, 41)
    for person, left in ((1, 20 + 6 * frame), (2, 300 - 6 * frame))
]


def sequence(folder: Path, lines: list[str], *, images: list[np.ndarray] | None = None) -> Path:
    """A MOTChallenge folder without seqinfo.ini."""
    (folder / "gt").mkdir(parents=True)
    (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if images is not None:
        (folder / "img1").mkdir()
        for number, image in enumerate(images, start=1):
            cv2.imwrite(str(folder / "img1" / f"{number:06d}.jpg"), image)
    return folder


def cells(printed: str) -> dict[str, list[float]]:
    """The numbers of each line of a table, by the name of the sequence."""
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
    messages = capsys.readouterr().err
    assert code != 0
    assert "Traceback" not in messages
    assert len(messages.strip().splitlines()) <= 2
    return code, messages


class TestTracker:
    def test_true_boxes_score_100_percent(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        table = run(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)
        assert table == {"crossing": [100, 100, 100, 100, 100, 0, 0, 80]}

    def test_noise_lowers_the_scores_and_is_reproducible(
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

    def test_the_greedy_tracker_loses_missed_persons_and_ours_does_not(
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
    def test_an_id_switch_is_in_the_timeline_and_in_an_image(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING[:40], images=[np.full((200, 320, 3), 128, np.uint8)] * 20)
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:12] + CROSSING[18:40]) + "\n", encoding="utf-8")
        args = ("tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25, "--tracker", "greedy-iou")
        run(capsys, *args, "--plot", tmp_path / "plots")
        assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
            "crossing_switch_000010.jpg", "crossing_timeline.png",
        ]  # fmt: skip
        timeline = cv2.imread(str(tmp_path / "plots" / "crossing_timeline.png"))
        assert timeline is not None
        red = (timeline == (40, 30, 215)).all(axis=2)
        # Two rows, each with a mark at the start of frame 10.
        assert np.flatnonzero(red[64:88].any(axis=0)).mean() == pytest.approx(96 + 9 * 12, abs=2)
        assert red[88:112].any()
        strip = cv2.imread(str(tmp_path / "plots" / "crossing_switch_000010.jpg"))
        assert strip is not None
        assert strip.shape[1] == 5 * (560 + 4)  # frames 6, 9, 10, 11, 12

    def test_without_images_and_without_switches(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING)
        run(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25, "--plot", tmp_path / "plots")
        assert [path.name for path in (tmp_path / "plots").iterdir()] == ["crossing_timeline.png"]

    def test_a_switch_without_images_is_shown_on_a_plain_background(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "crossing", CROSSING[:40])
        (tmp_path / "crossing.txt").write_text("\n".join(CROSSING[:12] + CROSSING[18:40]) + "\n", encoding="utf-8")
        args = ("tracker", "--gt", folder, "--detections", tmp_path, "--fps", 25, "--tracker", "greedy-iou")
        run(capsys, *args, "--plot", tmp_path / "plots")
        assert (tmp_path / "plots" / "crossing_switch_000010.jpg").stat().st_size > 1000


@pytest.fixture(scope="module")
def demo_images(demo_clip: Path) -> list[np.ndarray]:
    """Six frames of the demo clip, at a quarter of their size."""
    with av.open(str(demo_clip)) as container:
        frames = zip(range(6), container.decode(video=0), strict=False)
        return [frame.to_ndarray(format="bgr24")[::2, ::2] for _, frame in frames]


class TestMot:
    @pytest.mark.parametrize("tracker", TRACKERS)
    def test_the_whole_application_on_images(
        self, tracker: str, demo_images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The results of the first run are the ground truth of the second, which must score 100 %."""
        folder = sequence(tmp_path / "demo", ["1,1,1,1,9,9,1"], images=demo_images)
        flags = ("--fps", 60, "--pose", "movenet-lightning", "--tracker", tracker, "--out", tmp_path / "out")
        args = ("mot", folder, *flags)
        assert run(capsys, *args)["demo"][0] == 0
        results = (tmp_path / "out" / "demo.txt").read_text(encoding="utf-8")
        assert len(results.splitlines()) >= 2 * len(demo_images)
        (folder / "gt" / "gt.txt").write_text(results, encoding="utf-8")
        row = run(capsys, *args)["demo"]
        assert row[:6] == [100, 100, 100, 100, 100, 0]
        assert row[-1] == len(results.splitlines())

    def test_a_corrupt_image_does_not_change_the_frame_numbers(
        self, demo_images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = sequence(tmp_path / "demo", ["1,1,1,1,9,9,1"], images=demo_images)
        (folder / "img1" / "000003.jpg").write_bytes(b"no picture")
        args = ("mot", folder, "--fps", 60, "--pose", "movenet-lightning", "--out", tmp_path / "out")
        assert main(["eval", *map(str, args)]) == 0
        assert "000003.jpg" in capsys.readouterr().err
        assert np.unique(read_results(tmp_path / "out" / "demo.txt").frame).tolist() == [0, 1, 3, 4, 5]


class TestBadInput:
    """Each message says what was expected, what came, and what to do."""

    def test_no_sequence(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, messages = fails(capsys, "mot")
        assert code == 2
        assert messages == "realtime-pose: eval mot: expected one or more folders of MOTChallenge sequences, got none\n"
        code, messages = fails(capsys, "tracker", "--gt", "x")
        assert code == 2
        assert "expected both --gt DIR and --detections DIR" in messages

    def test_a_missing_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, messages = fails(capsys, "mot", tmp_path / "nowhere", "--fps", 25)
        assert code == 1
        assert "nowhere: expected a folder with ground truth, but it does not exist" in messages

    def test_a_folder_without_ground_truth(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert "expected gt/gt.txt" in fails(capsys, "mot", tmp_path)[1]

    def test_a_sequence_without_images(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        assert "expected images in img1 or img" in fails(capsys, "mot", folder, "--fps", 25)[1]

    def test_no_frame_rate(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        assert "give the frame rate with --fps" in fails(capsys, "tracker", "--gt", folder, "--detections", folder)[1]

    def test_wrong_columns(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", ["1,2,3"])
        messages = fails(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)[1]
        assert "gt.txt, line 1: expected 7 to 10 columns" in messages

    def test_empty_ground_truth(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", [])
        messages = fails(capsys, "tracker", "--gt", folder, "--detections", folder, "--fps", 25)[1]
        assert "0 rows, but no person that counts" in messages

    def test_no_detections(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        messages = fails(capsys, "tracker", "--gt", folder, "--detections", tmp_path / "none", "--fps", 25)[1]
        assert "expected the boxes of a in" in messages

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            (
                ("--tracker", "bytetrack"),
                "--tracker: expected pose, greedy-iou, got 'bytetrack'",
            ),
            (("--fps", "0"), "fps: expected a value from 0.01 to 1000, got 0.0"),
            (("--jitter", "2"), "jitter: expected a value from 0 to 1, got 2.0"),
            (("--drop", "1"), "drop: expected a value from 0 to 0.999, got 1.0"),
        ],
    )
    def test_flags_out_of_range(self, flags: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        code, messages = fails(capsys, "tracker", "--gt", "x", "--detections", "x", *flags)
        assert code == 2
        assert message in messages

    def test_two_sequences_with_one_name(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        images = [np.zeros((16, 16, 3), np.uint8)]
        folders = [sequence(tmp_path / parent / "a", CROSSING[:2], images=images) for parent in ("x", "y")]
        code, messages = fails(capsys, "mot", *folders, "--fps", 25, "--out", tmp_path / "out")
        assert code == 2
        assert "different names, got a more than once" in messages

    def test_results_that_cannot_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = sequence(tmp_path / "a", CROSSING)
        (tmp_path / "file").touch()
        args = ("tracker", "--gt", folder, "--detections", folder, "--fps", 25)
        assert "cannot create the folder" in fails(capsys, *args, "--out", tmp_path / "file" / "x")[1]
        assert "the report cannot be written" in fails(capsys, *args, "--plot", tmp_path / "file" / "x")[1]

    def test_a_missing_scorer_fails_before_tracking(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "trackeval.metrics", None)
        code, messages = fails(capsys, "tracker", "--gt", tmp_path, "--detections", tmp_path)
        assert code == 1
        assert "pip install 'realtime-pose[eval]'" in messages


def test_each_tracker_name_gives_another_tracker() -> None:
    trackers = [tracker_factory(name)(TrackConfig(), COCO17) for name in TRACKERS]
    assert len({type(tracker) for tracker in trackers}) == len(TRACKERS)
