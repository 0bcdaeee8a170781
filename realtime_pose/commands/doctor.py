"""What works on this machine and what does not, each with its fix: asked of every room, in words for a person.

Each room tells of itself through its own probe. Rooms are imported where they are asked, because the doctor has to
work when a library is broken; what such a library raises becomes a finding.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import RealtimePoseError

PACKAGE = "realtime-pose"
MIN_DRIVER = 580  # the first NVIDIA driver for CUDA 13, which the torch and onnxruntime-gpu of our range are built for
_REINSTALL = f"pip install --force-reinstall {PACKAGE}"
_DEADLINE_S = 10.0
# What a damaged or half-removed package raises when it is imported or asked.
_BROKEN = (ImportError, OSError, RuntimeError, ValueError, TypeError, AttributeError, RealtimePoseError)


class State(StrEnum):
    """How well a thing works."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What.
        state: OK; WARN where something can be done without; FAIL where the main job suffers.
        text: What was found.
        fix: What to do, a command where one does it; "" where there is nothing to do.
    """

    topic: str
    state: State
    text: str
    fix: str = ""


Findings = Iterable[Finding]


def examine() -> tuple[Finding, ...]:
    """All findings, in a fixed order; takes seconds, since networks, Qt and encoders are really tried. Never raises."""
    examiners: tuple[tuple[str, Callable[[], Findings], str], ...] = (
        ("Python", _python, _REINSTALL),
        ("packages", _packages, _REINSTALL),
        ("onnxruntime packages", _onnxruntime_packages, _REINSTALL),
        ("NVIDIA driver", _driver, "reinstall the NVIDIA driver, then restart the computer"),
        ("CUDA and cuDNN", _torch, "pip install --force-reinstall torch"),
        ("execution provider", _execution_provider, _reinstall_onnxruntime()),
        ("window", _window, "pip install --force-reinstall PyQt5 PyQt5-Qt5 PyQt5-sip"),
        ("cameras", _cameras, "pip install --force-reinstall opencv-python cv2-enumerate-cameras"),
        ("H.264 encoders", _encoders, "pip install --force-reinstall av"),
        ("weights", _weights, _REINSTALL),
        ("weights folder", _weights_folder, _REINSTALL),
    )
    return tuple(finding for topic, look, fix in examiners for finding in _looked_at(topic, look, fix))


def _looked_at(topic: str, look: Callable[[], Findings], fix: str) -> tuple[Finding, ...]:
    """What an examiner finds; a breakdown of what it examines is a finding too."""
    try:
        return tuple(look())
    except _BROKEN as error:
        if "lib" in str(error) and ".so" in str(error):
            fix = (
                f"install the system library that is named (Debian: sudo apt-get install libgl1 libglib2.0-0), or {fix}"
            )
        return (Finding(topic, State.FAIL, f"could not be asked: {type(error).__name__}: {error}", fix),)


def _python(version: Callable[[], str] = platform.python_version) -> Findings:
    from packaging.specifiers import SpecifierSet

    running = version()
    wanted = importlib.metadata.metadata(PACKAGE)["Requires-Python"]
    if SpecifierSet(wanted).contains(running, prereleases=True):
        yield Finding("Python", State.OK, f"{running} at {sys.executable}")
    else:
        yield Finding("Python", State.FAIL, f"{running}, expected {wanted}", f"install Python {wanted}")


def _packages(version_of: Callable[[str], str] = importlib.metadata.version) -> Findings:
    """Each package that ours requires here, against the range in the metadata that was installed with ours."""
    from packaging.requirements import Requirement

    for line in importlib.metadata.requires(PACKAGE) or ():
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        fix = f'pip install "{needed.name}{needed.specifier}"'
        try:
            version = version_of(needed.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(needed.name, State.FAIL, f"not installed, expected {needed.specifier}", fix)
            continue
        if needed.specifier.contains(version, prereleases=True):
            yield Finding(needed.name, State.OK, f"{version} ({needed.specifier})")
        else:
            yield Finding(needed.name, State.FAIL, f"{version}, expected {needed.specifier}", fix)


def _onnxruntime_packages(version_of: Callable[[str], str] = importlib.metadata.version) -> Findings:
    """Both packages fill one folder: together they are neither, and the plain one hides CUDA."""
    found = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            found[name] = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    text = " and ".join(f"{name} {version}" for name, version in found.items()) or "neither is installed"
    state = State.OK if len(found) == 1 else State.FAIL
    yield Finding("onnxruntime packages", state, text, "" if len(found) == 1 else _reinstall_onnxruntime())


def _reinstall_onnxruntime() -> str:
    """The commands that leave exactly the right one; removing one alone would leave an empty module."""
    right = "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"
    return f'pip uninstall -y onnxruntime onnxruntime-gpu && pip install "{right}>=1.27"'


def _driver(locate: Callable[[str], str | None] = shutil.which) -> Findings:
    program = locate("nvidia-smi")
    if program is None:
        yield Finding("NVIDIA driver", State.OK, "no nvidia-smi here, so no NVIDIA driver: networks run on the CPU")
        return
    answer = subprocess.run(  # noqa: S603 - the program found on the path, and our own words
        [program, "--query-gpu=driver_version,name", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if answer.returncode or not lines:
        text = (answer.stdout + answer.stderr).strip() or f"exit code {answer.returncode}"
        fix = "reinstall the NVIDIA driver, then restart the computer"
        yield Finding("NVIDIA driver", State.FAIL, f"nvidia-smi failed: {text}", fix)
        return
    major = lines[0].partition(".")[0]
    is_old = major.isdecimal() and int(major) < MIN_DRIVER
    state = State.WARN if is_old else State.OK
    fix = f"install an NVIDIA driver >= {MIN_DRIVER}, which CUDA 13 needs" if is_old else ""
    yield Finding("NVIDIA driver", state, "; ".join(lines), fix)


def _torch() -> Findings:
    from realtime_pose.models.torch_backend import probe

    torch = probe()
    cuda = f"CUDA {torch.cuda_version}" if torch.cuda_version else "built without CUDA"
    cudnn = f"cuDNN {torch.cudnn_version}" if torch.cudnn_version else "no cuDNN"
    text = f"torch {torch.version}, {cuda}, {cudnn}, GPUs: {', '.join(torch.gpus) or 'none'}"
    if torch.gpus or shutil.which("nvidia-smi") is None:
        yield Finding("CUDA and cuDNN", State.OK, text)
    else:
        fix = 'pip install --force-reinstall "torch>=2.8,<2.14" (a build for CUDA 13), and see the driver above'
        yield Finding("CUDA and cuDNN", State.WARN, f"{text}, though there is an NVIDIA driver", fix)


def _execution_provider() -> Findings:
    """What a session really gets when it asks for CUDA: what the package was built with says nothing."""
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.models.onnx_backend import OnnxBackend, probe
    from realtime_pose.models.weights import find, verify

    spec = min((spec for spec in load_manifest().models.values() if not spec.url), key=lambda spec: spec.bytes)
    path = find(spec)
    verify(path, spec)
    device = OnnxBackend(path, spec, device="cuda").device
    runtime = probe()
    text = f"asked for CUDA, a session runs {spec.name} on {device}"
    if device != "CPU":
        yield Finding("execution provider", State.OK, text)
    elif not runtime.has_cuda_driver:
        yield Finding("execution provider", State.OK, f"{text}: there is no NVIDIA driver")
    else:
        fix = 'pip install "onnxruntime-gpu[cuda,cudnn]>=1.27", and see the driver above'
        built = ", ".join(runtime.compiled_in)
        yield Finding("execution provider", State.FAIL, f"{text}, built with {built}", fix)


def _window() -> Findings:
    from realtime_pose.app.probe import DEBIAN_PACKAGES, probe

    qt = probe()
    if qt.missing:
        fix = f"sudo apt-get install {' '.join(DEBIAN_PACKAGES[name] for name in qt.missing)}"
        yield Finding("xcb libraries", State.WARN, f"missing for the window: {', '.join(qt.missing)}", fix)
    else:
        yield Finding("xcb libraries", State.OK, "all there")
    if not qt.problem:
        yield Finding("window", State.OK, f"Qt opens on platform {qt.platform}")
    elif qt.has_display:
        fix = "install the xcb libraries above, or correct DISPLAY and QT_QPA_PLATFORM; --headless works without"
        yield Finding("window", State.FAIL, qt.problem, fix)
    else:
        fix = "--headless is chosen by itself; for a window, run on a desktop (over ssh: ssh -X)"
        yield Finding("window", State.WARN, qt.problem, fix)


def _cameras() -> Findings:
    from realtime_pose.sources.webcam import list_webcams

    found = list_webcams()
    text = ", ".join(f"{camera.index}: {camera.name}" for camera in found)
    devices = [camera.path for camera in found if camera.path and Path(camera.path).exists()]
    locked = [path for path in devices if not os.access(path, os.R_OK | os.W_OK)]
    if locked:
        fix = "sudo usermod -aG video $USER, then log in again"
        yield Finding("cameras", State.FAIL, f"{text}; not allowed to open {', '.join(locked)}", fix)
    elif found:
        yield Finding("cameras", State.OK, text)
    else:
        yield Finding("cameras", State.WARN, "none found", "plug one in, or name a video, a URL or demo as SOURCE")


def _encoders() -> Findings:
    from realtime_pose.recording.encoder import ENCODERS, working_encoders

    found = working_encoders()
    if found:
        failing = [name for name in ENCODERS if name not in found]
        text = ", ".join(found) + (f" (not here: {', '.join(failing)})" if failing else "")
        yield Finding("H.264 encoders", State.OK, text)
    else:
        fix = "pip install --force-reinstall av"
        yield Finding("H.264 encoders", State.FAIL, f"none of {', '.join(ENCODERS)} encodes: no recording", fix)


def _weights() -> Findings:
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.models.weights import WeightsState, list_models

    manifest = load_manifest()
    elsewhere = []
    for status in list_models(manifest):
        topic = f"weights {status.name}"
        if not status.problem:
            yield Finding(topic, State.OK, f"{status.state}, checksum right")
        elif status.state is WeightsState.MISSING and manifest.models[status.name].url:
            elsewhere.append(status.name)
        else:
            found, _, fix = status.problem.partition("; ")
            yield Finding(topic, State.FAIL, found, fix)
    if elsewhere:
        text = f"not fetched: {', '.join(elsewhere)} (realtime-pose weights fetch NAME)"
        yield Finding("weights by name", State.OK, text)


def _weights_folder() -> Findings:
    from realtime_pose.models.weights import FOLDER_VARIABLE, cache_folder

    folder = cache_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            yield Finding("weights folder", State.OK, f"{folder} can be written")
    except OSError as error:
        fix = f"make it writable, or choose another with the environment variable {FOLDER_VARIABLE}"
        yield Finding("weights folder", State.WARN, f"{folder} cannot be written ({error.strerror})", fix)
