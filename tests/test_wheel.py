"""The wheel is complete: installed outside the checkout, it finds its weights and its demo clip."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import av
import pytest

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent


def run(*command: object, folder: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_main_job_runs_from_a_wheel(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, folder=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    # The dependencies come from this environment. A path in a .pth file is searched last, and .pth files inside it are
    # not read, so the editable install of the checkout is not found.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", packages, wheel, folder=tmp_path)

    python = environment / "bin" / "python"
    where = run(python, "-c", "import realtime_pose; print(realtime_pose.__file__)", folder=tmp_path)
    assert str(environment) in where
    run(python, "-m", "realtime_pose", "weights", "verify", folder=tmp_path)
    live = ("live", "demo", "--headless", "--record", "o.mp4", "--max-frames", "12")
    run(python, "-m", "realtime_pose", *live, folder=tmp_path)
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert len(list(container.decode(video=0))) == 12
