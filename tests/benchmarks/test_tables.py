"""The measured tables of the documents: each has its place, only this place is written, and its command exists."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]


def run_path(name: str) -> dict[str, Any]:
    """The names that a file of benchmarks/ defines."""
    return runpy.run_path(str(ROOT / "benchmarks" / name))


SCRIPT = run_path("tables.py")
TABLES = SCRIPT["TABLES"]
TEXT = "Before.\n<!-- table: one -->\nold\n<!-- end -->\nBetween.\n<!-- table: two -->\n<!-- end -->\nAfter.\n"


def test_every_table_has_its_place_and_every_place_its_table() -> None:
    places = [
        (document.name, name)
        for document in sorted((ROOT / "docs" / "development").glob("*.md"))
        for name in re.findall(r"<!-- table: (\S+) -->", document.read_text(encoding="utf-8"))
    ]
    assert sorted(places) == sorted((table.document, name) for name, table in TABLES.items())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_can_be_replaced_in_its_document(name: str) -> None:
    text = (ROOT / "docs" / "development" / TABLES[name].document).read_text(encoding="utf-8")
    new = SCRIPT["replace_table"](text, name, "| a new table |")
    assert "| a new table |" in new
    assert [line for line in new.splitlines() if line.startswith(("<!--", "#"))] == [
        line for line in text.splitlines() if line.startswith(("<!--", "#"))
    ]


def test_nothing_but_the_table_is_changed() -> None:
    changed = SCRIPT["replace_table"](TEXT, "one", "new")
    assert changed == TEXT.replace("\nold\n", "\n\nnew\n\n")
    assert SCRIPT["replace_table"](changed, "one", "new") == changed


@pytest.mark.parametrize("text", ["", TEXT + TEXT])
def test_markers_must_stand_there_once(text: str) -> None:
    with pytest.raises(ValueError, match="expected <!-- table: one --> and <!-- end --> once, found them"):
        SCRIPT["replace_table"](text, "one", "new")


@pytest.mark.parametrize("name", TABLES)
def test_a_command_names_files_and_paths_that_exist(name: str) -> None:
    arguments = TABLES[name].command.split()
    assert arguments[:2] == ["-m", "realtime_pose"] or (ROOT / arguments[0]).is_file()
    assert set(re.findall(r"{(\w+)}", TABLES[name].command)) <= {"models", "data", "weights", "peer"}


@pytest.fixture(scope="module")
def heads() -> dict[str, str]:
    """For each command that prints Markdown: the first two lines of its table."""
    accuracy, peers = run_path("accuracy/compare.py"), run_path("peers/compare.py")
    letterbox = run_path("accuracy/letterbox.py")
    figures = {"pair": "a + b", "keypoint_ap": 0.0, "box_ap": 0.0, "ms": 1.0, "total_ms": 1.0}
    steps = accuracy["variant_table"]([figures | {"variant": "plain"}])
    presets = [figures | {"variant": variant.name} for variant in accuracy["VARIANTS"]["presets"]]
    texts = {
        **dict.fromkeys(("steps", "steps-other-pair", "changes", "changes-other-pair"), steps),
        "presets": accuracy["pair_table"]([presets]),
        "curve": accuracy["CURVE_HEAD"],
        **dict.fromkeys(("models", "sizes"), run_path("accuracy/models.py")["HEAD"]),
        "letterbox": letterbox["markdown_table"]([]),
        "pose-nms": run_path("pose_nms.py")["HEAD"],
        "peers-accuracy": peers["score_table"]({}),
        "peers": peers["speed_table"]({}),
    }
    return {name: "\n".join(text.splitlines()[:2]) for name, text in texts.items()}


def table_lines(name: str) -> list[str]:
    """The lines of a table in its document."""
    text = (ROOT / "docs" / "development" / TABLES[name].document).read_text(encoding="utf-8")
    (lines,) = re.findall(rf"<!-- table: {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    return [line for line in lines.splitlines() if line]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_that_its_command_prints_and_rows(name: str, heads: dict[str, str]) -> None:
    if TABLES[name].is_text:
        assert len(table_lines(name)) > 2
    else:
        table = [line for line in table_lines(name) if line.startswith("|")]
        assert "\n".join(table[:2]) == heads[name]
        assert len(table) > 2


@pytest.mark.parametrize("name", ["steps", "steps-other-pair", "changes", "changes-other-pair"])
def test_a_table_has_all_variants_of_its_command(name: str) -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in table_lines(name) if line.startswith("|")][2:]
    variants = run_path("accuracy/variants.py")["VARIANTS"][name.removesuffix("-other-pair")]
    assert rows == [variant.name for variant in variants]


def test_the_output_of_the_command_becomes_the_table(tmp_path: Path) -> None:
    """Runs the fastest of the commands: pose NMS of one person."""
    table = SCRIPT["Table"]("benchmarks.md", "benchmarks/pose_nms.py --persons {count} --calls 2", is_text=True)
    lines = SCRIPT["run_command"](table, {"count": "1"}).splitlines()
    assert lines[0] == lines[-1] == "```"
    assert [line.split(" | ")[:2] for line in lines[3:-1]] == [["| 1", "17"], ["| 1", "133"]]


def test_a_table_with_rtmlib_is_refused_without_its_python(tmp_path: Path) -> None:
    """The refusal comes before anything runs: neither the folders nor the networks exist."""
    script, nowhere = str(ROOT / "benchmarks" / "tables.py"), str(tmp_path / "nowhere")
    command = [sys.executable, script, "--weights", nowhere, "--data", nowhere, "--only", "pose-nms", "peers"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "expected --peer-python PYTHON for peers: that of" in refused.stderr


def test_networks_are_linked_with_their_entries(tmp_path: Path) -> None:
    SCRIPT["link_models"](tmp_path, tmp_path)
    for name in SCRIPT["FILES"]:
        assert (tmp_path / f"{name}.onnx").is_symlink()
        assert (tmp_path / f"{name}.toml").is_file()
