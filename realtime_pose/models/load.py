"""A file of weights to a network: ONNX Runtime for .onnx, torch for .pth."""

from pathlib import Path

from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec


def load_backend(path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> Backend:
    """The network of this entry, loaded and warmed up.

    Args:
        path: The file, already verified.
        spec: Its manifest entry.
        device: auto, cpu, cuda or cuda:N.
        threads: CPU threads of one call; 0: one per physical core. Torch has one setting for the whole process.

    Raises:
        ModelError: The file does not match its entry.
    """
    # Torch and ONNX Runtime are slow to import: only the one that is needed is loaded.
    if path.suffix == ".pth":
        from realtime_pose.models.torch_backend import TorchBackend

        return TorchBackend(path, spec, device=device, threads=threads)
    from realtime_pose.models.onnx_backend import OnnxBackend

    return OnnxBackend(path, spec, device=device, threads=threads)
