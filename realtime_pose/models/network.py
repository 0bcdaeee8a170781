"""A network with its preprocessing: images and boxes in, outputs with the maps back to the image out.

Who asks for boxes or keypoints never sees a batch. So letterbox, crops and normalisation can move to the device of the
backend without a change in detect/ or pose/.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime_pose.geometry import Float, invert_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Arrays, Backend, Batch, require_finite
from realtime_pose.models.engine import Engine
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.scene import Image


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """The outputs of a network for B inputs that were taken from one image.

    Attributes:
        arrays: Outputs by name; their first axis has the length B.
        input_wh: Width and height of the inputs in pixels.
        to_image: (B, 2, 3) affine maps from input pixels to pixels of the image.
    """

    arrays: Arrays
    input_wh: tuple[int, int]
    to_image: Float


class Network:
    """A loaded network; every method may be called from several threads at once.

    Attributes:
        spec: Its manifest entry, which says how an image becomes an input.
        backend: Runs it.
        device: Where it really runs: CPU, CUDA or INTEL-GPU with its number, or INTEL-NPU.
        engine: What runs it, with its precision.

    Args:
        backend: See the attribute.
        spec: See the attribute.
    """

    def __init__(self, backend: Backend, spec: ModelSpec) -> None:
        self.spec = spec
        self.backend = backend

    @property
    def device(self) -> str:
        """See the class."""
        return self.backend.device

    @property
    def engine(self) -> Engine:
        """See the class."""
        return self.backend.engine

    def run_image(self, image: Image, input_wh: tuple[int, int]) -> Outputs:
        """The outputs for a whole image, letterboxed or stretched to this input size; B is 1.

        Raises:
            NotFiniteError: An output has NaN or infinite values.
            ModelError: The network failed.
        """
        batch, affine = patches_cpu.whole_frame(image, self.spec.input, input_wh)
        return self._run(batch, affine[None], input_wh)

    def run_crops(self, image: Image, passes: Sequence[tuple[Float, bool]]) -> Outputs:
        """The outputs for the crops of persons, all in one batch.

        Args:
            image: The image with the persons.
            passes: For each pass the boxes (N, 4), N >= 1, and whether the crops are mirrored. B is the number of all
                boxes of all passes, in this order.

        Raises:
            NotFiniteError: An output has NaN or infinite values.
            ModelError: The network failed.
        """
        crops = patches_cpu.Crops(image, passes, self.spec.input)
        return self._run(crops, crops.affines, self.spec.input.wh)

    def _run(self, batch: Batch, affines: Float, input_wh: tuple[int, int]) -> Outputs:
        arrays = self.backend.run(_pad_to_power_of_two(batch, self.device))
        require_finite(arrays, self.spec.name)
        arrays = {name: value[: len(batch)] for name, value in arrays.items()}
        return Outputs(arrays, input_wh, invert_affine(affines))


def _pad_to_power_of_two(batch: Batch, device: str) -> Batch:
    """The batch, on CUDA padded to a power of two: cuDNN selects its algorithms again for each new size."""
    if not device.startswith("CUDA"):
        return batch
    missing = (1 << (len(batch) - 1).bit_length()) - len(batch)
    inputs = batch[:]
    return np.concatenate((inputs, np.zeros((missing, *inputs.shape[1:]), inputs.dtype)))
