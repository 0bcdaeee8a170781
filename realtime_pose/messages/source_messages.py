"""What a source reports, in words: its status, the reasons, its outages and the format of a webcam."""

from realtime_pose.reasons import Outage
from realtime_pose.sources.reason_texts import MAX_NAMED, describe_negotiated, describe_reason, describe_skipped
from realtime_pose.sources.source import SourceStatus, SourceWords

__all__ = [
    "SOURCE_WORDS",
    "describe_negotiated",
    "describe_outage",
    "describe_problem",
    "describe_reason",
    "describe_retry",
    "describe_source",
]


def describe_source(status: SourceStatus) -> str:
    """Why a source has its state, and when it is tried again; "" if there is nothing to say.

    >>> from realtime_pose.reasons import Reason
    >>> from realtime_pose.sources import SourceReason, SourceState
    >>> describe_source(SourceStatus(SourceState.RECONNECTING, Reason(SourceReason.BROKE_OFF), retry_in_s=1.9))
    'the stream broke off; asked again in 1.9 s'
    """
    return _join(describe_problem(status), describe_retry(status))


def describe_problem(status: SourceStatus, *, max_named: int = MAX_NAMED) -> str:
    """The reason and the skipped frames, without the next attempt; "" if there is no problem.

    Args:
        status: Of the source.
        max_named: Of more skipped frames than these, only the number is told.
    """
    skipped = describe_skipped(status.skipped, status.skipped_reasons, max_named=max_named)
    return _join(describe_reason(status.reason), skipped)


def describe_retry(status: SourceStatus) -> str:
    """When the source is tried again; "" if that is not planned."""
    if status.is_retrying:
        return "trying again …"
    return "" if status.retry_in_s is None else f"asked again in {status.retry_in_s:.1f} s"


def describe_outage(outage: Outage) -> str:
    """For how long a source was not live, and why; "" for no outage.

    >>> from realtime_pose.reasons import Reason
    >>> from realtime_pose.sources import SourceReason
    >>> describe_outage(Outage(1, 2.0, Reason(SourceReason.BROKE_OFF)))
    'not live for 2.0 s: the stream broke off'
    """
    return f"not live for {outage.duration_s:.1f} s: {describe_reason(outage.reason)}" if outage else ""


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


SOURCE_WORDS = SourceWords(describe_source, describe_outage)
