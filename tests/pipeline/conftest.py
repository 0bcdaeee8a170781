"""Checks that hold for every test of the pipeline."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.fakes.pipelines import STAGE_NAMES


@pytest.fixture(autouse=True)
def _joined_threads() -> Iterator[None]:
    """Every test leaves no thread of a stage behind."""
    before = set(threading.enumerate())
    yield
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name in STAGE_NAMES]
