"""The wheel is complete: installed outside the checkout, it has its files, and needs only packages that it names."""

import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import av
import pytest
from packaging.requirements import Requirement

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent


def run(*command: object, folder: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def all_needed(package: Distribution) -> list[Distribution]:
    """The distributions that pip would install with this one, as they are installed here."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    pending = [(package, "")]
    while pending:
        needing, extra = pending.pop()
        for requirement in map(Requirement, needing.requires or []):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            found[requirement.name] = distribution(requirement.name)
            wanted = {(requirement.name, each) for each in ("", *requirement.extras)} - seen
            seen |= wanted
            pending += [(found[name], each) for name, each in wanted]
    return list(found.values())


def link(package: Distribution, packages: Path) -> None:
    """Make its modules known to another environment."""
    for name in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
        if not (packages / name).exists():
            (packages / name).symlink_to(Path(str(package.locate_file(name))))


def test_the_main_job_runs_from_a_wheel(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, folder=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", packages, wheel, folder=tmp_path)
    (installed,) = distributions(path=[str(packages)])
    for package in all_needed(installed):
        link(package, packages)

    python = environment / "bin" / "python"
    where = run(python, "-c", "import realtime_pose; print(realtime_pose.__file__)", folder=tmp_path)
    assert str(environment) in where
    tool = "import importlib.util; print(importlib.util.find_spec('pytest'))"
    assert run(python, "-c", tool, folder=tmp_path) == "None\n", "the tools of the developers are not there"
    run(python, "-m", "realtime_pose", "weights", "verify", folder=tmp_path)
    live = ("live", "demo", "--headless", "--record", "o.mp4", "--max-frames", "12")
    run(python, "-m", "realtime_pose", *live, folder=tmp_path)
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert len(list(container.decode(video=0))) == 12
