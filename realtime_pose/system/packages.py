"""Which system libraries and programs are missing here, and the one command that installs them.

Standard library only: ``make`` runs this file as a program before anything is installed, and the doctor imports it.
The package names for apt were tried on Debian 12; those for dnf, pacman and zypper are from their package lists.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MANAGERS = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --needed --noconfirm",
    "zypper": "zypper install -y",
}
_RTMP_MODULES = ("/usr/lib/nginx/modules/ngx_rtmp_module.so", "/usr/lib64/nginx/modules/ngx_rtmp_module.so")
_ASK_GI = "import gi; gi.require_version('GstRtspServer', '1.0')"


@dataclass(frozen=True)
class Need:
    """One thing that the system has to bring.

    Attributes:
        name: A shared library (``lib....so.N``), or the name of what ``_PROBES`` looks for.
        packages: Which packages bring it, by package manager; one string, names divided by spaces.
    """

    name: str
    apt: str
    dnf: str
    pacman: str
    zypper: str

    def packages(self, manager: str) -> list[str]:
        """The names for this package manager, a key of MANAGERS."""
        names: str = getattr(self, manager.removesuffix("-get"))
        return names.split()


# OpenCV's wheel links the libraries although no window of its own is ever shown.
_BASE = (
    Need("Python's venv", "python3-venv", "python3", "python", "python3"),
    Need("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd", "Mesa-libGL1"),
    Need("libxcb.so.1", "libxcb1", "libxcb", "libxcb", "libxcb1"),
    Need("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2", "libgthread-2_0-0"),
)
# Parts of libxcb, each with its version: one package each on Debian and openSUSE, one for all elsewhere.
_XCB_PARTS = ("randr0", "render0", "shape0", "shm0", "sync1", "xfixes0", "xinerama0", "xkb1")
# All that Qt's xcb platform is linked to, and what its text needs; PyQt5's wheel brings the rest.
_WINDOW = (
    Need("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd", "Mesa-libEGL1"),
    Need("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig", "fontconfig"),
    Need("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus", "libdbus-1-3"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm", "libxcb-icccm4"),
    Need("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image", "libxcb-image0"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms", "libxcb-keysyms1"),
    Need(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
        "libxcb-render-util0",
    ),
    *(
        Need(f"libxcb-{part[:-1]}.so.{part[-1]}", f"libxcb-{part}", "libxcb", "libxcb", f"libxcb-{part}")
        for part in _XCB_PARTS
    ),
    Need("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11", "libX11-xcb1"),
    Need("libXext.so.6", "libxext6", "libXext", "libxext", "libXext6"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11", "libxkbcommon-x11-0"),
    Need("a font", "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu", "dejavu-fonts"),
)  # fmt: skip
_DISPLAY = (
    Need("Xvfb", "xvfb xauth", "xorg-x11-server-Xvfb xauth", "xorg-server-xvfb xorg-xauth", "xorg-x11-server-Xvfb"),
    Need("openbox", "openbox", "openbox", "openbox", "openbox"),
    Need("libXtst.so.6", "libxtst6", "libXtst", "libxtst", "libXtst6"),
)
_RTSP = (
    Need(
        "GStreamer's RTSP server",
        "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
        "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav",
        "python3-gobject gstreamer1-rtsp-server gstreamer1-plugins-good gstreamer1-plugins-bad-free "
        "gstreamer1-plugins-ugly-free gstreamer1-plugin-libav",
        "python-gobject gst-rtsp-server gst-plugins-good gst-plugins-bad gst-plugins-ugly gst-libav",
        "python3-gobject typelib-1_0-GstRtspServer-1_0 gstreamer-plugins-good gstreamer-plugins-bad "
        "gstreamer-plugins-ugly gstreamer-plugins-libav",
    ),
)
_RTMP = (
    Need("nginx", "nginx", "nginx", "nginx", "nginx"),
    Need("nginx's RTMP module", "libnginx-mod-rtmp", "nginx-mod-rtmp", "nginx-mod-rtmp", "nginx-module-rtmp"),
)
GROUPS: dict[str, tuple[Need, ...]] = {
    "base": _BASE,
    "window": _WINDOW,
    "display": _DISPLAY,
    "rtsp": _RTSP,
    "rtmp": _RTMP,
}
NEEDED = "base"  # the group without which nothing runs; without the others something is left out


def _has_font() -> bool:
    own = Path(os.path.expanduser("~/.fonts"))  # noqa: PTH111 - Path.home raises for a user without a home
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), own)
    return any(next(folder.rglob("*.?t?"), None) is not None for folder in folders if folder.is_dir())


def _has_rtsp_server() -> bool:
    """Whether the system's own Python finds GStreamer's RTSP server; a virtual environment does not see it."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        return False
    done = subprocess.run([python, "-c", _ASK_GI], capture_output=True, check=False)  # noqa: S603 - our own words
    return done.returncode == 0


_PROBES: dict[str, Callable[[], bool]] = {
    "Python's venv": lambda: importlib.util.find_spec("ensurepip") is not None,
    "a font": _has_font,
    "Xvfb": lambda: shutil.which("Xvfb") is not None and shutil.which("xauth") is not None,
    "openbox": lambda: shutil.which("openbox") is not None,
    "GStreamer's RTSP server": _has_rtsp_server,
    "nginx": lambda: shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None,
    "nginx's RTMP module": lambda: any(Path(path).exists() for path in _RTMP_MODULES),
}


def is_present(need: Need, load: Callable[[str], object] = ctypes.CDLL) -> bool:
    """Whether the system has it: libraries are loaded, programs are looked for."""
    if need.name in _PROBES:
        return _PROBES[need.name]()
    try:
        load(need.name)
    except OSError:
        return False
    return True


def missing(groups: Iterable[str], load: Callable[[str], object] = ctypes.CDLL) -> list[Need]:
    """What these groups need and the system does not have; nothing on Windows and macOS, whose wheels bring it all."""
    if not sys.platform.startswith("linux"):
        return []
    return [need for group in groups for need in GROUPS[group] if not is_present(need, load)]


def install_line(needs: Sequence[Need]) -> str:
    """The command that installs them with this system's package manager; for apt where there is none that we know."""
    manager = next((name for name in MANAGERS if shutil.which(name)), "apt-get")
    packages = dict.fromkeys(package for need in needs for package in need.packages(manager))
    return f"sudo {MANAGERS[manager]} {' '.join(packages)}"


def install_line_for(text: str) -> str:
    """The command that installs the shared libraries that an error message names; "" if it names none that we know.

    >>> install_line_for("ImportError: libxcb.so.1: cannot open shared object file").endswith(("libxcb1", "libxcb"))
    True
    >>> install_line_for("No module named 'cv2'")
    ''
    """
    libraries = [need for group in GROUPS.values() for need in group if need.name.startswith("lib")]
    needs = [need for need in libraries if need.name in text]
    return install_line(needs) if needs else ""


def set_up(groups: Sequence[str], *, ask: Callable[[str], bool], run: Callable[[Sequence[str]], int]) -> int:
    """Install what is missing where apt-get and root or sudo are there, else print the one line that does.

    Args:
        groups: Keys of GROUPS.
        ask: Asks the user, once, and says whether the answer was yes.
        run: Runs a command; its exit code.

    Returns:
        0, or 1 where something is still missing without which nothing runs.
    """
    needs = missing(groups)
    if not needs:
        return 0
    names = ", ".join(need.name for need in needs)
    line = install_line(needs)
    prefix = root_prefix()
    if shutil.which("apt-get") and prefix is not None and ask(f"missing: {names}. Install with: {line}"):
        packages = line.split()[1:]  # without sudo
        run([*prefix, "apt-get", "update", "-q"])
        run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *packages])
        needs = missing(groups)
    if needs:
        _report(needs)
    return int(any(need in GROUPS[NEEDED] for need in needs))


def root_prefix() -> list[str] | None:
    """What to put before a command so that root runs it: nothing for root, else sudo; None where neither is there."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def _report(needs: Sequence[Need]) -> None:
    """Tell what is missing, what that costs, and the command that installs it."""
    if any(need in GROUPS[NEEDED] for need in needs):
        effect = "nothing runs without them"
    else:
        effect = "without them there is no window, and tests that need them are skipped"
    names = ", ".join(need.name for need in needs)
    sys.stderr.write(f"missing system packages ({names}): {effect}. Install them with:\n  {install_line(needs)}\n")


def _ask(question: str) -> bool:
    """Yes without a terminal for root, who asked for it by running make; else what the user answers."""
    if not (sys.stdin and sys.stdin.isatty()):
        return root_prefix() == []
    return input(f"{question}\nInstall them now? [Y/n] ").strip().lower() in ("", "y", "yes")


def main(groups: Sequence[str]) -> int:
    """Set up these groups; the exit code."""

    def run(command: Sequence[str]) -> int:
        return subprocess.run(command, check=False).returncode  # noqa: S603 - our own words

    return set_up(groups, ask=_ask, run=run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
