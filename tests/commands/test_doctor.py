"""The doctor: it finds each thing that is broken, names the fix, and never breaks itself."""

import importlib.metadata
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

import realtime_pose
from realtime_pose.app import probe as qt
from realtime_pose.commands import doctor
from realtime_pose.commands.doctor import Finding, State, examine
from realtime_pose.models import manifest, torch_backend, weights
from realtime_pose.recording import encoder
from realtime_pose.sources import webcam

TOPICS = {
    "Python",
    "numpy",
    "pyqt5",
    "onnxruntime packages",
    "NVIDIA driver",
    "torch",
    "CUDA and cuDNN",
    "execution provider",
    "xcb libraries",
    "window",
    "cameras",
    "H.264 encoders",
    "weights nanodet-g",
    "weights movenet-thunder",
    "weights movenet-lightning",
    "weights folder",
}


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def of(topic: str, findings: Iterable[Finding]) -> Finding:
    return only(finding for finding in findings if finding.topic == topic)


def installed(**versions: str) -> Callable[[str], str]:
    """A look-up in which only these packages are installed."""

    def version_of(name: str) -> str:
        try:
            return versions[name.replace("-", "_")]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None

    return version_of


def test_every_topic_is_looked_at_and_whatever_is_wrong_has_a_fix(capfd: pytest.CaptureFixture[str]) -> None:
    findings = examine()
    assert {finding.topic for finding in findings} >= TOPICS
    assert all(finding.text for finding in findings)
    assert all(bool(finding.fix) == (finding.state is not State.OK) for finding in findings)
    assert not [finding for finding in findings if finding.state is State.FAIL]
    assert "movenet-lightning on C" in of("execution provider", findings).text
    assert "libx264" in of("H.264 encoders", findings).text
    assert of("window", findings).text == "Qt opens on platform offscreen"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("library", "rooms", "topic"),
    [
        ("torch", ["models.torch_backend"], "CUDA and cuDNN"),
        ("onnxruntime", ["models.onnx_backend"], "execution provider"),
        ("cv2", ["_cv2", "sources"], "cameras"),
        ("cv2", ["_cv2", "recording"], "H.264 encoders"),
        ("cv2_enumerate_cameras", [], "cameras"),
        ("av", ["recording"], "H.264 encoders"),
        ("requests", ["models.weights", "models.download"], "weights"),
        ("filelock", ["models.weights"], "weights folder"),
        ("packaging.specifiers", [], "Python"),
    ],
)
def test_a_library_that_cannot_be_imported_costs_its_own_topic_only(
    monkeypatch: pytest.MonkeyPatch, library: str, rooms: list[str], topic: str
) -> None:
    prefixes = tuple(f"realtime_pose.{room}." for room in rooms)
    for module in [name for name in sys.modules if f"{name}.".startswith(prefixes)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(qt, "why_no_display", lambda _: "no display")  # Qt is tried in other tests
    findings = examine()
    broken = of(topic, findings)
    assert broken.state is State.FAIL
    assert library in broken.text
    assert broken.fix.startswith("pip ")
    assert len(findings) > 20
    assert of("numpy", findings).state is State.OK


def test_a_missing_system_library_of_a_package_is_named() -> None:
    def look() -> Iterable[Finding]:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    finding = only(doctor._looked_at("cameras", look, "pip install x"))
    assert finding.text == (
        "could not be asked: ImportError: libGL.so.1: cannot open shared object file: No such file or directory"
    )
    assert "apt-get install libgl1" in finding.fix


@pytest.mark.parametrize(("running", "state"), [("3.10.9", "FAIL"), ("3.11.0rc1", "FAIL"), ("3.14.0", "OK")])
def test_python_is_held_against_the_metadata(running: str, state: str) -> None:
    finding = only(doctor._python(lambda: running))
    assert finding.state == state
    assert running in finding.text


def test_packages_are_held_against_the_metadata() -> None:
    findings = list(doctor._packages(installed(torch="2.14.0+cu130", numpy="2.0.0", av="18.1.0", tyro="1.0.0b1")))
    torch = of("torch", findings)
    assert torch.state is State.FAIL
    assert re.fullmatch(r'pip install "torch(<2\.14,>=2\.8|>=2\.8,<2\.14)"', torch.fix)
    assert of("numpy", findings).state is State.OK
    assert of("av", findings).state is State.OK
    missing = of("scipy", findings)
    assert (missing.state, missing.text) == (State.FAIL, "not installed, expected >=1.13")
    assert not [finding for finding in findings if finding.topic in {"pytest", "mypy"}]


@pytest.mark.parametrize(
    ("versions", "state", "text"),
    [
        ({}, "FAIL", "neither is installed"),
        ({"onnxruntime_gpu": "1.31.1"}, "OK", "onnxruntime-gpu 1.31.1"),
        ({"onnxruntime": "1.31.1"}, "OK", "onnxruntime 1.31.1"),
        (
            {"onnxruntime_gpu": "1.31.1", "onnxruntime": "1.31.1"},
            "FAIL",
            "onnxruntime 1.31.1 and onnxruntime-gpu 1.31.1",
        ),
    ],
)
def test_both_onnxruntime_packages_are_one_too_many(versions: dict[str, str], state: str, text: str) -> None:
    finding = only(doctor._onnxruntime_packages(installed(**versions)))
    assert (finding.state, finding.text) == (state, text)
    if state == "FAIL":
        assert finding.fix.startswith("pip uninstall -y onnxruntime onnxruntime-gpu && pip install")


@pytest.mark.parametrize(
    ("script", "state", "text"),
    [
        ("echo '580.65.06, NVIDIA H200'", "OK", "580.65.06, NVIDIA H200"),
        ("echo '535.1, NVIDIA A10'; echo '535.1, NVIDIA A10'", "WARN", "535.1, NVIDIA A10; 535.1, NVIDIA A10"),
        (
            "echo 'Driver/library version mismatch'; exit 18",
            "FAIL",
            "nvidia-smi failed: Driver/library version mismatch",
        ),
        ("exit 0", "FAIL", "nvidia-smi failed: exit code 0"),
    ],
)
def test_the_driver_is_what_nvidia_smi_says(tmp_path: Path, script: str, state: str, text: str) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    finding = only(doctor._driver(lambda _: str(program)))
    assert (finding.state, finding.text) == (state, text)
    assert only(doctor._driver(lambda _: None)).state is State.OK


@pytest.mark.parametrize(
    ("cuda", "gpus", "program", "state"),
    [
        ("", (), None, "OK"),
        ("", (), "/usr/bin/nvidia-smi", "WARN"),
        ("13.0", ("NVIDIA H200",), "/usr/bin/nvidia-smi", "OK"),
    ],
)
def test_torch_without_cuda_matters_only_beside_a_driver(
    monkeypatch: pytest.MonkeyPatch, cuda: str, gpus: tuple[str, ...], program: str | None, state: str
) -> None:
    found = torch_backend.TorchProbe(version="2.13.0", cuda_version=cuda, cudnn_version="", gpus=gpus)
    monkeypatch.setattr(torch_backend, "probe", lambda: found)
    monkeypatch.setattr(shutil, "which", lambda _: program)
    finding = only(doctor._torch())
    assert finding.state == state
    assert all(name in finding.text for name in gpus)


@dataclass
class FakeOnnxBackend:
    """A session that got a GPU."""

    path: Path
    spec: manifest.ModelSpec
    device: str

    def __post_init__(self) -> None:
        self.device = f"{self.device.upper()}:0"


def test_a_session_on_the_gpu_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.onnx_backend.OnnxBackend", FakeOnnxBackend)
    finding = only(doctor._execution_provider())
    assert (finding.state, finding.fix) == (State.OK, "")
    assert finding.text == "asked for CUDA, a session runs movenet-lightning on CUDA:0"


def test_a_session_on_the_cpu_beside_a_driver_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.onnx_backend.has_cuda_driver", lambda: True)
    monkeypatch.setattr("realtime_pose.models.onnx_backend._providers", lambda _: ["CPUExecutionProvider"])
    finding = only(doctor._execution_provider())
    assert finding.state is State.FAIL
    assert "on CPU" in finding.text
    assert "onnxruntime-gpu[cuda,cudnn]" in finding.fix


def test_a_missing_xcb_library_comes_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ("libxcb-icccm.so.4", "libGL.so.1")
    monkeypatch.setattr(qt, "probe", lambda: qt.QtProbe("", "no display", has_display=False, missing=missing))
    libraries, window = doctor._window()
    assert libraries.fix == "sudo apt-get install libxcb-icccm4 libgl1"
    assert window.state is State.WARN
    assert "--headless" in window.fix


def test_a_display_that_qt_cannot_open_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt, "probe", lambda: qt.QtProbe("", "could not connect", has_display=True, missing=()))
    window = of("window", doctor._window())
    assert (window.state, window.text) == (State.FAIL, "could not connect")


def test_cameras_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(webcam, "list_webcams", lambda: ())
    none = only(doctor._cameras())
    assert (none.state, none.text) == (State.WARN, "none found")
    assert "demo" in none.fix
    two = (webcam.Webcam(0, "HD Webcam", str(tmp_path)), webcam.Webcam(2, "Desk", ""))
    monkeypatch.setattr(webcam, "list_webcams", lambda: two)
    assert only(doctor._cameras()) == Finding("cameras", State.OK, "0: HD Webcam, 2: Desk")
    monkeypatch.setattr("os.access", lambda *_: False)
    locked = only(doctor._cameras())
    assert (locked.state, locked.fix) == (State.FAIL, "sudo usermod -aG video $USER, then log in again")


def test_no_encoder_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "working_encoders", lambda: ())
    assert only(doctor._encoders()).state is State.FAIL
    monkeypatch.setattr(encoder, "working_encoders", lambda: ("h264_nvenc", "libx264"))
    assert only(doctor._encoders()).text == "h264_nvenc, libx264"


def test_a_corrupt_and_a_missing_weight_file_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(Path(realtime_pose.__file__).parent.parent / "weights", folder)
    (folder / "movenet_lightning_192_heads_w16.onnx").write_bytes(b"")
    (folder / "nanodet_g_person_dyn_w16.onnx").unlink()
    monkeypatch.setattr(manifest, "weights_folder", lambda: folder)
    monkeypatch.setattr(weights, "weights_folder", lambda: folder)
    findings = list(doctor._weights())
    corrupt, missing = of("weights movenet-lightning", findings), of("weights nanodet-g", findings)
    assert corrupt.text.endswith("expected 4,757,700 bytes for model movenet-lightning, got 0")
    assert "git checkout -- weights/movenet_lightning_192_heads_w16.onnx" in corrupt.fix
    assert (missing.state, of("weights movenet-thunder", findings).state) == (State.FAIL, State.OK)
    provider = only(doctor._looked_at("execution provider", doctor._execution_provider, "?"))
    assert provider.state is State.FAIL
    assert "ChecksumError" in provider.text


def test_weights_that_may_yet_be_fetched_are_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = manifest.ModelSpec(
        name="big",
        task="detector",
        family="yolox",
        file="big.onnx",
        url="http://127.0.0.1/big.onnx",
        sha256="0" * 64,
        input=manifest.InputSpec(name="x", wh=(32, 32)),
    )
    monkeypatch.setenv(weights.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(manifest, "load_manifest", lambda: manifest.Manifest({"big": spec}))
    assert only(doctor._weights()).text == "not fetched: big (realtime-pose weights fetch NAME)"
    (tmp_path / "big.onnx").write_bytes(b"?")
    assert only(doctor._weights()).fix == "run: realtime-pose weights fetch big"


def test_a_weights_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(weights.FOLDER_VARIABLE, str(tmp_path / "later" / "here"))
    assert only(doctor._weights_folder()).state is State.OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(weights.FOLDER_VARIABLE, str(tmp_path / "file" / "here"))
    finding = only(doctor._weights_folder())
    assert finding.state is State.WARN
    assert weights.FOLDER_VARIABLE in finding.fix
