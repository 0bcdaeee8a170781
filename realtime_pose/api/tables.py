"""People as tables and as values of other packages, which are imported only here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_pose.angles import joint_angles
from realtime_pose.errors import MissingPackageError
from realtime_pose.sinks.csv import COLUMNS

if TYPE_CHECKING:
    import pandas as pd
    import supervision as sv

    from realtime_pose.api.people import People


def to_pandas(people: "People") -> "pd.DataFrame":
    """A table with one row per person and keypoint; see `People.to_pandas`."""
    pandas = _import("pandas")
    num_people, num_keypoints = people.keypoint_scores.shape
    columns = (
        people.index,
        people.time_s,
        np.repeat(people.ids, num_keypoints),
        list(people.skeleton.keypoints) * num_people,
        people.keypoints[..., 0].ravel(),
        people.keypoints[..., 1].ravel(),
        people.keypoint_scores.ravel(),
    )
    values = dict(zip(COLUMNS, columns, strict=True))
    table: pd.DataFrame = pandas.DataFrame(_names(people, num_people * num_keypoints) | values)
    return table


def angles_to_pandas(people: "People") -> "pd.DataFrame":
    """A table of joint angles with one row per person; see `People.angles_to_pandas`."""
    pandas = _import("pandas")
    angles = joint_angles(people.tracks.poses)
    table: pd.DataFrame = pandas.DataFrame(
        _names(people, len(people))
        | {
            "frame": people.index,
            "time_s": people.time_s,
            "track_id": people.ids,
        }
    )
    for name, degrees, score in zip(angles.names, angles.degrees.T, angles.score.T, strict=True):
        table[f"{name}_deg"], table[f"{name}_score"] = degrees, score
    return table


def _names(people: "People", num_rows: int) -> dict[str, Any]:
    """The first columns: the source, and the id of a picture of a set."""
    image_id = {} if people.image_id is None else {"image_id": people.image_id}
    return {"source": [people.source] * num_rows, **image_id}


def to_supervision(people: "People") -> "sv.KeyPoints":
    """The people as KeyPoints; see `People.to_supervision`."""
    points: sv.KeyPoints = _import("supervision").KeyPoints(
        xy=people.keypoints.copy(),
        class_id=np.zeros(len(people), int),
        keypoint_confidence=people.keypoint_scores.copy(),
        detection_confidence=people.scores.copy(),
        data={"track_id": people.ids.copy(), "xyxy": people.boxes.copy()},
    )
    return points


def _import(package: str) -> Any:
    """An optional package.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingPackageError(f"expected the package {package}; install it: pip install {package}") from error
