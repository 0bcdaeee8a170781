"""What the portal of the desktop says about dark windows, on a session bus of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(shutil.which("dbus-run-session") is None, reason="no session bus can be started here"),
]

HEAD = """
import os, signal, subprocess, sys, time
from PyQt5.QtCore import Q_CLASSINFO, QCoreApplication, QObject, pyqtSlot
from PyQt5.QtDBus import QDBusConnection, QDBusVariant
app = QCoreApplication([])
"""

# The service in a process of its own, which says when it is there.
PORTAL = """
class Settings(QObject):
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
    @pyqtSlot(str, str, result=QDBusVariant)
    def Read(self, namespace, key):
        return QDBusVariant(1 if (namespace, key) == ("org.freedesktop.appearance", "color-scheme") else 2)
bus, settings = QDBusConnection.sessionBus(), Settings()
bus.registerObject("/org/freedesktop/portal/desktop", settings, QDBusConnection.ExportAllSlots)
print(bus.registerService("org.freedesktop.portal.Desktop"), flush=True)
if sys.argv[1] == "hangs":
    os.kill(os.getpid(), signal.SIGSTOP)
app.exec()
"""

ASK = """
from realtime_pose.app.desktop_theme import _portal_scheme
portal = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE)
portal.stdout.readline()
started_s = time.monotonic()
print(_portal_scheme(), time.monotonic() - started_s < 5)
portal.kill()
portal.wait()
"""


@pytest.mark.parametrize(("portal", "answer"), [("answers", "1 True"), ("hangs", "0 True")])
def test_the_portal_is_asked_and_one_that_hangs_does_not_stop_the_window(portal: str, answer: str) -> None:
    root = str(Path(__file__).resolve().parents[2])
    ended = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", HEAD + ASK, HEAD + PORTAL, portal],
        env={**os.environ, "PYTHONPATH": root, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.strip() == answer, ended.stderr
