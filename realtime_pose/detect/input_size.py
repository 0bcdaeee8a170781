"""The input size of a detector: fixed by its graph, or chosen for the frame and the configured size."""

from realtime_pose.errors import ConfigError
from realtime_pose.geometry import letterbox_wh
from realtime_pose.models.manifest import InputSpec, ModelSpec


def check_size(model: ModelSpec, size_px: tuple[int, ...]) -> None:
    """Raise unless the network takes this size.

    Args:
        model: Its manifest entry.
        size_px: () for the published size, the longer side, or width and height.

    Raises:
        ConfigError: The graph has a fixed size, or the sides are no multiples of its step.
    """
    spec = model.input
    if not spec.multiple_px:
        if size_px and size_px not in (spec.wh, (max(spec.wh),)):
            fixed = "x".join(map(str, spec.wh))
            raise ConfigError(f"model {model.name}: its input size is fixed at {fixed}; remove detector-size")
    elif len(size_px) == 2 and any(side % spec.multiple_px for side in size_px):
        rounded_up = (side + -side % spec.multiple_px for side in size_px)
        asked, larger = ("x".join(map(str, sides)) for sides in (size_px, rounded_up))
        raise ConfigError(
            f"model {model.name}: expected detector-size in multiples of {spec.multiple_px}, got {asked}; try {larger}"
        )


def input_wh(
    spec: InputSpec, frame_wh: tuple[int, int], *, size_px: tuple[int, ...] = (), scale: float = 1.0
) -> tuple[int, int]:
    """Width and height of the input: fixed, or with the aspect of the frame.

    Args:
        spec: How an image enters.
        frame_wh: Width and height of the frame.
        size_px: () for the published longer side, the longer side, or width and height.
        scale: Factor on the published longer side.
    """
    if not spec.multiple_px:
        return spec.wh
    if len(size_px) == 2:
        return size_px[0], size_px[1]
    longer_px = size_px[0] if size_px else round(max(spec.wh) * scale)
    return letterbox_wh(frame_wh, longer_px, multiple=spec.multiple_px)
