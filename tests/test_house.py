"""What the house asks of tests and benchmarks (docs/development/decisions/0019): who imports whom."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("tests", r"(from|import) tests(\.\w+)*\.test_|from tests(\.\w+)* import .*\btest_"),
        ("benchmarks", r"(from|import) tests\b"),
        ("realtime_pose", r"(from|import) (tests|benchmarks)\b"),
    ],
)
def test_no_test_is_imported(folder: str, forbidden: str) -> None:
    is_import = re.compile(rf"^\s*({forbidden})", re.MULTILINE)
    files = list((ROOT / folder).rglob("*.py"))
    assert len(files) > 50
    assert not [str(path) for path in files if is_import.search(path.read_text(encoding="utf-8"))]
