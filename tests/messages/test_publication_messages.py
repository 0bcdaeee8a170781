"""What a run says of its publications at its end."""

import pytest

from realtime_pose.messages.publication_messages import describe_publication
from realtime_pose.publishing import Destination, PublicationKind, PublicationState, PublicationStatus

SERVER = Destination("rtmp://host/live/***", PublicationKind.STREAM)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (
            PublicationStatus(SERVER, PublicationState.ENDED, num_frames=1, num_connections=1),
            "published to rtmp://host/live/***: 1 frame",
        ),
        (
            PublicationStatus(SERVER, PublicationState.ENDED, num_frames=30, num_connections=2),
            "published to rtmp://host/live/***: 30 frames, connected 2 times",
        ),
        (PublicationStatus(SERVER, PublicationState.ENDED, reason="host: refused"), "not published: host: refused"),
        (
            PublicationStatus(SERVER, PublicationState.ENDED),
            "not published: rtmp://host/live/***: nothing has arrived",
        ),
    ],
)
def test_the_summary_of_a_publication(status: PublicationStatus, text: str) -> None:
    assert describe_publication(status) == text
