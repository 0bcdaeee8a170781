"""Writes two parts of docs/architecture.md: the list of all files, and the floors of the imports.

python docs/write_file_list.py            # write both between their markers
python docs/write_file_list.py --check    # write nothing; exit code 1 if one of them is out of date
python docs/write_file_list.py --print    # print both

The list has the first line of each module's docstring. The floors are the layers in pyproject.toml.
"""

import argparse
import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "realtime_pose"
DOCUMENT = ROOT / "docs" / "architecture.md"
HEAD = "| File | What it does |\n|---|---|"


def first_line(path: Path) -> str:
    """The first line of a module's docstring, safe inside a Markdown table.

    Raises:
        ValueError: The module has no docstring.
    """
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{path}: expected a module docstring, found none; add one")
    return docstring.splitlines()[0].replace("|", r"\|")


def file_table(package: Path = PACKAGE) -> str:
    """The table, one row per Python file of the package, sorted by path."""
    paths = sorted(path.relative_to(package).as_posix() for path in package.rglob("*.py"))
    return "\n".join([HEAD, *(f"| `{path}` | {first_line(package / path)} |" for path in paths)])


def floors(project: Path = ROOT / "pyproject.toml") -> str:
    """The layers of the import contract, highest first, as a code block."""
    contracts = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return "\n".join(["```", *layers, "```"])


def replace_part(text: str, name: str, part: str) -> str:
    """The document with this part between the two markers of this name.

    Raises:
        ValueError: The markers are missing or stand there more than once.
    """
    markers = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    new, count = markers.subn(lambda found: f"{found[1]}\n{part}\n\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"expected <!-- {name} --> and <!-- end of {name} --> once, found them {count} times")
    return new


def main() -> int:
    """Write, check or print both parts; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a part is out of date")
    mode.add_argument("--print", action="store_true", help="print both parts")
    options = parser.parse_args()
    parts = {"floors": floors(), "file list": file_table()}
    if options.print:
        sys.stdout.write("\n\n".join(parts.values()) + "\n")
        return 0
    new = old = DOCUMENT.read_text(encoding="utf-8")
    for name, part in parts.items():
        new = replace_part(new, name, part)
    if options.check and new != old:
        sys.stderr.write("docs/architecture.md is out of date; run python docs/write_file_list.py\n")
        return 1
    if new != old:
        DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
