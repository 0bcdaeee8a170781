"""MOTChallenge folders and files: all variants that data sets have, and clear errors for wrong ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.mot_folders import detections_path, read_sequence, sequence_folders
from realtime_pose.evaluate.mot_rows import read_detections, read_results, read_truth

INI = "[Sequence]\nname=x\nframeRate=20\nseqLength=9\nimWidth=320\nimHeight=240\n"


def truth_file(folder: Path, *lines: str) -> Path:
    """A gt.txt of these lines."""
    (folder / "gt").mkdir(parents=True, exist_ok=True)
    path = folder / "gt" / "gt.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def with_images(folder: Path, name: str, count: int) -> Path:
    """A folder of grey images, 64 x 48."""
    images = folder / name
    images.mkdir(parents=True)
    for number in range(1, count + 1):
        cv2.imwrite(str(images / f"{number:06d}.png"), np.full((48, 64, 3), 90, np.uint8))
    return images


class TestRows:
    @pytest.mark.parametrize(
        ("lines", "ids"),
        [
            pytest.param(["1,4,1,1,9,9,-1", "1,5,1,1,9,9,-1"], [4, 5], id="7 columns, score -1: every row counts"),
            pytest.param(["1,4,1,1,9,9,1,1", "1,5,1,1,9,9,1,3"], [4], id="8 columns: class"),
            pytest.param(["1,0,1,1,9,9,1,1,1", "1,1,1,1,9,9,0,1,1"], [0], id="9 columns, ids from 0, score 0"),
            pytest.param(["1,4,1,1,9,9,1,7,1", "1,5,1,1,9,9,1,1,.2"], [5], id="a distractor"),
            pytest.param(["1,4,1,1,9,9,1,-1,-1,-1"], [4], id="10 columns, the last unknown"),
            pytest.param(
                ["1,4,1,1,9,9,1,4.48,5.5,0", "1,5,1,1,9,9,1,2,5.5,0"], [4, 5], id="10 columns, a world position"
            ),
            pytest.param(["1.0,4.0,1,1,9,9,1.0,1.0,0.86"], [4], id="whole numbers with a point"),
            pytest.param(["", "1,4,1,1,9,9,1,1,1", ""], [4], id="empty lines"),
        ],
    )
    def test_the_rows_that_count(self, lines: list[str], ids: list[int], tmp_path: Path) -> None:
        truth, _ = read_truth(truth_file(tmp_path, *lines))
        assert truth.ids.tolist() == ids
        assert truth.score.tolist() == [1.0] * len(ids)

    def test_frames_and_pixels_are_converted_and_sorted(self, tmp_path: Path) -> None:
        truth, distractors = read_truth(
            truth_file(tmp_path, "3,1,1,1,10,20,1,1,1", "1,1,11,21,10,20,1,1,1", "2,8,1,1,5,5,0,8,1")
        )
        assert truth.frame.tolist() == [0, 2]
        # The first pixel's left edge is 1 in the file and -0.5 here.
        assert truth.xyxy.tolist() == [[9.5, 19.5, 19.5, 39.5], [-0.5, -0.5, 9.5, 19.5]]
        assert distractors.frame.tolist() == [1]
        assert truth.in_frame(2).ids.tolist() == [1]
        assert len(truth.in_frame(1)) == 0

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            pytest.param(["1,1,1,1,9,9"], "line 1: expected 7 to 10 columns .* got 6", id="too few columns"),
            pytest.param(["1,1,1,1,9,9,1", ",".join("1" * 11)], "line 2: expected 7 to 10 columns", id="too many"),
            pytest.param(["1 1 1 1 9 9 1"], "separated by commas, got 1", id="no commas"),
            pytest.param(["frame,id,l,t,w,h,conf"], "line 1: expected numbers", id="a heading"),
            pytest.param(["0,1,1,1,9,9,1"], "expected a frame >= 1", id="frame 0"),
            pytest.param(["1,1,1,1,0,9,1"], "a width and a height above 0", id="no width"),
            pytest.param(["1,1,nan,1,9,9,1"], "finite numbers", id="not finite"),
            pytest.param(["1.5,1,1,1,9,9,1"], "whole numbers for frames and ids", id="half a frame"),
            pytest.param([""], "0 rows, but no person that counts", id="empty"),
            pytest.param(["1,1,1,1,9,9,0,1,1"], "1 row, but no person that counts", id="nobody counts"),
            pytest.param(["2,3,1,1,9,9,1", "2,3,5,1,9,9,1"], "id 3 is twice in frame 2", id="an id twice"),
        ],
    )
    def test_wrong_rows_are_named(self, lines: list[str], message: str, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=message):
            read_truth(truth_file(tmp_path, *lines))

    def test_a_file_that_is_missing_or_not_text(self, tmp_path: Path) -> None:
        path = tmp_path / "gt.txt"
        with pytest.raises(DatasetError, match="cannot be read as text"):
            read_truth(path)
        path.write_bytes(b"\xff\xfe\x00\x80" * 9)
        with pytest.raises(DatasetError, match="cannot be read as text"):
            read_truth(path)

    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            pytest.param((0.2, 1.0), [0.2, 1.0], id="shares stay"),
            pytest.param((50, 25), [1.0, 0.5], id="larger ones are shares of the largest"),
            pytest.param((-3, 0.5), [0.0, 0.5], id="below 0 is 0"),
            pytest.param((-1, -1), [1.0, 1.0], id="unknown"),
        ],
    )
    def test_scores_of_detections(self, scores: Sequence[float], expected: list[float], tmp_path: Path) -> None:
        path = tmp_path / "det.txt"
        path.write_text("".join(f"1,-1,{9 * i},1,9,9,{score}\n" for i, score in enumerate(scores)), encoding="utf-8")
        detections = read_detections(path)
        assert detections.score.tolist() == pytest.approx(expected)
        assert detections.ids.tolist() == [-1, -1]

    def test_results_may_be_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "r.txt"
        path.write_text("", encoding="utf-8")
        assert len(read_results(path)) == 0


class TestFolders:
    def test_seqinfo_has_rate_length_and_size(self, tmp_path: Path) -> None:
        truth_file(tmp_path, "1,1,1,1,9,9,1")
        (tmp_path / "seqinfo.ini").write_text(INI, encoding="utf-8")
        sequence = read_sequence(tmp_path)
        assert (sequence.rate_hz, sequence.num_frames, sequence.wh, sequence.image_folder) == (
            20.0,
            9,
            (320, 240),
            None,
        )
        assert read_sequence(tmp_path, rate_hz=8).rate_hz == 8

    @pytest.mark.parametrize("name", ["img1", "img"])
    def test_without_seqinfo_length_and_size_come_from_the_images(self, name: str, tmp_path: Path) -> None:
        truth_file(tmp_path, "1,1,1,1,9,9,-1")
        images = with_images(tmp_path, name, 3)
        sequence = read_sequence(tmp_path, rate_hz=25)
        assert (sequence.num_frames, sequence.wh, sequence.image_folder) == (3, (64, 48), images)

    def test_without_images_length_and_size_come_from_the_boxes(self, tmp_path: Path) -> None:
        truth_file(tmp_path, "7,1,11,1,90,50,-1")
        sequence = read_sequence(tmp_path, rate_hz=25)
        assert (sequence.num_frames, sequence.wh) == (7, (100, 50))

    def test_a_shortened_copy_has_as_many_frames_as_images(self, tmp_path: Path) -> None:
        truth_file(tmp_path, "1,1,1,1,9,9,-1")
        with_images(tmp_path, "img1", 2)
        (tmp_path / "seqinfo.ini").write_text(INI, encoding="utf-8")
        assert read_sequence(tmp_path).num_frames == 2

    def test_a_missing_frame_rate_is_named(self, tmp_path: Path) -> None:
        truth_file(tmp_path, "1,1,1,1,9,9,1")
        with pytest.raises(DatasetError, match="give the frame rate with --fps"):
            read_sequence(tmp_path)

    @pytest.mark.parametrize("content", ["no ini", "[Other]\nx=1\n", "[Sequence]\nframeRate=fast\n"])
    def test_a_malformed_seqinfo(self, content: str, tmp_path: Path) -> None:
        truth_file(tmp_path, "1,1,1,1,9,9,1")
        (tmp_path / "seqinfo.ini").write_text(content, encoding="utf-8")
        with pytest.raises(DatasetError, match=r"seqinfo.ini: expected a section \[Sequence\]"):
            read_sequence(tmp_path)

    def test_missing_folders_and_missing_truth(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="nowhere: expected the folder"):
            read_sequence(tmp_path / "nowhere")
        with pytest.raises(DatasetError, match=r"expected the ground truth in gt/gt.txt"):
            read_sequence(tmp_path, rate_hz=25)
        with pytest.raises(DatasetError, match="nowhere: expected a folder with ground truth"):
            sequence_folders(tmp_path / "nowhere")
        with pytest.raises(DatasetError, match=r"expected gt/gt.txt here or in folders inside"):
            sequence_folders(tmp_path)

    def test_a_folder_of_sequences(self, tmp_path: Path) -> None:
        for name in ("b", "a"):
            truth_file(tmp_path / name, "1,1,1,1,9,9,1")
        (tmp_path / "other").mkdir()
        assert [each.name for each in sequence_folders(tmp_path)] == ["a", "b"]
        assert sequence_folders(tmp_path / "a") == [tmp_path / "a"]

    @pytest.mark.parametrize("name", ["det/det.txt", "det.txt", "seq.txt", "seq/det/det.txt"])
    def test_detections_are_found_in_the_usual_places(self, name: str, tmp_path: Path) -> None:
        assert detections_path(tmp_path, "seq") is None
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert detections_path(tmp_path, "seq") == path

    def test_real_data_sets(self, shared_data: Path) -> None:
        folder = shared_data / "data" / "mot"
        campus = read_sequence(folder / "TUD-Campus", rate_hz=25)
        assert (campus.num_frames, campus.wh, len(campus.truth)) == (71, (640, 480), 359)
        dance = read_sequence(folder / "gt_only" / "DANCE-val" / "dancetrack0018")
        assert (dance.rate_hz, dance.num_frames, int(dance.truth.ids.min())) == (20, 503, 0)
        mini = read_sequence(folder / "MOT17-mini-04")
        assert (mini.num_frames, len(mini.truth)) == (8, 336)  # of 792 rows
