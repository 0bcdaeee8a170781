"""How a graph is fed and read by its manifest entry, whichever engine runs it.

`GraphInterface` compares the graph with the entry, makes the inputs of a run from a batch, and checks the outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import ModelError
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import Shape, input_shape, output_names, output_shapes, shapes_match

_INPUT_TYPES = ("float32", "float16", "float64", "uint8", "int32", "int64")


@dataclass(frozen=True, slots=True)
class GraphInput:
    """An input of a graph.

    Attributes:
        shape: Integers, and anything else for free axes.
        type_name: Of its values, as in NumPy.
    """

    shape: tuple[object, ...]
    type_name: str


class GraphInterface:
    """The inputs and outputs of a graph that belongs to an entry.

    Attributes:
        fixed_batch: The graph's batch size; 0: any size.
        output_names: The graph's names of the outputs, in the order of the family.

    Args:
        spec: The manifest entry.
        inputs: Inputs of the graph by name.
        outputs: Shapes of the outputs of the graph by name.

    Raises:
        ModelError: The graph does not match the entry.
    """

    def __init__(
        self, spec: ModelSpec, inputs: Mapping[str, GraphInput], outputs: Mapping[str, tuple[object, ...]]
    ) -> None:
        self._spec = spec
        self._shapes = output_shapes(spec)
        self._names = output_names(spec)
        self.output_names = tuple(self._names.values())
        self._check_names(inputs, outputs)
        self._check_shape(f"input {spec.input.name}", input_shape(spec), inputs[spec.input.name].shape)
        for output, name in self._names.items():
            self._check_shape(f"output {name}", self._shapes[output], outputs[name])
        self._types = {name: _input_type(value.type_name, spec.name) for name, value in inputs.items()}
        self._check_normalisation()
        batch = inputs[spec.input.name].shape[0]
        self.fixed_batch = batch if isinstance(batch, int) else 0

    def image_shape(self) -> tuple[int, ...]:
        """The shape of one image at the entry's size, (3, H, W) or (H, W, 3)."""
        width, height = self._spec.input.wh
        return (height, width, 3) if self._spec.input.layout == "NHWC" else (3, height, width)

    def feed(self, batch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The inputs of one run by name: the batch in the graph's type, and its sizes if the graph asks for them.

        A batch (N, ...), N >= 1, that is smaller than the graph's is padded.
        """
        spec = self._spec.input
        batch = _pad_batch(batch, self.fixed_batch)
        feed = {spec.name: batch.astype(self._types[spec.name], copy=False)}
        if spec.sizes_name:
            height, width = batch.shape[1:3] if spec.layout == "NHWC" else batch.shape[2:]
            size = np.array([width, height], self._types[spec.sizes_name])
            feed[spec.sizes_name] = np.tile(size, (len(batch), 1))  # (N, 2)
        return feed

    def collect(self, values: Sequence[NDArray[Any]], count: int, padded: int) -> dict[str, NDArray[Any]]:
        """The outputs of one run by the family's names, without the padding.

        Args:
            values: In the order of ``output_names``.
            count: Items of the batch.
            padded: Items of the run.

        Raises:
            ModelError: An output does not match the family.
        """
        outputs = {name: _as_float32(value) for name, value in zip(self._shapes, values, strict=True)}
        for name, expected in self._shapes.items():
            self._check_shape(f"output {self._names[name]}", (padded, *expected[1:]), outputs[name].shape)
        return {name: value[:count] for name, value in outputs.items()}

    def join(self, parts: Sequence[Mapping[str, NDArray[Any]]]) -> Mapping[str, NDArray[Any]]:
        """The outputs of several runs as those of one batch."""
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._shapes}

    def _check_names(self, inputs: Mapping[str, GraphInput], outputs: Mapping[str, tuple[object, ...]]) -> None:
        expected = [name for name in (self._spec.input.name, self._spec.input.sizes_name) if name]
        if sorted(inputs) != sorted(expected) or not set(self.output_names) <= set(outputs):
            shapes = {name: value.shape for name, value in inputs.items()}
            raise ModelError(
                f"model {self._spec.name}: family {self._spec.family} expects input "
                f"{' and '.join(map(repr, expected))} and outputs {list(self.output_names)}, "
                f"the graph has inputs {shapes} and outputs {dict(outputs)}; is this the right file? input.name, "
                "input.sizes_name and outputs of the entry must be the graph's names"
            )

    def _check_normalisation(self) -> None:
        """Raise if the entry normalises an integer input."""
        spec = self._spec.input
        if np.issubdtype(self._types[spec.name], np.integer) and spec.is_normalised:
            raise ModelError(
                f"model {self._spec.name}, input {spec.name}: expected mean 0 and std 1 for a graph with integer "
                f"input, got {spec.mean} and {spec.std}; correct its manifest entry"
            )

    def _check_shape(self, name: str, expected: Shape, actual: tuple[object, ...]) -> None:
        if not shapes_match(expected, actual):
            raise ModelError(
                f"model {self._spec.name}, {name}: expected shape {expected}, got {actual}; see its manifest entry"
            )


def _input_type(type_name: str, model: str) -> np.dtype[Any]:
    """The array type of an input."""
    if type_name not in _INPUT_TYPES:
        raise ModelError(f"model {model}: expected an input of {', '.join(_INPUT_TYPES)}, got {type_name}")
    return np.dtype(type_name)


def _pad_batch(batch: NDArray[Any], count: int) -> NDArray[Any]:
    """The batch with at least count items: the last one is repeated.

    >>> _pad_batch(np.array([[1], [2]]), 4).tolist()
    [[1], [2], [2], [2]]
    """
    missing = count - len(batch)
    return batch if missing <= 0 else np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])


def _as_float32(value: NDArray[Any]) -> NDArray[Any]:
    """Values of type float16 and float64 as float32.

    Decoders count pixels, and float16 does not have every integer above 2048.
    """
    return value.astype(np.float32) if value.dtype in (np.float16, np.float64) else value
