"""The documents tell the truth: the map lists every file, and one word stands for one notion."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "realtime_pose"
# Words to avoid that spelling alone tells apart from other uses.
AVOIDED = {
    "img", "bbox", "tlwh", "conf", "confidence", "prob", "landmark", "kpt", "kpts", "trk", "tid", "roi",
    "postprocess", "preprocess", "utils", "helpers", "misc", "predictor", "grabber",
}  # fmt: skip
# Names of others: modules, a key of COCO's format, and folders of MOTChallenge's.
ALLOWED = re.compile(r"tyro\.conf\b|cv2\.utils\b|[`\"]bbox[`\"]|\bimg1\b|[`\"]img[`\"]")


def modules() -> list[str]:
    return sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


def test_the_map_lists_exactly_the_files_of_the_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([\w/]+\.py)` \|", text, re.MULTILINE)
    assert listed == sorted(set(listed))
    assert listed == modules()


@pytest.mark.parametrize("module", modules())
def test_avoided_words_are_not_in_the_code(module: str) -> None:
    code = ALLOWED.sub("", (PACKAGE / module).read_text(encoding="utf-8"))
    assert not {word.lower() for word in re.findall(r"[A-Za-z]+", code)} & AVOIDED


def test_every_avoided_word_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in ("img", "bbox", "conf", "landmark", "trk", "roi", "predictor", "grabber"):
        assert word in glossary


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"
