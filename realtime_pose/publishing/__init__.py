"""The picture with its overlay on its way out of the program while it is made: to a server, to a virtual camera."""

from realtime_pose.publishing.outputs import check_publications, make_publications
from realtime_pose.publishing.publication import Publication
from realtime_pose.publishing.status import Destination, PublicationKind, PublicationState, PublicationStatus

__all__ = [
    "Destination",
    "Publication",
    "PublicationKind",
    "PublicationState",
    "PublicationStatus",
    "check_publications",
    "make_publications",
]
