"""A file of weights and its manifest entry to a running network: through ONNX Runtime, or through torch for a .pth."""

from pathlib import Path

from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec


def load_backend(path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> Backend:
    """The network of this entry, loaded and warm; torch and ONNX Runtime are imported only where they run.

    Args:
        path: The file, already verified.
        spec: Its manifest entry.
        device: auto, cpu, cuda or cuda:N.
        threads: Of the CPU for one call; 0: one a physical core. Torch knows one number for the whole process.

    Raises:
        ModelError: The file is not what its entry says.
    """
    if path.suffix == ".pth":
        from realtime_pose.models.torch_backend import TorchBackend

        return TorchBackend(path, spec, device=device, threads=threads)
    from realtime_pose.models.onnx_backend import OnnxBackend

    return OnnxBackend(path, spec, device=device, threads=threads)
