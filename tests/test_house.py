"""What the house asks of tests and benchmarks (docs/development/decisions/0019): who imports whom."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def imported(path: Path) -> set[str]:
    """The modules that a file imports, also inside its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize(
    ("folder", "is_forbidden"),
    [
        ("tests", lambda name: name.startswith("tests.") and ".test_" in name),
        ("benchmarks", lambda name: name.partition(".")[0] == "tests"),
        ("realtime_pose", lambda name: name.partition(".")[0] in {"tests", "benchmarks"}),
    ],
)
def test_no_test_is_imported(folder: str, is_forbidden: Callable[[str], bool]) -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if is_forbidden(name)
    }
    assert not found
