"""The documents are true: the list of files is up to date, links work, and one word stands for one notion."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.system.packages import GROUPS, MANAGERS

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "realtime_pose"
DOCS = ROOT / "docs"
SCRIPT_PATH = DOCS / "write_file_list.py"
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "weights/README.md", "benchmarks/README.md"]
DOCUMENTS += sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md"))
FILE_LIST: dict[str, Any] = runpy.run_path(str(SCRIPT_PATH))
# Words to avoid, where spelling alone tells them apart from other uses. Matched as whole words, also inside names such
# as `_guide_rows` or `GuideConfig`.
AVOIDED = {
    # other words for our terms
    "img", "bbox", "tlwh", "conf", "confidence", "prob", "landmark", "kpt", "kpts", "trk", "tid", "roi",
    "postprocess", "preprocess", "utils", "helpers", "misc", "predictor", "grabber",
    # names of earlier versions
    "shelf", "roster", "likeness", "ledger", "telling", "stillness", "lateness", "hearing", "soundtrack", "handover",
    "hasten", "remembering", "pairing", "interruption", "guide", "movie", "film",
    # metaphors and old English
    "afresh", "anew", "believed", "lest", "whoever", "whomever", "thereof", "forerunner", "vain", "shy",
    "quickest", "spoilt", "stumble", "likewise", "midst", "surest", "sewn",
}  # fmt: skip
# Names of others (modules, pycocotools, supervision, a key of COCO's format, folders of MOTChallenge's, keys of an
# exporter), a key of our own file format, old names that still work for one release, and the folder of the guide.
ALLOWED = re.compile(
    r"tyro\.conf\b|cv2\.utils\b|\btorch\.(optim\.swa_utils|nn\.utils|utils\.(data|tensorboard))\b|\bkpt_oks_sigmas\b|\bimgIds\b|\bevalImgs\b|[`\"]bbox[`\"]|\bimg1\b|[`\"]img[`\"]"
    r"|[`\"]interruption[`\"]|\binterruption=\"outage\"|\bguide_(s|persons|min_score)\b|docs/guide/|\bkpt_(shape|names)\b"
    r"|\b(keypoint|detection)_confidence\b"
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def avoided_words(code: str) -> set[str]:
    """Which words to avoid occur in this code, its comments and docstrings."""
    return {word.lower() for word in WORD.findall(ALLOWED.sub("", code))} & AVOIDED


def test_the_generated_parts_of_the_architecture_are_up_to_date() -> None:
    command = [sys.executable, str(SCRIPT_PATH), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_of_files_names_every_file_of_the_package() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("<!-- file list -->")[2]
    assert re.findall(r"^\| `([\w/]+\.py)` \|", text, re.MULTILINE) == MODULES


def test_the_list_of_files_has_the_first_line_of_each_docstring(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "b.py").write_text('"""Reads a|b.\n\nMore text.\n"""\n', encoding="utf-8")
    (tmp_path / "room" / "a.py").write_text('"""Writes."""\n', encoding="utf-8")
    rows = FILE_LIST["file_table"](tmp_path).splitlines()[2:]
    assert rows == [r"| `b.py` | Reads a\|b. |", "| `room/a.py` | Writes. |"]


def test_the_floors_are_the_layers_of_the_import_contract(tmp_path: Path) -> None:
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["cli", "app | api"]\n'
    (tmp_path / "pyproject.toml").write_text(contract, encoding="utf-8")
    assert FILE_LIST["floors"](tmp_path / "pyproject.toml") == "```\ncli\napp | api\n```"


def test_a_module_without_a_docstring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("X = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="expected a module docstring, found none"):
        FILE_LIST["file_table"](tmp_path)


@pytest.mark.parametrize("times", [0, 2])
def test_the_markers_of_a_part_must_stand_there_once(times: int) -> None:
    text = "<!-- file list -->\n<!-- end of file list -->\n" * times
    with pytest.raises(ValueError, match=f"once, found them {times} times"):
        FILE_LIST["replace_part"](text, "file list", "| a |")


def test_only_the_part_is_replaced() -> None:
    text = "Before.\n<!-- floors -->\nold\n<!-- end of floors -->\nAfter.\n"
    assert FILE_LIST["replace_part"](text, "floors", "new") == text.replace("\nold\n", "\n\nnew\n\n")


@pytest.mark.parametrize("module", MODULES)
def test_avoided_words_are_not_in_the_code(module: str) -> None:
    assert not avoided_words((PACKAGE / module).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def _guide_rows(): ...", {"guide"}),
        ("class RosterTable: ...", {"roster"}),
        ("BBOX_WH = 1", {"bbox"}),
        ('line["bbox"]', set()),
        ("config = read_config()", set()),
        ("# A shelf, made afresh", {"shelf", "afresh"}),
    ],
)
def test_avoided_words_are_found_inside_names(code: str, words: set[str]) -> None:
    assert avoided_words(code) == words


def test_words_of_the_glossary_are_avoided() -> None:
    glossary = (DOCS / "development" / "glossary.md").read_text(encoding="utf-8")
    for word in (
        "img",
        "bbox",
        "conf",
        "landmark",
        "trk",
        "roi",
        "predictor",
        "grabber",
        "roster",
        "likeness",
        "ledger",
    ):
        assert word in glossary
        assert word in AVOIDED


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_of_a_document_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", document.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            linked = document.parent / target if target else document
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if "/decisions/" not in name and name != "CHANGELOG.md"])
def test_files_that_a_document_names_exist(name: str) -> None:
    """Paths such as tests/sources/test_pts.py or sources/pts.py; the changelog and decisions may name what is gone."""
    named_path = re.compile(r"(?<![\w/.-])((?:[a-z]\w*/)+\w+\.(?:py|md|toml))\b")
    text = re.sub(r"\]\([^)]*\)", "]", (ROOT / name).read_text(encoding="utf-8"))  # links have a test of their own
    for path in named_path.findall(text):
        assert any((folder / path).exists() for folder in (ROOT, PACKAGE, (ROOT / name).parent)), path


def test_files_of_docs_that_the_code_names_exist() -> None:
    named_path = re.compile(r"\bdocs/[\w/-]+(?:\.\w+)?")
    code = [path for room in ("realtime_pose", "benchmarks", "examples") for path in (ROOT / room).rglob("*.py")]
    for file in [*code, ROOT / "pyproject.toml", ROOT / "weights" / "manifest.toml"]:
        for path in named_path.findall(file.read_text(encoding="utf-8")):
            assert next(ROOT.glob(f"{path}*"), None), f"{file.name}: {path}"  # a decision may stand without its title


def test_every_page_is_in_the_menu_of_the_site_and_in_its_first_page() -> None:
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    pages -= {path for path in pages if re.search(r"decisions/\d", path)}
    menu = re.findall(r"([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(menu) == sorted(pages)
    first_page = (DOCS / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([\w/-]+\.md)\)", first_page)) == pages - {"index.md"}


def test_the_readme_links_to_every_page() -> None:
    linked = set(re.findall(r"\]\(docs/([\w/-]+\.md)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    pages = {f"{room}/{path.name}" for room in ("guide", "development") for path in (DOCS / room).glob("*.md")}
    assert linked >= pages


def test_the_list_of_decisions_is_complete() -> None:
    folder = DOCS / "development" / "decisions"
    listed = re.findall(r"\]\((\d[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("manager", MANAGERS)
def test_the_system_packages_are_those_that_the_guide_names(manager: str) -> None:
    packages = [package for room in ("base", "window") for need in GROUPS[room] for package in need.packages(manager)]
    line = f"`sudo {MANAGERS[manager]} {' '.join(dict.fromkeys(packages))}`"
    assert line in (DOCS / "guide" / "troubleshooting.md").read_text(encoding="utf-8")


def test_the_figure_of_the_first_page_is_small() -> None:
    assert 0 < (DOCS / "images" / "window.webp").stat().st_size <= 3_000_000
