"""Texts made to fit a width, with … where something is left out."""

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics

_MIDDLE = Qt.TextElideMode.ElideMiddle


def elide_words(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """The text for a label that wraps it: each word that is wider than a line is shortened in its middle.

    Qt breaks lines only between words, and would cut off a long path on both sides.
    """
    lines = (line.split(" ") for line in text.split("\n"))
    return "\n".join(" ".join(metrics.elidedText(word, _MIDDLE, width_px) for word in words) for words in lines)


def elide_line(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """The text for one line, shortened in its middle: a path comes first, and what happened to it last."""
    return metrics.elidedText(text, _MIDDLE, width_px)
