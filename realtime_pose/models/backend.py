"""What runs a network, and knows neither boxes nor poses: arrays in, arrays out."""

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

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
