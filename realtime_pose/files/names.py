"""Names of files in characters that every output can show."""

import re

# Bytes that are not UTF-8 are lone surrogates in Python; control characters could move the cursor of a terminal.
_NOT_PRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


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
