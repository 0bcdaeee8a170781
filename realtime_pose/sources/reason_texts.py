"""Reasons and formats of sources in plain words: for exceptions and the log here, and for `messages` at the edge.

The table stands here, because an exception gets its sentence where it is raised.
"""

from collections.abc import Sequence

from realtime_pose.counts import counted
from realtime_pose.reasons import Reason
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import NegotiatedFormat

MAX_NAMED = 20  # skipped frames that a text names

_TOO_SLOW = "the network or this computer is too slow"
_NO_PERMISSION = "you have no permission; add yourself to the group of its device file (video)"

# The names in braces are the values of the reason; {cause} is the text of its cause.
_TEXTS: dict[str, str] = {
    SourceReason.NO_FRAMES: "no picture came for {waited_s:g} s",
    SourceReason.NO_FIRST_FRAME: "no picture came within {waited_s:g} s",
    SourceReason.UNDECODABLE: "no picture could be decoded for {waited_s:g} s",
    SourceReason.FIRST_UNDECODABLE: "no picture could be decoded within {waited_s:g} s",
    SourceReason.WEBCAM_NO_FRAMES: "gave no picture for {waited_s:g} s",
    SourceReason.WEBCAM_SLOW_TO_OPEN: "did not open within {waited_s:g} s",
    SourceReason.FROZEN: "the picture is frozen: it has not changed for {unchanged_s:.0f} s",
    SourceReason.LATE: "pictures come {lag_s:.1f} s late: " + _TOO_SLOW,
    SourceReason.TOO_LATE: "pictures came {lag_s:.1f} s late: " + _TOO_SLOW,
    SourceReason.UNAUTHORIZED: "the server does not accept user and password (401 or 403)",
    SourceReason.NOT_FOUND_404: "the server has no such stream (404)",
    SourceReason.NAME_UNRESOLVED: "the name {host} does not resolve ({strerror})",
    SourceReason.NAME_INVALID: "the name {host} does not resolve (it is not a valid name)",
    SourceReason.TLS_FAILED: "the TLS connection failed ({error}): does the server speak TLS?",
    SourceReason.TLS_NO_HANDSHAKE: "the TLS connection failed (no handshake): does the server speak TLS?",
    SourceReason.TLS_TIMEOUT: "the server does not answer the TLS handshake",
    SourceReason.TIMEOUT: "no data came in time",
    SourceReason.CONNECTION_REFUSED: "Connection refused",
    SourceReason.CONNECTION_CLOSED: "the server closed the connection",
    SourceReason.CUT_OFF: "the data is cut off or is not video",
    SourceReason.NONE_DECODABLE: "no picture could be decoded",
    SourceReason.NO_PICTURE: "it ended before its first picture",
    SourceReason.NO_VIDEO: "it holds {found} only",
    SourceReason.NO_CONTENT: "it holds nothing",
    SourceReason.BROKE_OFF: "the stream broke off",
    SourceReason.LIBRARY_ERROR: "the library that decodes it failed: {error}",
    SourceReason.SYSTEM_ERROR: "{strerror}",
    SourceReason.PLAYLIST_COMPLETE: "the playlist is complete",
    SourceReason.STREAM_ENDED: "the server ended the stream",
    SourceReason.READ_TIMEOUT: "no picture came within the read timeout",
    SourceReason.READ_STOPPED: "reading stopped early ({cause})",
    SourceReason.INCOMPLETE: "{pictures} came, {end_s:.2f} of {stated_s:.2f} s; the rest is cut off or missing",
    SourceReason.UNPLUGGED: "gives no more pictures: it was unplugged; plug it in again",
    SourceReason.DRIVER_FAILED: "failed: {error}; plug it in again",
    SourceReason.DRIVER_HANGS: ("does not answer: its driver hangs in the last call; unplug it and plug it in again"),
    SourceReason.BUSY: "cannot be opened: another program uses it; close that program",
    SourceReason.NOT_PERMITTED: "cannot be opened: " + _NO_PERMISSION,
    SourceReason.NOT_THERE: "cannot be opened: it is not there",
    SourceReason.NOT_LISTED: "is not there: no webcam has this name or path",
    SourceReason.NOT_OPENED: "cannot be opened: {strerror}",
    SourceReason.NOT_OPENED_UNKNOWN: ("cannot be opened: it is not there, in use by another program, or not permitted"),
    SourceReason.FRAME_DAMAGED: "the picture at {time_s:.2f} s is damaged",
    SourceReason.FRAME_CUT_OFF: "the picture after {time_s:.2f} s is cut off",
    SourceReason.FRAME_FAILED: "a picture near {time_s:.2f} s: {cause}",
    SourceReason.IMAGE_FAILED: "{file}: expected an image, but it cannot be decoded{because}",
    SourceReason.IMAGE_CUT_OFF: "{file}: the image is cut off; copy it again",
    SourceReason.IMAGE_UNREADABLE: "{file}: the image cannot be read ({cause})",
    SourceReason.REGION_OUTSIDE: "{file}: the region {region} does not lie in this picture of {size} pixels",
    SourceReason.IMAGE_FOREIGN: "{file}: images of this format cannot be read; save it as JPEG or PNG",
    SourceReason.HEIF_NOT_INSTALLED: (
        '{file}: HEIC pictures need one more package; run: pip install "realtime-pose[heif]"'
    ),
    SourceReason.WEBCAM_FRAME_FAILED: "a picture of the webcam could not be decoded",
}


def describe_reason(reason: Reason) -> str:
    """The reason in words; "" for none.

    >>> describe_reason(Reason(SourceReason.NO_FRAMES, {"waited_s": 5.0}))
    'no picture came for 5 s'
    """
    if not reason:
        return ""
    values = dict(reason.values)
    cause = describe_reason(Reason(str(values.pop("cause", "")), values))
    if reason.code != SourceReason.INCOMPLETE:
        because = f" ({cause})" if cause else ""
        return _TEXTS[reason.code].format_map({**values, "cause": cause, "because": because})
    num_frames, num_stated = values["num_frames"], values.get("num_stated")
    pictures = counted(int(num_frames if num_stated is None else num_stated), "picture")
    if num_stated is not None:
        pictures = f"{num_frames} of {pictures}"
    stopped = _TEXTS[SourceReason.READ_STOPPED].format(cause=cause) + "; " if cause else ""
    return stopped + _TEXTS[reason.code].format_map({**values, "pictures": pictures})


def describe_skipped(skipped: int, reasons: Sequence[Reason], *, max_named: int = MAX_NAMED) -> str:
    """The frames that were skipped, each with its reason; "" for none.

    Args:
        skipped: Number of skipped frames.
        reasons: Why, of the first ones.
        max_named: The others are only counted.

    >>> failed = [Reason(SourceReason.IMAGE_FAILED, {"file": file}) for file in ("2.jpg", "4.jpg")]
    >>> describe_skipped(2, failed, max_named=1)
    '2 skipped: 2.jpg: expected an image, but it cannot be decoded; and 1 more'
    """
    texts = [describe_reason(reason) for reason in reasons[:max_named]]
    if not texts or skipped == 1:
        return "".join(texts)
    more = [f"and {skipped - len(texts)} more"] if skipped > len(texts) else []
    return f"{skipped} skipped: " + "; ".join(texts + more)


def describe_negotiated(negotiated: NegotiatedFormat) -> str:
    """The format that a webcam delivers, and the requested one.

    >>> describe_negotiated(NegotiatedFormat((640, 480), 30.0, "MJPG", (1280, 720), 30.0))
    'gives 640x480 at 30 fps MJPG; 1280x720 at 30 fps was asked for'
    """
    rate = f"{negotiated.rate_hz:g}" if negotiated.rate_hz else "an unknown number of"
    delivered = "{}x{}".format(*negotiated.wh) + f" at {rate} fps {negotiated.fourcc}"
    requested = "{}x{}".format(*negotiated.requested_wh) + f" at {negotiated.requested_rate_hz:g} fps"
    return f"gives {delivered.rstrip()}; {requested} was asked for"
