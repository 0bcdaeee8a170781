"""The status of a source: when it is complete, what counts as a change, and how the next attempt is reported."""

import pytest

from realtime_pose.reasons import NO_OUTAGE, Outage, Reason
from realtime_pose.sources import SourceReason, SourceState, SourceStatus
from realtime_pose.sources.source import MAX_REASONS
from realtime_pose.sources.status import StatusReporter, StatusTracker

BROKE_OFF = Reason(SourceReason.BROKE_OFF)
DAMAGED = Reason(SourceReason.FRAME_DAMAGED, {"time_s": 0.5})


def late(lag_s: float) -> SourceStatus:
    return SourceStatus(SourceState.STALLED, Reason(SourceReason.LATE, {"lag_s": lag_s}))


@pytest.mark.parametrize(
    ("status", "is_complete"),
    [
        (SourceStatus(SourceState.LIVE), True),
        (SourceStatus(SourceState.ENDED), True),
        (SourceStatus(SourceState.ENDED, Reason(SourceReason.PLAYLIST_COMPLETE)), True),
        (SourceStatus(SourceState.ENDED, skipped=2), True),  # of a live source
        (SourceStatus(SourceState.ENDED, skipped=2, skipped_reasons=(DAMAGED,)), False),
        (SourceStatus(SourceState.LIVE, skipped=2, skipped_reasons=(DAMAGED,)), False),
        (SourceStatus(SourceState.ENDED, Reason(SourceReason.INCOMPLETE)), False),
        (SourceStatus(SourceState.ENDED, Reason(SourceReason.READ_STOPPED)), False),
        (SourceStatus(SourceState.LOST, Reason(SourceReason.STREAM_ENDED)), False),
        (SourceStatus(SourceState.RECONNECTING, BROKE_OFF), False),
        (SourceStatus(SourceState.CONNECTING), False),
    ],
)
def test_a_source_is_complete_if_nothing_of_it_was_lost(status: SourceStatus, *, is_complete: bool) -> None:
    assert status.is_complete is is_complete


@pytest.mark.parametrize(
    ("earlier", "later", "differs"),
    [
        (late(1.2), late(3.4), False),
        (SourceStatus(SourceState.LIVE, lag_s=0.1), SourceStatus(SourceState.LIVE, lag_s=0.2), False),
        (
            SourceStatus(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=0.5),
            SourceStatus(SourceState.RECONNECTING, BROKE_OFF, is_retrying=True),
            False,
        ),
        (late(1.2), SourceStatus(SourceState.RECONNECTING, late(1.2).reason), True),
        (late(1.2), SourceStatus(SourceState.STALLED, Reason(SourceReason.FROZEN, {"unchanged_s": 1.2})), True),
        (
            SourceStatus(SourceState.CONNECTING, Reason(SourceReason.SYSTEM_ERROR, {"strerror": "No route to host"})),
            SourceStatus(SourceState.CONNECTING, Reason(SourceReason.SYSTEM_ERROR, {"strerror": "Network is down"})),
            True,
        ),
        (late(1.2), SourceStatus(SourceState.STALLED), True),
    ],
)
def test_state_code_and_texts_are_a_change_but_numbers_are_not(
    earlier: SourceStatus, later: SourceStatus, *, differs: bool
) -> None:
    assert later.differs_from(earlier) is differs
    assert earlier.differs_from(later) is differs


def test_only_a_source_without_losses_names_the_skipped_frames() -> None:
    cut_off = Reason(SourceReason.FRAME_CUT_OFF, {"time_s": 0.1})
    for is_lossless, reasons in ((True, (cut_off, DAMAGED)), (False, ())):
        tracker = StatusTracker(is_lossless=is_lossless)
        tracker.count_undecodable(cut_off)
        tracker.count_undecodable(DAMAGED)
        assert (tracker.status.skipped, tracker.status.skipped_reasons) == (2, reasons)


def test_the_reasons_of_skipped_frames_are_bounded() -> None:
    tracker = StatusTracker(is_lossless=True)
    for _ in range(MAX_REASONS + 5):
        tracker.count_undecodable(DAMAGED)
    assert (tracker.status.skipped, len(tracker.status.skipped_reasons)) == (MAX_REASONS + 5, MAX_REASONS)


def test_the_next_attempt_is_planned_then_runs_then_is_over() -> None:
    tracker = StatusTracker(SourceState.CONNECTING)
    reporter = StatusReporter("cam", tracker, lambda: 0.0)

    def retry() -> tuple[float | None, bool]:
        return tracker.status.retry_in_s, tracker.status.is_retrying

    assert retry() == (None, False)
    reporter.report_trouble(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=1.5)
    assert retry() == (1.5, False)
    reporter.report_retry()
    assert (tracker.status.state, tracker.status.reason) == (SourceState.RECONNECTING, BROKE_OFF)
    assert retry() == (None, True)
    reporter.report_live()
    assert retry() == (None, False)
    reporter.report_trouble(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=1.5)
    reporter.report_end()
    reporter.report_retry()
    assert retry() == (None, False)


def test_an_outage_has_its_number_its_length_and_its_last_reason() -> None:
    now_s = 0.0
    reporter = StatusReporter("cam", StatusTracker(), lambda: now_s)
    reporter.report_live()
    assert reporter.outage == NO_OUTAGE
    assert not reporter.outage
    for number, duration_s in ((1, 2.0), (2, 3.5)):
        reporter.report_trouble(late(1.2).state, late(1.2).reason)
        reporter.report_trouble(SourceState.RECONNECTING, BROKE_OFF, retry_in_s=0.5)
        now_s += duration_s
        reporter.report_live()
        assert reporter.outage == Outage(number, duration_s, BROKE_OFF)
        assert reporter.outage
