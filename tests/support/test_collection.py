"""What QuickCollection leaves out: nothing that has a test to run."""

from pathlib import Path

import pytest

from tests.support.collection import QuickCollection

FAST = "not server and not slow"
SLOW = "import pytest\n\npytestmark = [pytest.mark.slow]\n"
LONG_LIST = "import pytest\n\npytestmark = [\n    pytest.mark.gui,\n    pytest.mark.server,\n]\n"
ONE_SLOW_TEST = "import pytest\n\n@pytest.mark.slow\ndef test_x() -> None: ...\n"


@pytest.mark.parametrize(
    ("name", "text", "expression", "is_left_out"),
    [
        ("test_x.py", SLOW, FAST, True),
        ("test_x.py", SLOW, "not slow", True),
        ("test_x.py", SLOW, "", False),
        ("test_x.py", SLOW, "slow", False),
        ("test_x.py", SLOW, "not slow or gui", False),
        ("test_x.py", SLOW, "not (slow and gui)", False),
        ("test_x.py", SLOW, "not gui", False),
        ("test_x.py", LONG_LIST, FAST, True),
        ("test_x.py", ONE_SLOW_TEST, FAST, False),
        ("helper.py", '"""A module."""\n', "", True),
        ("helper.py", '"""A module.\n\n>>> 1\n1\n"""\n', FAST, False),
        ("notes.txt", "", FAST, False),
    ],
)
def test_modules(tmp_path: Path, name: str, text: str, expression: str, *, is_left_out: bool) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert bool(QuickCollection(expression).pytest_ignore_collect(path)) is is_left_out
