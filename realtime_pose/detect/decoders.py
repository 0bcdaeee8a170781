"""The decoder of each family: raw outputs to P candidates, before NMS.

Boxes are in input pixels, with the centre of a pixel at its integer index.
"""

from collections.abc import Callable, Mapping

from realtime_pose.detect.box_lists import decode_detr, decode_dets, decode_picodet, decode_ssd, decode_yolo
from realtime_pose.detect.grids import decode_nanodet, decode_yolox
from realtime_pose.detect.one_stage import Candidates, decode_movenet_multipose, decode_rtmo, decode_yolo_pose
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

Decoder = Callable[[Arrays, tuple[int, int], ModelSpec], tuple[Float, Float]]
PoseDecoder = Callable[[Arrays, tuple[int, int], ModelSpec], Candidates]

DECODERS: Mapping[str, Decoder] = {
    "nanodet": decode_nanodet,
    "yolox": decode_yolox,
    "dets": decode_dets,
    "yolo": decode_yolo,
    "picodet": decode_picodet,
    "detr": decode_detr,
    "ssd": decode_ssd,
}
POSE_DECODERS: Mapping[str, PoseDecoder] = {
    "yolo-pose": decode_yolo_pose,
    "movenet-multipose": decode_movenet_multipose,
    "rtmo": decode_rtmo,
}
NMS_FREE = frozenset(
    {"detr"}
)  # trained to give one box per person: NMS would only remove persons who stand close together
