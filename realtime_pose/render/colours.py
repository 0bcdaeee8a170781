"""Colours of a person: one of the palette, distinct for colour-blind people too, and one shade per side. All BGR."""

from collections.abc import Iterable
from dataclasses import dataclass

from realtime_pose.scene import Scene

Colour = tuple[int, int, int]  # blue, green, red

# Red, green, blue. Twelve colours that people with normal vision and with each kind of colour blindness tell apart:
# found by a search over a grid of sRGB for the largest smallest difference (CIEDE2000, 13.7), after a simulation of
# each kind (Machado, Oliveira, Fernandes, 2009), of colours of L* 42 to 94 with a chroma of 40 or more. tests/render
# checks it. Each next one is the furthest from those before it, so few people have very different colours.
PALETTE = (
    0x00FFFF, 0xA24646, 0xFFE82E, 0xA274B9, 0x00A28B, 0xB9E8A2, 0x748B00, 0xE84674, 0xA217D1, 0xFF8BB9, 0xA2B946,
    0xB9A2FF,
)  # fmt: skip
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


def own_colour(track_id: int) -> int:
    """The number in the palette that an id has if nobody near has it."""
    return (track_id - 1) % len(PALETTE)


def palette_colours(number: int) -> PersonColours:
    """The colours of this number in the palette."""
    rgb = PALETTE[number]
    middle = (rgb & 255, rgb >> 8 & 255, rgb >> 16)  # RRGGBB to BGR
    return PersonColours(left=_mix(middle, WHITE, 0.5), middle=middle, right=_mix(middle, DARK, 0.3))


def person_colours(track_id: int, chosen: int | None = None) -> PersonColours:
    """The colours of a track id: those of the chosen number in the palette, else the id's own."""
    return palette_colours(own_colour(track_id) if chosen is None else chosen)


def scene_colours(scene: Scene, ids: Iterable[int]) -> list[PersonColours]:
    """The colours of these tracked persons of a scene."""
    return [person_colours(track_id, scene.colours.get(track_id)) for track_id in ids]


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return blue, green, red


def text_colour(background: Colour) -> Colour:
    """Dark or white, whichever is more legible on this background."""
    luminance = 0.114 * background[0] + 0.587 * background[1] + 0.299 * background[2]  # ITU-R BT.601
    return DARK if luminance > _DARK_TEXT_LUMINANCE else WHITE
