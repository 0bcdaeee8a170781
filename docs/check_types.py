"""Checks the types of the Python code in the documents, as a user's mypy would that has copied it: `make types`."""

import re
import sys
import tempfile
from pathlib import Path

from mypy import api

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/guide/python.md")


def blocks_of(page: str) -> list[str]:
    """The Python code of a page.

    Raises:
        ValueError: It has none.
    """
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    if not blocks:
        raise ValueError(f"{page}: expected blocks of Python code, found none")
    return blocks


def write_code(folder: Path) -> list[Path]:
    """One file for each block of Python in the pages."""
    files: list[Path] = []
    for page in PAGES:
        for number, block in enumerate(blocks_of(page)):
            files.append(folder / f"{Path(page).stem.lower()}_{number}.py")
            files[-1].write_text(block, encoding="utf-8")
    return files


def main() -> int:
    """Print what mypy finds; its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        # The configuration is that of `make types`, so mypy finds here what it has kept from there.
        arguments = ["--strict", "--config-file", str(ROOT / "pyproject.toml")]
        found, failure, code = api.run([*arguments, *map(str, write_code(Path(folder)))])
    sys.stdout.write(found)
    sys.stderr.write(failure)
    return code


if __name__ == "__main__":
    sys.exit(main())
