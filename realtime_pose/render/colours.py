"""The colours of a person: one hue an id, apart for colour-blind eyes, and a shade for each side. All BGR."""

from dataclasses import dataclass

Colour = tuple[int, int, int]  # blue, green, red

# Okabe & Ito, "Color Universal Design", 2008, without black; so ordered that neighbours differ, also round the end.
# Red, green, blue.
PALETTE = (0x56B4E9, 0xD55E00, 0xF0E442, 0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7)
INK: Colour = (24, 20, 18)
PAPER: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class PersonColours:
    """The three colours of a person, BGR: own left side (light), middle, own right side (dark)."""

    left: Colour
    middle: Colour
    right: Colour

    def of(self, side: str) -> Colour:
        """The colour of 'left', 'middle' or 'right'."""
        return {"left": self.left, "right": self.right}.get(side, self.middle)


def person_colours(track_id: int | None) -> PersonColours:
    """The colours of a track: always the same for the same id, and apart for colour-blind eyes too."""
    rgb = PALETTE[0 if track_id is None else (track_id - 1) % len(PALETTE)]
    middle = (rgb & 255, rgb >> 8 & 255, rgb >> 16)
    return PersonColours(left=_mixed(middle, PAPER, 0.5), middle=middle, right=_mixed(middle, INK, 0.3))


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return blue, green, red


def ink_on(paper: Colour) -> Colour:
    """The colour of text that reads best on a plate of this colour."""
    luminance = 0.114 * paper[0] + 0.587 * paper[1] + 0.299 * paper[2]  # BT.601
    return INK if luminance > 110 else PAPER
