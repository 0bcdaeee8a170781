"""Signals during a run: what each does, and that the handlers of before come back."""

import signal
from collections.abc import Iterator

import pytest

from realtime_pose.commands import signals

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = [signal.getsignal(number) for number in ALL]
    yield
    assert [signal.getsignal(number) for number in ALL] == before


def test_sigterm_counts_as_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), signals.termination_as_ctrl_c():
        signal.raise_signal(signal.SIGTERM)


def test_ctrl_c_ends_the_process_during_the_start() -> None:
    with signals.ctrl_c_ends_process():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


def test_a_background_job_goes_on_ignoring_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals.ctrl_c_ends_process():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_trigger_is_reported_once() -> None:
    with signals.trigger_signal() as is_triggered:
        assert not is_triggered()
        signal.raise_signal(signal.SIGUSR1)
        assert is_triggered()
        assert not is_triggered()


def test_without_a_trigger_signal_nothing_is_triggered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.setattr(signals, "TRIGGER_SIGNAL", None)
    with signals.trigger_signal() as is_triggered:
        assert not is_triggered()
