"""The measured tables of the documents: each has its place, is filled there and nowhere else; its command exists."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_path(name: str) -> dict[str, Any]:
    """What a benchmark's file defines."""
    return runpy.run_path(str(ROOT / "benchmarks" / name))


SCRIPT = run_path("tables.py")
TABLES = SCRIPT["TABLES"]
TEXT = "Before.\n<!-- table: one -->\nold\n<!-- end -->\nBetween.\n<!-- table: two -->\n<!-- end -->\nAfter.\n"


def test_every_table_has_its_place_and_every_place_its_table() -> None:
    places = [
        (document.name, name)
        for document in sorted((ROOT / "docs").glob("*.md"))
        for name in re.findall(r"<!-- table: (\S+) -->", document.read_text(encoding="utf-8"))
    ]
    assert sorted(places) == sorted((table.document, name) for name, table in TABLES.items())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_can_be_filled_in_its_document(name: str) -> None:
    text = (ROOT / "docs" / TABLES[name].document).read_text(encoding="utf-8")
    new = SCRIPT["filled"](text, name, "| a new table |")
    assert "| a new table |" in new
    assert [line for line in new.splitlines() if line.startswith(("<!--", "#"))] == [
        line for line in text.splitlines() if line.startswith(("<!--", "#"))
    ]


def test_nothing_but_the_table_is_touched() -> None:
    once = SCRIPT["filled"](TEXT, "one", "new")
    assert once == TEXT.replace("\nold\n", "\n\nnew\n\n")
    assert SCRIPT["filled"](once, "one", "new") == once


@pytest.mark.parametrize("text", ["", TEXT + TEXT])
def test_markers_that_are_not_there_once_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected <!-- table: one --> and <!-- end --> once, found them"):
        SCRIPT["filled"](text, "one", "new")


@pytest.mark.parametrize("name", TABLES)
def test_a_command_names_what_there_is(name: str) -> None:
    words = TABLES[name].command.split()
    assert words[:2] == ["-m", "realtime_pose"] or (ROOT / words[0]).is_file()
    assert set(re.findall(r"{(\w+)}", TABLES[name].command)) <= {"models", "data", "weights", "peer"}


@pytest.fixture(scope="module")
def heads() -> dict[str, str]:
    """The first two lines of what each command prints that prints Markdown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")  # the files import each other
        accuracy, peers, letterbox = run_path("accuracy.py"), run_path("peers.py"), run_path("letterbox.py")
    figures = {"pair": "a + b", "keypoint_ap": 0.0, "box_ap": 0.0, "ms": 1.0, "total_ms": 1.0}
    steps = accuracy["by_way"]([figures | {"way": "plain"}])
    presets = [figures | {"way": way.name} for way in accuracy["WAYS"]["presets"]]
    texts = {
        **dict.fromkeys(("steps", "steps-other-pair", "changes", "changes-other-pair"), steps),
        "presets": accuracy["by_pair"]([presets]),
        **dict.fromkeys(("models", "sizes"), run_path("models.py")["HEAD"]),
        "letterbox": letterbox["table"]([]),
        "pose-nms": run_path("pose_nms.py")["HEAD"],
        "peers-accuracy": peers["score_table"]({}),
        "peers": peers["race_table"]({}),
    }
    return {name: "\n".join(text.splitlines()[:2]) for name, text in texts.items()}


def between(name: str) -> list[str]:
    """The lines of a table as it stands in its document."""
    text = (ROOT / "docs" / TABLES[name].document).read_text(encoding="utf-8")
    (lines,) = re.findall(rf"<!-- table: {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    return [line for line in lines.splitlines() if line]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_that_its_command_prints_and_rows(name: str, heads: dict[str, str]) -> None:
    if TABLES[name].is_text:
        assert len(between(name)) > 2
    else:
        table = [line for line in between(name) if line.startswith("|")]
        assert "\n".join(table[:2]) == heads[name]
        assert len(table) > 2


@pytest.mark.parametrize("name", ["steps", "steps-other-pair", "changes", "changes-other-pair"])
def test_a_table_has_all_ways_that_its_command_tries(name: str) -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in between(name) if line.startswith("|")][2:]
    ways = run_path("accuracy_ways.py")["WAYS"][name.removesuffix("-other-pair")]
    assert rows == [way.name for way in ways]


def test_the_command_s_output_becomes_the_table(tmp_path: Path) -> None:
    """The quickest of the commands, really run: pose NMS of one person."""
    table = SCRIPT["Table"]("benchmarks.md", "benchmarks/pose_nms.py --persons {count} --calls 2", is_text=True)
    lines = SCRIPT["printed"](table, {"count": "1"}).splitlines()
    assert lines[0] == lines[-1] == "```"
    assert [line.split(" | ")[:2] for line in lines[3:-1]] == [["| 1", "17"], ["| 1", "133"]]


def test_a_table_beside_rtmlib_is_refused_without_it(tmp_path: Path) -> None:
    """Before anything runs: neither the folders nor the networks are there."""
    script, nowhere = str(ROOT / "benchmarks" / "tables.py"), str(tmp_path / "nowhere")
    command = [sys.executable, script, "--weights", nowhere, "--data", nowhere, "--only", "pose-nms", "peers"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "expected --peer-python PYTHON for peers: that of" in refused.stderr


def test_networks_are_placed_with_their_entries(tmp_path: Path) -> None:
    SCRIPT["place_models"](tmp_path, tmp_path)
    for name in SCRIPT["FILES"]:
        assert (tmp_path / f"{name}.onnx").is_symlink()
        assert (tmp_path / f"{name}.toml").is_file()
