"""A gap of a source: for how long and why it was not live, and which gap that was."""

from typing import Self


class Interruption(str):
    """For how long and why a source was not live, in words, and which gap that was: the words of two may be the same.

    Attributes:
        number: Of the gap, from 1; 0 where the source was always live.
    """

    __slots__ = ("number",)
    number: int

    def __new__(cls, words: str = "", number: int = 0) -> Self:
        """Words with a number."""
        made = super().__new__(cls, words)
        made.number = number
        return made


ALWAYS_LIVE = Interruption()
