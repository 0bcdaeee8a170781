"""The codes of all reasons in this package, and the reasons for errors of the operating system."""

import errno
from enum import StrEnum

from realtime_pose.reasons import Reason


class SourceReason(StrEnum):
    """Why a source has its state, or why it skipped a frame.

    A comment names the values of the codes below it. Some codes have a cause: ``cause`` is its code, and its values are
    added. `reason_texts` has the words.
    """

    # waited_s
    NO_FRAMES = "no_frames"  # after the first frame
    NO_FIRST_FRAME = "no_first_frame"
    UNDECODABLE = "undecodable"  # frames came, but none could be decoded
    FIRST_UNDECODABLE = "first_undecodable"
    WEBCAM_NO_FRAMES = "webcam_no_frames"  # the device is given up
    WEBCAM_SLOW_TO_OPEN = "webcam_slow_to_open"

    FROZEN = "frozen"  # unchanged_s

    # lag_s
    LATE = "late"
    TOO_LATE = "too_late"  # a new connection is tried

    # A connection that fails, or a file that cannot be read.
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND_404 = "not_found_404"
    NAME_UNRESOLVED = "name_unresolved"  # host, strerror
    NAME_INVALID = "name_invalid"  # host
    TLS_FAILED = "tls_failed"  # error: the name that OpenSSL gives it
    TLS_NO_HANDSHAKE = "tls_no_handshake"
    TLS_TIMEOUT = "tls_timeout"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_CLOSED = "connection_closed"
    CUT_OFF = "cut_off"
    NONE_DECODABLE = "none_decodable"
    NO_PICTURE = "no_picture"
    NO_VIDEO = "no_video"  # found: what is there instead
    NO_CONTENT = "no_content"
    BROKE_OFF = "broke_off"
    LIBRARY_ERROR = "library_error"  # error: kind and text of the exception of a library
    SYSTEM_ERROR = "system_error"  # strerror

    # The end of a source.
    PLAYLIST_COMPLETE = "playlist_complete"
    STREAM_ENDED = "stream_ended"
    READ_TIMEOUT = "read_timeout"
    READ_STOPPED = "read_stopped"  # cause
    INCOMPLETE = "incomplete"  # num_frames, num_stated if known, end_s, stated_s, and a cause if there is one

    # A webcam.
    UNPLUGGED = "unplugged"
    DRIVER_FAILED = "driver_failed"  # error
    DRIVER_HANGS = "driver_hangs"
    BUSY = "busy"
    NOT_PERMITTED = "not_permitted"
    NOT_THERE = "not_there"
    NOT_LISTED = "not_listed"
    NOT_OPENED = "not_opened"  # strerror
    NOT_OPENED_UNKNOWN = "not_opened_unknown"

    # A skipped frame.
    FRAME_DAMAGED = "frame_damaged"  # time_s
    FRAME_CUT_OFF = "frame_cut_off"  # time_s
    FRAME_FAILED = "frame_failed"  # time_s, cause
    # file
    IMAGE_FAILED = "image_failed"  # and a cause if there is one
    IMAGE_UNREADABLE = "image_unreadable"  # cause
    IMAGE_CUT_OFF = "image_cut_off"
    REGION_OUTSIDE = "region_outside"  # file, region, and size of the picture: the region does not lie in it
    IMAGE_FOREIGN = "image_foreign"  # a format that cannot be read
    HEIF_NOT_INSTALLED = "heif_not_installed"

    WEBCAM_FRAME_FAILED = "webcam_frame_failed"


def with_cause(reason: Reason, cause: Reason) -> Reason:
    """The reason with the code of its cause, and the values of both."""
    return Reason(reason.code, {**cause.values, **reason.values, "cause": cause.code})


def system_reason(error: OSError) -> Reason:
    """The reason for an error of the operating system."""
    if error.errno == errno.ECONNREFUSED:
        return Reason(SourceReason.CONNECTION_REFUSED)
    return Reason(SourceReason.SYSTEM_ERROR, {"strerror": error.strerror or str(error) or type(error).__name__})
