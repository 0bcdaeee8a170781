"""Matches as pictures: who was given which id when, and where somebody's id changed. Pure; BGR."""

from collections.abc import Callable, Sequence

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.evaluate.mot import Matches
from realtime_pose.scene import Float, Image

Colour = tuple[int, int, int]

_WIDEST_PX = 1600  # of the part that shows time
_FRAME_PX = 12  # of a frame, where there are few
_ROW_PX = 24
_LEFT_PX, _TOP_PX, _EDGE_PX = 96, 64, 12
_GAP_PX = 4  # between pictures
_GROUND, _INK, _FAINT, _ALARM = (250, 250, 250), (40, 40, 40), (215, 215, 215), (40, 30, 215)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_timeline(matches: Matches, colour: Callable[[int], Colour], *, num_frames: int, title: str) -> Image:
    """A row for each person of the truth, in the colours of the ids that were given; every switch has a red mark.

    Gaps are frames in which nobody found the person. The given id stands where it begins, or at the
    first bar after that which has room.

    Args:
        matches: Who was found.
        colour: The colour of a given id.
        num_frames: Length of the sequence.
        title: Stands above.
    """
    people = _by_first_frame(matches)
    step = min(float(_FRAME_PX), _WIDEST_PX / max(num_frames, 1))
    width = max(_LEFT_PX + round(step * num_frames) + _EDGE_PX, 480)
    picture: Image = np.full((_TOP_PX + _ROW_PX * len(people) + _EDGE_PX, width, 3), _GROUND, np.uint8)
    _write(picture, title, (_EDGE_PX, 22), size=0.55)
    _draw_axis(picture, step, num_frames)
    for row, person in enumerate(people):
        top = _TOP_PX + row * _ROW_PX
        _write(picture, f"person {person}", (_EDGE_PX, top + 16))
        mine = matches.person == person
        _draw_row(picture, Matches(*(each[mine] for each in _columns(matches))), colour, top=top, step=step)
    return picture


def marked(image: Image, xyxy: Float) -> Image:
    """A copy of the image with a white frame around a box (4,)."""
    picture = image.copy()
    left, top, right, bottom = np.rint(np.clip(xyxy, -1e4, 1e5)).astype(int).tolist()
    thickness = max(2, min(image.shape[:2]) // 160)
    cv2.rectangle(picture, (left, top), (right, bottom), (255, 255, 255), thickness, cv2.LINE_AA)
    return picture


def side_by_side(pictures: Sequence[Image]) -> Image:
    """Pictures in one row, on a light ground."""
    height = max(picture.shape[0] for picture in pictures)
    padded = [
        cv2.copyMakeBorder(each, 0, height - each.shape[0], 0, 4, cv2.BORDER_CONSTANT, value=_GROUND)
        for each in pictures
    ]
    return np.concatenate(padded, axis=1).astype(np.uint8, copy=False)


def _columns(matches: Matches) -> tuple[np.ndarray, ...]:
    return matches.frame, matches.person, matches.ids, matches.is_switch


def _by_first_frame(matches: Matches) -> list[int]:
    """True ids in the order in which they are first found."""
    people, first = np.unique(matches.person, return_index=True)
    ordered: list[int] = people[np.argsort(first, kind="stable")].tolist()
    return ordered


def _draw_axis(picture: Image, step: float, num_frames: int) -> None:
    """Frame numbers, from 1 as in the files, at round distances of at least 60 pixels."""
    distance = next(each for each in (5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if each * step >= 60)
    for frame in range(0, num_frames, distance):
        x = _LEFT_PX + round(frame * step)
        cv2.line(picture, (x, _TOP_PX - 8), (x, picture.shape[0] - _EDGE_PX), _FAINT, 1)
        _write(picture, str(frame + 1), (x + 2, _TOP_PX - 12))


def _draw_row(picture: Image, mine: Matches, colour: Callable[[int], Colour], *, top: int, step: float) -> None:
    """One person's bars, then the marks of the switches."""
    is_written = False
    starts = np.flatnonzero((np.diff(mine.frame, prepend=-2) > 1) | (np.diff(mine.ids, prepend=-1) != 0))
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(mine.frame)], strict=True):
        left = _LEFT_PX + round(int(mine.frame[first]) * step)
        right = _LEFT_PX + max(round((int(mine.frame[end - 1]) + 1) * step), left - _LEFT_PX + 1)
        track_id = int(mine.ids[first])
        cv2.rectangle(picture, (left, top + 4), (right - 1, top + _ROW_PX - 5), colour(track_id), cv2.FILLED)
        is_written = is_written and mine.ids[first - 1] == track_id
        if not is_written and right - left >= 9 * len(str(track_id)):
            _write(picture, str(track_id), (left + 2, top + 16))
            is_written = True
    for frame in mine.frame[mine.is_switch].tolist():
        x = _LEFT_PX + round(frame * step)
        cv2.line(picture, (x, top + 1), (x, top + _ROW_PX - 2), _ALARM, 2)
        cv2.drawMarker(picture, (x, top + 3), _ALARM, cv2.MARKER_TRIANGLE_DOWN, 7, 2, cv2.LINE_AA)


def _write(picture: Image, text: str, base: tuple[int, int], *, size: float = 0.42) -> None:
    cv2.putText(picture, text, base, _FONT, size, _INK, 1, cv2.LINE_AA)
