"""Renew the translations of the window with Qt's own tools.

python docs/write_translations.py    # or: make translations

pylupdate5 (of PyQt5) puts the texts of the code into the files realtime_pose/app/translations/*.ts, where a person
writes what is new, in an editor or in Qt Linguist. lrelease (Debian: qttools5-dev-tools) makes the .qm files that the
window reads; they are committed, so that nobody else needs lrelease.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parent.parent / "realtime_pose" / "app"
FOLDER = APP / "translations"
PLACES = ("/usr/lib/qt5/bin", "/usr/lib64/qt5/bin")  # where systems keep the lrelease of Qt 5
_LOCATION = re.compile(r"^\s*<location .*/>\n", re.MULTILINE)


def main() -> None:
    """Renew both kinds of files; says what is not translated."""
    files = sorted(FOLDER.glob("*.ts"))
    sources = [str(path.relative_to(APP)) for folder in (APP, APP / "views") for path in sorted(folder.glob("*.py"))]
    lists = [str(path.relative_to(APP)) for path in files]
    update = [sys.executable, "-m", "PyQt5.pylupdate_main", "-noobsolete", "-tr-function", "tr", "-tr-function", "mark"]
    subprocess.run([*update, *sources, "-ts", *lists], cwd=APP, check=True)  # noqa: S603 - constants and our own files
    for path in files:
        # Without line numbers, which would change with every edit of the code.
        path.write_text(_LOCATION.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    release = shutil.which("lrelease", path=":".join(PLACES)) or shutil.which("lrelease")
    if release is None:
        sys.exit("lrelease: expected Qt's tool, found none; on Debian: apt install qttools5-dev-tools")
    subprocess.run([release, *map(str, files)], check=True)  # noqa: S603 - Qt's own tool and our own files


if __name__ == "__main__":
    main()
