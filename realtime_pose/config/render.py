"""Settings of the overlay, and those that may change while the pipeline runs."""

from dataclasses import dataclass, field

from realtime_pose.config.people_view import PeopleView
from realtime_pose.config.track import SmoothConfig
from realtime_pose.config.units import check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderConfig:
    """What is drawn: always in the recording, and in the window until its controls change it."""

    keypoint_threshold: float = 0.5
    """Less certain keypoints are not drawn; 0.5 is where seen and guessed are equally likely, by network."""
    skeletons: bool = True
    """Draw limbs and keypoints."""
    boxes: bool = False
    """Draw boxes."""
    ids: bool = True
    """Write track ids."""
    trails: bool = False
    """Draw the path of each person."""
    hud: bool = True
    """Write frame rate, latency, number of persons and device in a corner."""

    def __post_init__(self) -> None:
        """Check the range."""
        check_range(self.keypoint_threshold, 0, 1, "keypoint_threshold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """The part of the picture that a window shows.

    Attributes:
        zoom: Size of the picture; at 1 all of it just fits.
        centre: The place in the middle, x and y from 0 to 1; moved inwards where the picture ends.
        is_mirrored: Whether left and right are exchanged, as in a mirror.
    """

    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """What may change while the pipeline runs; swapped as one reference.

    Attributes:
        detector_threshold: Boxes with a lower score are dropped, from the next frame on.
        shown: What the window draws. The recording draws what the configuration says.
        smooth: Smoothing of keypoints, from the next frame on; None: as the configuration says.
        display_wh: Width and height, in device pixels, of the area for the picture in the window; None: no window.
        pixel_ratio: Device pixels for one pixel of the window: texts in the picture are as large as those beside it.
        viewport: The part of the picture that the window shows.
        people: Whom the window follows and leaves out, and the names of people.
    """

    detector_threshold: float
    shown: RenderConfig
    smooth: SmoothConfig | None = None
    display_wh: tuple[int, int] | None = None
    pixel_ratio: float = 1.0
    viewport: Viewport = Viewport()
    people: PeopleView = field(default_factory=PeopleView)
