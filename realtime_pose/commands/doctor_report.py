"""The report of the doctor: findings and settings in, out comes the text that a bug report needs, without secrets."""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from realtime_pose.commands.machine_checks import PACKAGE
from realtime_pose.commands.terminal import PROGRAM
from realtime_pose.config import Config, to_toml
from realtime_pose.counts import counted
from realtime_pose.files import atomic
from realtime_pose.redaction import anonymize
from realtime_pose.system.home import home_folder

# What changes the behaviour of this program or of its libraries.
_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_SESSION_TYPE",
)
_PREFIXES = ("REALTIME_POSE_", "QT_", "OPENCV_")
_LOG_ADVICE = f"""\
No log is kept. Run the command that fails again with --debug, and attach what it prints:
{PROGRAM} live SOURCE --debug 2> log.txt"""


def write_report(path: Path, findings: Sequence[str], settings: Config) -> None:
    """Write the report.

    Args:
        path: The file; it is replaced.
        findings: The lines that the doctor prints.
        settings: The settings that the user runs with.

    Raises:
        SinkError: The file cannot be written.
    """
    sections = {
        "System": _describe_system(),
        "Findings": findings,
        "Optional packages": _list_optional_packages(),
        "Environment": _list_variables(),
        "Settings": to_toml(settings).splitlines(),
        "Log": _LOG_ADVICE.splitlines(),
    }
    written_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = [f"# Report of {PROGRAM} doctor, {written_at}"]
    parts += ["\n".join([f"## {title}", "", *lines]) for title, lines in sections.items()]
    atomic.write(path, anonymize("\n\n".join(parts) + "\n", home=home_folder()))


def _describe_system() -> list[str]:
    disk = shutil.disk_usage(Path.cwd())
    return [
        f"{PROGRAM} {importlib.metadata.version(PACKAGE)}",
        f"Python {platform.python_version()} ({platform.python_implementation()})",
        f"{platform.platform()}, {platform.machine()}, {counted(os.cpu_count() or 1, 'core')}",
        f"disk of the current folder: {disk.free / 1e9:.1f} GB free of {disk.total / 1e9:.1f} GB",
    ]


def _list_optional_packages() -> list[str]:
    """The packages of the extras, which the findings leave out, with their versions."""
    from packaging.requirements import Requirement

    required = (Requirement(line) for line in importlib.metadata.requires(PACKAGE) or ())
    names = {package.name for package in required if package.marker and "extra" in str(package.marker)}
    return [f"{name}: {_version_of(name)}" for name in sorted(names - {PACKAGE})]


def _version_of(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _list_variables() -> Iterator[str]:
    for name, value in sorted(os.environ.items()):
        if name in _VARIABLES or name.startswith(_PREFIXES):
            yield f"{name}={value}"
