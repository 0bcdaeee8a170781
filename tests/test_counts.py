"""Numbers with their nouns: singular and plural, and no message that knows the plural only."""

import ast
import re
from pathlib import Path

import pytest

import realtime_pose
from realtime_pose.counts import counted

PACKAGE = Path(realtime_pose.__file__).parent
MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
NOUNS = """
    boxes cameras classes cores detections entries files folders frames ids images keypoints models numbers people
    persons pictures poses recordings rows sequences settings sigmas switches threads times tracks values videos
"""
PLURALS = frozenset(NOUNS.split())


def plurals_after_numbers(code: str) -> list[str]:
    """Texts in which a value without a format is followed by a noun in the plural, and those with "(s)".

    A value with a format, such as 0.5 minutes, is no count of things.
    """
    nodes = list(ast.walk(ast.parse(code)))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
    # Qt chooses the plural of a text with %n, in each language.
    found = [
        text for text in texts if isinstance(text, str) and re.search(r"(?<!http)\(s\)", text) and "%n" not in text
    ]
    for joined in (node for node in nodes if isinstance(node, ast.JoinedStr)):
        for value, after in zip(joined.values, joined.values[1:], strict=False):
            is_number = isinstance(value, ast.FormattedValue) and value.format_spec is None
            if is_number and isinstance(after, ast.Constant) and str(after.value).startswith(" "):
                words = str(after.value).split(maxsplit=1)
                if words and words[0].strip(".,;:()") in PLURALS:
                    found.append(ast.unparse(joined))
    return found


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1001, "1001 images")]
)
def test_only_one_is_singular(number: int, expected: str) -> None:
    assert counted(number, "image") == expected


def test_an_irregular_plural() -> None:
    assert [counted(number, "switch", "switches") for number in (1, 2)] == ["1 switch", "2 switches"]


def test_the_search_finds_a_plural_after_a_number() -> None:
    assert plurals_after_numbers('f"{n} frames, {m} of it"') == ["f'{n} frames, {m} of it'"]
    assert plurals_after_numbers('log("%d frame(s)")') == ["%d frame(s)"]
    assert not plurals_after_numbers('"an http(s) address", f"{rate:.1f} frames", f"{n}frames", f"{a} framesets"')


@pytest.mark.parametrize("module", MODULES)
def test_no_message_knows_the_plural_only(module: str) -> None:
    assert not plurals_after_numbers((PACKAGE / module).read_text(encoding="utf-8"))
