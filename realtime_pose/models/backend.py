"""What runs a network, and knows neither boxes nor poses: arrays in, arrays out."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import NotFiniteError

Arrays = Mapping[str, NDArray[Any]]


class Backend(Protocol):
    """A network, loaded and warm. ``run`` may be called from one thread at a time."""

    @property
    def device(self) -> str:
        """Where it really runs: CPU, or CUDA with its number."""

    def run(self, batch: NDArray[Any]) -> Arrays:
        """Outputs by name for a batch; the first axis of each is the batch's.

        Raises:
            ModelError: The network failed, or the outputs are not those of its family.
        """


def require_finite(outputs: Arrays, name: str) -> None:
    """Raise where an output is not a number: what is made of it would look like a place in the picture.

    Raises:
        NotFiniteError: There are NaN or infinite values; which output of which model, and how many.
    """
    for output, value in outputs.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            count = value.size - np.count_nonzero(np.isfinite(value))
            raise NotFiniteError(
                f"model {name}, output {output}: expected numbers, got {count} of {value.size} NaN or infinite; "
                "where it is more than a frame now and then, the file or its precision is at fault: try another"
            )
