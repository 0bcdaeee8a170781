"""Names of files: with the home folder filled in for opening, and in characters that every output can show."""

import re
from pathlib import Path

# Bytes that are not UTF-8 are lone surrogates in Python; control characters could move the cursor of a terminal.
_NOT_PRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def expand_home(path: str | Path) -> Path:
    """The path with ``~`` or ``~user`` at its start replaced by the home folder; as it is if that is a name or unknown.

    >>> expand_home("~clip.mp4").name
    '~clip.mp4'
    """
    literal = Path(path)
    if _exists(literal):
        return literal
    try:
        return literal.expanduser()
    except RuntimeError:  # no such user, or no home
        return literal


def printable(name: str) -> str:
    r"""The name with each byte that is not UTF-8, and each control character, as an escape.

    >>> printable("caf\udce9\n.mp4")
    'caf\\xe9\\x0a.mp4'
    """
    return _NOT_PRINTABLE.sub(lambda found: _escape(found[0]), name)


def _escape(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or has a zero byte
        return False
