"""What runs a network: the engine with its precision, and which precision is taken on a device.

Precisions have the names of the command line: f32, bf16, f16, int8.
"""

from collections.abc import Collection
from dataclasses import dataclass

from realtime_pose.errors import ConfigError

AUTO_PRECISIONS = ("bf16", "int8", "f16", "f32")
"""What `auto` means, best first: bf16 costs no accuracy and halves the time where a processor has it."""

ENGINE_TITLES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "torch": "PyTorch"}
"""The engines by name, for the user."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that runs a network.

    Attributes:
        name: openvino, onnxruntime or torch.
        precision: Of its arithmetic.
    """

    name: str
    precision: str = "f32"

    @property
    def title(self) -> str:
        """For the user.

        >>> Engine("openvino", "int8").title
        'OpenVINO int8'
        """
        return f"{ENGINE_TITLES.get(self.name, self.name)} {self.precision}"


@dataclass(frozen=True, slots=True)
class Precisions:
    """The precisions of one network on one device.

    Attributes:
        supported: All that the device can compute in and the network has a file for.
        quick: Those of them that pay, for the choice among several: int8 without instructions for it does not.
    """

    supported: Collection[str]
    quick: Collection[str]


def choose_precision(asked: str, precisions: Precisions, *, where: str) -> str:
    """The precision of a network.

    Args:
        asked: auto, one precision, or several divided by commas, best first.
        precisions: Of the network on the device.
        where: Network and device, for the message.

    Raises:
        ConfigError: None of those that were asked for is there.

    >>> both = Precisions(("f32", "int8"), ("f32",))
    >>> choose_precision("auto", both, where="m on CPU"), choose_precision("int8", both, where="m on CPU")
    ('f32', 'int8')
    """
    wanted = AUTO_PRECISIONS if asked == "auto" else tuple(asked.split(","))
    usable = precisions.supported if len(wanted) == 1 else precisions.quick
    for precision in wanted:
        if precision in usable:
            return precision
    if wanted == ("int8",):
        advice = "or make an int8 file for it: realtime-pose weights quantize"
    else:
        advice = "which takes the best there is"
    raise ConfigError(
        f"precision {asked}: expected one of {', '.join(precisions.supported)} for {where}; use --precision auto, "
        f"{advice}"
    )
