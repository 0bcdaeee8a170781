"""Checks of this machine: what works and what does not, each problem with its fix.

Every part of the program has its own probe. The parts are imported inside the checks, because the doctor has to work
when a library is broken; what such a library raises becomes a finding.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from realtime_pose.commands.engine_checks import check_engines, check_reid
from realtime_pose.commands.finding import Finding, Findings, State, check_writable
from realtime_pose.config import Config
from realtime_pose.errors import MissingWeightsError, RealtimePoseError
from realtime_pose.system.packages import install_line, install_line_for

PACKAGE = "realtime-pose"
MIN_DRIVER = 580  # first NVIDIA driver for CUDA 13, for which our versions of torch and onnxruntime-gpu are built
_REINSTALL = f"pip install --force-reinstall {PACKAGE}"
_REINSTALL_DRIVER = "reinstall the NVIDIA driver, then restart the computer"
_DEADLINE_S = 10.0
# What a damaged or partly removed package raises when it is imported or used.
_BROKEN = (ImportError, OSError, RuntimeError, ValueError, TypeError, AttributeError, RealtimePoseError)


def check_machine(settings: Config | None = None) -> tuple[Finding, ...]:
    """All findings, in a fixed order. Never raises. Takes seconds: networks, Qt and encoders are really started.

    Args:
        settings: Those that the user runs with; None: the defaults.
    """
    checks: tuple[tuple[str, Callable[[], Findings], str], ...] = (
        ("Python", _check_python, _REINSTALL),
        ("packages", _check_packages, _REINSTALL),
        ("onnxruntime packages", _check_onnxruntime_packages, _REINSTALL),
        ("NVIDIA driver", _check_driver, _REINSTALL_DRIVER),
        ("CUDA and cuDNN", _check_torch, "pip install --force-reinstall torch"),
        ("execution provider", _check_execution_provider, _reinstall_onnxruntime()),
        ("engines", check_engines, "pip install --force-reinstall openvino"),
        ("re-identification", partial(check_reid, settings or Config()), "realtime-pose weights add FILE.onnx"),
        ("window", _check_window, "pip install --force-reinstall PyQt5 PyQt5-Qt5 PyQt5-sip"),
        ("cameras", _check_cameras, "pip install --force-reinstall opencv-python cv2-enumerate-cameras"),
        ("H.264 encoders", _check_encoders, "pip install --force-reinstall av"),
        ("weights", _check_weights, _REINSTALL),
        ("weights folder", _check_weights_folder, _REINSTALL),
    )
    return tuple(finding for topic, check, fix in checks for finding in _run_check(topic, check, fix))


def _run_check(topic: str, check: Callable[[], Findings], fix: str) -> tuple[Finding, ...]:
    """The findings of a check; an exception is a finding too."""
    try:
        return tuple(check())
    except _BROKEN as error:
        # The loader of Linux names the shared library that is missing, as in "libGL.so.1: cannot open ...".
        if line := install_line_for(str(error)):
            fix = line
        return (Finding(topic, State.FAIL, f"cannot be checked: {type(error).__name__}: {error}", fix),)


def _check_python(version: Callable[[], str] = platform.python_version) -> Findings:
    from packaging.specifiers import SpecifierSet

    running = version()
    required = importlib.metadata.metadata(PACKAGE)["Requires-Python"]
    if SpecifierSet(required).contains(running, prereleases=True):
        yield Finding("Python", State.OK, f"{running} at {sys.executable}")
    else:
        yield Finding("Python", State.FAIL, f"{running}, expected {required}", f"install Python {required}")


def _check_packages(version_of: Callable[[str], str] = importlib.metadata.version) -> Findings:
    """Each required package, against the range in the metadata of the installed realtime-pose."""
    from packaging.requirements import Requirement

    for line in importlib.metadata.requires(PACKAGE) or ():
        required = Requirement(line)  # such as "torch<2.14,>=2.8"
        # Packages of an extra have a marker that is false without it.
        if required.marker is not None and not required.marker.evaluate({"extra": ""}):
            continue
        fix = f'pip install "{required.name}{required.specifier}"'
        try:
            version = version_of(required.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(required.name, State.FAIL, f"not installed, expected {required.specifier}", fix)
            continue
        if required.specifier.contains(version, prereleases=True):
            yield Finding(required.name, State.OK, f"{version} ({required.specifier})")
        else:
            yield Finding(required.name, State.FAIL, f"{version}, expected {required.specifier}", fix)


def _check_onnxruntime_packages(version_of: Callable[[str], str] = importlib.metadata.version) -> Findings:
    """Both packages install into one folder: together they are broken, and the plain one hides CUDA."""
    versions = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            versions[name] = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    text = " and ".join(f"{name} {version}" for name, version in versions.items()) or "neither is installed"
    is_right = len(versions) == 1
    fix = "" if is_right else _reinstall_onnxruntime()
    yield Finding("onnxruntime packages", State.OK if is_right else State.FAIL, text, fix)


def _reinstall_onnxruntime() -> str:
    """The commands that leave exactly the right package; removing only the wrong one leaves an empty module."""
    right = "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"
    return f'pip uninstall -y onnxruntime onnxruntime-gpu && pip install "{right}>=1.27"'


def _check_driver(find_program: Callable[[str], str | None] = shutil.which) -> Findings:
    program = find_program("nvidia-smi")
    if program is None:
        yield Finding("NVIDIA driver", State.OK, "no nvidia-smi, so no NVIDIA driver: networks run on the CPU")
        return
    answer = subprocess.run(  # noqa: S603 - a program found on the path, with fixed arguments
        [program, "--query-gpu=driver_version,name", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if answer.returncode or not lines:
        text = (answer.stdout + answer.stderr).strip() or f"exit code {answer.returncode}"
        yield Finding("NVIDIA driver", State.FAIL, f"nvidia-smi failed: {text}", _REINSTALL_DRIVER)
        return
    major = lines[0].partition(".")[0]  # "580.65.06, NVIDIA H200" -> "580"; all GPUs have one driver
    is_old = major.isdecimal() and int(major) < MIN_DRIVER
    fix = f"install an NVIDIA driver >= {MIN_DRIVER}, which CUDA 13 needs" if is_old else ""
    yield Finding("NVIDIA driver", State.WARN if is_old else State.OK, "; ".join(lines), fix)


def _check_torch() -> Findings:
    from realtime_pose.models.torch_backend import probe

    torch = probe()
    cuda = f"CUDA {torch.cuda_version}" if torch.cuda_version else "built without CUDA"
    cudnn = f"cuDNN {torch.cudnn_version}" if torch.cudnn_version else "no cuDNN"
    text = f"torch {torch.version}, {cuda}, {cudnn}, GPUs: {', '.join(torch.gpus) or 'none'}"
    if torch.gpus or shutil.which("nvidia-smi") is None:
        yield Finding("CUDA and cuDNN", State.OK, text)
    else:
        fix = 'pip install --force-reinstall "torch>=2.8,<2.14" (a build for CUDA 13), and see the driver above'
        yield Finding("CUDA and cuDNN", State.WARN, f"{text}, although there is an NVIDIA driver", fix)


def _check_execution_provider() -> Findings:
    """The provider that a network really gets when it requests CUDA; the package's own list does not tell."""
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.models.onnx_backend import OnnxBackend, probe
    from realtime_pose.models.weights import find, verify

    # The smallest of the pose estimators that are shipped.
    shipped = (spec for spec in load_manifest().models.values() if spec.task == "pose" and not spec.url)
    spec = min(shipped, key=lambda spec: spec.bytes)
    path = find(spec)
    verify(path, spec)
    # The list of available providers does not tell: a provider whose libraries are missing falls back to the CPU.
    device = OnnxBackend(path, spec, device="cuda").device
    runtime = probe()
    text = f"with CUDA requested, {spec.name} runs on {device}"
    if device != "CPU":
        yield Finding("execution provider", State.OK, text)
    elif not runtime.has_cuda_driver:
        yield Finding("execution provider", State.OK, f"{text}: there is no NVIDIA driver")
    else:
        fix = 'pip install "onnxruntime-gpu[cuda,cudnn]>=1.27", and see the driver above'
        providers = ", ".join(runtime.compiled_in)
        yield Finding("execution provider", State.FAIL, f"{text}, although the package has {providers}", fix)


def _check_window() -> Findings:
    from realtime_pose.app.probe import probe

    qt = probe()
    if qt.missing:
        names = ", ".join(need.name for need in qt.missing)
        yield Finding("xcb libraries", State.WARN, f"missing for the window: {names}", install_line(qt.missing))
    else:
        yield Finding("xcb libraries", State.OK, "all installed")
    if not qt.problem:
        yield Finding("window", State.OK, f"Qt opens on platform {qt.platform}")
    elif qt.has_display:
        fix = "install the xcb libraries above, or correct DISPLAY and QT_QPA_PLATFORM; --headless needs no window"
        yield Finding("window", State.FAIL, qt.problem, fix)
    else:
        fix = "nothing for --headless, which is chosen automatically; for a window, use a desktop (over ssh: ssh -X)"
        yield Finding("window", State.WARN, qt.problem, fix)


def _check_cameras() -> Findings:
    from realtime_pose.sources.webcam import list_webcams

    cameras = list_webcams()
    text = ", ".join(f"{camera.index}: {camera.name}" for camera in cameras)
    # Only Linux has device files with permissions.
    devices = [camera.path for camera in cameras if camera.path and Path(camera.path).exists()]
    forbidden = [path for path in devices if not os.access(path, os.R_OK | os.W_OK)]
    if forbidden:
        fix = "sudo usermod -aG video $USER, then log in again"
        yield Finding("cameras", State.FAIL, f"{text}; no permission to open {', '.join(forbidden)}", fix)
    elif cameras:
        yield Finding("cameras", State.OK, text)
    else:
        yield Finding("cameras", State.WARN, "none found", "connect one, or use a video, a URL or demo as SOURCE")


def _check_encoders() -> Findings:
    from realtime_pose.recording.encoder import ENCODERS, working_encoders

    working = working_encoders()
    if working:
        others = [name for name in ENCODERS if name not in working]
        text = ", ".join(working) + (f" (not available: {', '.join(others)})" if others else "")
        yield Finding("H.264 encoders", State.OK, text)
    else:
        fix = "pip install --force-reinstall av"
        yield Finding("H.264 encoders", State.FAIL, f"none of {', '.join(ENCODERS)} works: no recording", fix)


def _check_weights() -> Findings:
    import realtime_pose.models.fetch  # noqa: F401 - its libraries are needed for those that are not downloaded yet
    from realtime_pose.models.manifest import load_manifest
    from realtime_pose.models.weights import WeightsState, list_int8_files, list_models

    manifest = load_manifest()
    fetched = {name for name, spec in manifest.models.items() if spec.url}
    not_downloaded = []
    for status in (*list_int8_files(manifest), *list_models(manifest)):
        topic = f"weights {status.name}"
        if status.error is None:
            yield Finding(topic, State.OK, f"{status.state}, checksum correct")
        elif status.state is WeightsState.MISSING and status.name in fetched:
            not_downloaded.append(status.name)
        else:
            yield Finding(topic, State.FAIL, status.error.problem, status.error.fix)
    if not_downloaded:
        text = f"not downloaded: {', '.join(not_downloaded)} (realtime-pose weights fetch NAME)"
        yield Finding("weights by name", State.OK, text)


def _check_weights_folder() -> Findings:
    from realtime_pose.models.cache_folder import FOLDER_VARIABLE, cache_folder

    try:
        folder = cache_folder()
    except MissingWeightsError as error:
        yield Finding("weights folder", State.WARN, error.problem, error.fix)
        return
    yield check_writable("weights folder", folder, f"or choose another with the environment variable {FOLDER_VARIABLE}")
