"""Who has which colour: nobody near has the same one, and a person keeps theirs.

N tracked persons. Distances are between the centres of two boxes, in longer sides of the larger one.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from realtime_pose.render.colours import PALETTE, own_colour
from realtime_pose.scene import Float, Tracks

_NEAR = 1.5  # persons who are nearer do not share a colour
_MAX_REMEMBERED = 1000  # ids, so that a camera that runs for weeks needs no more memory


class ColourChooser:
    """Chooses the colours of one stream's persons; for one thread, frames in the order of time.

    A person has the colour of the id, as long as nobody near has it. Else the younger of the two gets the colour whose
    next user is furthest away, and keeps it from then on. With twelve near persons or more, some must share.
    """

    def __init__(self) -> None:
        self._colours: dict[int, int] = {}  # number in the palette by id, the latest ids last
        self._chosen: Mapping[int, int] = {}

    def choose(self, tracks: Tracks) -> Mapping[int, int]:
        """Numbers in the palette by id, of all persons so far; the same object as before if nothing has changed."""
        ids = np.sort(tracks.ids)  # the older first
        colours = np.array([self._colours.get(track_id, -1) for track_id in ids.tolist()], np.int64)
        is_new = colours < 0
        colours[is_new] = [own_colour(track_id) for track_id in ids[is_new].tolist()]
        distance = _distances(tracks.poses.boxes.xyxy[np.argsort(tracks.ids)])
        shares = np.tril((colours[:, None] == colours) & (distance < _NEAR), -1).any(axis=1)  # with an older one
        for row in np.flatnonzero(shares).tolist():
            older = slice(None, row)
            if ((colours[older] == colours[row]) & (distance[row, older] < _NEAR)).any():  # none of them has changed
                colours[row] = _furthest(colours, distance[row])
        if shares.any() or is_new.any():
            self._colours |= dict(zip(ids.tolist(), colours.tolist(), strict=True))
            for forgotten in list(self._colours)[:-_MAX_REMEMBERED]:
                del self._colours[forgotten]
            self._chosen = dict(self._colours)
        return self._chosen


def choose_colours(tracks: Tracks) -> Mapping[int, int]:
    """The colours of the persons of a single picture."""
    return ColourChooser().choose(tracks)


def _distances(xyxy: Float) -> NDArray[np.float32]:
    """(N, N) of each two boxes; infinite of a box to itself."""
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    side = np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1, initial=0), 1)
    distance = np.linalg.norm(centre[:, None] - centre, axis=-1) / np.maximum(side[:, None], side)
    np.fill_diagonal(distance, np.inf)
    return np.asarray(distance, np.float32)


def _furthest(colours: NDArray[np.int64], distance: NDArray[np.float32]) -> int:
    """The colour whose nearest user is furthest away; of those that nobody has, the first."""
    nearest = np.full(len(PALETTE), np.inf)
    np.minimum.at(nearest, colours, distance)
    return int(np.argmax(nearest))
