"""Fixtures for the tests of recordings."""

import pytest

from tests.support.fakes.recording_system import FakeSystem


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem()
