"""Fixtures that all tests share, and what happens where system packages are missing."""

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.needs import MissingNeedError, require
from realtime_pose.models.network_cache import LOADED
from tests.support.collection import QuickCollection
from tests.support.kept_networks import KeptNetworks

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A shell starts programs in the background with Ctrl-C ignored, and their children inherit this. Tests send Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Networks that the tests compile are not kept in the user's own cache. The workers of one run share a cache.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="realtime_pose_cache_")
    atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)
KEPT_NETWORKS = KeptNetworks(LOADED)
SECONDS_LONG = ("gui", "process", "server", "slow")  # the markers of tests that may take seconds


class FrozenModules:
    """What is imported is left out of the garbage collection, which each recording asks for at its end."""

    def __init__(self) -> None:
        self._count = 0

    def update(self) -> None:
        """Leave out what was imported since the last time, if that is much.

        Where torch's exporter was imported, a collection takes a third of a second longer.
        """
        if len(sys.modules) > self._count + 100:
            gc.collect()
            gc.freeze()
            self._count = len(sys.modules)


FROZEN_MODULES = FrozenModules()
gc.set_threshold(20_000, 20, 20)  # 473 tests took 137 s in place of 142: few of the many objects of pytest are garbage


@contextmanager
def skip_without_packages() -> Iterator[None]:
    """Skip the test if it needs system packages that are missing, with the command that installs them; fail in CI."""
    try:
        yield
    except MissingNeedError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def pytest_configure(config: pytest.Config) -> None:
    # A hook of this file would be for tests/ only.
    config.pluginmanager.register(QuickCollection(config.option.markexpr))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its long tests, so that none of them is left when the others have nothing to do any more.

    With ``--dist worksteal`` each worker gets an equal part of the list, and takes the last ones of others at its end.
    """
    is_long = [any(item.get_closest_marker(name) for name in SECONDS_LONG) for item in items]
    groups = [[item for item, long in zip(items, is_long, strict=True) if long is wanted] for wanted in (True, False)]
    num_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [
        item
        for worker in range(num_workers)
        for group in groups
        for item in group[len(group) * worker // num_workers : len(group) * (worker + 1) // num_workers]
    ]


def pytest_collection_finish() -> None:
    FROZEN_MODULES.update()


def pytest_runtest_logfinish() -> None:
    FROZEN_MODULES.update()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    KEPT_NETWORKS.begin_test(keeps=item.get_closest_marker("loads_networks") is None)
    with skip_without_packages():
        if item.get_closest_marker("gui"):
            require("window")  # without these libraries Qt would abort the whole run, even offscreen
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    with skip_without_packages():
        return (yield)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test data that is not shipped; if it is missing, the test is skipped, or fails in CI."""
    folder = Path(os.environ.get("REALTIME_POSE_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder}: the test data must be there in CI")
        pytest.skip(f"{folder}: no test data here")
    return folder


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    """The shipped clip: 1088x1920, 60 fps, 100 frames, 2 to 3 people."""
    return ROOT / "realtime_pose" / "media" / "demo.mp4"


@pytest.fixture(scope="session")
def demo_frame(demo_clip: Path) -> NDArray[np.uint8]:
    """The first image of the demo clip, (1920, 1088, 3) BGR; three people."""
    with av.open(str(demo_clip)) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24").astype(np.uint8, copy=False)
