"""The `Backend` protocol: what runs a network, from arrays to arrays.

It knows neither boxes nor poses.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import NotFiniteError
from realtime_pose.models.engine import Engine

Arrays = Mapping[str, NDArray[Any]]


class Batch(Protocol):
    """N inputs of one shape: an array (N, ...), or inputs that are made when they are read.

    So a backend that runs inputs one by one lets the network work on the first while the next ones are made. Any number
    of threads may read parts at the same time.
    """

    def __len__(self) -> int:
        """N."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...)."""

    def __getitem__(self, part: slice, /) -> NDArray[Any]:
        """The inputs of this part."""


class Backend(Protocol):
    """A loaded network, ready to run. Any number of threads may call ``run`` at the same time."""

    @property
    def device(self) -> str:
        """The device that is really used: CPU, CUDA or INTEL-GPU with its number, or INTEL-NPU."""

    @property
    def engine(self) -> Engine:
        """What runs the network, with its precision."""

    def run(self, batch: Batch) -> Arrays:
        """Outputs by name for a batch; the first axis of each output is the batch axis. Each input is read once.

        Raises:
            ModelError: The network failed, or the outputs do not match its family.
        """


def require_finite(outputs: Arrays, name: str) -> None:
    """Raise NotFiniteError if an output has NaN or infinite values.

    Decoding would turn such a value into a plausible position.

    Args:
        outputs: Of one run.
        name: Of the model, for the message.
    """
    for output, value in outputs.items():
        # Integer outputs, such as labels, are always finite.
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            count = value.size - np.count_nonzero(np.isfinite(value))
            raise NotFiniteError(
                f"model {name}, output {output}: expected numbers, got {count} of {value.size} NaN or infinite; "
                "if this happens in many frames, the file or its precision is wrong: try another one"
            )
