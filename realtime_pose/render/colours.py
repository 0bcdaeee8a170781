"""Colours of a person: one hue per id, distinct for colour-blind people too, and one shade per side. All BGR."""

from dataclasses import dataclass

Colour = tuple[int, int, int]  # blue, green, red

# Red, green, blue: Okabe & Ito, "Color Universal Design", 2008, without black. The order makes neighbours differ, also
# the last and the first.
PALETTE = (0x56B4E9, 0xD55E00, 0xF0E442, 0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7)
DARK: Colour = (24, 20, 18)
WHITE: Colour = (255, 255, 255)
_DARK_TEXT_LUMINANCE = 110  # dark text on brighter backgrounds, white text on the others


@dataclass(frozen=True, slots=True)
class PersonColours:
    """The three colours of a person, BGR: left side (light), middle, right side (dark), as the person sees them."""

    left: Colour
    middle: Colour
    right: Colour

    def for_side(self, side: str) -> Colour:
        """The colour of 'left', 'middle' or 'right'."""
        return {"left": self.left, "right": self.right}.get(side, self.middle)


def person_colours(track_id: int) -> PersonColours:
    """The colours of a track id, always the same."""
    rgb = PALETTE[(track_id - 1) % len(PALETTE)]
    middle = (rgb & 255, rgb >> 8 & 255, rgb >> 16)  # RRGGBB to BGR
    return PersonColours(left=_mix(middle, WHITE, 0.5), middle=middle, right=_mix(middle, DARK, 0.3))


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return blue, green, red


def text_colour(background: Colour) -> Colour:
    """Dark or white, whichever is more legible on this background."""
    luminance = 0.114 * background[0] + 0.587 * background[1] + 0.299 * background[2]  # ITU-R BT.601
    return DARK if luminance > _DARK_TEXT_LUMINANCE else WHITE
