"""The command ``doctor``: it finds each problem, names the fix, and never fails itself."""

import importlib.metadata
import importlib.util
import pwd
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

import realtime_pose
from realtime_pose.app import probe as qt
from realtime_pose.app.output_paths import output_folder
from realtime_pose.cli import main
from realtime_pose.commands import engine_checks, machine_checks
from realtime_pose.commands.finding import Finding, State
from realtime_pose.commands.machine_checks import check_machine
from realtime_pose.config import Config
from realtime_pose.errors import SourceOpenError
from realtime_pose.models import manifest, openvino_core, torch_backend, weights
from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from realtime_pose.recording import encoder
from realtime_pose.sources import webcam
from realtime_pose.sources.endpoint import resolve_endpoint
from realtime_pose.system.packages import GROUPS, install_line, install_line_for
from tests.support.fakes.openvino_core import FakeCore

pytestmark = [pytest.mark.slow]  # PyTorch

TOPICS = {
    "Python",
    "numpy",
    "pyqt5",
    "onnxruntime packages",
    "NVIDIA driver",
    "torch",
    "CUDA and cuDNN",
    "execution provider",
    "OpenVINO",
    "compiled networks",
    "default networks",
    "xcb libraries",
    "window",
    "cameras",
    "H.264 encoders",
    "weights nanodet-g",
    "weights movenet-thunder",
    "weights movenet-lightning",
    "weights folder",
}


def single(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def find(topic: str, findings: Iterable[Finding]) -> Finding:
    return single(finding for finding in findings if finding.topic == topic)


def only_installed(**versions: str) -> Callable[[str], str]:
    """A function that finds the version of these packages only."""

    def version_of(name: str) -> str:
        try:
            return versions[name.replace("-", "_")]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None

    return version_of


def test_every_topic_is_checked_and_every_problem_has_a_fix(capfd: pytest.CaptureFixture[str]) -> None:
    findings = check_machine()
    assert {finding.topic for finding in findings} >= TOPICS
    assert all(finding.text for finding in findings)
    assert all(bool(finding.fix) == (finding.state is not State.OK) for finding in findings)
    assert not [finding for finding in findings if finding.state is State.FAIL]
    assert "movenet-lightning runs on C" in find("execution provider", findings).text
    assert "libx264" in find("H.264 encoders", findings).text
    assert find("window", findings).text == "Qt opens on platform offscreen"
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
        ("requests", ["models.fetch", "models.download"], "weights"),
        ("filelock", ["models.fetch"], "weights"),
        ("platformdirs", ["models.cache_folder", "models.weights"], "weights folder"),
        ("packaging.specifiers", [], "Python"),
    ],
)
def test_a_library_that_cannot_be_imported_fails_only_its_own_topic(
    monkeypatch: pytest.MonkeyPatch, library: str, rooms: list[str], topic: str
) -> None:
    import packaging.requirements  # noqa: F401 - it imports specifiers, which is taken away below

    prefixes = tuple(f"realtime_pose.{room}." for room in rooms)
    for module in [name for name in sys.modules if f"{name}.".startswith(prefixes)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(qt, "display_problem", lambda _: "no display")  # other tests start Qt
    findings = check_machine()
    broken = find(topic, findings)
    assert broken.state is State.FAIL
    assert library in broken.text
    assert broken.fix.startswith("pip ")
    others = {name for name in TOPICS if not name.startswith("weights ")}
    assert {finding.topic for finding in findings} >= others
    assert find("numpy", findings).state is State.OK


def test_a_missing_system_library_of_a_package_is_named() -> None:
    def check() -> Iterable[Finding]:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    finding = single(machine_checks._run_check("cameras", check, "pip install x"))
    assert finding.text == (
        "cannot be checked: ImportError: libGL.so.1: cannot open shared object file: No such file or directory"
    )
    assert finding.fix == install_line_for("libGL.so.1")
    assert "libgl1" in finding.fix


@pytest.mark.parametrize(("running", "state"), [("3.10.9", "FAIL"), ("3.11.0rc1", "FAIL"), ("3.14.0", "OK")])
def test_python_is_compared_with_the_metadata(running: str, state: str) -> None:
    finding = single(machine_checks._check_python(lambda: running))
    assert finding.state == state
    assert running in finding.text


def test_packages_are_compared_with_the_metadata() -> None:
    versions = only_installed(torch="2.14.0+cu130", numpy="2.0.0", av="18.1.0", tyro="1.0.0b1")
    findings = list(machine_checks._check_packages(versions))
    torch = find("torch", findings)
    assert torch.state is State.FAIL
    assert re.fullmatch(r'pip install "torch(<2\.14,>=2\.8|>=2\.8,<2\.14)"', torch.fix)
    assert find("numpy", findings).state is State.OK
    assert find("av", findings).state is State.OK
    missing = find("scipy", findings)
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
def test_exactly_one_onnxruntime_package_is_right(versions: dict[str, str], state: str, text: str) -> None:
    finding = single(machine_checks._check_onnxruntime_packages(only_installed(**versions)))
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
def test_the_driver_version_is_from_nvidia_smi(tmp_path: Path, script: str, state: str, text: str) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    finding = single(machine_checks._check_driver(lambda _: str(program)))
    assert (finding.state, finding.text) == (state, text)
    assert single(machine_checks._check_driver(lambda _: None)).state is State.OK


@pytest.mark.parametrize(
    ("cuda", "gpus", "program", "state"),
    [
        ("", (), None, "OK"),
        ("", (), "/usr/bin/nvidia-smi", "WARN"),
        ("13.0", ("NVIDIA H200",), "/usr/bin/nvidia-smi", "OK"),
    ],
)
def test_torch_without_cuda_is_a_problem_only_if_there_is_a_driver(
    monkeypatch: pytest.MonkeyPatch, cuda: str, gpus: tuple[str, ...], program: str | None, state: str
) -> None:
    found = torch_backend.TorchProbe(version="2.13.0", cuda_version=cuda, cudnn_version="", gpus=gpus)
    monkeypatch.setattr(torch_backend, "probe", lambda: found)
    monkeypatch.setattr(shutil, "which", lambda _: program)
    finding = single(machine_checks._check_torch())
    assert finding.state == state
    assert all(name in finding.text for name in gpus)


@pytest.mark.parametrize(("number", "version"), [(91002, "9.10.2"), (8907, "8.9.7")])
def test_the_version_of_cudnn_is_shown_as_its_makers_write_it(number: int, version: str) -> None:
    assert torch_backend._format_cudnn_version(number) == version


@dataclass
class FakeOnnxBackend:
    """A backend that got a GPU."""

    path: Path
    spec: manifest.ModelSpec
    device: str

    def __post_init__(self) -> None:
        self.device = f"{self.device.upper()}:0"


@pytest.mark.loads_networks
def test_a_network_on_the_gpu_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.onnx_backend.OnnxBackend", FakeOnnxBackend)
    finding = single(machine_checks._check_execution_provider())
    assert (finding.state, finding.fix) == (State.OK, "")
    assert finding.text == "with CUDA requested, movenet-lightning runs on CUDA:0"


@pytest.mark.loads_networks
def test_a_network_on_the_cpu_is_a_failure_if_there_is_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.models.onnx_backend.has_cuda_driver", lambda: True)
    monkeypatch.setattr("realtime_pose.models.onnx_backend._providers", lambda _: ["CPUExecutionProvider"])
    finding = single(machine_checks._check_execution_provider())
    assert finding.state is State.FAIL
    assert "on CPU" in finding.text
    assert "onnxruntime-gpu[cuda,cudnn]" in finding.fix


def test_a_missing_xcb_library_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tuple(need for need in GROUPS["window"] if need.name in ("libEGL.so.1", "libxcb-icccm.so.4"))
    monkeypatch.setattr(qt, "probe", lambda: qt.QtProbe("", "no display", has_display=False, missing=missing))
    libraries, window = machine_checks._check_window()
    assert libraries.fix == install_line(missing)
    assert "libEGL.so.1, libxcb-icccm.so.4" in libraries.text
    assert window.state is State.WARN
    assert "--headless" in window.fix


def test_a_display_that_qt_cannot_open_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt, "probe", lambda: qt.QtProbe("", "could not connect", has_display=True, missing=()))
    window = find("window", machine_checks._check_window())
    assert (window.state, window.text) == (State.FAIL, "could not connect")


def test_cameras_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(webcam, "list_webcams", lambda: ())
    none = single(machine_checks._check_cameras())
    assert (none.state, none.text) == (State.WARN, "none found")
    assert "demo" in none.fix
    two = (webcam.Webcam(0, "HD Webcam", str(tmp_path)), webcam.Webcam(2, "Desk", ""))
    monkeypatch.setattr(webcam, "list_webcams", lambda: two)
    assert single(machine_checks._check_cameras()) == Finding("cameras", State.OK, "0: HD Webcam, 2: Desk")
    monkeypatch.setattr("os.access", lambda *_: False)
    locked = single(machine_checks._check_cameras())
    assert (locked.state, locked.fix) == (State.FAIL, "sudo usermod -aG video $USER, then log in again")


def test_no_encoder_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "working_encoders", lambda: ())
    assert single(machine_checks._check_encoders()).state is State.FAIL
    monkeypatch.setattr(encoder, "working_encoders", lambda: ("h264_nvenc", "libx264"))
    assert single(machine_checks._check_encoders()).text == "h264_nvenc, libx264"


def test_a_corrupt_and_a_missing_weight_file_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(Path(realtime_pose.__file__).parent.parent / "weights", folder)
    (folder / "movenet_lightning_192_heads_w16.onnx").write_bytes(b"")
    (folder / "nanodet_g_person_dyn_w16.onnx").unlink()
    monkeypatch.setattr(manifest, "weights_folder", lambda: folder)
    monkeypatch.setattr(weights, "weights_folder", lambda: folder)
    findings = list(machine_checks._check_weights())
    corrupt, missing = find("weights movenet-lightning", findings), find("weights nanodet-g", findings)
    assert corrupt.text.endswith("expected 4,757,700 bytes for model movenet-lightning, got 0")
    assert "git checkout -- weights/movenet_lightning_192_heads_w16.onnx" in corrupt.fix
    assert (missing.state, find("weights movenet-thunder", findings).state) == (State.FAIL, State.OK)
    provider = single(machine_checks._run_check("execution provider", machine_checks._check_execution_provider, "?"))
    assert provider.state is State.FAIL
    assert "ChecksumError" in provider.text


def test_weights_that_can_be_downloaded_are_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = manifest.ModelSpec(
        name="big",
        task="detector",
        family="yolox",
        file="big.onnx",
        url="http://127.0.0.1/big.onnx",
        sha256="0" * 64,
        input=manifest.InputSpec(name="x", wh=(32, 32)),
    )
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(manifest, "load_manifest", lambda: manifest.Manifest({"big": spec}))
    assert single(machine_checks._check_weights()).text == "not downloaded: big (realtime-pose weights fetch NAME)"
    (tmp_path / "big.onnx").write_bytes(b"?")
    assert single(machine_checks._check_weights()).fix == "run: realtime-pose weights fetch big"


def test_a_weights_folder_that_is_not_writable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "later" / "here"))
    assert single(machine_checks._check_weights_folder()).state is State.OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "here"))
    finding = single(machine_checks._check_weights_folder())
    assert finding.state is State.WARN
    assert FOLDER_VARIABLE in finding.fix


def test_the_devices_of_openvino_are_listed_with_their_precisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_core, "make_core", lambda: FakeCore(("CPU", "GPU.0", "NPU")))
    monkeypatch.setattr(engine_checks, "_check_default_networks", lambda: Finding("default networks", State.OK, ""))
    finding = find("OpenVINO", engine_checks.check_engines())
    assert "intel-gpu:0: Fake GPU.0 (f32, f16, int8); intel-npu: Fake NPU (f32, f16, int8)" in finding.text


def test_without_openvino_the_doctor_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    findings = list(engine_checks.check_engines())
    assert find("OpenVINO", findings).state is State.WARN
    assert find("OpenVINO", findings).fix == "pip install openvino"
    assert "nanodet-g runs on CPU, ONNX Runtime f32" in find("default networks", findings).text


def test_a_cache_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    finding = find("compiled networks", engine_checks.check_engines())
    assert finding.state is State.WARN
    assert "each start compiles the networks again" in finding.fix


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder, as in a container: neither the environment nor the system knows one."""
    for name in ("HOME", "XDG_CACHE_HOME", FOLDER_VARIABLE):
        monkeypatch.delenv(name, raising=False)

    def no_such_user(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", no_such_user)


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_is_told_to_choose_a_folder() -> None:
    findings = check_machine()
    assert not [finding for finding in findings if finding.text.startswith("cannot be checked")]
    assert not [finding for finding in findings if "--force-reinstall realtime-pose" in finding.fix]
    finding = find("weights folder", findings)
    assert (finding.state, finding.fix) == (State.WARN, f"set {FOLDER_VARIABLE}=FOLDER")
    assert "no home folder" in finding.text
    assert find("compiled networks", findings).fix == "set XDG_CACHE_HOME=FOLDER"


@pytest.mark.usefixtures("no_home")
def test_what_needs_no_home_works_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    assert "yolox-m " in capsys.readouterr().out
    assert main(["weights", "verify"]) == 0
    assert main(["weights", "fetch", "yolox-m"]) == 1
    assert f"no home folder; set {FOLDER_VARIABLE}=FOLDER" in capsys.readouterr().err
    assert output_folder(Config()) == Path.cwd()
    with pytest.raises(SourceOpenError, match="cannot be read"):
        resolve_endpoint("rtsp://us@host/x", transport="tcp", credentials_file=Path("~/x"), environment={})
