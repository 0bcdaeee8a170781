"""Texts made to fit a width, with … where something is left out."""

from PyQt5.QtCore import QRect, Qt
from PyQt5.QtGui import QFontMetrics

_MIDDLE = Qt.TextElideMode.ElideMiddle


def elide_words(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """The text for a label that wraps it: each word that is wider than a line is shortened in its middle.

    Qt breaks lines only between words, and would cut off a long path on both sides.
    """
    lines = (line.split(" ") for line in text.split("\n"))
    return "\n".join(" ".join(metrics.elidedText(word, _MIDDLE, width_px) for word in words) for words in lines)


def wrapped_height(text: str, metrics: QFontMetrics, width_px: int) -> int:
    """Height of the text in pixels when it is wrapped into this width."""
    return metrics.boundingRect(QRect(0, 0, width_px, 0), Qt.TextFlag.TextWordWrap, text).height()


def elide_end(text: str, metrics: QFontMetrics, wh: tuple[int, int]) -> str:
    """The text for a label that wraps it, without the last words if it is higher than this; "" if nothing fits."""
    words, shown = text.split(" "), text
    while words and wrapped_height(shown, metrics, wh[0]) > wh[1]:
        words.pop()
        shown = " ".join(words) + " …"
    return shown if words else ""


def elide_line(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """The text for one line, shortened in its middle: a path comes first, and what happened to it last."""
    return metrics.elidedText(text, _MIDDLE, width_px)
