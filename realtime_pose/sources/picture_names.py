"""What pictures are called in results: by the names of their files, or as an annotation file calls them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from realtime_pose.counts import counted
from realtime_pose.errors import SourceOpenError
from realtime_pose.picture import Picture
from realtime_pose.sources.pictures import PictureFile


def spelled_once(path: Path) -> Path:
    """The same path for all its spellings, relative ones too; links stay, unless a ``..`` leads out of one."""
    plain = Path(os.path.abspath(path))  # noqa: PTH100 - without resolving links
    if ".." not in path.parts or plain.parent.resolve() == path.parent.resolve():
        return plain
    return path.parent.resolve() / path.name


def name_pictures(paths: Sequence[Path], image_ids: Mapping[str, int] | None = None) -> tuple[PictureFile, ...]:
    """The pictures with their names, see `Picture`.

    A picture is called by the name of its file. If two have the same name, all are called by their paths below the
    folder that they have in common.

    Args:
        paths: Distinct files.
        image_ids: COCO's ids by file name; the pictures without one are left out. None: they are counted from 1.

    Raises:
        SourceOpenError: None has an id, or two have the same.
    """
    if image_ids is None:
        names = enumerate(_distinct_names(paths), start=1)
        return _number((path, Picture(name, number)) for path, (number, name) in zip(paths, names, strict=True))
    found = [(path, _find_annotated(path, image_ids)) for path in paths]
    _check_annotated(found)
    return _number((path, picture) for path, picture in found if picture is not None)


def _number(pictures: Iterable[tuple[Path, Picture]]) -> tuple[PictureFile, ...]:
    return tuple(PictureFile(path, index, picture) for index, (path, picture) in enumerate(pictures))


def _distinct_names(paths: Sequence[Path]) -> list[str]:
    """The names of the files, or their paths below the common folder."""
    names = [path.name for path in paths]
    # On some computers a and A are one file.
    if len({name.casefold() for name in names}) == len(names):
        return names
    parts = [(path.drive.rstrip(":"), *path.parts[1:]) for path in map(spelled_once, paths)]
    num_common = sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, zip(*(each[:-1] for each in parts))))  # noqa: B905 - up to the shortest
    return ["/".join(each[num_common:]) for each in parts]


def _find_annotated(path: Path, image_ids: Mapping[str, int]) -> Picture | None:
    """The picture by the longest end of its path that is a name of the annotations."""
    parts = spelled_once(path).parts
    names = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return next((Picture(name, image_ids[name]) for name in names if name in image_ids), None)


def _check_annotated(found: Sequence[tuple[Path, Picture | None]]) -> None:
    """Raise SourceOpenError unless some pictures have ids, and no two the same."""
    path_by_name: dict[str, Path] = {}
    for path, picture in found:
        if picture is not None and path_by_name.setdefault(picture.file_name, path) != path:
            raise SourceOpenError(
                f"{path_by_name[picture.file_name]} and {path}: expected one picture for each image of the annotations,"
                f" got two for {picture.file_name}; give one of them"
            )
    if not path_by_name:
        raise SourceOpenError(
            f"expected pictures that the annotations name, but none of {counted(len(found), 'picture')} is there; the "
            f"first: {found[0][0].name}"
        )
