"""Networks through torch; for now only what torch says of itself and of CUDA."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class TorchProbe:
    """What torch was built with, and what it finds here.

    Attributes:
        version: Of torch.
        cuda_version: CUDA that torch was built for; "" for a build without.
        cudnn_version: Of the cuDNN that torch brings, such as 9.10.2; "" where there is none.
        gpus: Names of the GPUs that torch can use, in its order.
    """

    version: str
    cuda_version: str
    cudnn_version: str
    gpus: tuple[str, ...]


def probe() -> TorchProbe:
    """What torch says of itself here."""
    number = torch.backends.cudnn.version()  # type: ignore[no-untyped-call] # torch leaves it untyped
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return TorchProbe(
        version=str(torch.__version__),
        cuda_version=torch.version.cuda or "",
        cudnn_version=_dotted(number) if number else "",
        gpus=tuple(torch.cuda.get_device_name(index) for index in range(count)),
    )


def _dotted(cudnn: int) -> str:
    """The number that cuDNN gives, as people write it; since 9.0 it is 10000 major + 100 minor + patch.

    >>> _dotted(91002), _dotted(8907)
    ('9.10.2', '8.9.7')
    """
    unit = 10000 if cudnn >= 90000 else 1000
    return f"{cudnn // unit}.{cudnn % unit // 100}.{cudnn % 100}"
