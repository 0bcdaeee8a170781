"""Boxes that are beside the person, for training without a generator that was fitted to a detector. Pure."""

from dataclasses import dataclass

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.train.persons import TrainPerson

_SIZE = 1.25  # largest factor on the size; its inverse is the smallest


@dataclass(frozen=True, slots=True)
class DisplacedBoxes:
    """Boxes that are moved as a whole, and made larger or smaller, evenly within limits.

    Attributes:
        shift: Largest displacement along x and along y, as a share of the sides.
    """

    shift: float

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        """A box (4,) of this person."""
        centre, wh = (person.xyxy[:2] + person.xyxy[2:]) / 2, person.xyxy[2:] - person.xyxy[:2]
        centre = centre + rng.uniform(-self.shift, self.shift, 2) * wh
        half = wh / 2 * _SIZE ** rng.uniform(-1, 1)
        return np.concatenate((centre - half, centre + half)).astype(np.float32)


DISPLACED = DisplacedBoxes(shift=0.3)
