"""The people in one image, as a program sees them: views on the arrays of a scene, not copies.

N persons, K keypoints; pixels of the image, the centre of the first pixel is (0, 0).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from realtime_pose.angles import joint_angles
from realtime_pose.api import tables
from realtime_pose.config import RenderConfig
from realtime_pose.errors import ConfigError
from realtime_pose.scene import Float, Frame, Image, Int, Tracks
from realtime_pose.sinks.rows import PX_DIGITS, SCORE_DIGITS, keypoint_rows, round_to_list
from realtime_pose.skeletons import Skeleton

if TYPE_CHECKING:
    import pandas as pd
    import supervision as sv

    from realtime_pose.api.drawing import DrawnImage

Mask = NDArray[np.bool_]


class Keypoint(NamedTuple):
    """A keypoint of one person: its place in pixels, and its score in [0, 1]."""

    x: float
    y: float
    score: float


class Person:
    """One person in one image: row ``row`` of `People`.

    Attributes:
        id: Number of the person: with a tracker the same in each frame, else only in this image. From 1.
        name: Name of the person, if a file of poses has one; else "".
        score: How sure the person is, in [0, 1].
        box: (4,) float32: left, top, right, bottom.
        keypoints: (K, 2) float32.
        keypoint_scores: (K,) float32 in [0, 1].
    """

    def __init__(self, people: "People", row: int) -> None:
        self.id = int(people.ids[row])
        self.name = people.names.get(self.id, "")
        self.score = float(people.scores[row])
        self.box: Float = people.boxes[row]
        self.keypoints: Float = people.keypoints[row]
        self.keypoint_scores: Float = people.keypoint_scores[row]
        self._people, self._row = people, row

    def __getitem__(self, name: str) -> Keypoint:
        """The keypoint of this name, such as "left_wrist".

        Raises:
            KeyError: The skeleton has no such keypoint; the message names those that it has.
        """
        index = _keypoint_index(self._people.skeleton, name)
        x, y = self.keypoints[index].tolist()
        return Keypoint(x, y, float(self.keypoint_scores[index]))

    def __repr__(self) -> str:
        """Number, score and box."""
        left, top, right, bottom = self.box.round().astype(int).tolist()
        return f"Person(id={self.id}, score={self.score:.2f}, box=[{left}, {top}, {right}, {bottom}])"

    @property
    def angles(self) -> dict[str, float]:
        """Degrees of each joint in the plane of the image, by its name, such as left_knee; see `angles`."""
        found = joint_angles(self._people.tracks.poses.take(np.array([self._row])))
        return dict(zip(found.names, found.degrees[0].tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values: id, name if there is one, score, box, and [x, y, score] by the name of the keypoint."""
        rows = keypoint_rows(self.keypoints, self.keypoint_scores)
        return {
            "id": self.id,
            **({"name": self.name} if self.name else {}),
            "score": round(self.score, SCORE_DIGITS),
            "box": round_to_list(self.box, PX_DIGITS),
            "keypoints": dict(zip(self._people.skeleton.keypoints, rows, strict=True)),
        }


@dataclass(frozen=True, eq=False)
class People:
    """The people in one image: a sequence of `Person`, and the same as arrays.

    ``people[0]`` is a person, ``people["left_wrist"]`` that keypoint of all persons, and
    ``people[people.scores > 0.5]`` the people of a mask.

    Attributes:
        frame: The image with its name and its times.
        tracks: All that is known of the persons, row by row.
        is_tracked: Whether a tracker gave the ids.
        has_image: Whether the frame has its image. People who were read from a file have none.
        names: The names of persons by their ids, from a file of poses.
    """

    frame: Frame
    tracks: Tracks
    is_tracked: bool = False
    has_image: bool = True
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 BGR.

        Raises:
            ConfigError: The people were read from a file, which holds no image.
        """
        if not self.has_image:
            raise ConfigError(
                f"{self.source}: expected people with their image, but a file of poses holds none; give the image: "
                "people.draw(image=...)"
            )
        return self.frame.image

    @property
    def source(self) -> str:
        """Name of the image file or of the source, without a password."""
        return self.frame.source

    @property
    def image_id(self) -> int | None:
        """COCO's id of a single picture of a set: that of the annotations, else its number from 1; None otherwise."""
        return self.frame.picture.image_id if self.frame.picture is not None else None

    @property
    def index(self) -> int:
        """Number of the image in its source, from 0."""
        return self.frame.index

    @property
    def time_s(self) -> float:
        """Time of the image in seconds since the start of its source."""
        return self.frame.time_s

    @property
    def ids(self) -> Int:
        """(N,) int64, see `Person.id`."""
        return self.tracks.ids

    @property
    def scores(self) -> Float:
        """(N,) float32 in [0, 1]."""
        return self.tracks.poses.boxes.score

    @property
    def boxes(self) -> Float:
        """(N, 4) float32: left, top, right, bottom."""
        return self.tracks.poses.boxes.xyxy

    @property
    def keypoints(self) -> Float:
        """(N, K, 2) float32."""
        return self.tracks.poses.keypoints

    @property
    def keypoint_scores(self) -> Float:
        """(N, K) float32 in [0, 1]."""
        return self.tracks.poses.score

    @property
    def skeleton(self) -> Skeleton:
        """Names and limbs of the keypoints."""
        return self.tracks.poses.skeleton

    def __len__(self) -> int:
        """N."""
        return len(self.tracks)

    def __iter__(self) -> Iterator[Person]:
        """The persons, best first."""
        return (Person(self, row) for row in range(len(self)))

    @overload
    def __getitem__(self, key: "int | np.integer[Any]") -> Person: ...

    @overload
    def __getitem__(self, key: str) -> Float: ...

    @overload
    def __getitem__(self, key: slice | Mask | Int | list[int]) -> "People": ...

    def __getitem__(
        self, key: "int | np.integer[Any] | str | slice | Mask | Int | list[int]"
    ) -> "Person | Float | People":
        """A person by number, a keypoint of all persons by name as (N, 3) x, y, score, or some people by mask or slice.

        Raises:
            IndexError: There is no such person.
            KeyError: There is no such keypoint.
        """
        if isinstance(key, str):
            index = _keypoint_index(self.skeleton, key)
            return np.column_stack((self.keypoints[:, index], self.keypoint_scores[:, index]))
        if isinstance(key, int | np.integer):
            return Person(self, self._row(int(key)))
        return replace(self, tracks=self.tracks.take(np.arange(len(self))[key]))

    def __repr__(self) -> str:
        """Number of people, and where."""
        count = len(self)
        return f"People({count} {'person' if count == 1 else 'persons'} in {self.source}, image {self.index})"

    def _repr_png_(self) -> bytes | None:
        """The drawn image for a notebook; None if there is no image."""
        return self.draw()._repr_png_() if self.has_image else None

    def draw(self, *, style: RenderConfig | None = None, image: Image | None = None) -> "DrawnImage":
        """The image with the people drawn in; the original stays as it is.

        Args:
            style: What to draw; None: skeletons, and ids if there was a tracker.
            image: (H, W, 3) uint8 BGR to draw on; None: the image in which they were found.

        Raises:
            ConfigError: There is no image, or it has another size.
        """
        from realtime_pose.api.drawing import DrawnImage, draw

        return DrawnImage(draw(self.image if image is None else image, self, style=style))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {
            "source": self.source,
            **({} if self.image_id is None else {"image_id": self.image_id}),
            "frame": self.index,
            "time_s": round(self.time_s, 6),
            "size": list(self.frame.wh),
            "people": [person.to_dict() for person in self],
        }

    def to_pandas(self) -> "pd.DataFrame":
        """A table with one row per person and keypoint; the columns of a CSV of poses, after the source.

        For pictures of a set ``image_id`` comes after the source.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        return tables.to_pandas(self)

    def angles_to_pandas(self) -> "pd.DataFrame":
        """A table with one row per person: source, frame, time_s, track_id, and degrees and score of each joint.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        return tables.angles_to_pandas(self)

    def to_supervision(self) -> "sv.KeyPoints":
        """The people as KeyPoints of the package supervision, with their ids in ``data["track_id"]``.

        Raises:
            MissingPackageError: supervision is not installed.
        """
        return tables.to_supervision(self)

    def _row(self, row: int) -> int:
        if not -len(self) <= row < len(self):
            raise IndexError(f"expected a person from 0 to {len(self) - 1}, got {row}")
        return row % len(self)


def _keypoint_index(skeleton: Skeleton, name: str) -> int:
    if name not in skeleton.keypoints:
        raise KeyError(f"expected a keypoint of {skeleton.name} ({', '.join(skeleton.keypoints)}), got {name!r}")
    return skeleton.keypoints.index(name)
