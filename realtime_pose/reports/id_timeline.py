"""Timelines of track ids: matches in, an image out with each person's ids over time and their switches. Pure; BGR."""

from collections.abc import Callable, Sequence

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.evaluate.mot import Matches
from realtime_pose.scene import Float, Image

Colour = tuple[int, int, int]

_MAX_WIDTH_PX = 1600  # of the time axis
_MAX_FRAME_PX = 12  # width of a frame in a short sequence
_ROW_PX = 24
_LEFT_PX, _TOP_PX, _MARGIN_PX = 96, 64, 12
_GAP_PX = 4  # between images side by side
_BACKGROUND, _DARK, _LIGHT_GREY, _RED = (250, 250, 250), (40, 40, 40), (215, 215, 215), (40, 30, 215)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_timeline(matches: Matches, colour: Callable[[int], Colour], *, num_frames: int, title: str) -> Image:
    """One row for each true person, in the colours of its track ids; a red mark at each switch.

    Gaps are frames in which the person has no track. The id stands at the start of its first bar that has room.

    Args:
        matches: The true boxes with a tracked box.
        colour: The colour of a track id.
        num_frames: Length of the sequence.
        title: The text above.
    """
    persons = _by_first_frame(matches)
    frame_px = min(float(_MAX_FRAME_PX), _MAX_WIDTH_PX / max(num_frames, 1))
    width = max(_LEFT_PX + round(frame_px * num_frames) + _MARGIN_PX, 480)
    image: Image = np.full((_TOP_PX + _ROW_PX * len(persons) + _MARGIN_PX, width, 3), _BACKGROUND, np.uint8)
    _put_text(image, title, (_MARGIN_PX, 22), scale=0.55)
    _draw_axis(image, frame_px, num_frames)
    for row, person in enumerate(persons):
        top = _TOP_PX + row * _ROW_PX
        _put_text(image, f"person {person}", (_MARGIN_PX, top + 16))
        of_person = matches.person == person
        _draw_row(image, Matches(*(each[of_person] for each in _columns(matches))), colour, top=top, frame_px=frame_px)
    return image


def mark_box(image: Image, xyxy: Float) -> Image:
    """A copy of the image with a white frame around a box (4,)."""
    copy = image.copy()
    # cv2 takes int32; the limits are far outside of any image.
    left, top, right, bottom = np.rint(np.clip(xyxy, -1e4, 1e5)).astype(int).tolist()
    thickness = max(2, min(image.shape[:2]) // 160)
    cv2.rectangle(copy, (left, top), (right, bottom), (255, 255, 255), thickness, cv2.LINE_AA)
    return copy


def place_side_by_side(images: Sequence[Image]) -> Image:
    """Images in one row, on a light background."""
    height = max(image.shape[0] for image in images)
    padded = [
        cv2.copyMakeBorder(each, 0, height - each.shape[0], 0, _GAP_PX, cv2.BORDER_CONSTANT, value=_BACKGROUND)
        for each in images
    ]
    return np.concatenate(padded, axis=1).astype(np.uint8, copy=False)


def _columns(matches: Matches) -> tuple[np.ndarray, ...]:
    return matches.frame, matches.person, matches.ids, matches.is_switch


def _by_first_frame(matches: Matches) -> list[int]:
    """True ids in the order of their first match."""
    persons, first = np.unique(matches.person, return_index=True)
    ordered: list[int] = persons[np.argsort(first, kind="stable")].tolist()
    return ordered


def _draw_axis(image: Image, frame_px: float, num_frames: int) -> None:
    """Frame numbers, from 1 as in the files, at round intervals of at least 60 pixels."""
    interval = next(each for each in (5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if each * frame_px >= 60)
    for frame in range(0, num_frames, interval):
        x = _LEFT_PX + round(frame * frame_px)
        cv2.line(image, (x, _TOP_PX - 8), (x, image.shape[0] - _MARGIN_PX), _LIGHT_GREY, 1)
        _put_text(image, str(frame + 1), (x + 2, _TOP_PX - 12))


def _draw_row(image: Image, matches: Matches, colour: Callable[[int], Colour], *, top: int, frame_px: float) -> None:
    """The bars of one person, then the marks of the switches."""
    has_id_text = False
    # A bar ends at a gap in time or at a change of the id.
    starts = np.flatnonzero((np.diff(matches.frame, prepend=-2) > 1) | (np.diff(matches.ids, prepend=-1) != 0))
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(matches.frame)], strict=True):
        left = _LEFT_PX + round(int(matches.frame[first]) * frame_px)
        right = _LEFT_PX + max(round((int(matches.frame[end - 1]) + 1) * frame_px), left - _LEFT_PX + 1)
        track_id = int(matches.ids[first])
        cv2.rectangle(image, (left, top + 4), (right - 1, top + _ROW_PX - 5), colour(track_id), cv2.FILLED)
        has_id_text = has_id_text and matches.ids[first - 1] == track_id
        if not has_id_text and right - left >= 9 * len(str(track_id)):  # about 9 pixels per digit
            _put_text(image, str(track_id), (left + 2, top + 16))
            has_id_text = True
    for frame in matches.frame[matches.is_switch].tolist():
        x = _LEFT_PX + round(frame * frame_px)
        cv2.line(image, (x, top + 1), (x, top + _ROW_PX - 2), _RED, 2)
        cv2.drawMarker(image, (x, top + 3), _RED, cv2.MARKER_TRIANGLE_DOWN, 7, 2, cv2.LINE_AA)


def _put_text(image: Image, text: str, base: tuple[int, int], *, scale: float = 0.42) -> None:
    cv2.putText(image, text, base, _FONT, scale, _DARK, 1, cv2.LINE_AA)
