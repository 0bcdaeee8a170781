"""Which modules pytest need not import: half of the time of `make test-fast` before its first test."""

import re
from pathlib import Path


class QuickCollection:
    """A plugin that leaves out modules without tests, and those of whose tests -m leaves out all.

    Args:
        expression: That of -m. If it is like "not slow and not gui", it is known from the markers of a module.
    """

    def __init__(self, expression: str) -> None:
        is_known = re.fullmatch(r"not \w+( and not \w+)*", expression)
        self._left_out = set(re.findall(r"not (\w+)", expression)) if is_known else set()

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        if collection_path.suffix != ".py":
            return None
        text = collection_path.read_text(encoding="utf-8")
        if not collection_path.name.startswith("test_"):
            return ">>>" not in text or None
        found = re.search(r"^pytestmark = \[[^]]*", text, re.MULTILINE)
        markers = re.findall(r"pytest\.mark\.(\w+)", found[0]) if found else []
        return not self._left_out.isdisjoint(markers) or None
