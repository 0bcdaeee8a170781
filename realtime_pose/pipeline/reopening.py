"""How a file is read once more, from any place: for a window that shows what was analysed before."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from realtime_pose.config import Config, PartConfig, make_part
from realtime_pose.pipeline.kept_scenes import PICTURE_S
from realtime_pose.pipeline.reopener import NoReplay, Reopener
from realtime_pose.sources import (
    PictureFile,
    PictureSource,
    Source,
    find_picture_set,
    open_source,
    part_of,
    sends_parts,
)
from realtime_pose.sources.address import AddressKind, parse_address
from realtime_pose.sources.source import SourceInfo

_USUAL_HZ = 30.0  # of a video that does not state its rate


def find_reopener(config: Config, info: SourceInfo, image_ids: Mapping[str, int] | None) -> Reopener | NoReplay | None:
    """How the source is read once more; why that is not possible for a file on a server; None for all others.

    Args:
        config: All settings.
        info: Name and format of the source.
        image_ids: COCO's ids of pictures, by file name; None: they are counted from 1.

    Raises:
        SourceOpenError: The source cannot be opened any more.
    """
    kind = parse_address(config.source.uri).kind
    if info.is_live or kind is AddressKind.CAMERA or info.num_frames == 1:
        return None
    if kind is AddressKind.URL:
        if not info.has_index:
            return NoReplay.NO_INDEX
        if not sends_parts(config.source):
            return NoReplay.NO_PARTS
    pictures = find_picture_set(config.source, image_ids) if info.is_pictures else None
    if pictures is not None:
        part = replace(config.part, start="", end="")
        length_s = len(pictures.files) * PICTURE_S
        open_from = partial(_open_pictures, pictures.files, pictures.name, part)
        return Reopener(open_from, stated_end_s=length_s, step_s=PICTURE_S, is_pictures=True)
    step_s, first_s = 1 / (info.rate_hz or _USUAL_HZ), config.part.start_s
    stated_end_s = first_s + info.num_frames * step_s if info.num_frames else None
    return Reopener(partial(_open_video, config), first_s, stated_end_s, step_s)


def _open_video(config: Config, start_s: float) -> Source:
    """The video from this time on."""
    part = config.part
    start = make_part(start_s=max(part.start_s, start_s)).start
    return open_source(config.source, replace(part, start=start))


def _open_pictures(files: tuple[PictureFile, ...], name: str, part: PartConfig, start_s: float) -> Source:
    """The pictures from this place on, as frames of a slow video."""
    return part_of(PictureSource(files, name, rate_hz=1 / PICTURE_S, start_s=start_s), part)
