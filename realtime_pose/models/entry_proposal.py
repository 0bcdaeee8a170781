"""A manifest entry for an ONNX graph, from its family.

A graph does not contain the order of the colours or their normalisation. The entry gets the usual values of the family
(`preprocessing`), and the user checks whether they are right.
"""

from typing import Any

from realtime_pose.models.family_detection import OnnxGraph, detect_family, image_wh
from realtime_pose.models.preprocessing import PREPROCESSING
from realtime_pose.skeletons import SKELETONS

_DEFAULT_WH = (640, 640)  # for a graph that accepts any size
_SEEN_SCORE = {"heatmap": 0.2, "simcc": 0.2}  # peaks of absent keypoints stay below this


def propose_entry(graph: OnnxGraph) -> dict[str, Any]:
    """A manifest entry for this graph, as a TOML table.

    Raises:
        ModelError: It is of no known family.
    """
    match, image = detect_family(graph), graph.image_name
    wh = image_wh(graph.inputs[image])
    entry: dict[str, Any] = {"task": match.task, "family": match.family, "outputs": list(match.outputs)}
    if match.skeleton:
        entry["skeleton"] = match.skeleton
    entry |= match.values
    if match.family in _SEEN_SCORE:
        entry["seen_score"] = _SEEN_SCORE[match.family]
    if match.family == "blazepose":
        entry["keypoints"] = list(SKELETONS["blazepose33"].indices_of(SKELETONS["coco17"]))
    others = [name for name in graph.inputs if name != image]
    entry["input"] = {
        "name": image,
        "wh": list(wh or _DEFAULT_WH),
        "layout": "NCHW" if graph.inputs[image][1] == 3 else "NHWC",
        **({} if wh else {"multiple_px": 32}),
        **({"sizes_name": others[0]} if others else {}),
        **PREPROCESSING[match.family],
    }
    if graph.takes_bytes:  # integers are not normalised
        entry["input"] = {key: value for key, value in entry["input"].items() if key not in ("mean", "std")}
    return entry
