"""A single picture of a set: the names by which its results are found again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """The names of one picture.

    Attributes:
        file_name: Its path in the set, with slashes; or the name that an annotation file gives it.
        image_id: COCO's id: that of the annotation file, else its number in the set, from 1.
    """

    file_name: str
    image_id: int
